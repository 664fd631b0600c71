import { emptyReport, type JobRecord, type JobSource, type SourceReport, type TaskGroup } from '../model/job.js';
import type { TraceContext } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { Rows } from './rows.js';
import { inOrder, type LookAhead, lookAheadOf, type ScoutedTable } from './scout.js';

/** A group of tasks with the defaults of what a trace does not tell: one task without a name that waits for nothing. */
export function taskGroup(given: Pick<TaskGroup, 'amounts' | 'durationUs'> & Partial<TaskGroup>): TaskGroup {
  // Field by field, in one order: all groups have one shape in memory, which a spread would not give.
  const group: TaskGroup = {
    name: given.name ?? '',
    count: given.count ?? 1,
    gang: given.gang ?? false,
    amounts: given.amounts,
    durationUs: given.durationUs,
    estimateUs: given.estimateUs ?? -1,
    constraints: given.constraints ?? '',
    after: given.after ?? NONE,
    image: given.image ?? '',
    inputs: given.inputs ?? NONE,
    outputMilliMib: given.outputMilliMib ?? 0,
  };
  if (given.inputMilliMib !== undefined) group.inputMilliMib = given.inputMilliMib;
  if (given.usage !== undefined) group.usage = given.usage;
  if (given.exit !== undefined) group.exit = given.exit;
  if (given.retry !== undefined) group.retry = given.retry;
  return group;
}

const NONE: readonly never[] = Object.freeze([]);

/** A job with the defaults of what a trace does not tell. */
export function jobRecord(given: Pick<JobRecord, 'id' | 'submitUs' | 'groups'> & Partial<JobRecord>): JobRecord {
  const job: JobRecord = {
    id: given.id,
    user: given.user ?? '',
    queue: given.queue ?? '',
    class: given.class ?? '',
    submitUs: given.submitUs,
    priority: given.priority ?? 0,
    deadlineUs: given.deadlineUs ?? -1,
    after: given.after ?? NONE,
    groups: given.groups,
  };
  if (given.isHost !== undefined) job.isHost = given.isHost;
  return job;
}

/** What a reader makes out of files: jobs in any order. Its `finally` closes the files. */
export type JobMaker = (report: SourceReport, issues: IssueLog) => Generator<JobRecord, void, undefined>;

/** The jobs that a reader makes, counted, in order of submit time. A scout tells when they come nearly so. */
export function madeJobs(
  format: string,
  files: readonly string[],
  context: TraceContext,
  make: JobMaker,
  scout: () => LookAhead = () => undefined,
): JobSource {
  const report = emptyReport(format, [...files]);
  const issues = new IssueLog(report, context);
  const jobs = make(report, issues);
  const read = (): JobRecord | null => {
    const job = jobs.next();
    if (job.done === true) {
      issues.flush();
      return null;
    }
    return counted(job.value, report);
  };
  return inOrder(report, context, scout, read, () => void jobs.return(undefined));
}

function counted(job: JobRecord, report: SourceReport): JobRecord {
  report.jobCount++;
  const { groups } = job;
  for (let index = 0; index < groups.length; index++) report.taskCount += (groups[index] as TaskGroup).count;
  return job;
}

/** A trace of which each row of a table is a job. */
export interface JobTable extends ScoutedTable {
  readonly format: string;
  /** All files of the trace. */
  readonly files: readonly string[];
  /** Those that are the table; absent = all. */
  readonly tables?: readonly string[];
  /** What makes a job of the row that stands next, or skips it; asked for before the first row is read. */
  open(report: SourceReport, issues: IssueLog): (rows: Rows) => JobRecord | undefined;
}

/** The jobs of a table, counted, in order of submit time. */
export function tableJobs(table: JobTable, context: TraceContext): JobSource {
  const { format, files, layout, tables = files } = table;
  const report = emptyReport(format, [...files]);
  const issues = new IssueLog(report, context);
  let rows: Rows | undefined;
  let parse: ((rows: Rows) => JobRecord | undefined) | undefined;
  const read = (): JobRecord | null => {
    parse ??= table.open(report, issues);
    rows ??= new Rows(tables, layout, report, issues);
    while (rows.next()) {
      const job = parse(rows);
      if (job === undefined) continue;
      report.rowsKept++;
      return counted(job, report);
    }
    issues.flush();
    return null;
  };
  return inOrder(
    report,
    context,
    () => lookAheadOf(tables, table),
    read,
    () => rows?.close(),
  );
}

/** Bytes in thousandths of a MiB. */
export function milliMibOfBytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 1000);
}
