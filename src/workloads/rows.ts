import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import type { SourceReport } from '../model/job.js';
import type { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';

/** The columns of a published table, whose files may come with a header, without one, or with one that somebody added. */
export interface TableLayout {
  /** Names in the order of the published file. */
  readonly columns: readonly string[];
  /** Other spellings of names that occur in headers. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Columns at the end that a file may lack. */
  readonly optional?: number;
  /** Columns that hold numbers in every row of the published file: a first line with text in all of them is a header. */
  readonly numeric: readonly string[];
  readonly separator?: number;
}

/** Longest time and largest amount that whole microseconds and thousandths below 2^53 can tell. */
export const MAX_SECONDS = 9e9;
export const MAX_AMOUNT = 9e12;
/** More tasks in one row than this are a mistake in the file: no published trace comes near. */
export const MAX_TASKS = 10_000_000;

/**
 * Rows of one or more files of a layout. With a header that has the layout's names, columns are found by name; otherwise by their
 * order. Rows with another number of fields, an open quote, NUL or broken UTF-8 are skipped and counted.
 */
export class Rows {
  reader: LineReader;
  /** Field of each column of the layout, -1 = the file has none. */
  readonly fields: Int32Array;
  private nextFile = 0;
  private leastFields = 0;
  private mostFields = 0;
  private isOpen = false;
  private isAtTop = true;

  constructor(
    private readonly files: readonly string[],
    private readonly layout: TableLayout,
    private readonly report: SourceReport,
    private readonly issues: IssueLog,
  ) {
    this.fields = new Int32Array(layout.columns.length);
    this.reader = this.open();
  }

  private open(): LineReader {
    this.reader = new LineReader(this.files[this.nextFile++] as string);
    this.isOpen = true;
    this.isAtTop = true;
    this.mostSplit = undefined;
    return this.reader;
  }

  /** Moves to the next good row; false after the last one. */
  next(): boolean {
    while (this.nextRow()) {
      this.report.rowsRead++;
      if (this.isGood()) return true;
    }
    return false;
  }

  /** Moves to the next row, good or not, and splits it up to these columns: what stands in them is all that may be asked for. */
  nextPart(columns: readonly number[]): boolean {
    this.wanted = columns;
    for (;;) {
      if (!this.nextRow()) return false;
      if (!this.reader.isBroken) return true;
    }
  }
  /** Columns that are asked for, undefined = all. */
  private wanted: readonly number[] | undefined;
  /** Fields that hold them, once the header is known. */
  private mostSplit: number | undefined;

  /** How many fields hold these columns. */
  private lastOf(columns: readonly number[]): number {
    return Math.max(0, ...columns.map((column) => 1 + (this.fields[column] as number)));
  }

  /** Moves to the next row that is neither blank nor a header, of this file or the next, split up to the wanted columns. */
  private nextRow(): boolean {
    const { separator } = this.layout;
    for (;;) {
      const { reader } = this;
      if (this.isOpen && reader.nextRow(separator, this.mostSplit)) {
        if (reader.isBlank || (this.isAtTop && this.isTop())) continue;
        return true;
      }
      if (this.isOpen && reader.line === 0)
        throw new InputError('E_EMPTY', 'the file is empty', { file: reader.path, line: 1 });
      this.close();
      if (this.nextFile >= this.files.length) return false;
      this.open();
    }
  }

  /** Whether the first line of a file is a header. */
  private isTop(): boolean {
    this.isAtTop = false;
    const isHeader = this.isHeader(this.reader.isBroken ? -1 : this.reader.fieldCount);
    // A header tells first where the columns stand.
    if (this.wanted !== undefined) this.mostSplit = this.lastOf(this.wanted);
    return isHeader;
  }

  private isGood(): boolean {
    const { reader, issues } = this;
    const count = reader.fieldCount;
    if (reader.isBroken) issues.skip(reader, 1, 'E_QUOTE', 'a quote is not closed');
    else if (!reader.isText) issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes or is not UTF-8');
    else if (count < this.leastFields || count > this.mostFields) {
      const wanted =
        this.leastFields === this.mostFields ? `${this.mostFields}` : `${this.leastFields} to ${this.mostFields}`;
      issues.skip(
        reader,
        Math.min(count, this.mostFields) + 1,
        'E_FIELDS',
        `a row must have ${wanted} fields, got ${count}`,
      );
    } else return true;
    return false;
  }

  /** Settles where the columns stand; true if the line is a header. */
  private isHeader(count: number): boolean {
    const { columns, numeric, optional = 0 } = this.layout;
    const names = headerNames(this.reader, count, this.layout);
    if (columns.slice(0, columns.length - optional).every((name) => names.includes(name))) {
      for (const [index, name] of columns.entries()) this.fields[index] = names.indexOf(name);
      this.leastFields = count;
      this.mostFields = count;
      return true;
    }
    for (const index of columns.keys()) this.fields[index] = index;
    this.leastFields = columns.length - optional;
    this.mostFields = columns.length;
    const isText = numeric.every((name) => {
      const field = columns.indexOf(name);
      return field < count && !this.reader.isEmpty(field) && Number.isNaN(this.reader.number(field));
    });
    if (!isText) return false;
    if (count < this.leastFields || count > this.mostFields) this.refuseHeader(names);
    return true;
  }

  /** A header that neither has the names nor the number of columns: nothing tells what stands where. */
  private refuseHeader(names: readonly string[]): never {
    const missing = this.layout.columns.find((name) => !names.includes(name)) ?? '';
    throw new InputError(
      'E_COLUMN',
      `the column "${missing}" is missing`,
      { file: this.reader.path, line: this.reader.line, column: 1 },
      nameHint(missing, names),
    );
  }

  isEmpty(column: number): boolean {
    const field = this.fields[column] as number;
    return field < 0 || this.reader.isEmpty(field);
  }

  text(column: number): string {
    const field = this.fields[column] as number;
    return field < 0 ? '' : this.reader.text(field);
  }

  /** The text without the blanks around it. */
  trimmed(column: number): string {
    const field = this.fields[column] as number;
    return field < 0 ? '' : this.reader.trimmed(field);
  }

  /** Seconds since 1970 of a clock time; NaN when it is none. */
  clock(column: number): number {
    const field = this.fields[column] as number;
    return field < 0 ? Number.NaN : this.reader.clock(field);
  }

  /** Text of a column with few values. */
  repeated(column: number): string {
    const field = this.fields[column] as number;
    return field < 0 ? '' : this.reader.repeated(field);
  }

  /** The text; the known one, if it is that. */
  textLike(column: number, known: string): string {
    const field = this.fields[column] as number;
    return field < 0 ? '' : this.reader.textLike(field, known);
  }

  /** NaN when it is no number, empty, or the file has no such column. */
  number(column: number): number {
    const field = this.fields[column] as number;
    return field < 0 ? Number.NaN : this.reader.number(field);
  }

  /** Skips the row for a value: says the column, the rule and what stands there. */
  skip(column: number, code: string, rule: string, hint = ''): undefined {
    const name = this.layout.columns[column] as string;
    this.issues.skip(this.reader, this.place(column), code, `${name} ${rule}, got "${this.text(column)}"`, hint);
    return undefined;
  }

  /** Counts a value that is used after a stated correction. */
  repair(column: number, code: string, rule: string): void {
    const name = this.layout.columns[column] as string;
    this.issues.repair(this.reader, this.place(column), code, `${name} ${rule}, got "${this.text(column)}"`);
  }

  private place(column: number): number {
    return Math.max(0, this.fields[column] as number) + 1;
  }

  close(): void {
    if (this.isOpen) this.reader.close();
    this.isOpen = false;
  }
}

function headerNames(reader: LineReader, count: number, { aliases = {} }: TableLayout): string[] {
  const names: string[] = [];
  for (let field = 0; field < count; field++) {
    const name = reader.text(field).trim().toLowerCase();
    names.push(Object.hasOwn(aliases, name) ? (aliases[name] as string) : name);
  }
  return names;
}

/** Whether the first rows of a sample look like a layout: its header, or as many fields with numbers where they belong. */
export function looksLike(head: Uint8Array, layout: TableLayout): 'header' | 'rows' | undefined {
  const { columns, optional = 0, numeric, aliases = {}, separator = 44 } = layout;
  const text = new TextDecoder().decode(head.subarray(0, 16384)).replace(/^\uFEFF/, '');
  const line = text.split(/\r?\n/).find((candidate) => candidate.trim() !== '') ?? '';
  const cells = line.split(String.fromCharCode(separator)).map((cell) => cell.trim().replace(/^"|"$/g, ''));
  const names = cells.map((cell) => {
    const name = cell.toLowerCase();
    return Object.hasOwn(aliases, name) ? (aliases[name] as string) : name;
  });
  if (columns.slice(0, columns.length - optional).every((name) => names.includes(name))) return 'header';
  if (cells.length < columns.length - optional || cells.length > columns.length) return undefined;
  const isRow = numeric.every((name) => {
    const cell = cells[columns.indexOf(name)] as string;
    return cell === '' || Number.isFinite(Number(cell));
  });
  return isRow ? 'rows' : undefined;
}
