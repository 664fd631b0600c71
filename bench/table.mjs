// Sets the table of bench/README.md anew from bench/results.csv, as the suite does when it has measured all. Usage: node bench/table.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';

const README = new URL('README.md', import.meta.url);
const BEGIN = '<!-- table of results.csv -->';
const END = '<!-- end of the table -->';

function shown(text) {
  const value = Number(text);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}

/** The rows of results.csv as a table in Markdown. */
export function tableOf(csv) {
  const lines = parse(csv, { columns: true }).map((row) => {
    const bound = row.floor === '' ? '' : `${row.better === 'more' ? '≥' : '≤'} ${shown(row.floor)}`;
    const isMet =
      row.better === 'more' ? Number(row.median) >= Number(row.floor) : Number(row.median) <= Number(row.floor);
    const mark = row.floor === '' || isMet ? '' : ' (not met)';
    const range = row.min === row.max ? '' : `${shown(row.min)} – ${shown(row.max)}`;
    return `| ${row.figure} | ${shown(row.median)} | ${range} | ${bound}${mark} | ${row.unit} | ${Number(row.cpu_s).toFixed(1)} | ${row.peak_rss_mb} |`;
  });
  return [
    '| figure | median | range | floor | unit | CPU s | peak MB |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

/** The page with its table set anew. */
export function withTable(page, csv) {
  const [head, rest] = page.split(BEGIN);
  const [, tail] = (rest ?? '').split(END);
  if (tail === undefined) throw new Error(`bench/README.md has no "${BEGIN}" … "${END}"`);
  return `${head}${BEGIN}\n${tableOf(csv)}\n${END}${tail}`;
}

/** Writes the page anew. */
export function setTable() {
  const csv = readFileSync(new URL('results.csv', import.meta.url), 'utf8');
  writeFileSync(README, withTable(readFileSync(README, 'utf8'), csv));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setTable();
