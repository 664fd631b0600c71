import { Heap } from '../core/heap.js';
import { countReason, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';

/**
 * Hands jobs on in order of submit time. Rows that arrive late are put in order within a bounded look-ahead. A job later than the
 * whole look-ahead is submitted when the last handed-on one was, and counted as moved.
 */
export function reordered(
  report: SourceReport,
  read: () => JobRecord | null,
  bound: number,
  finish: (job: JobRecord) => JobRecord,
  close: () => void,
): JobSource {
  const heap = new Heap<{ job: JobRecord; row: number }>(
    (a, b) => a.job.submitUs < b.job.submitUs || (a.job.submitUs === b.job.submitUs && a.row < b.row),
  );
  let row = 0;
  let lastUs = Number.NEGATIVE_INFINITY;
  let isEnded = false;
  let newestUs = Number.NEGATIVE_INFINITY;
  const fill = (): void => {
    while (!isEnded && heap.size <= bound) {
      const job = read();
      if (job === null) {
        isEnded = true;
        return;
      }
      if (job.submitUs < newestUs) countReason(report.repaired, 'E_ORDER');
      else newestUs = job.submitUs;
      heap.push({ job, row: row++ });
    }
  };
  return {
    report,
    next: () => {
      fill();
      const entry = heap.pop();
      if (entry === undefined) return null;
      const { job } = entry;
      if (job.submitUs < lastUs) {
        countReason(report.repaired, 'E_ORDER_MOVED');
        job.submitUs = lastUs;
      }
      lastUs = job.submitUs;
      return finish(job);
    },
    close,
  };
}
