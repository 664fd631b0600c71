import type { JobRecord, JobSource } from '../model/job.js';

/** The same jobs, the first of them submitted at 0: for traces whose times begin at no time of their own (dates, shifted clocks). */
export function fromZero(source: JobSource): JobSource {
  let originUs: number | undefined;
  const next = (): JobRecord | null => {
    const job = source.next();
    if (job === null) return null;
    originUs ??= job.submitUs;
    job.submitUs -= originUs;
    if (job.deadlineUs >= 0) job.deadlineUs = Math.max(0, job.deadlineUs - originUs);
    return job;
  };
  return { report: source.report, next, close: () => source.close() };
}
