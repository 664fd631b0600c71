import type { FileSample } from '../../model/trace-format.js';
import type { TableLayout } from '../rows.js';
import { filesByTable, type KnownTable, knownTable } from '../tables.js';

/** Tables of the trace that are read; published without a header, the names stand in `.header` files beside them. */
export const JOB_TABLE: TableLayout = {
  columns: ['job_name', 'inst_id', 'user', 'status', 'start_time', 'end_time'],
  numeric: ['start_time', 'end_time'],
};

export const TASK_TABLE: TableLayout = {
  columns: [
    ...['job_name', 'task_name', 'inst_num', 'status', 'start_time', 'end_time'],
    ...['plan_cpu', 'plan_mem', 'plan_gpu', 'gpu_type'],
  ],
  numeric: ['start_time', 'end_time', 'plan_cpu', 'plan_gpu'],
};

export const INSTANCE_TABLE: TableLayout = {
  columns: [
    ...['job_name', 'task_name', 'inst_name', 'worker_name', 'inst_id', 'status'],
    ...['start_time', 'end_time', 'machine'],
  ],
  numeric: ['start_time', 'end_time'],
};

export const MACHINE_SPEC: TableLayout = {
  columns: ['machine', 'gpu_type', 'cap_cpu', 'cap_mem', 'cap_gpu'],
  numeric: ['cap_cpu', 'cap_mem', 'cap_gpu'],
};

export type TableName = 'pai_job_table' | 'pai_task_table' | 'pai_instance_table' | 'pai_machine_spec';

const STATUS = '(Running|Terminated|Failed|Waiting)';
const LAYOUTS: readonly KnownTable<TableName>[] = [
  ['pai_job_table', JOB_TABLE, new RegExp(`^[^,]+,[^,]*,[^,]*,${STATUS},`)],
  ['pai_task_table', TASK_TABLE, new RegExp(`^[^,]+,[^,]*,[\\d.]*,${STATUS},`)],
  ['pai_instance_table', INSTANCE_TABLE, new RegExp(`^[^,]+,[^,]*,[^,]*,[^,]*,[^,]*,${STATUS},`)],
  ['pai_machine_spec', MACHINE_SPEC, /^[0-9a-f]{8,},(CPU|MISC|T4|P100|V100|V100M32|[A-Z]\w*),[\d.]+,[\d.]+,[\d.]+\s/],
];

/** Which table a file is, and how sure that is. */
export function tableOf(sample: FileSample): { readonly name: TableName; readonly score: number } | undefined {
  return knownTable(sample, LAYOUTS, 0.95);
}

/** The files of each table. */
export function byTable(files: readonly string[]): Map<TableName | undefined, string[]> {
  return filesByTable(files, (sample) => tableOf(sample)?.name);
}
