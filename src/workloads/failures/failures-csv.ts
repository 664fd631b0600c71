import { emptyReport, type SourceReport } from '../../model/job.js';
import type { Failure, TraceContext, TraceFormat } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { factRows } from '../facts/fact-rows.js';
import { looksLike, MAX_SECONDS, Rows, type TableLayout } from '../rows.js';
import { machineEventsOf, sourceOf } from './outages.js';

const TIME = 0;
const AGENT = 1;
const DURATION = 2;
const SHARE = 3;
const CAUSE = 4;
const TABLE: TableLayout = {
  columns: ['time_s', 'agent_id', 'duration_s', 'share', 'cause'],
  optional: 2,
  numeric: ['time_s', 'duration_s'],
};

function read(files: readonly string[], context: TraceContext): { failures: Failure[]; report: SourceReport } {
  const report = emptyReport('failures', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, TABLE, report, issues);
  const failures: Failure[] = [];
  while (rows.next()) {
    const failure = parseRow(rows);
    if (failure === undefined) continue;
    report.rowsKept++;
    failures.push(failure);
  }
  issues.flush();
  return { failures, report };
}

function parseRow(rows: Rows): Failure | undefined {
  for (const column of [TIME, DURATION]) {
    const value = rows.number(column);
    if (!(value >= 0 && value <= MAX_SECONDS))
      return rows.skip(column, 'E_FAILURE_VALUE', 'must be seconds of at least 0');
  }
  const share = rows.isEmpty(SHARE) ? 0 : rows.number(SHARE);
  if (!(share >= 0 && share <= 1)) return rows.skip(SHARE, 'E_FAILURE_VALUE', 'must be a share from 0 to 1');
  return {
    timeUs: Math.round(rows.number(TIME) * 1e6),
    durationUs: Math.round(rows.number(DURATION) * 1e6),
    agent: rows.repeated(AGENT),
    share,
    cause: rows.repeated(CAUSE),
  };
}

function facts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, TABLE);
  const agents = new Set<string>();
  const counts = { rows: 0, downS: 0 };
  while (rows.next()) {
    counts.rows++;
    counts.downS += rows.number(DURATION) || 0;
    if (!rows.isEmpty(AGENT)) agents.add(rows.repeated(AGENT));
  }
  rows.close();
  return { ...counts, agents: agents.size };
}

export const failuresCsv: TraceFormat = {
  name: 'failures',
  summary: 'a plain table of failures: time, agent or share of agents, duration, cause',
  source: 'docs/faults.md',
  options: {},
  detect: ({ head, name }) => (looksLike(head, TABLE) === 'header' ? (name === 'failures.csv' ? 1 : 0.9) : 0),
  holds: () => 'failures',
  facts,
  openFailures: (files, context) => {
    const { failures, report } = read(files, context);
    return sourceOf(failures, report);
  },
  openMachineEvents: (files, context) => {
    const { failures, report } = read(files, context);
    // A share of unnamed agents is for the fault failure-trace.
    return machineEventsOf(
      failures.filter(({ agent }) => agent !== ''),
      report,
    );
  },
};
