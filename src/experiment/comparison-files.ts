import type { RowWriter } from '../model/metric.js';
import type { ComparisonRow, StatsRow } from './comparison-stats.js';

/** Columns of comparison.csv (DESIGN §8). */
export const COMPARISON_COLUMNS = [
  'scenario',
  'policy',
  'allocator',
  'replication',
  'seed',
  'scope',
  'name',
  'metric',
  'unit',
  'value',
] as const;

/** Columns of comparison_stats.csv (DESIGN §8). */
export const STATS_COLUMNS = [
  'scenario',
  'policy',
  'allocator',
  'scope',
  'name',
  'metric',
  'unit',
  'n',
  'mean',
  'sd',
  'ci95_low',
  'ci95_high',
  'baseline',
  'pairs',
  'diff',
  'diff_ci95_low',
  'diff_ci95_high',
  'test',
  'p_value',
  'p_adjusted',
] as const;

export function writeComparison(rows: readonly ComparisonRow[], out: RowWriter): void {
  for (const row of rows) {
    out.text(row.scenario).text(row.policy).text(row.allocator).text(row.replication).integer(row.seed);
    out.text(row.scope).text(row.name).text(row.metric).text(row.unit);
    real(out, row.value);
    out.end();
  }
}

export function writeStats(rows: readonly StatsRow[], out: RowWriter): void {
  for (const row of rows) {
    out
      .text(row.scenario)
      .text(row.policy)
      .text(row.allocator)
      .text(row.scope)
      .text(row.name)
      .text(row.metric)
      .text(row.unit);
    out.integer(row.n);
    for (const value of [row.mean, row.sd, row.low, row.high]) real(out, value);
    out.text(row.baseline);
    if (row.baseline === '') out.empty();
    else out.integer(row.pairs);
    for (const value of [row.diff, row.diffLow, row.diffHigh]) real(out, value);
    out.text(row.test);
    real(out, row.pValue);
    real(out, row.pAdjusted);
    out.end();
  }
}

/** A number, or an empty cell where it does not apply. */
function real(out: RowWriter, value: number): void {
  if (Number.isFinite(value)) out.real(value);
  else out.empty();
}
