import type { JobRecord, JobSource } from '../model/job.js';

/**
 * Jobs of a trace whose times are of a calendar: the first submission is time 0 of the run. What it was stands in the report, in
 * microseconds since 1970.
 */
export function fromFirst(source: JobSource): JobSource {
  let originUs = -1;
  const next = (): JobRecord | null => {
    const job = source.next();
    if (job === null) return null;
    if (originUs < 0) {
      originUs = job.submitUs;
      source.report.notes.set('origin_us', String(originUs));
    }
    job.submitUs -= originUs;
    if (job.deadlineUs >= 0) job.deadlineUs = Math.max(0, job.deadlineUs - originUs);
    return job;
  };
  return { report: source.report, next, close: () => source.close() };
}
