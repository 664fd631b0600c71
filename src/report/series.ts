import { join } from 'node:path';
import { QuantileSketch } from '../core/quantile-sketch.js';
import { numberOf, readRows } from '../results/read-csv.js';
import type { ResultSet, RunFiles } from './result-set.js';

/** Points of a line that are drawn at most: more than a column of a paper can show. */
const MAX_POINTS = 400;
/** Steps of a distribution curve. */
const CDF_STEPS = 200;

/** One point of a figure. */
export type Datum = Readonly<Record<string, string | number>>;

/** The first replication of each policy and scenario: lines over time are of one run, never a mean over runs. */
export function firstRuns(set: ResultSet): RunFiles[] {
  const seen = new Set<string>();
  return set.runs.filter((run) => {
    const key = JSON.stringify([run.scenario, run.policy]);
    return !seen.has(key) && seen.add(key);
  });
}

/** Adds up values into equal spans of time, each drawn at its middle as the mean of what fell into it. */
export class TimeBins {
  private readonly sums = new Map<number, { sum: number; count: number }>();
  private widthS = 1;

  add(timeS: number, value: number): void {
    if (!Number.isFinite(timeS) || !Number.isFinite(value)) return;
    this.put(Math.floor(timeS / this.widthS), value, 1);
    while (this.sums.size > MAX_POINTS) this.widen();
  }

  points(): { timeS: number; value: number }[] {
    const bins = [...this.sums].sort((a, b) => a[0] - b[0]);
    return bins.map(([bin, { sum, count }]) => ({ timeS: (bin + 0.5) * this.widthS, value: sum / count }));
  }

  private put(bin: number, sum: number, count: number): void {
    const known = this.sums.get(bin);
    if (known === undefined) this.sums.set(bin, { sum, count });
    else {
      known.sum += sum;
      known.count += count;
    }
  }

  private widen(): void {
    const old = [...this.sums];
    this.sums.clear();
    this.widthS *= 2;
    for (const [bin, { sum, count }] of old) this.put(Math.floor(bin / 2), sum, count);
  }
}

/** Lines from a table: one per key that `select` gives, as points `{ key…, hours, value }`. */
export async function lines(
  file: string,
  columns: readonly string[],
  select: (
    cells: readonly string[],
  ) => { readonly key: string; readonly timeS: number; readonly value: number } | undefined,
): Promise<{ key: string; hours: number; value: number }[]> {
  const bins = new Map<string, TimeBins>();
  for await (const cells of readRows(file, columns)) {
    const point = select(cells);
    if (point === undefined) continue;
    let line = bins.get(point.key);
    if (line === undefined) {
      line = new TimeBins();
      bins.set(point.key, line);
    }
    line.add(point.timeS, point.value);
  }
  return [...bins].flatMap(([key, line]) =>
    line.points().map(({ timeS, value }) => ({ key, hours: rounded(timeS / 3600), value: rounded(value) })),
  );
}

/** Distribution of a column of jobs.csv over all replications of each policy; jobs without a value count as never reaching it. */
export async function distribution(set: ResultSet, column: string, scale: number): Promise<Datum[]> {
  const data: Datum[] = [];
  for (const scenario of set.scenarios) {
    for (const policy of set.policies) {
      const runs = set.runs.filter((run) => run.scenario === scenario && run.policy === policy);
      for (const point of await curvePoints(runs, column, scale)) data.push({ scenario, policy, ...point });
    }
  }
  return data;
}

async function curvePoints(
  runs: readonly RunFiles[],
  column: string,
  scale: number,
): Promise<{ value: number; share: number }[]> {
  const sketch = new QuantileSketch();
  let total = 0;
  for (const run of runs) {
    for await (const [cell, state] of readRows(join(run.folder, 'jobs.csv'), [column, 'state'])) {
      if (state === 'rejected') continue;
      total++;
      const value = numberOf(cell);
      if (Number.isFinite(value)) sketch.add(Math.min(2 ** 52, Math.round(value * scale)));
    }
  }
  if (sketch.count === 0) return [];
  return Array.from({ length: CDF_STEPS + 1 }, (_, step) => {
    const share = step / CDF_STEPS;
    return { value: rounded(sketch.quantile(share) / scale), share: rounded((share * sketch.count) / total) };
  });
}

/** Five significant digits: what a figure shows, and half the bytes. */
export function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
