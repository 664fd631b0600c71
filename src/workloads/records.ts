import { emptyReport, type JobRecord, type JobSource, type SourceReport, type TaskGroup } from '../model/job.js';
import type { TraceContext } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { sortedJobs } from './sorted-jobs.js';

/** A group of tasks with the defaults of what a trace does not tell: one task without a name that waits for nothing. */
export function taskGroup(given: Pick<TaskGroup, 'amounts' | 'durationUs'> & Partial<TaskGroup>): TaskGroup {
  return {
    name: '',
    count: 1,
    gang: false,
    estimateUs: -1,
    constraints: '',
    after: [],
    image: '',
    inputs: [],
    outputMilliMib: 0,
    ...given,
  };
}

/** A job with the defaults of what a trace does not tell. */
export function jobRecord(given: Pick<JobRecord, 'id' | 'submitUs' | 'groups'> & Partial<JobRecord>): JobRecord {
  return { user: '', queue: '', class: '', priority: 0, deadlineUs: -1, after: [], ...given };
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
