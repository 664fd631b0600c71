import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../core/errors.js';
import { emptyReport, type JobRecord, type JobSource, type SourceReport, type TaskGroup } from '../model/job.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import type { TraceContext } from '../model/trace-format.js';
import { RecentAmounts } from './amounts-memo.js';
import { IssueLog } from './bytes/issues.js';
import { type Columns, columnsOf, numberAt, repeatedAt, textAt } from './native-columns.js';
import { JobRows } from './native-rows.js';
import { splitList, unescapePart, unguarded } from './native-text.js';
import { UsageRows } from './native-usage.js';
import { reordered } from './reorder.js';
import { headerNames, Table } from './table.js';

const JOB_COLUMNS = ['job_id', 'submit_s'];
const TASK_COLUMNS = ['job_id', 'duration_s'];

const NONE: readonly never[] = Object.freeze([]);

/**
 * mesosim's own tables (docs/traces/native.md): `workload-jobs.csv` and beside it `workload-tasks.csv`, whose rows stand in the
 * order of their jobs, so that both stream together. A job without task rows is an error; columns that a file lacks have defaults.
 */
export function openNative(files: readonly string[], context: TraceContext): JobSource {
  const { jobs: jobsPath, tasks: tasksPath, usage: usagePath } = pathsOf(files);
  const paths = [jobsPath, tasksPath];
  if (usagePath !== undefined) paths.push(usagePath);
  const report = emptyReport('native', paths);
  const issues = new IssueLog(report, context);
  const jobs = new Table(jobsPath, JOB_COLUMNS);
  const usage = usagePath === undefined ? undefined : new UsageRows(usagePath, context.resources, report, issues);
  const tasks = new TaskRows(tasksPath, context.resources, report, issues, usage);
  const ahead = new JobRows(jobs, report, issues);
  const read = (): JobRecord | null => {
    for (let entry = ahead.next(); entry !== undefined; entry = ahead.next()) {
      const { job, line } = entry;
      job.groups = tasks.take(job.id, (id) => ahead.has(id));
      if (!entry.isGood) continue;
      if (job.groups.length === 0) {
        const message = `job "${job.id}" has no rows in ${basename(tasksPath)}`;
        const hint = 'task rows stand in the order of their jobs';
        issues.skip({ path: jobsPath, line }, 1, 'E_NATIVE_NO_TASKS', message, hint);
        continue;
      }
      report.rowsKept++;
      report.jobCount++;
      for (const group of job.groups) report.taskCount += group.count;
      return job;
    }
    tasks.finish();
    usage?.finish();
    issues.flush();
    return null;
  };
  const close = (): void => {
    jobs.reader.close();
    tasks.close();
    usage?.close();
  };
  return reordered(report, read, Number(context.options['reorder'] ?? 0), (job) => job, close);
}

function pathsOf(files: readonly string[]): { jobs: string; tasks: string; usage: string | undefined } {
  const having = (column: string): string | undefined => files.find((file) => headerNames(file).includes(column));
  const usage = having('offset_s');
  // Agents and machine events of the same folder are read apart.
  const others = files.filter((file) => file !== usage && !headerNames(file).includes('agent_id'));
  const jobs = having('submit_s') ?? others[0] ?? (files[0] as string);
  const tasks = others.find((file) => file !== jobs) ?? beside(jobs, 'workload-tasks.csv');
  if (tasks === undefined)
    throw new InputError('E_NATIVE_TASKS', `workload-tasks.csv is missing beside ${basename(jobs)}`, { file: jobs });
  return { jobs, tasks, usage: usage ?? beside(jobs, 'workload-usage.csv') };
}

function beside(path: string, name: string): string | undefined {
  for (const candidate of [join(dirname(path), name), join(dirname(path), `${name}.gz`)])
    if (existsSync(candidate)) return candidate;
  return undefined;
}

interface HeldTask {
  readonly job: string;
  /** undefined: the row cannot be used, but says whose it is. */
  readonly group: TaskGroup | undefined;
  readonly line: number;
  readonly isAfterBlank: boolean;
}

interface AmountColumn {
  readonly column: number;
  /** Of the resource. */
  readonly row: number;
}

/** The rows of the tasks file, handed out job by job. */
class TaskRows {
  private readonly table: Table;
  private readonly columns: Columns;
  private held: HeldTask | undefined;
  private readonly amountColumns: AmountColumn[] = [];
  /** Amounts of the row that is read. */
  private readonly told: Amounts;
  private readonly recent = new RecentAmounts();

  constructor(
    path: string,
    resources: ResourceSpace,
    private readonly report: SourceReport,
    private readonly issues: IssueLog,
    private readonly usage: UsageRows | undefined,
  ) {
    this.told = resources.zero();
    this.table = new Table(path, TASK_COLUMNS);
    this.columns = columnsOf(this.table);
    for (const [row, name] of resources.columns().entries()) {
      const column = this.table.column(name);
      if (column >= 0) this.amountColumns.push({ column, row });
    }
  }

  /** Groups of the job: its rows must be next. Rows that none of the next jobs has are left out; a blank line ends the job's rows. */
  take(job: string, isWaited: (id: string) => boolean): TaskGroup[] {
    const groups: TaskGroup[] = [];
    for (let rows = 0; ; ) {
      this.held ??= this.read(job);
      const { held } = this;
      if (held === undefined || (held.isAfterBlank && rows > 0)) return groups;
      if (held.job === job) {
        rows++;
        if (held.group !== undefined) groups.push(held.group);
      } else if (rows > 0 || isWaited(held.job)) return groups;
      else this.orphan(held);
      this.held = undefined;
    }
  }

  /** Rows left at the end belong to no job, or stand out of order. */
  finish(): void {
    for (; this.held !== undefined; this.held = this.read('')) this.orphan(this.held);
  }

