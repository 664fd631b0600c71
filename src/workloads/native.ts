import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../core/errors.js';
import {
  type AgentRecord,
  emptyReport,
  type JobDependency,
  type JobRecord,
  type JobSource,
  type MachineEvent,
  type SourceReport,
  type TaskGroup,
} from '../model/job.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { reordered } from './reorder.js';
import { headerOf, Table } from './table.js';

const JOB_COLUMNS = ['job_id', 'submit_s'];
const TASK_COLUMNS = ['job_id', 'duration_s'];

/**
 * mesosim's own tables (docs/traces/native.md): `workload-jobs.csv` and beside it `workload-tasks.csv`, whose rows stand in the
 * order of their jobs, so that both stream together. A job without task rows is an error; columns that a file lacks have defaults.
 */
function openNative(files: readonly string[], context: TraceContext): JobSource {
  const jobsPath = files.find((file) => headerNames(file).includes('submit_s')) ?? (files[0] as string);
  const tasksPath = files.find((file) => file !== jobsPath) ?? beside(jobsPath, 'workload-tasks.csv');
  const report = emptyReport('native', [jobsPath, tasksPath]);
  const issues = new IssueLog(report, context);
  const jobs = new Table(jobsPath, JOB_COLUMNS);
  const tasks = new TaskRows(tasksPath, context.resources, report, issues);
  const read = (): JobRecord | null => {
    while (jobs.next()) {
      report.rowsRead++;
      const job = parseJob(jobs, issues);
      if (job === undefined) continue;
      job.groups = tasks.take(job.id);
      if (job.groups.length === 0) {
        issues.skip(
          jobs.reader,
          1,
          'E_NATIVE_NO_TASKS',
          `job "${job.id}" has no rows in ${basename(tasksPath)}`,
          'task rows stand in the order of their jobs',
        );
        continue;
      }
      report.rowsKept++;
      report.jobCount++;
      for (const group of job.groups) report.taskCount += group.count;
      return job;
    }
    tasks.finish();
    issues.flush();
    return null;
  };
  const close = (): void => {
    jobs.reader.close();
    tasks.close();
  };
  return reordered(report, read, Number(context.options['reorder'] ?? 0), (job) => job, close);
}

function headerNames(path: string): string[] {
  const table = new Table(path, []);
  table.reader.close();
  return table.header;
}

function beside(path: string, name: string): string {
  for (const candidate of [join(dirname(path), name), join(dirname(path), `${name}.gz`)])
    if (existsSync(candidate)) return candidate;
  throw new InputError('E_NATIVE_TASKS', `${name} is missing beside ${basename(path)}`, { file: path });
}

function parseJob(table: Table, issues: IssueLog): JobRecord | undefined {
  const { reader } = table;
  if (table.isBroken) return void issues.skip(reader, 1, 'E_QUOTE', 'a quote is not closed');
  const submitS = reader.number(table.column('submit_s'));
  if (!(submitS >= 0)) {
    return void issues.skip(
      reader,
      table.column('submit_s') + 1,
      'E_NATIVE_VALUE',
      `submit_s must be a number of at least 0, got "${reader.text(table.column('submit_s'))}"`,
    );
  }
  const deadlineS = numberOr(table, 'deadline_s', -1);
  const priority = numberOr(table, 'priority', 0);
  if (Number.isNaN(deadlineS) || Number.isNaN(priority)) {
    return void issues.skip(reader, 1, 'E_NATIVE_VALUE', 'priority and deadline_s must be numbers or empty');
  }
  return {
    id: reader.text(table.column('job_id')),
    user: textOr(table, 'user'),
    queue: textOr(table, 'queue'),
    class: textOr(table, 'class'),
    submitUs: Math.round(submitS * 1e6),
    priority,
    deadlineUs: deadlineS < 0 ? -1 : Math.round(deadlineS * 1e6),
    after: textOr(table, 'after')
      .split(';')
      .filter((part) => part !== '')
      .map(parseDependency),
    groups: [],
  };
}

/** `job` or `job+seconds`. */
function parseDependency(text: string): JobDependency {
  const plus = text.lastIndexOf('+');
  const delayS = plus > 0 ? Number(text.slice(plus + 1)) : Number.NaN;
  if (Number.isFinite(delayS)) return { job: text.slice(0, plus), delayUs: Math.round(delayS * 1e6) };
  return { job: text, delayUs: 0 };
}

function numberOr(table: Table, name: string, fallback: number): number {
  const column = table.column(name);
  return column < 0 || table.reader.isEmpty(column) ? fallback : table.reader.number(column);
}

function textOr(table: Table, name: string): string {
  const column = table.column(name);
  return column < 0 ? '' : table.reader.text(column);
}

