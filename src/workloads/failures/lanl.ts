import { DateTime } from 'luxon';
import { type AgentRecord, emptyReport, type SourceReport } from '../../model/job.js';
import type { Failure, TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog } from '../bytes/issues.js';
import { factRows } from '../facts/fact-rows.js';
import { CAUSES, lanlFacts } from '../facts/lanl-facts.js';
import { looksLike, MAX_AMOUNT, Rows, type TableLayout } from '../rows.js';
import { machineEventsOf, sourceOf } from './outages.js';

const LANL: TableLayout = {
  columns: [
    ...[
      'system',
      'machine type',
      'nodes',
      'procstot',
      'procsinnode',
      'nodenum',
      'nodenumz',
      'node install',
      'node prod',
    ],
    ...['node decom', 'fru type', 'mem', 'cputype', 'memtype', 'num intercon', 'purpose', 'prob started', 'prob fixed'],
    ...['down time', 'facilities', 'hardware', 'human error', 'network', 'undetermined', 'software', 'same event'],
  ],
  numeric: ['system', 'nodes', 'nodenumz'],
};
const SYSTEM = 0;
const TYPE = 1;
const PROCESSORS = 4;
const NODE = 6;
const MEMORY = 11;
const PURPOSE = 15;
const STARTED = 16;
const FIXED = 17;
const DOWN = 18;
const FIRST_CAUSE = 19;

/** Times of the table are those of the clocks at Los Alamos, without a zone. */
const ZONE = 'America/Denver';

interface Reading {
  readonly failures: Failure[];
  readonly agents: Map<string, AgentRecord>;
  readonly report: SourceReport;
}

/**
 * LANL's failures 1996–2005, one row = one node down from `Prob Started` to `Prob Fixed`. Rows are in no order: all of a system are held.
 * The earliest start is time 0.
 */
function read(files: readonly string[], context: TraceContext): Reading {
  const report = emptyReport('lanl', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, LANL, report, issues);
  const memo = new AmountsMemo(context.resources);
  const system = String(context.options['system']);
  const agents = new Map<string, AgentRecord>();
  const found: Failure[] = [];
  let otherSystems = 0;
  while (rows.next()) {
    if (system !== '' && rows.repeated(SYSTEM).trim() !== system) {
      otherSystems++;
      continue;
    }
    const failure = parseRow(rows);
    if (failure === undefined) continue;
    report.rowsKept++;
    found.push(failure);
    if (!agents.has(failure.agent)) agents.set(failure.agent, agentOf(failure.agent, rows, memo));
  }
  issues.flush();
  if (otherSystems > 0) report.notes.set('rows of other systems', String(otherSystems));
  const originUs = found.reduce((first, { timeUs }) => Math.min(first, timeUs), Number.POSITIVE_INFINITY);
  if (found.length > 0) report.notes.set('origin_us', String(originUs));
  return { report, agents, failures: found.map((failure) => ({ ...failure, timeUs: failure.timeUs - originUs })) };
}

function parseRow(rows: Rows): Failure | undefined {
  if (!Number.isInteger(rows.number(SYSTEM))) return rows.skip(SYSTEM, 'E_LANL_VALUE', 'must be a whole number');
  if (!Number.isInteger(rows.number(NODE))) return rows.skip(NODE, 'E_LANL_NODE', 'does not name the node that failed');
  const startUs = timeUsOf(rows.repeated(STARTED));
  const endUs = timeUsOf(rows.repeated(FIXED));
  if (Number.isNaN(startUs)) return rows.skip(STARTED, 'E_LANL_TIME', 'must be a time such as 6/21/2005 10:54');
  if (Number.isNaN(endUs)) return rows.skip(FIXED, 'E_LANL_TIME', 'must be a time such as 6/21/2005 10:54');
  if (endUs < startUs) return rows.skip(FIXED, 'E_LANL_RUN', 'must not be before Prob Started');
  const downMinutes = rows.number(DOWN);
  const minutes = (endUs - startUs) / 60e6;
  if (downMinutes !== minutes)
    rows.repair(DOWN, 'E_LANL_DOWN', `is not the ${minutes} minutes from Prob Started to Prob Fixed, which count`);
  const cause = CAUSES.findIndex((_, index) => rows.text(FIRST_CAUSE + index).trim() !== '');
  return {
    timeUs: startUs,
    durationUs: endUs - startUs,
    agent: `${rows.number(SYSTEM)}-${rows.number(NODE)}`,
    share: 0,
    cause: CAUSES[cause] ?? '',
  };
}

const times = new Map<string, number>();
const MOST_TIMES = 100_000;

/** Microseconds since 1970 of a time on the clocks of Los Alamos; NaN when it is none. */
function timeUsOf(text: string): number {
  const known = times.get(text);
  if (known !== undefined) return known;
  const match = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})\s*$/.exec(text);
  let us = Number.NaN;
  if (match !== null) {
    const [month, day, year, hour, minute] = match.slice(1).map(Number);
    const time = DateTime.fromObject({ year, month, day, hour, minute }, { zone: ZONE });
    if (time.isValid) us = time.toMillis() * 1000;
  }
  if (times.size >= MOST_TIMES) times.clear();
  times.set(text, us);
  return us;
}

function agentOf(id: string, rows: Rows, memo: AmountsMemo): AgentRecord {
  const most = (value: number): number => (value >= 0 && value <= MAX_AMOUNT / 2 ** 20 ? value : 0);
  const attributes = { system: rows.repeated(SYSTEM), type: rows.repeated(TYPE), purpose: rows.repeated(PURPOSE) };
  const cpusMilli = Math.round(most(rows.number(PROCESSORS)) * 1000);
  return { id, amounts: memo.of(cpusMilli, Math.round(most(rows.number(MEMORY)) * 1024 * 1000)), attributes };
}

/** Nodes that ever failed, in order of system and number: the table names no others. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const { agents, report } = read(files, context);
  const key = ({ id }: AgentRecord): number => Number(id.split('-')[0]) * 1e6 + Number(id.split('-')[1]);
  return { agents: [...agents.values()].sort((a, b) => key(a) - key(b)), report };
}

export const lanl: TraceFormat = {
  name: 'lanl',
  summary: 'failures of nodes at Los Alamos 1996–2005, and the nodes that failed',
  source: 'LA-UR-05-7318; Schroeder, Gibson, A large-scale study of failures in HPC systems, DSN 2006',
  options: { system: { type: 'text', default: '', help: 'only this system (2 … 24); empty = all' } },
  detect: ({ head }) => (looksLike(head, LANL) === 'header' ? 1 : 0),
  holds: () => 'agents',
  facts: (files) => lanlFacts(factRows(files, LANL)),
  readAgents,
  openFailures: (files, context) => {
    const { failures, report } = read(files, context);
    return sourceOf(failures, report);
  },
  openMachineEvents: (files, context) => {
    const { failures, report } = read(files, context);
    return machineEventsOf(failures, report);
  },
};
