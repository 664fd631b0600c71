import type { TableLayout } from '../rows.js';
import { headerOf } from '../table.js';

/** cluster_log.csv. */
export const CLUSTER_LOG: TableLayout = {
  columns: [
    ...['job_id', 'user', 'vc', 'gpu_num', 'cpu_num', 'node_num', 'state'],
    ...['submit_time', 'start_time', 'end_time', 'duration', 'queue'],
  ],
  numeric: ['gpu_num', 'cpu_num', 'node_num'],
};

/** cluster_gpu_number.csv has one column per virtual cluster between the date and the total. */
export function isGpuNumber(head: Uint8Array): boolean {
  const names = headerOf(head);
  return names[0] === 'date' && names.at(-1) === 'total' && names.length > 2;
}
