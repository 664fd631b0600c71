import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TableFile } from '../../../src/results/table-file.js';
import { fc } from '../../support/properties.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-table-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(columns: readonly string[], fill: (table: TableFile) => void): string {
  const file = join(folder, 'table.csv');
  const table = new TableFile(file, columns);
  fill(table);
  table.close();
  return readFileSync(file, 'utf8');
}

describe('a table file', () => {
  it('writes the same bytes as csv-stringify with formulas escaped, for any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.toWellFormed()),
      fc.constantFrom(
        '',
        '=1+1',
        '+1',
        '-1',
        '@x',
        '\tx',
        '\rx',
        'a,b',
        'say "hi"',
        'two\nlines',
        'cr\rhere',
        '＝1',
        ' lead',
        'é',
        '日本',
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, text), { maxLength: 20 }), (rows) => {
        const got = written(['a', 'b', 'c'], (table) => {
          for (const row of rows) {
            for (const cell of row) table.text(cell);
            table.end();
          }
        });
        const expected = stringify([['a', 'b', 'c'], ...rows], { escape_formulas: true, quoted_match: /\r/ });
        expect(got).toBe(expected);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('writes seconds, thousandths and whole numbers as their shortest decimal form', () => {
    const cell = (fill: (table: TableFile) => void): string =>
      written(['x'], (table) => {
        fill(table);
        table.end();
      })
        .split('\n')
        .slice(1, 2)
        .join('');
    expect(cell((table) => void table.seconds(1_500_000))).toBe('1.5');
    expect(cell((table) => void table.seconds(1))).toBe('0.000001');
    expect(cell((table) => void table.seconds(60_000_000))).toBe('60');
    expect(cell((table) => void table.seconds(2_678_400_000_001))).toBe('2678400.000001');
    expect(cell((table) => void table.milli(2500))).toBe('2.5');
    expect(cell((table) => void table.milli(-1))).toBe('-0.001');
    expect(cell((table) => void table.integer(9_007_199_254_740_991))).toBe('9007199254740991');
    expect(cell((table) => void table.integer(-7))).toBe('-7');
    expect(cell((table) => void table.real(0.1))).toBe('0.1');
    expect(cell((table) => void table.real(Number.NaN))).toBe('');
  });

  it('writes any whole number of microseconds so that it reads back exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 50 }), (values) => {
        const lines = written(['x'], (table) => {
          for (const value of values) table.seconds(value).end();
        }).split('\n');
        for (const [index, value] of values.entries()) {
          const [whole = '', part = ''] = (lines[index + 1] ?? '').split('.');
          expect(Number(whole) * 1e6 + Number(part.padEnd(6, '0'))).toBe(value);
          expect(part.endsWith('0')).toBe(false);
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('keeps texts whole that are longer than its buffer, and rows that cross its end', () => {
    const long = `=${'x'.repeat(3_000_000)}"`;
    const got = written(['a', 'b'], (table) => {
      for (let row = 0; row < 5; row++) table.text('y'.repeat(250_000)).text('z').end();
      table.text(long).integer(1).end();
    });
    const rows = [...Array.from({ length: 5 }, () => ['y'.repeat(250_000), 'z']), [long, '1']];
    expect(got === stringify([['a', 'b'], ...rows], { escape_formulas: true })).toBe(true);
  });

  it('counts rows without the header', () => {
    const table = new TableFile(join(folder, 'count.csv'), ['a']);
    table.text('x').end();
    table.text('y').end();
    expect(table.rowCount).toBe(2);
    table.close();
    table.close();
  });
});
