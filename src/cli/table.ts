import { createRequire } from 'node:module';
import type CliTable from 'cli-table3';
import { isPlain } from './terminal.js';

/** Loaded by the first table, so that help and JSON start without it. */
const load = createRequire(import.meta.url);

/** Lines of a table without colour escapes: plain pipes-and-dashes art is the same on a terminal and in a file. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignRight: readonly boolean[] = [],
): string {
  const Table = load('cli-table3') as typeof CliTable;
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => ((alignRight[column] ?? false) ? 'right' : 'left')),
    style: isPlain(process.stdout)
      ? { head: [], border: [], compact: true }
      : { head: ['bold'], border: ['gray'], compact: true },
    wordWrap: true,
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** A number for people: four significant digits, no exponent where it can be helped, `–` for not applicable. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return grouped(String(value));
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value === 0 ? '0' : value.toExponential(3);
  if (size >= 1000) return grouped(value.toFixed(0));
  return value
    .toPrecision(4)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** 1234567 → 1 234 567, with narrow spaces and no locale. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}
