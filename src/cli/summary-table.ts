import type { SummaryRow } from '../model/metric.js';
import type { RunResult } from '../scenario/run.js';
import { renderTable, shown } from './table.js';

const SPREADS = ['wait_s', 'turnaround_s', 'slowdown', 'bounded_slowdown'] as const;
const SPREAD_COLUMNS = ['mean', 'p50', 'p95', 'p99', 'max'] as const;

/** The one-screen summary of a run. */
export function summaryScreen(result: RunResult): string {
  const rows = result.summary.filter((row) => row.scope === 'cluster');
  const value = (metric: string): number => rows.find((row) => row.metric === metric)?.value ?? Number.NaN;
  const lines = [
    `${result.scenario}: allocator ${result.policy.allocator}, order ${result.policy.order}, placement ${result.policy.placement}, seed ${result.seed}`,
    '',
    ...countLines(value),
    '',
    spreadTable(rows),
    '',
    shareLine('utilization', rows, 'utilization_'),
    shareLine('offered', rows, 'offered_'),
    `fairness      Jain ${shown(value('jain_dominant_share'))}, dominant share gap ${shown(value('dominant_share_gap'))}`,
    `makespan      ${shown(value('makespan_s'))} s of ${shown(result.endS)} s simulated; ${shown(value('preemptions'))} preemptions, ${shown(value('lost_work_cpu_s'))} CPU s of work lost`,
  ];
  const revenue = result.summary.find((row) => row.metric === 'revenue' && row.name === '');
  if (revenue !== undefined) lines.push(`market        revenue ${shown(revenue.value)}`);
  lines.push(`replay digest ${result.digest}`);
  return lines.join('\n');
}

function countLines(value: (metric: string) => number): string[] {
  const parts = ['finished', 'failed', 'killed', 'lost', 'rejected', 'running', 'pending']
    .map((state) => ({ state, count: value(`jobs_${state}`) }))
    .filter(({ state, count }) => state === 'finished' || count > 0)
    .map(({ state, count }) => `${shown(count)} ${state}`);
  const infeasible = value('jobs_infeasible');
  if (infeasible > 0) parts.push(`${shown(infeasible)} of the pending can never start`);
  return [`jobs          ${shown(value('jobs_submitted'))} submitted: ${parts.join(', ')}`];
}

function spreadTable(rows: readonly SummaryRow[]): string {
  const body = SPREADS.map((metric) => {
    const cells = SPREAD_COLUMNS.map((column) => rows.find((row) => row.metric === `${metric}_${column}`));
    const first = cells[0];
    return [
      metric,
      ...cells.map((cell) => shown(cell?.value ?? Number.NaN)),
      shown(first?.n ?? 0),
      shown(first?.nCensored ?? 0),
    ];
  });
  const head = ['jobs', ...SPREAD_COLUMNS, 'n', 'censored'];
  return renderTable(head, body, [false, true, true, true, true, true, true, true]);
}

function shareLine(label: string, rows: readonly SummaryRow[], prefix: string): string {
  const parts = rows
    .filter((row) => row.metric.startsWith(prefix))
    .map((row) => `${row.metric.slice(prefix.length)} ${(row.value * 100).toFixed(1)} %`);
  return `${label.padEnd(14)}${parts.join(', ') || '–'}`;
}

/** What readers skipped and mended, and how jobs were mapped: nothing is dropped without a word. */
export function readerNotes(result: RunResult): string[] {
  const notes: string[] = [];
  for (const report of result.reports) {
    const name = report.files.map((file) => file.replace(/^.*\//, '')).join(', ');
    for (const [what, reasons] of [
      ['skipped', report.skipped],
      ['repaired', report.repaired],
    ] as const) {
      if (reasons.size === 0) continue;
      const parts = [...reasons].map(([code, count]) => `${count} ${code}`);
      notes.push(`${name || report.format}: rows ${what}: ${parts.join(', ')} (of ${report.rowsRead} read)`);
    }
  }
  if (result.otherFrameworks > 0)
    notes.push(`${result.otherFrameworks} small groups of jobs share the framework "other"`);
  if (result.isStalled)
    notes.push('the run stopped because nothing could change any more: jobs wait that can never start');
  return notes;
}
