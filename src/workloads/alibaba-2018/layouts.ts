import type { FileSample } from '../../model/trace-format.js';
import { sampleOf } from '../bytes/sample.js';
import type { TableLayout } from '../rows.js';
import { type KnownTable, knownTable } from '../tables.js';

/** Tables of the trace that are read; published without a header (schema.md). */
export const BATCH_TASK: TableLayout = {
  columns: [
    'task_name',
    'instance_num',
    'job_name',
    'task_type',
    'status',
    'start_time',
    'end_time',
    'plan_cpu',
    'plan_mem',
  ],
  aliases: { inst_num: 'instance_num' },
  numeric: ['start_time', 'end_time'],
};

export const BATCH_INSTANCE: TableLayout = {
  columns: [
    'instance_name',
    'task_name',
    'job_name',
    'task_type',
    'status',
    'start_time',
    'end_time',
    'machine_id',
    'seq_no',
    'total_seq_no',
    'cpu_avg',
    'cpu_max',
    'mem_avg',
    'mem_max',
  ],
  aliases: { inst_name: 'instance_name' },
  numeric: ['start_time', 'end_time', 'seq_no'],
};

export const CONTAINER_META: TableLayout = {
  columns: ['container_id', 'machine_id', 'time_stamp', 'app_du', 'status', 'cpu_request', 'cpu_limit', 'mem_size'],
  aliases: { deploy_unit: 'app_du' },
  numeric: ['time_stamp', 'cpu_request', 'cpu_limit'],
};

export const MACHINE_META: TableLayout = {
  columns: ['machine_id', 'time_stamp', 'failure_domain_1', 'failure_domain_2', 'cpu_num', 'mem_size', 'status'],
  aliases: { disaster_level_1: 'failure_domain_1', disaster_level_2: 'failure_domain_2' },
  numeric: ['time_stamp', 'cpu_num', 'mem_size'],
};

export type TableName = 'batch_task' | 'batch_instance' | 'container_meta' | 'machine_meta';

const LAYOUTS: readonly KnownTable<TableName>[] = [
  [
    'batch_task',
    BATCH_TASK,
    /^[^,]+,[^,]*,[^,]+,[^,]*,(Terminated|Waiting|Running|Failed|Ready|Cancelled|Interrupted),/,
  ],
  [
    'batch_instance',
    BATCH_INSTANCE,
    /^[^,]+,[^,]*,[^,]*,[^,]*,(Terminated|Waiting|Running|Failed|Ready|Cancelled|Interrupted),/,
  ],
  ['container_meta', CONTAINER_META, /^c_\d+,m_\d+,/],
  ['machine_meta', MACHINE_META, /^m_\d+,/],
];

/** Which table a file is, and how sure that is. */
export function tableOf(sample: FileSample): { readonly name: TableName; readonly score: number } | undefined {
  return knownTable(sample, LAYOUTS, 0.9);
}

export function tableOfFile(path: string): TableName | undefined {
  return tableOf(sampleOf(path))?.name;
}