  private orphan({ job, line, group }: HeldTask): void {
    // A row that cannot be used has been counted already.
    if (group === undefined) return;
    this.report.rowsKept--;
    const message = `task row of job "${job}" does not follow the order of the jobs file`;
    const hint = 'sort both files by job in the same order';
    this.issues.skip({ path: this.table.path, line }, 1, 'E_NATIVE_ORPHAN', message, hint);
  }

  /** The next row that says whose it is, likely of the job that is expected. */
  private read(expected: string): HeldTask | undefined {
    const { table } = this;
    let isAfterBlank = false;
    while (table.next()) {
      this.report.rowsRead++;
      isAfterBlank ||= table.blankCount > 0;
      if (table.isBroken) {
        table.isSound(this.issues);
        continue;
      }
      const { line } = table.reader;
      if (isAfterBlank) this.usage?.separate();
      const group = this.parse();
      if (group !== undefined) this.report.rowsKept++;
      const job = unguarded(table.reader.textLike(this.columns.job_id, expected));
      const usage = this.usage?.take(job, group?.name ?? textAt(table.reader, this.columns.task), group?.amounts);
      if (group !== undefined && usage !== undefined) group.usage = usage;
      return { job, group, line, isAfterBlank };
    }
    return undefined;
  }

  private parse(): TaskGroup | undefined {
    if (!this.table.isSound(this.issues)) return undefined;
    const { reader } = this.table;
    const durationS = numberAt(reader, this.columns.duration_s, Number.NaN);
    const count = numberAt(reader, this.columns.count, 1);
    const estimateS = numberAt(reader, this.columns.estimate_s, -1);
    const outputMib = numberAt(reader, this.columns.output_mib, 0);
    const inputMib = numberAt(reader, this.columns.input_mib, Number.NaN);
    const exit = repeatedAt(reader, this.columns.exit);
    if (exit !== '' && exit !== 'finished' && exit !== 'failed') {
      const rule = `exit must be finished, failed or empty, got "${exit}"`;
      return void this.issues.skip(reader, this.columns.exit + 1, 'E_NATIVE_VALUE', rule);
    }
    const isService = Number.isNaN(durationS) && textAt(reader, this.columns.duration_s) === 'inf';
    if (!isService && !(durationS >= 0)) {
      return void this.issues.skip(
        reader,
        this.columns.duration_s + 1,
        'E_NATIVE_VALUE',
        `duration_s must be a number of at least 0 or inf, got "${textAt(reader, this.columns.duration_s)}"`,
      );
    }
    if (!(count >= 1) || !Number.isInteger(count)) {
      return void this.issues.skip(
        reader,
        this.columns.count + 1,
        'E_NATIVE_VALUE',
        `count must be a whole number of at least 1, got "${textAt(reader, this.columns.count)}"`,
      );
    }
    const amounts = this.amounts();
    if (amounts === undefined) return undefined;
    const group: TaskGroup = {
      name: repeatedAt(reader, this.columns.task),
      count,
      gang: isYes(repeatedAt(reader, this.columns.gang)),
      amounts,
      durationUs: isService ? Number.POSITIVE_INFINITY : Math.round(durationS * 1e6),
      estimateUs: estimateS >= 0 ? Math.round(estimateS * 1e6) : -1,
      constraints: repeatedAt(reader, this.columns.constraints),
      after: this.names(this.columns.after),
      image: repeatedAt(reader, this.columns.image),
      inputs: this.names(this.columns.inputs),
      outputMilliMib: Math.round((outputMib || 0) * 1000),
    };
    if (inputMib >= 0) group.inputMilliMib = Math.round(inputMib * 1000);
    if (exit !== '') group.exit = exit;
    return group;
  }

  private names(column: number): readonly string[] {
    const { reader } = this.table;
    if (column < 0 || reader.isEmpty(column)) return NONE;
    return splitList(textAt(reader, column)).map(unescapePart);
  }

  private amounts(): Amounts | undefined {
    const { reader } = this.table;
    const { amountColumns, told } = this;
    for (let index = 0; index < amountColumns.length; index++) {
      const { column, row } = amountColumns[index] as AmountColumn;
      const value = reader.isEmpty(column) ? 0 : reader.number(column);
      if (!(value >= 0)) {
        return void this.issues.skip(
          reader,
          column + 1,
          'E_NATIVE_VALUE',
          `${this.table.header[column]} must be a number of at least 0, got "${reader.text(column)}"`,
        );
      }
      told[row] = Math.round(value * 1000);
    }
    return this.recent.of(told);
  }

  close(): void {
    this.table.reader.close();
  }
}

function isYes(text: string): boolean {
  return text !== '' && /^(1|true|yes)$/i.test(text);
}

const KNOWN_NAMES = new Set([
  ...['job_id', 'task', 'count', 'gang', 'duration_s', 'estimate_s', 'constraints', 'after', 'image', 'inputs'],
  ...['output_mib', 'input_mib', 'exit', 'cpus', 'mem_mib', 'disk_mib', 'gpus'],
  ...['offset_s', 'agent_id', 'attributes', 'time_s', 'event'],
]);

/** Columns of the tables of tasks, uses and machines that are custom resources: those whose names the format does not have. */
export function customResources(files: readonly string[]): string[] {
  const headers = files.map(headerNames);
  const tables = headers.some((names) => names.includes('job_id'))
    ? [pathsOf(files).tasks, ...files.filter((_, row) => headers[row]?.includes('agent_id'))]
    : files;
  const names = new Set(tables.flatMap(headerNames));
  return [...names].filter((name) => /^[a-z]\w*$/.test(name) && !KNOWN_NAMES.has(name));
}
