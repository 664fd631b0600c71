import { emptyReport, type JobRecord, type JobSource, type SourceReport, type TaskGroup } from '../model/job.js';
import type { TraceContext } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { sortedJobs } from './sorted-jobs.js';

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

/** The jobs that a reader makes, counted, in order of submit time. */
export function madeJobs(format: string, files: readonly string[], context: TraceContext, make: JobMaker): JobSource {
  const report = emptyReport(format, [...files]);
  const issues = new IssueLog(report, context);
  const jobs = make(report, issues);
  const read = (): JobRecord | null => {
    const job = jobs.next();
    if (job.done === true) {
      issues.flush();
      return null;
    }
    report.jobCount++;
    for (const group of job.value.groups) report.taskCount += group.count;
    return job.value;
  };
  return sortedJobs(report, read, () => void jobs.return(undefined));
}

/** Bytes in thousandths of a MiB. */
export function milliMibOfBytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 1000);
}
