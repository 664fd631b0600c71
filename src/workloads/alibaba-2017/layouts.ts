import type { FileSample } from '../../model/trace-format.js';
import { sampleOf } from '../bytes/sample.js';
import type { TableLayout } from '../rows.js';
import { type KnownTable, knownTable } from '../tables.js';

/** Tables of the trace that are read; published without a header (schema.csv, trace_201708.md). Mirrors have added headers. */
export const BATCH_TASK: TableLayout = {
  columns: [
    'create_timestamp',
    'modify_timestamp',
    'job_id',
    'task_id',
    'instance_num',
    'status',
    'plan_cpu',
    'plan_mem',
  ],
  aliases: {
    task_create_time: 'create_timestamp',
    'task create time': 'create_timestamp',
    task_end_time: 'modify_timestamp',
    'task end time': 'modify_timestamp',
    'job id': 'job_id',
    'task id': 'task_id',
    number_of_instances: 'instance_num',
    'number of instances': 'instance_num',
    number_of_cpus_requested_per_instance_in_the_task: 'plan_cpu',
    'number of cpus requested per instance in the task': 'plan_cpu',
    normalized_memory_requested_per_instance_in_the_task: 'plan_mem',
    'normalized memory requested per instance in the task': 'plan_mem',
  },
  numeric: ['create_timestamp', 'modify_timestamp'],
};

export const BATCH_INSTANCE: TableLayout = {
  columns: [
    'start_timestamp',
    'end_timestamp',
    'job_id',
    'task_id',
    'machine_id',
    'status',
    'seq_no',
    'total_seq_no',
    'real_cpu_max',
    'real_cpu_avg',
    'real_mem_max',
    'real_mem_avg',
  ],
  numeric: ['start_timestamp', 'end_timestamp'],
};

export const CONTAINER_EVENT: TableLayout = {
  columns: ['ts', 'event', 'instance_id', 'machine_id', 'plan_cpu', 'plan_mem', 'plan_disk', 'cpuset'],
  aliases: { timestamp: 'ts', event_type: 'event' },
  numeric: ['ts', 'plan_cpu', 'plan_mem'],
};

export const SERVER_EVENT: TableLayout = {
  columns: ['timestamp', 'machine_id', 'event_type', 'event_detail', 'cpus', 'memory', 'disk'],
  numeric: ['timestamp', 'machine_id'],
};

export type TableName = 'batch_task' | 'batch_instance' | 'container_event' | 'server_event';

const STATUS = '(Ready|Waiting|Running|Terminated|Failed|Cancelled|Interrupted)';
const LAYOUTS: readonly KnownTable<TableName>[] = [
  ['batch_task', BATCH_TASK, new RegExp(`^-?\\d+,-?\\d*,\\d*,\\d*,\\d*,${STATUS},`)],
  ['batch_instance', BATCH_INSTANCE, new RegExp(`^-?\\d*,-?\\d*,\\d*,\\d*,\\d*,${STATUS},`)],
  ['container_event', CONTAINER_EVENT, /^-?\d+,(Create|Remove),/i],
  ['server_event', SERVER_EVENT, /^-?\d+,\d+,(add|softerror|harderror),/],
];

/** Which table a file is, and how sure that is. */
export function tableOf(sample: FileSample): { readonly name: TableName; readonly score: number } | undefined {
  return knownTable(sample, LAYOUTS, 0.95);
}

export function tableOfFile(path: string): TableName | undefined {
  return tableOf(sampleOf(path))?.name;
}
