import type { JobRecord, JobSource } from '../model/job.js';

/** A source whose jobs are changed, or left out (undefined), before they arrive. */
export function changedJobs(source: JobSource, change: (record: JobRecord) => JobRecord | undefined): JobSource {
  const next = (): JobRecord | null => {
    for (let record = source.next(); record !== null; record = source.next()) {
      const kept = change(record);
      if (kept !== undefined) return kept;
    }
    return null;
  };
  return { report: source.report, next, close: () => source.close() };
}
