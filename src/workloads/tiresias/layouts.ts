import { looksLike, type TableLayout } from '../rows.js';

/** Columns of the Tiresias simulator's job files. */
export const TIRESIAS: TableLayout = {
  columns: ['job_id', 'num_gpu', 'submit_time', 'iterations', 'model_name', 'duration', 'interval'],
  numeric: ['num_gpu', 'submit_time', 'duration'],
};

/** Chronus has the user (virtual cluster), deadlines and utilities besides. */
export const CHRONUS: TableLayout = {
  columns: [
    ...['job_id', 'user', 'num_gpu', 'submit_time', 'iterations', 'model_name', 'duration', 'interval'],
    ...['expect_time_list', 'expect_value_list', 'best_effort', 'job_type'],
  ],
  numeric: ['num_gpu', 'submit_time', 'duration'],
};

/** The layout of a file, undefined when it is neither. Only a header tells: all columns are numbers or names. */
export function layoutOf(head: Uint8Array): TableLayout | undefined {
  return [CHRONUS, TIRESIAS].find((layout) => looksLike(head, layout) === 'header');
}
