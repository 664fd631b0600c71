import { emptyReport, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import type { TraceContext, TraceIssue } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { NameSet } from './name-set.js';
import { reordered } from './reorder.js';
import type { Rows } from './rows.js';
import { lookAheadOf, type ScoutedTable, scouted } from './scout.js';
import { sortedJobs } from './sorted-jobs.js';

/** A row of a job. */
export interface RowOfJob {
  readonly job: string;
}

/** A table in which a job is several rows. */
export interface RowJobs<Row extends RowOfJob> {
  /** By what its order is seen, where that can be seen from the rows alone. */
  readonly scouted?: ScoutedTable | undefined;
  /** Good rows of the files, one by one. */
  open(report: SourceReport, issues: IssueLog): { next(): Row | null; close(): void };
  /** The job of its rows; undefined when none of them can be used. Counts the rows that it keeps. */
  build(job: string, rows: Row[], report: SourceReport, issues: IssueLog): JobRecord | undefined;
}

/**
 * Rows of a layout as {@link RowJobs} wants them: what `parse` makes of each, undefined for one that it skipped. It is given the job of the
 * row before, which mostly is that of this one too and then need not be made again.
 */
export function parsedRows<Row extends { readonly job: string }>(
  rows: Rows,
  parse: (rows: Rows, lastJob: string) => Row | undefined,
) {
  let lastJob = '';
  const next = (): Row | null => {
    while (rows.next()) {
      const row = parse(rows, lastJob);
      if (row === undefined) continue;
      lastJob = row.job;
      return row;
    }
    return null;
  };
  return { next, close: () => rows.close() };
}

/** Thrown when rows of a job turn out not to stand together. */
class Scattered extends Error {}

/**
 * Jobs of a table whose rows belong together by name, in order of submit time. A scout may find that they stand together and nearly in
 * order: they are handed on as they are read then. Otherwise they are sorted first: while the rows of each job stand together, only one
 * job is held; if one turns up again, the files are read once more with all jobs held.
 */
export function openRowJobs<Row extends RowOfJob>(
  format: string,
  files: readonly string[],
  context: TraceContext,
  table: RowJobs<Row>,
): JobSource {
  const report = emptyReport(format, [...files]);
  const told = new HeldIssues(context);
  let issues = new IssueLog(report, told.context);
  let rows = table.open(report, issues);
  let read = together(rows, table, report, () => issues, new NameSet());
  let source: JobSource | undefined;
  const counted = (): JobRecord | null => countedJob(read(), report, issues);
  const open = (): JobSource => sortedJobs(report, counted, () => rows.close());
  /** The first job: unless the scout found good order, everything has been read when it is there. */
  const first = (): JobRecord | null => {
    const { scouted: seen } = table;
    const ahead = seen === undefined ? undefined : scouted(context, () => lookAheadOf(files, seen));
    if (ahead !== undefined) {
      read = together(rows, table, report, () => issues);
      source = reordered(
        report,
        counted,
        ahead,
        (job) => job,
        () => rows.close(),
      );
      return source.next();
    }
    source = open();
    try {
      return source.next();
    } catch (error) {
      if (!(error instanceof Scattered)) throw error;
    }
    source.close();
    reset(report);
    told.forget();
    issues = new IssueLog(report, told.context);
    rows = table.open(report, issues);
    read = held(rows, table, report, () => issues);
    source = open();
    return source.next();
  };
  const next = (): JobRecord | null => {
    if (source !== undefined) return source.next();
    const job = first();
    told.release();
    return job;
  };
  return { report, next, close: () => (source === undefined ? rows.close() : source.close()) };
}

/** More issues than this are not held back. */
const MAX_HELD_ISSUES = 100_000;

/** Holds back what a reading tells until it is sure that the reading counts. */
class HeldIssues {
  readonly context: TraceContext;
  private readonly held: TraceIssue[] = [];
  private isReleased = false;

  constructor(context: TraceContext) {
    const { onIssue } = context;
    this.onIssue = onIssue;
    this.context = onIssue === undefined ? context : { ...context, onIssue: (issue) => this.tell(issue) };
  }
  private readonly onIssue: TraceContext['onIssue'];

  private tell(issue: TraceIssue): void {
    if (!this.isReleased) this.held.push(issue);
    else this.onIssue?.(issue);
    if (this.held.length >= MAX_HELD_ISSUES) this.release();
  }

  forget(): void {
    this.held.length = 0;
  }

  release(): void {
    this.isReleased = true;
    for (const issue of this.held) this.onIssue?.(issue);
    this.held.length = 0;
  }
}

function countedJob(job: JobRecord | null, report: SourceReport, issues: IssueLog): JobRecord | null {
  if (job === null) {
    issues.flush();
    return null;
  }
  report.jobCount++;
  for (const group of job.groups) report.taskCount += group.count;
  return job;
}

function reset(report: SourceReport): void {
  report.rowsRead = 0;
  report.rowsKept = 0;
  report.jobCount = 0;
  report.taskCount = 0;
  report.skipped.clear();
  report.repaired.clear();
}

type Opened<Row extends RowOfJob> = ReturnType<RowJobs<Row>['open']>;

/** Reads jobs whose rows stand together; with a set of those seen, a job that turns up again is thrown as Scattered. */
function together<Row extends RowOfJob>(
  rows: Opened<Row>,
  table: RowJobs<Row>,
  report: SourceReport,
  issues: () => IssueLog,
  seen?: NameSet,
): () => JobRecord | null {
  let pending: Row | null | undefined;
  return () => {
    pending ??= rows.next();
    while (pending !== null) {
      const { job: name } = pending;
      if (seen?.add(name) === false) throw new Scattered();
      const list = [pending];
      pending = rows.next();
      while (pending !== null && pending.job === name) {
        list.push(pending);
        pending = rows.next();
      }
      const job = table.build(name, list, report, issues());
      if (job !== undefined) return job;
    }
    return null;
  };
}

/** Reads all rows first; the jobs come in the order of their first rows. */
function held<Row extends RowOfJob>(
  rows: Opened<Row>,
  table: RowJobs<Row>,
  report: SourceReport,
  issues: () => IssueLog,
): () => JobRecord | null {
  const jobs = new Map<string, Row[]>();
  for (let entry = rows.next(); entry !== null; entry = rows.next()) {
    const list = jobs.get(entry.job);
    if (list === undefined) jobs.set(entry.job, [entry]);
    else list.push(entry);
  }
  const names = jobs.keys();
  return () => {
    for (let name = names.next(); name.done !== true; name = names.next()) {
      const list = jobs.get(name.value) as Row[];
      jobs.delete(name.value);
      const job = table.build(name.value, list, report, issues());
      if (job !== undefined) return job;
    }
    return null;
  };
}