/** The rows of the tasks file, handed out job by job. */
class TaskRows {
  private readonly table: Table;
  private held: { job: string; group: TaskGroup } | undefined;
  private readonly amountColumns: { column: number; row: number }[] = [];

  constructor(
    path: string,
    private readonly resources: ResourceSpace,
    private readonly report: SourceReport,
    private readonly issues: IssueLog,
  ) {
    this.table = new Table(path, TASK_COLUMNS);
    for (const [row, name] of resources.columns().entries()) {
      const column = this.table.column(name);
      if (column >= 0) this.amountColumns.push({ column, row });
    }
  }

  /** Groups of the job: its rows must be next. */
  take(job: string): TaskGroup[] {
    const groups: TaskGroup[] = [];
    for (;;) {
      this.held ??= this.read();
      if (this.held === undefined || this.held.job !== job) return groups;
      groups.push(this.held.group);
      this.held = undefined;
    }
  }

  /** Rows left at the end belong to no job, or stand out of order. */
  finish(): void {
    while (this.held !== undefined) {
      const { reader } = this.table;
      this.issues.skip(
        reader,
        1,
        'E_NATIVE_ORPHAN',
        `task row of job "${this.held.job}" does not follow the order of the jobs file`,
        'sort both files by job in the same order',
      );
      this.held = this.read();
    }
  }

  private read(): { job: string; group: TaskGroup } | undefined {
    while (this.table.next()) {
      this.report.rowsRead++;
      const group = this.parse();
      if (group === undefined) continue;
      this.report.rowsKept++;
      return { job: this.table.reader.text(this.table.column('job_id')), group };
    }
    return undefined;
  }

  private parse(): TaskGroup | undefined {
    const { table } = this;
    const { reader } = table;
    const durationS = numberOr(table, 'duration_s', Number.NaN);
    const count = numberOr(table, 'count', 1);
    const estimateS = numberOr(table, 'estimate_s', -1);
    const outputMib = numberOr(table, 'output_mib', 0);
    const isService = textOr(table, 'duration_s') === 'inf';
    if (!isService && !(durationS >= 0)) {
      return void this.issues.skip(
        reader,
        table.column('duration_s') + 1,
        'E_NATIVE_VALUE',
        `duration_s must be a number of at least 0 or inf, got "${textOr(table, 'duration_s')}"`,
      );
    }
    if (!(count >= 1) || !Number.isInteger(count)) {
      return void this.issues.skip(
        reader,
        table.column('count') + 1,
        'E_NATIVE_VALUE',
        `count must be a whole number of at least 1, got "${textOr(table, 'count')}"`,
      );
    }
    const amounts = this.amounts();
    if (amounts === undefined) return undefined;
    return {
      name: textOr(table, 'task'),
      count,
      gang: /^(1|true|yes)$/i.test(textOr(table, 'gang')),
      amounts,
      durationUs: isService ? Number.POSITIVE_INFINITY : Math.round(durationS * 1e6),
      estimateUs: estimateS >= 0 ? Math.round(estimateS * 1e6) : -1,
      constraints: textOr(table, 'constraints'),
      after: textOr(table, 'after')
        .split(';')
        .filter((part) => part !== ''),
      image: textOr(table, 'image'),
      inputs: textOr(table, 'inputs')
        .split(';')
        .filter((part) => part !== ''),
      outputMilliMib: Math.round((outputMib || 0) * 1000),
    };
  }

  private amounts(): Amounts | undefined {
    const { reader } = this.table;
    const amounts = this.resources.zero();
    for (const { column, row } of this.amountColumns) {
      const value = reader.isEmpty(column) ? 0 : reader.number(column);
      if (!(value >= 0)) {
        return void this.issues.skip(
          reader,
          column + 1,
          'E_NATIVE_VALUE',
          `${this.table.header[column]} must be a number of at least 0, got "${reader.text(column)}"`,
        );
      }
      amounts[row] = Math.round(value * 1000);
    }
    return amounts;
  }

  close(): void {
    this.table.reader.close();
  }
}

/** `agents.csv`: agent_id, count, amounts, attributes as `name=value;…`. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('native', [...files]);
  const issues = new IssueLog(report, context);
  const agents: AgentRecord[] = [];
  for (const file of files) {
    const table = new Table(file, ['agent_id', 'cpus']);
    while (table.next()) {
      report.rowsRead++;
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
    if (/^(workload-jobs|workload-tasks|agents|machine-events)\.csv$/.test(name)) return 1;
    return has('job_id', 'submit_s', 'priority') || has('job_id', 'task', 'duration_s') || has('agent_id', 'cpus')
      ? 0.9
      : 0;
  },
  openJobs: openNative,
  readAgents,
  openMachineEvents,
};
