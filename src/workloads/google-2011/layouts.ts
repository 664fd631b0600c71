import type { FileSample } from '../../model/trace-format.js';
import { filesByTable } from '../tables.js';

export type TableName =
  | 'task_events'
  | 'job_events'
  | 'machine_events'
  | 'task_usage'
  | 'task_constraints'
  | 'machine_attributes';

/** Number of fields of each table (trace format v2.1), and what a row looks like. task_usage has 19 fields in older copies. */
const TABLES: readonly (readonly [TableName, readonly number[], RegExp])[] = [
  ['task_events', [13], /^\d+,\d*,\d+,\d+,\d*,[0-8],/],
  ['task_usage', [19, 20], /^\d+,\d+,\d+,\d+,-?\d*,[\d.e-]*,/],
  ['job_events', [8], /^\d+,\d*,\d+,[0-8],[^,]*,\d?,/],
  ['machine_events', [6], /^\d+,\d+,[0-2],[^,]*,[\d.]*,[\d.]*$/],
  ['task_constraints', [6], /^\d+,\d+,\d+,[0-3],[^,]+,[^,]*$/],
  ['machine_attributes', [5], /^\d+,\d+,[^,]+,[^,]*,[01]$/],
];

/** Which table a file is, and how sure that is: the published files are named after their tables. */
export function tableOf({ name, head }: FileSample): { readonly table: TableName; readonly score: number } | undefined {
  const named = TABLES.find(([table]) => new RegExp(`^${table}[-_.]?part-`).test(name))?.[0];
  if (named !== undefined) return { table: named, score: 1 };
  const line =
    new TextDecoder()
      .decode(head.subarray(0, 2048))
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)[0] ?? '';
  const count = line.split(',').length;
  const found = TABLES.find(([, counts, row]) => counts.includes(count) && row.test(line));
  if (found === undefined) return undefined;
  return { table: found[0], score: name.includes(found[0]) ? 0.95 : 0.85 };
}

/** The files of each table. */
export function byTable(files: readonly string[]): Map<TableName | undefined, string[]> {
  return filesByTable(files, (sample) => tableOf(sample)?.table);
}

/** A hash as a name in constraints and attributes: without the signs that mean something there. */
export const plainName = (hash: string): string => hash.replace(/[=!;|]/g, '');
