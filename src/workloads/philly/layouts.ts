import type { TableLayout } from '../rows.js';

/** cluster_machine_list. */
export const MACHINE_LIST: TableLayout = {
  columns: ['machineid', 'number of gpus', 'single gpu mem'],
  aliases: { machine_id: 'machineid' },
  numeric: ['number of gpus'],
};
