import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberOf, readRows } from '../../../src/results/read-csv.js';
import { fc } from '../../support/properties.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-read-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function rowsOf(text: string, columns: readonly string[]): Promise<string[][]> {
  const file = join(folder, 'table.csv');
  writeFileSync(file, text);
  const rows: string[][] = [];
  for await (const row of readRows(file, columns)) rows.push(row);
  return rows;
}

describe('reading a result table', () => {
  it('gives back what csv-stringify wrote, quotes and line breaks included', async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('', 'a,b', 'say "hi"', 'two\nlines', '"', '\n', 'é', ','),
    );
    // A row of one empty cell alone would be an empty line; tables have more columns than that.
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 12 }), async (rows) => {
        const written = stringify([['a', 'b'], ...rows], { quoted_match: /\r/ });
        expect(await rowsOf(written, ['b', 'a'])).toEqual(rows.map(([a, b]) => [b, a]));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('reads a table that is longer than its pieces', async () => {
    const rows = Array.from({ length: 40_000 }, (_, index) => [String(index), index % 7 === 0 ? 'x\ny' : 'plain']);
    const read = await rowsOf(stringify([['n', 't'], ...rows]), ['n', 't']);
    expect(read).toHaveLength(40_000);
    expect(read.at(-1)).toEqual(rows.at(-1));
    expect(read[7 * 3000]).toEqual(['21000', 'x\ny']);
  });

  it('leaves empty what the table does not have, and reads a missing table as one without rows', async () => {
    expect(await rowsOf('a\n1\n', ['a', 'b'])).toEqual([['1', '']]);
    const rows = [];
    for await (const row of readRows(join(folder, 'missing.csv'), ['a'])) rows.push(row);
    expect(rows).toEqual([]);
    expect(numberOf('')).toBeNaN();
    expect(numberOf('1.5')).toBe(1.5);
  });
});
