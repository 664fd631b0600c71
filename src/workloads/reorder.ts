import { Heap } from '../core/heap.js';
import { countReason, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';

interface Entry {
  readonly job: JobRecord;
  readonly row: number;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.job.submitUs < b.job.submitUs || (a.job.submitUs === b.job.submitUs && a.row < b.row);

/** The jobs looked ahead at, earliest first. Those that come in order stand in a line; only late ones cost a heap. */
class Ahead {
  private line: (Entry | undefined)[] = [];
  private first = 0;
  private newestUs = Number.NEGATIVE_INFINITY;
  private readonly late = new Heap<Entry>(isBefore);

  get size(): number {
    return this.line.length - this.first + this.late.size;
  }

  /** True if the job came late. */
  add(job: JobRecord, row: number): boolean {
    if (job.submitUs < this.newestUs) {
      this.late.push({ job, row });
      return true;
    }
    this.newestUs = job.submitUs;
    this.line.push({ job, row });
    return false;
  }

  take(): JobRecord | undefined {
    const inLine = this.line[this.first];
    const early = this.late.peek();
    if (early !== undefined && (inLine === undefined || isBefore(early, inLine))) return this.late.pop()?.job;
    if (inLine === undefined) return undefined;
    this.line[this.first++] = undefined;
    if (this.first > 1024 && this.first * 2 > this.line.length) {
      this.line = this.line.slice(this.first);
      this.first = 0;
    }
    return inLine.job;
  }
}

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
  const ahead = new Ahead();
  let row = 0;
  let lastUs = Number.NEGATIVE_INFINITY;
  let isEnded = false;
  const fill = (): void => {
    while (!isEnded && ahead.size <= bound) {
      const job = read();
      if (job === null) {
        isEnded = true;
        return;
      }
      if (ahead.add(job, row++)) countReason(report.repaired, 'E_ORDER');
    }
  };
  return {
    report,
    next: () => {
      fill();
      const job = ahead.take();
      if (job === undefined) return null;
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
