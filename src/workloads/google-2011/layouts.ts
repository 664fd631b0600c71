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

/** The files of each table, its parts in order of the time at which each begins, however they were named. */
export function byTable(files: readonly string[]): Map<TableName | undefined, string[]> {
  const starts = new Map<string, number>();
  const tables = filesByTable(files, (sample) => {
    starts.set(sample.path, startOf(sample.head));
    return tableOf(sample)?.table;
  });
  const start = (file: string): number => starts.get(file) ?? 0;
  for (const parts of tables.values()) {
    const rows = [...parts.entries()].sort(([a, one], [b, other]) => start(one) - start(other) || a - b);
    parts.splice(0, parts.length, ...rows.map(([, file]) => file));
  }
  return tables;
}

/** The time in the first row of a file; 0 where there is none. */
function startOf(head: Uint8Array): number {
  return Number(/^\uFEFF?(\d+),/.exec(new TextDecoder().decode(head.subarray(0, 64)))?.[1] ?? 0);
}

/** A hash as a name in constraints and attributes: without the signs that mean something there. */
export const plainName = (hash: string): string => hash.replace(/[=!;|]/g, '');
