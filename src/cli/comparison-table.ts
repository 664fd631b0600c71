import type { Comparison } from '../experiment/compare.js';
import { meanText, paperRows } from '../report/paper-rows.js';
import { renderTable, shown } from './table.js';

/** The comparison as one table per scenario: metrics down, policies across. */
export function comparisonScreen(comparison: Comparison): string {
  const parts = comparison.scenarios.map((scenario) => scenarioTable(comparison, scenario));
  if (comparison.stats.some((row) => row.pAdjusted < 0.05)) {
    parts.push(`* differs from ${comparison.baseline} at 5 % (paired test, Holm); ± is the 95 % confidence interval`);
  }
  parts.push(...comparison.notes.map((note) => `note: ${note}`), `results in ${comparison.folder}`);
  return parts.join('\n');
}

function scenarioTable(comparison: Comparison, scenario: string): string {
  const policies = comparison.policies.map((policy) => policy.label);
  const rows = paperRows({ stats: comparison.stats, policies }, scenario).map(({ label, isPercent, cells }) => [
    label,
    ...cells.map((cell) => {
      const { mean, half, isDifferent } = meanText(cell, isPercent);
      return `${mean}${half === '' ? '' : ` ± ${half}`}${isDifferent ? ' *' : ''}`;
    }),
  ]);
  const firstWait = rows.findIndex((row) => row[0]?.startsWith('wait'));
  rows.splice(firstWait < 0 ? rows.length : firstWait, 0, [
    'jobs that never started',
    ...censored(comparison, scenario, policies),
  ]);
  const head = [scenario, ...policies.map((label) => (label === comparison.baseline ? `${label} (baseline)` : label))];
  return renderTable(
    head,
    rows,
    head.map((_, column) => column > 0),
  );
}

/** Jobs whose wait is known only from below, over all replications. */
function censored(comparison: Comparison, scenario: string, policies: readonly string[]): string[] {
  return policies.map((label) => {
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
