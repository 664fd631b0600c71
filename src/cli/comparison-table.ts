import type { Comparison } from '../experiment/compare.js';
import type { StatsRow } from '../experiment/comparison-stats.js';
import { renderTable, shown } from './table.js';

/** Rows of the table in the order of their importance: label, metric, and how to show it. */
const ROWS: readonly {
  readonly metric: RegExp;
  readonly label: (metric: string, unit: string) => string;
  readonly percent?: true;
}[] = [
  {
    metric: /^jobs_(finished|pending|running|failed|killed|lost|rejected|infeasible)$/,
    label: (metric) => metric.replace('_', ' '),
  },
  { metric: /^utilization_/, label: (metric) => `${metric.slice(12)} utilization`, percent: true },
  { metric: /^jain_dominant_share$/, label: () => 'Jain fairness' },
  { metric: /^dominant_share_gap$/, label: () => 'dominant share gap' },
  {
    metric: /^wait_s_(mean|p50|p95|p99|mean_lower)$/,
    label: (metric) => `wait ${metric.slice(7).replace('mean_lower', 'mean, lower bound')} (s)`,
  },
  { metric: /^bounded_slowdown_(mean|p50|p95|p99)$/, label: (metric) => `bounded slowdown ${metric.slice(17)}` },
  { metric: /^slowdown_(mean|p95)$/, label: (metric) => `slowdown ${metric.slice(9)}` },
  { metric: /^turnaround_s_mean$/, label: () => 'turnaround mean (s)' },
  { metric: /^makespan_s$/, label: () => 'makespan (s)' },
  { metric: /^preemptions$/, label: () => 'preemptions' },
  { metric: /^lost_work_cpu_s$/, label: () => 'lost work (CPU s)' },
  { metric: /^revenue$/, label: () => 'revenue' },
];
/** Rows that are left out where every policy has zero. */
const HIDE_ZERO = /^jobs_(?!finished)|^preemptions$|^lost_work|^utilization_/;

/** The comparison as one table per scenario: metrics down, policies across. */
export function comparisonScreen(comparison: Comparison): string {
  const parts = comparison.scenarios.map((scenario) => scenarioTable(comparison, scenario));
  parts.push(...comparison.notes.map((note) => `note: ${note}`), `results in ${comparison.folder}`);
  return parts.join('\n');
}

function scenarioTable(comparison: Comparison, scenario: string): string {
  const stats = comparison.stats.filter(
    (row) => row.scenario === scenario && (row.scope === 'cluster' || row.scope === 'market'),
  );
  const labels = comparison.policies.map((policy) => policy.label);
  const rows: string[][] = [];
  for (const { metric: pattern, label, percent } of ROWS) {
    const metrics = [
      ...new Set(stats.filter((row) => row.name === '' && pattern.test(row.metric)).map((row) => row.metric)),
    ];
    for (const metric of metrics) {
      const cells = labels.map((policy) =>
        stats.find((row) => row.metric === metric && row.name === '' && row.policy === policy),
      );
      if (HIDE_ZERO.test(metric) && cells.every((cell) => cell === undefined || cell.mean === 0)) continue;
      const unit = cells.find((cell) => cell !== undefined)?.unit ?? '';
      rows.push([label(metric, unit), ...cells.map((cell) => cellText(cell, percent === true))]);
    }
  }
  rows.splice(firstWait(rows), 0, ['jobs that never started', ...censored(comparison, scenario, labels)]);
  const head = [scenario, ...labels.map((label) => (label === comparison.baseline ? `${label} (baseline)` : label))];
  return renderTable(
    head,
    rows,
    head.map((_, column) => column > 0),
  );
}

/** Mean, half-width of its interval where there are replications, and a star where it differs from the baseline at 5 %. */
function cellText(cell: StatsRow | undefined, isPercent: boolean): string {
  if (cell === undefined) return '–';
  const scale = isPercent ? 100 : 1;
  const half = (cell.high - cell.low) / 2;
  let text = isPercent ? `${(cell.mean * scale).toFixed(1)} %` : shown(cell.mean);
  if (cell.n > 1 && Number.isFinite(half)) text += ` ± ${isPercent ? (half * scale).toFixed(1) : shown(half)}`;
  return cell.pAdjusted < 0.05 ? `${text} *` : text;
}

function firstWait(rows: readonly string[][]): number {
  const index = rows.findIndex((row) => row[0]?.startsWith('wait'));
  return index < 0 ? rows.length : index;
}

/** Jobs whose wait is known only from below, over all replications. */
function censored(comparison: Comparison, scenario: string, labels: readonly string[]): string[] {
  return labels.map((label) => {
    let count = 0;
    for (const { cell, result } of comparison.runs) {
      if (cell.scenarioName !== scenario || cell.policy.label !== label) continue;
      count += result.summary.find((row) => row.scope === 'cluster' && row.metric === 'wait_s_mean')?.nCensored ?? 0;
    }
    return shown(count);
  });
}

/** What `--format json` prints: stable keys, null for not applicable. */
export function comparisonObject(comparison: Comparison): Record<string, unknown> {
  const real = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    folder: comparison.folder,
    baseline: comparison.baseline,
    notes: comparison.notes,
    runs: comparison.runs.map(({ cell, result, folder }) => ({
      scenario: cell.scenarioName,
      policy: cell.policy.label,
      replication: cell.replication.label,
      seed: cell.replication.seed,
      folder,
      replay_digest: result.digest,
    })),
    stats: comparison.stats
      .filter((row) => row.scope === 'cluster' || row.scope === 'market')
      .map((row) => ({
        scenario: row.scenario,
        policy: row.policy,
        allocator: row.allocator,
        scope: row.scope,
        name: row.name,
        metric: row.metric,
        unit: row.unit,
        n: row.n,
        mean: real(row.mean),
        ci95_low: real(row.low),
        ci95_high: real(row.high),
        diff: real(row.diff),
        p_adjusted: real(row.pAdjusted),
      })),
  };
}
