import { Heap } from '../core/heap.js';
import { countReason, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import { JobPacking } from './packed/job-packing.js';
import { JobQueue } from './packed/job-queue.js';

interface Entry {
  readonly job: JobRecord;
  readonly row: number;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.job.submitUs < b.job.submitUs || (a.job.submitUs === b.job.submitUs && a.row < b.row);

/** Jobs first in, first out, as they are: for a look-ahead that is short enough to be held so. */
class PlainQueue {
  private jobs: (JobRecord | undefined)[] = [];
  private first = 0;

  get size(): number {
    return this.jobs.length - this.first;
  }

  push(job: JobRecord): void {
    this.jobs.push(job);
  }

  peek(): JobRecord | undefined {
    return this.jobs[this.first];
  }

  shift(): JobRecord | undefined {
    const job = this.jobs[this.first];
    if (job === undefined) return undefined;
    this.jobs[this.first++] = undefined;
    if (this.first > 1024 && this.first * 2 > this.jobs.length) {
      this.jobs = this.jobs.slice(this.first);
      this.first = 0;
    }
    return job;
  }
}

/** Up to this look-ahead jobs wait as objects: packing costs more than collecting them. */
const MOST_PLAIN = 20_000;

/** The jobs looked ahead at, earliest first. Those that come in order stand in a line; only late ones cost a heap. */
class Ahead {
  private readonly line: PlainQueue | JobQueue;
  private newestUs = Number.NEGATIVE_INFINITY;
  private readonly late = new Heap<Entry>(isBefore);

  constructor(bound: number) {
    this.line = bound <= MOST_PLAIN ? new PlainQueue() : new JobQueue(new JobPacking());
  }

  get size(): number {
    return this.line.size + this.late.size;
  }

  /** True if the job came late. */
  add(job: JobRecord, row: number): boolean {
    if (job.submitUs < this.newestUs) {
      this.late.push({ job, row });
      return true;
    }
    this.newestUs = job.submitUs;
    this.line.push(job);
    return false;
  }

  take(): JobRecord | undefined {
    const inLine = this.line.peek();
    const early = this.late.peek();
    if (early === undefined) return this.line.shift();
    // A late job came after one in the line with a later time: of those with its own time all stand in the line before it.
    if (inLine !== undefined && inLine.submitUs <= early.job.submitUs) return this.line.shift();
    return this.late.pop()?.job;
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
  const ahead = new Ahead(bound);
  let row = 0;
  let lastUs = Number.NEGATIVE_INFINITY;
  let isEnded = false;
  /** Without a look-ahead nothing waits. */
  const direct = (): JobRecord | undefined => {
    const job = read();
    if (job !== null && job.submitUs < lastUs) countReason(report.repaired, 'E_ORDER');
    return job ?? undefined;
  };
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
      if (bound > 0) fill();
      const job = bound > 0 ? ahead.take() : direct();
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
