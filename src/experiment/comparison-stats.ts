import { holmAdjust, meanInterval, pairedDifference } from '../core/comparison.js';
import { wilcoxonSignedRank } from '../core/rank-tests.js';

/** One metric of one run, as comparison.csv has it. */
export interface ComparisonRow {
  readonly scenario: string;
  readonly policy: string;
  readonly allocator: string;
  readonly replication: string;
  readonly seed: number;
  readonly scope: string;
  readonly name: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
}

/** One metric of one policy over all replications, as comparison_stats.csv has it. NaN = not applicable. */
export interface StatsRow {
  readonly scenario: string;
  readonly policy: string;
  readonly allocator: string;
  readonly scope: string;
  readonly name: string;
  readonly metric: string;
  readonly unit: string;
  readonly n: number;
  readonly mean: number;
  readonly sd: number;
  readonly low: number;
  readonly high: number;
  readonly baseline: string;
  readonly pairs: number;
  readonly diff: number;
  readonly diffLow: number;
  readonly diffHigh: number;
  readonly test: string;
  readonly pValue: number;
  pAdjusted: number;
}

/** Pairs from which the signed-rank test can tell something after Holm: its smallest two-sided p is 2 / 2¹⁰ = 0.002 then, with 6 pairs 0.03. */
const LEAST_RANK_PAIRS = 10;

/**
 * Means with Student t intervals per policy, and paired differences to the baseline on equal replications (common random numbers):
 * the difference's t interval, and the p value of Wilcoxon's signed-rank test, or of the paired t test below ten pairs. p values are
 * adjusted by Holm (1979) over the policies that are compared on one metric.
 */
export function comparisonStats(rows: readonly ComparisonRow[], baseline: string): StatsRow[] {
  const series = seriesOf(rows);
  const stats: StatsRow[] = [];
  const families = new Map<string, StatsRow[]>();
  for (const entry of series.values()) {
    const base = series.get(keyOf({ ...entry.first, policy: baseline }));
    const row = statsOf(entry, base, baseline);
    stats.push(row);
    if (Number.isNaN(row.pValue)) continue;
    const family = keyOf({ ...entry.first, policy: '' });
    const members = families.get(family);
    if (members === undefined) families.set(family, [row]);
    else members.push(row);
  }
  for (const members of families.values()) {
    const adjusted = holmAdjust(members.map((row) => row.pValue));
    for (const [index, row] of members.entries()) row.pAdjusted = adjusted[index] as number;
  }
  return stats;
}

/** Values of one metric of one policy by replication. */
interface Series {
  readonly first: ComparisonRow;
  readonly values: Map<string, number>;
}

function seriesOf(rows: readonly ComparisonRow[]): Map<string, Series> {
  const series = new Map<string, Series>();
  for (const row of rows) {
    const key = keyOf(row);
    let entry = series.get(key);
    if (entry === undefined) {
      entry = { first: row, values: new Map() };
      series.set(key, entry);
    }
    // A metric that a run could not measure (no job finished, say) is no value of it.
    if (Number.isFinite(row.value)) entry.values.set(row.replication, row.value);
  }
  return series;
}

function keyOf(row: Pick<ComparisonRow, 'scenario' | 'policy' | 'scope' | 'name' | 'metric'>): string {
  return JSON.stringify([row.scenario, row.policy, row.scope, row.name, row.metric]);
}

function statsOf(entry: Series, base: Series | undefined, baseline: string): StatsRow {
  const { scenario, policy, allocator, scope, name, metric, unit } = entry.first;
  const interval = meanInterval([...entry.values.values()]);
  const isBaseline = policy === baseline;
  const shared = base === undefined || isBaseline ? [] : [...entry.values.keys()].filter((key) => base.values.has(key));
  const own = shared.map((key) => entry.values.get(key) as number);
  const other = shared.map((key) => base?.values.get(key) as number);
  const paired = shared.length > 0 ? pairedDifference(own, other) : undefined;
  const { test, pValue } = testOf(own, other);
  return {
    scenario,
    policy,
    allocator,
    scope,
    name,
    metric,
    unit,
    n: interval.count,
    mean: interval.mean,
    sd: interval.sd,
    low: interval.mean - interval.halfWidth,
    high: interval.mean + interval.halfWidth,
    baseline: isBaseline ? '' : baseline,
    pairs: shared.length,
    diff: paired?.mean ?? Number.NaN,
    diffLow: paired === undefined ? Number.NaN : paired.mean - paired.halfWidth,
    diffHigh: paired === undefined ? Number.NaN : paired.mean + paired.halfWidth,
    test,
    pValue,
    pAdjusted: Number.NaN,
  };
}

function testOf(own: readonly number[], other: readonly number[]): { test: string; pValue: number } {
  if (own.length < 2) return { test: '', pValue: Number.NaN };
  const differences = own.map((value, index) => value - (other[index] as number));
  if (differences.every((value) => value === 0)) return { test: '', pValue: 1 };
  if (own.length >= LEAST_RANK_PAIRS) return { test: 'wilcoxon', pValue: wilcoxonSignedRank(differences).pValue };
  return { test: 'paired-t', pValue: pairedDifference(own, other).pValue };
}
