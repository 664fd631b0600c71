import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { keepHeapSmall } from '../src/cli/memory.js';
import type { Counts, Figure, Measured, Told } from './figure.js';
import { figures } from './figures/index.js';

const HEADER = ['figure', 'unit', 'better', 'floor', 'median', 'min', 'max', 'cpu_s', 'wall_s', 'peak_rss_mb'];
const RESULTS = 'bench/results.csv';
/** Of figures that replay a workload, per CPU second of the replay. */
const RATES = ['events_per_s', 'tasks_per_s', 'offers_per_s'];

/** Measures one figure here: `--one NAME`. */
async function one(name: string): Promise<void> {
  const figure = figures.find((candidate) => candidate.name === name);
  if (figure === undefined) throw new Error(`there is no figure "${name}"`);
  // As the program does.
  keepHeapSmall();
  const beganUs = process.hrtime.bigint();
  const result = await figure.measure();
  const { value, counts, peakRssMb }: Told = typeof result === 'number' ? { value: result } : result;
  const { user, system } = process.cpuUsage();
  const told: Measured = {
    value,
    cpuS: (user + system) / 1e6,
    wallS: Number(process.hrtime.bigint() - beganUs) / 1e9,
    peakRssMb: peakRssMb ?? process.resourceUsage().maxRSS / 1024,
    counts,
  };
  process.stdout.write(`\n${JSON.stringify(told)}\n`);
}

/** Several runs, each in a process of its own, sorted by value. */
function measured({ name, runs = 3 }: Figure): Measured[] {
  const results: Measured[] = [];
  for (let run = 0; run < runs; run++) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--max-old-space-size=8192', fileURLToPath(import.meta.url), '--one', name],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    results.push(JSON.parse(stdout.trim().split('\n').at(-1) as string) as Measured);
  }
  return results.sort((a, b) => a.value - b.value);
}

/**
 * The table, and bench/results.csv. `--only TEXT` measures the figures whose names contain the text and writes nothing; `--again TEXT` sets
 * their rows anew.
 */
function all(only: string | undefined, isAgain: boolean): void {
  const known = isAgain ? (parse(readFileSync(RESULTS, 'utf8'), { from: 2 }) as string[][]) : [];
  const rows = new Map<string, (string | number)[]>(known.map((row) => [row[0] as string, row]));
  process.stdout.write('| figure | median | range | floor | unit | CPU s | peak MB |\n|---|---|---|---|---|---|---|\n');
  for (const figure of figures) {
    if (only !== undefined && !figure.name.includes(only)) continue;
    const missing = (figure.needs ?? []).find((file) => !existsSync(file));
    if (missing !== undefined) {
      process.stderr.write(`left out: ${figure.name} (${missing} is not here)\n`);
      continue;
    }
    rows.set(figure.name, rowOf(figure));
    if (only === undefined || isAgain) save(rows);
  }
}

/** Measures a figure, prints its line of the table and returns its row of results.csv. */
function rowOf(figure: Figure): (string | number)[] {
  const results = measured(figure);
  const [least, middle, most] = [results[0], results[results.length >> 1], results.at(-1)] as [
    Measured,
    Measured,
    Measured,
  ];
  const { name, unit, better, floor } = figure;
  const range = `${shown(least.value)} – ${shown(most.value)}`;
  const bound = floor === undefined ? '' : `${better === 'more' ? '≥' : '≤'} ${shown(floor)}`;
  const costs = `${middle.cpuS.toFixed(1)} | ${Math.round(middle.peakRssMb)}`;
  process.stdout.write(`| ${name} | ${shown(middle.value)} | ${range} | ${bound} | ${unit} | ${costs} |\n`);
  return [
    name,
    unit,
    better,
    floor ?? '',
    ...[middle.value, least.value, most.value, middle.cpuS, middle.wallS].map((value) => Number(value.toPrecision(5))),
    Math.round(middle.peakRssMb),
    ...ratesOf(middle.counts),
  ];
}

/** After each figure, so that a suite that is broken off leaves what it has measured; whole or not at all. */
function save(rows: ReadonlyMap<string, readonly (string | number)[]>): void {
  const lines = figures.map(({ name }) => rows.get(name)).filter((row) => row !== undefined);
  writeFileSync(`${RESULTS}.part`, stringify([[...HEADER, ...RATES], ...lines]));
  renameSync(`${RESULTS}.part`, RESULTS);
}

function ratesOf(counts: Counts | undefined): (string | number)[] {
  if (counts === undefined) return RATES.map(() => '');
  return [counts.events, counts.tasks, counts.offers].map((count) => Math.round(count / counts.cpuS));
}

function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}

const [mode, argument] = process.argv.slice(2);
if (mode === '--one') await one(argument ?? '');
else if (mode === '--list') process.stdout.write(`${figures.map(({ name }) => name).join('\n')}\n`);
else all(mode === '--only' || mode === '--again' ? argument : undefined, mode === '--again');
