import { type AgentRecord, emptyReport, type MachineEvent, type SourceReport } from '../model/job.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import type { TraceContext } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { inTimeOrder } from './machine-list.js';
import { numberOr, textOr } from './native-columns.js';
import { splitList, unescapePart } from './native-text.js';
import { MAX_AMOUNT, MAX_SECONDS } from './rows.js';
import { headerNames, Table } from './table.js';

/** More agents of one row than this are a mistake in the file. */
const MAX_AGENTS = 1_000_000;

/** A row of agents.csv: `count` agents alike, called `id-0`, `id-1` … where there are several. */
export interface AgentRow {
  readonly id: string;
  readonly count: number;
  readonly amounts: Amounts;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Rows of `agents.csv`: agent_id, count, amounts, attributes as `name=value;…`. */
export function* agentRows(
  files: readonly string[],
  context: TraceContext,
  report: SourceReport,
): Generator<AgentRow, void, undefined> {
  const issues = new IssueLog(report, context);
  for (const file of withHeader(files, (names) => names.includes('agent_id') && !names.includes('event'))) {
    const table = new Table(file, ['agent_id', 'cpus']);
    try {
      while (table.next()) {
        report.rowsRead++;
        const row = table.isSound(issues) ? agentRow(table, context.resources, issues) : undefined;
        if (row === undefined) continue;
        report.rowsKept++;
        yield row;
      }
    } finally {
      table.reader.close();
    }
  }
  issues.flush();
}

function agentRow(table: Table, resources: ResourceSpace, issues: IssueLog): AgentRow | undefined {
  const skip = (column: string, rule: string): undefined => skipFor(table, column, rule, issues);
  const id = textOr(table, 'agent_id');
  const count = numberOr(table, 'count', 1);
  if (id === '') return skip('agent_id', 'must not be empty');
  if (!(Number.isInteger(count) && count >= 1 && count <= MAX_AGENTS))
    return skip('count', `must be a whole number from 1 to ${MAX_AGENTS}`);
  const amounts = amountsOf(table, resources);
  if (typeof amounts === 'string') return skip(amounts, `must be a number from 0 to ${MAX_AMOUNT}`);
  return { id, count, amounts: amounts ?? resources.zero(), attributes: parseAttributes(textOr(table, 'attributes')) };
}

function skipFor(table: Table, column: string, rule: string, issues: IssueLog): undefined {
  const place = table.column(column);
  const message = `${column} ${rule}, got "${textOr(table, column)}"`;
  issues.skip(table.reader, Math.max(0, place) + 1, 'E_NATIVE_VALUE', message);
  return undefined;
}

export function readAgents(
  files: readonly string[],
  context: TraceContext,
): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('native', [...files]);
  const agents: AgentRecord[] = [];
  for (const { id, count, amounts, attributes } of agentRows(files, context, report))
    for (let copy = 0; copy < count; copy++) agents.push({ id: count > 1 ? `${id}-${copy}` : id, amounts, attributes });
  return { agents, report };
}

/** Amounts of a row; undefined = it tells of none, a name = that column is no amount. */
function amountsOf(table: Table, resources: ResourceSpace): Amounts | string | undefined {
  const amounts = resources.zero();
  let isTold = false;
  for (const [row, name] of resources.columns().entries()) {
    const column = table.column(name);
    if (column < 0 || table.reader.isEmpty(column)) continue;
    const value = table.reader.number(column);
    if (!(value >= 0 && value <= MAX_AMOUNT)) return name;
    amounts[row] = Math.round(value * 1000);
    isTold = true;
  }
  return isTold ? amounts : undefined;
}

/** `name=value;…`; a `;` or `\` within a part stands behind a `\`. */
function parseAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  for (const part of splitList(text).map(unescapePart)) {
    const equals = part.indexOf('=');
    if (equals > 0) attributes[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return { ...attributes };
}

/**
 * `machine-events.csv`: time_s, agent_id, event (add, remove, update), amounts, attributes. A row without amounts leaves a machine as large
 * as it was. The table is read as a whole and put in order of time.
 */
export function openMachineEvents(files: readonly string[], context: TraceContext) {
  const report = emptyReport('native', [...files]);
  const issues = new IssueLog(report, context);
  const events: MachineEvent[] = [];
  let isRead = false;
  let index = 0;
  const next = (): MachineEvent | null => {
    if (!isRead) {
      isRead = true;
      for (const file of withHeader(files, (names) => names.includes('event')))
        readEvents(file, context, report, issues, events);
      issues.flush();
      events.splice(0, events.length, ...inTimeOrder(events));
    }
    return events[index++] ?? null;
  };
  const close = (): void => {
    index = events.length;
  };
  return { report, next, close };
}

function readEvents(
  file: string,
  context: TraceContext,
  report: SourceReport,
  issues: IssueLog,
  events: MachineEvent[],
): void {
  const table = new Table(file, ['time_s', 'agent_id', 'event']);
  try {
    while (table.next()) {
      report.rowsRead++;
      const event = table.isSound(issues) ? machineEvent(table, context.resources, issues) : undefined;
      if (event === undefined) continue;
      report.rowsKept++;
      if (event.timeUs < (events.at(-1)?.timeUs ?? 0))
        issues.repair(table.reader, table.column('time_s') + 1, 'E_ORDER', 'the event stands behind a later one');
      events.push(event);
    }
  } finally {
    table.reader.close();
  }
}

function machineEvent(table: Table, resources: ResourceSpace, issues: IssueLog): MachineEvent | undefined {
  const skip = (column: string, rule: string): undefined => skipFor(table, column, rule, issues);
  const event = textOr(table, 'event');
  const timeS = numberOr(table, 'time_s', Number.NaN);
  const agent = textOr(table, 'agent_id');
  if (!(timeS >= 0 && timeS <= MAX_SECONDS)) return skip('time_s', `must be a number from 0 to ${MAX_SECONDS}`);
  if (agent === '') return skip('agent_id', 'must not be empty');
  if (event !== 'add' && event !== 'remove' && event !== 'update')
    return skip('event', 'must be add, remove or update');
  const amounts = event === 'remove' ? undefined : amountsOf(table, resources);
  if (typeof amounts === 'string') return skip(amounts, `must be a number from 0 to ${MAX_AMOUNT}`);
  return {
    timeUs: Math.round(timeS * 1e6),
    agent,
    event,
    amounts,
    attributes: parseAttributes(textOr(table, 'attributes')),
  };
}

/** The files with such a header; all of them when there is none, so that the reader says what is missing. */
function withHeader(files: readonly string[], isWanted: (names: readonly string[]) => boolean): readonly string[] {
  if (files.length === 1) return files;
  const wanted = files.filter((file) => isWanted(headerNames(file)));
  return wanted.length > 0 ? wanted : files;
}
