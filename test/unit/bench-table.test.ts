import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error: a script of the suite, without types
import { withTable } from '../../bench/table.mjs';

it('the table of bench/README.md is that of bench/results.csv', () => {
  const page = readFileSync('bench/README.md', 'utf8');
  expect(page).toBe(withTable(page, readFileSync('bench/results.csv', 'utf8')));
});

it('a table of the suite tells medians, ranges and floors, and marks the floors that are not met', () => {
  const csv = [
    'figure,unit,better,floor,median,min,max,cpu_s,wall_s,peak_rss_mb',
    '"replay, 1 task",tasks/s,more,60000,33032.6,32209,39791,12.84,9.1,399',
    'start,ms,less,60,41.25,41.25,41.25,0.9,1,96',
  ].join('\n');
  const page = withTable('a\n<!-- table of results.csv -->\nold\n<!-- end of the table -->\nb\n', csv);
  expect(page.split('\n')).toEqual([
    'a',
    '<!-- table of results.csv -->',
    '| figure | median | range | floor | unit | CPU s | peak MB |',
    '|---|---|---|---|---|---|---|',
    '| replay, 1 task | 33,033 | 32,209 – 39,791 | ≥ 60,000 (not met) | tasks/s | 12.8 | 399 |',
    '| start | 41.3 |  | ≤ 60 | ms | 0.9 | 96 |',
    '<!-- end of the table -->',
    'b',
    '',
  ]);
});
