import type { Stat } from './result-set.js';

/** One row of the tables of the paper and the page. */
export interface PaperRow {
  readonly metric: string;
  readonly label: string;
  readonly isPercent: boolean;
  /** One per policy, in the order of the set. */
  readonly cells: readonly (Stat | undefined)[];
}

const LABELS: readonly {
  readonly metric: RegExp;
  readonly label: (name: string) => string;
  readonly isPercent?: true;
}[] = [
  { metric: /^jobs_finished$/, label: () => 'jobs finished' },
  {
    metric: /^jobs_(?:pending|running|failed|killed|lost|rejected|infeasible)$/,
    label: (name) => `jobs ${name.slice(5)}`,
  },
  { metric: /^utilization_/, label: (name) => `${name.slice(12)} utilization (%)`, isPercent: true },
  { metric: /^jain_dominant_share$/, label: () => 'Jain fairness' },
  { metric: /^dominant_share_gap$/, label: () => 'dominant share gap' },
  {
    metric: /^wait_s_(?:mean|p50|p95|p99|mean_lower)$/,
    label: (name) => `wait ${name.slice(7).replace('mean_lower', 'mean, lower bound')} (s)`,
  },
  { metric: /^bounded_slowdown_(?:mean|p50|p95|p99)$/, label: (name) => `bounded slowdown ${name.slice(17)}` },
  { metric: /^slowdown_(?:mean|p50|p95|p99)$/, label: (name) => `slowdown ${name.slice(9)}` },
  { metric: /^turnaround_s_(?:mean|p95)$/, label: (name) => `turnaround ${name.slice(13)} (s)` },
  { metric: /^makespan_s$/, label: () => 'makespan (s)' },
  { metric: /^preemptions$/, label: () => 'preemptions' },
  { metric: /^lost_work_cpu_s$/, label: () => 'lost work (CPU s)' },
  { metric: /^revenue$/, label: () => 'revenue' },
];

/** Rows of which all cells are zero say nothing and are left out, but for these. */
const KEEP_ZERO = /^jobs_finished$|^wait|slowdown|^jain|^dominant/;

/** The metrics of a scenario that matter most, with a cell per policy. */
export function paperRows(
  set: { readonly stats: readonly Stat[]; readonly policies: readonly string[] },
  scenario: string,
): PaperRow[] {
  const stats = set.stats.filter(
    (stat) => stat.scenario === scenario && stat.name === '' && (stat.scope === 'cluster' || stat.scope === 'market'),
  );
  const rows: PaperRow[] = [];
  for (const { metric: pattern, label, isPercent = false } of LABELS) {
    for (const metric of new Set(stats.filter((stat) => pattern.test(stat.metric)).map((stat) => stat.metric))) {
      const cells = set.policies.map((policy) =>
        stats.find((stat) => stat.metric === metric && stat.policy === policy),
      );
      const isZero = cells.every((cell) => cell === undefined || cell.mean === 0 || Number.isNaN(cell.mean));
      if (isZero && !KEEP_ZERO.test(metric)) continue;
      rows.push({ metric, label: label(metric), isPercent, cells });
    }
  }
  return rows;
}

/** Mean and half-width as text with as many digits as the interval supports, at least three significant ones. */
export function meanText(
  stat: Stat | undefined,
  isPercent: boolean,
): { mean: string; half: string; isDifferent: boolean } {
  if (stat === undefined || !Number.isFinite(stat.mean)) return { mean: '–', half: '', isDifferent: false };
  const scale = isPercent ? 100 : 1;
  const mean = stat.mean * scale;
  const half = ((stat.high - stat.low) / 2) * scale;
  const hasInterval = stat.n > 1 && Number.isFinite(half) && half > 0;
  const places = placesFor(mean, isPercent);
  return {
    mean: mean.toFixed(places),
    half: hasInterval ? half.toFixed(places) : '',
    isDifferent: stat.pAdjusted < 0.05,
  };
}

function placesFor(mean: number, isPercent: boolean): number {
  if (isPercent) return 1;
  if (Number.isInteger(mean)) return 0;
  const size = Math.abs(mean);
  if (size >= 1000) return 0;
  if (size >= 100) return 1;
  return size >= 10 ? 2 : 3;
}
