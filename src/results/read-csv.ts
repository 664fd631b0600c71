import { createReadStream, existsSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { InputError } from '../core/errors.js';

/**
 * Reads some columns of a result table row by row, without holding the table in memory. Columns that the table does not have read as
 * empty; a missing table has no rows. A row whose quotes do not close on its line goes on in the next (RFC 4180).
 */
export async function* readRows(file: string, columns: readonly string[]): AsyncGenerator<string[]> {
  if (!existsSync(file)) return;
  let places: number[] | undefined;
  for await (const record of records(file)) {
    const cells = record.includes('"') ? quotedCells(file, record) : record.split(',');
    if (places === undefined) places = columns.map((column) => cells.indexOf(column));
    else yield places.map((place) => (place < 0 ? '' : (cells[place] ?? '')));
  }
}

async function* records(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    let open = '';
    for (const line of lines) {
      const record = open === '' ? line : `${open}\n${line}`;
      if (isClosed(record)) {
        open = '';
        yield record;
      } else open = record;
    }
    if (open !== '') rest = `${open}\n${rest}`;
  }
  if (rest !== '') yield rest;
}

/** True when quotes come in pairs. */
function isClosed(record: string): boolean {
  let count = 0;
  for (let at = record.indexOf('"'); at >= 0; at = record.indexOf('"', at + 1)) count++;
  return count % 2 === 0;
}

function quotedCells(file: string, record: string): string[] {
  try {
    return (parse(record) as string[][])[0] ?? [];
  } catch (error) {
    throw new InputError('E_RESULT', `the table cannot be read: ${(error as Error).message}`, { file });
  }
}

/** A cell as a number; an empty one is NaN. */
export function numberOf(cell: string | undefined): number {
  return cell === undefined || cell === '' ? Number.NaN : Number(cell);
}
