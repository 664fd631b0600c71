import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import type { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';

/** A CSV file with a header row: columns are found by name. */
export class Table {
  readonly reader: LineReader;
  readonly header: string[] = [];
  private readonly columns = new Map<string, number>();

  constructor(
    readonly path: string,
    required: readonly string[],
    separator?: number,
  ) {
    this.separator = separator;
    this.reader = new LineReader(path);
    if (!this.reader.nextLine())
      throw new InputError('E_EMPTY', 'the file is empty: a header row is needed', { file: path, line: 1 });
    const count = this.reader.split(separator);
    for (let column = 0; column < count; column++) {
      const name = this.reader.text(column).trim();
      this.header.push(name);
      if (!this.columns.has(name)) this.columns.set(name, column);
    }
    for (const name of required) {
      if (!this.columns.has(name)) {
        throw new InputError(
          'E_COLUMN',
          `the column "${name}" is missing`,
          { file: path, line: 1, column: 1 },
          nameHint(name, this.header),
        );
      }
    }
  }
  private readonly separator: number | undefined;

  /** Column of a name, -1 when the file has none. */
  column(name: string): number {
    return this.columns.get(name) ?? -1;
  }

  /** Moves to the next row that is not blank; false at the end. -1 in `fieldCount` tells of an unbalanced quote. */
  next(): boolean {
    this.blankCount = 0;
    const { reader } = this;
    while (reader.nextRow(this.separator)) {
      if (!reader.isBlank) return true;
      this.blankCount++;
    }
    return false;
  }

  /** Whether the row is text with as many fields as the header; what it is else is told as a skipped row. */
  isSound(issues: IssueLog): boolean {
    const { reader, header } = this;
    if (this.isBroken) issues.skip(reader, 1, 'E_QUOTE', 'a quote is not closed');
    else if (!reader.isText) issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes or is not UTF-8');
    else if (reader.fieldCount !== header.length) {
      const place = Math.min(reader.fieldCount, header.length) + 1;
      issues.skip(reader, place, 'E_FIELDS', `a row must have ${header.length} fields, got ${reader.fieldCount}`);
    } else return true;
    return false;
  }

  /** How many blank lines stood before the row. */
  blankCount = 0;
  /** The row has an unbalanced quote. */
  get isBroken(): boolean {
    return this.reader.isBroken;
  }
}

/** Names of the header of a table. */
export function headerNames(path: string): readonly string[] {
  const table = new Table(path, []);
  table.reader.close();
  return table.header;
}

/** Names of the header of a sample, for detection. */
export function headerOf(head: Uint8Array): string[] {
  const text = new TextDecoder().decode(head.subarray(0, 8192)).replace(/^\uFEFF/, '');
  const end = text.search(/\r?\n/);
  return (end < 0 ? text : text.slice(0, end)).split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
}
