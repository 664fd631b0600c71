import { type AgentRecord, emptyReport, type MachineEvent, type SourceReport } from '../model/job.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { numberOr, textOr } from './native-columns.js';
import { openNative } from './native-jobs.js';
import { headerOf, Table } from './table.js';

/** `agents.csv`: agent_id, count, amounts, attributes as `name=value;…`. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('native', [...files]);
  const issues = new IssueLog(report, context);
  const agents: AgentRecord[] = [];
  for (const file of files) {
    const table = new Table(file, ['agent_id', 'cpus']);
    while (table.next()) {
      report.rowsRead++;
      if (!table.isSound(issues)) continue;
      const amounts = amountsOf(table, context.resources);
      const count = numberOr(table, 'count', 1);
      if (amounts === undefined || !(count >= 1)) {
        issues.skip(table.reader, 1, 'E_NATIVE_VALUE', 'amounts and count must be numbers of at least 0');
        continue;
      }
      report.rowsKept++;
      const id = table.reader.text(table.column('agent_id'));
      const attributes = parseAttributes(textOr(table, 'attributes'));
      for (let copy = 0; copy < count; copy++)
        agents.push({ id: count > 1 ? `${id}-${copy}` : id, amounts, attributes });
    }
    table.reader.close();
  }
  issues.flush();
  return { agents, report };
}

function amountsOf(table: Table, resources: ResourceSpace): Amounts | undefined {
  const amounts = resources.zero();
  for (const [row, name] of resources.columns().entries()) {
    const value = numberOr(table, name, 0);
    if (!(value >= 0)) return undefined;
    amounts[row] = Math.round(value * 1000);
  }
  return amounts;
}

function parseAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) attributes[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return attributes;
}

/** `machine-events.csv`: time_s, agent_id, event (add, remove, update), amounts. */
function openMachineEvents(files: readonly string[], context: TraceContext) {
  const report = emptyReport('native', [...files]);
  const issues = new IssueLog(report, context);
  const table = new Table(files[0] as string, ['time_s', 'agent_id', 'event']);
  const next = (): MachineEvent | null => {
    while (table.next()) {
      report.rowsRead++;
      if (!table.isSound(issues)) continue;
      const event = textOr(table, 'event');
      const timeS = numberOr(table, 'time_s', Number.NaN);
      if (!(timeS >= 0) || (event !== 'add' && event !== 'remove' && event !== 'update')) {
        issues.skip(
          table.reader,
          1,
          'E_NATIVE_VALUE',
          'time_s must be at least 0 and event one of add, remove, update',
        );
        continue;
      }
      report.rowsKept++;
      const agent = textOr(table, 'agent_id');
      const amounts = event === 'remove' ? undefined : amountsOf(table, context.resources);
      return {
        timeUs: Math.round(timeS * 1e6),
        agent,
        event,
        amounts,
        attributes: parseAttributes(textOr(table, 'attributes')),
      };
    }
    issues.flush();
    return null;
  };
  return { report, next, close: () => table.reader.close() };
}

export const native: TraceFormat = {
  name: 'native',
  summary: "mesosim's own tables of jobs, tasks, agents and machine events",
  source: 'docs/traces/native.md',
  options: {
    reorder: {
      type: 'integer',
      default: 0,
      range: [0, 10_000_000],
      unit: 'jobs',
      help: 'look this far ahead for jobs out of submit order',
    },
  },
  detect: ({ head, name }) => {
    const header = headerOf(head);
    const has = (...columns: string[]): boolean => columns.every((column) => header.includes(column));
    if (/^(workload-jobs|workload-tasks|workload-usage|agents|machine-events)\.csv$/.test(name)) return 1;
    const isSure =
      has('job_id', 'submit_s', 'priority') || has('job_id', 'task', 'duration_s') || has('agent_id', 'cpus');
    // Only the required columns: other formats may know better.
    return isSure ? 0.9 : has('job_id', 'submit_s') ? 0.5 : 0;
  },
  filesOf: (names) => {
    const jobs = names.find((name) => /^workload-jobs\.csv(\.gz|\.zst)?$/.test(name));
    const tasks = names.find((name) => /^workload-tasks\.csv(\.gz|\.zst)?$/.test(name));
    return jobs === undefined || tasks === undefined ? [] : [jobs, tasks];
  },
  holds: ([file]) => {
    const table = new Table(file as string, []);
    table.reader.close();
    const { header } = table;
    if (header.includes('job_id')) return 'jobs';
    return header.includes('event') ? 'events' : header.includes('agent_id') ? 'agents' : 'jobs';
  },
  openJobs: openNative,
  readAgents,
  openMachineEvents,
};
