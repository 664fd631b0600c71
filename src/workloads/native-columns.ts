import type { LineReader } from './bytes/line-reader.js';
import { unguarded } from './native-text.js';
import type { Table } from './table.js';

const NAMES = [
  ...(['job_id', 'user', 'queue', 'class', 'submit_s', 'priority', 'deadline_s', 'after'] as const),
  ...(['task', 'count', 'gang', 'duration_s', 'estimate_s', 'constraints', 'image', 'inputs'] as const),
  ...(['output_mib', 'input_mib', 'exit'] as const),
] as const;

/** Where the columns of a native table stand, -1 = it has none: looked up once, not for each row. */
export type Columns = Readonly<Record<(typeof NAMES)[number], number>>;

export function columnsOf(table: Table): Columns {
  return Object.fromEntries(NAMES.map((name) => [name, table.column(name)])) as Columns;
}

/** A number of a column; the fallback when there is no such column or the cell is empty, NaN when it is no number. */
export function numberAt(reader: LineReader, column: number, fallback: number): number {
  return column < 0 || reader.isEmpty(column) ? fallback : reader.number(column);
}

/** The text of a column, empty when there is none. */
export function textAt(reader: LineReader, column: number): string {
  return column < 0 ? '' : unguarded(reader.text(column));
}

/** As {@link textAt}, of a column with few values. */
export function repeatedAt(reader: LineReader, column: number): string {
  return column < 0 || reader.isEmpty(column) ? '' : unguarded(reader.repeated(column));
}

/** As {@link numberAt}, by the column's name. */
export function numberOr(table: Table, name: string, fallback: number): number {
  return numberAt(table.reader, table.column(name), fallback);
}

/** As {@link textAt}, by the column's name. */
export function textOr(table: Table, name: string): string {
  return textAt(table.reader, table.column(name));
}
