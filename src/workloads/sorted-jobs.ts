import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heap } from '../core/heap.js';
import { countReason, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import { JobPacking } from './packed/job-packing.js';
import { type JobRun, PackedJobs, SavedRun, writeAll } from './packed/packed-run.js';
import { Packer } from './packed/packer.js';

/** Bytes of packed jobs in memory before a sorted run of them goes to disk: some 200,000 jobs of a task. */
const HELD_BYTES = 12 << 20;
/** Sorted runs that are merged at a time; each holds a piece in memory. */
const MERGED_RUNS = 256;
const PIECE_BYTES = 1 << 18;

/**
 * Hands jobs on in order of submit time, however out of order the files are: an external merge sort, so that memory does not follow
 * the length of the trace. Everything is read before the first job is handed on. Jobs that came late are counted as repaired.
 */
export function sortedJobs(
  report: SourceReport,
  read: () => JobRecord | null,
  close: () => void,
  heldBytes = HELD_BYTES,
): JobSource {
  const runs = new Runs();
  let next: (() => JobRecord | null) | undefined;
  return {
    report,
    next: () => {
      next ??= collect(report, read, runs, heldBytes);
      return next();
    },
    close: () => {
      runs.close();
      close();
    },
  };
}

function collect(
  report: SourceReport,
  read: () => JobRecord | null,
  runs: Runs,
  heldBytes: number,
): () => JobRecord | null {
  const held = new PackedJobs(runs.packing);
  let newestUs = Number.NEGATIVE_INFINITY;
  for (let job = read(); job !== null; job = read()) {
    if (job.submitUs < newestUs) countReason(report.repaired, 'E_ORDER');
    else newestUs = job.submitUs;
    held.add(job);
    if (held.bytes <= heldBytes) continue;
    runs.save(held);
    held.clear();
  }
  held.putInOrder();
  return runs.merged(held.run());
}

/** Sorted runs are numbered in the reading order, which ties of submit time keep. */
interface Head {
  readonly run: JobRun;
  readonly number: number;
}

const isBefore = (a: Head, b: Head): boolean =>
  a.run.submitUs < b.run.submitUs || (a.run.submitUs === b.run.submitUs && a.number < b.number);

/** Several runs as one. */
class Merge {
  private readonly heads = new Heap<Head>(isBefore);
  /** The run whose job comes next: mostly the one of the job before, so that no heap is asked. */
  private first: Head | undefined;

  constructor(runs: readonly JobRun[]) {
    for (const [number, run] of runs.entries()) if (run.advance()) this.heads.push({ run, number });
    this.first = this.heads.pop();
  }

  /** The run that stands at the next job, undefined after the last one. */
  get run(): JobRun | undefined {
    return this.first?.run;
  }

  /** Leaves the job behind. */
  advance(): void {
    const { first, heads } = this;
    if (first === undefined) return;
    if (!first.run.advance()) {
      this.first = heads.pop();
      return;
    }
    const other = heads.peek();
    if (other === undefined || isBefore(first, other)) return;
    this.first = heads.pop();
    heads.push(first);
  }
}

/** A file that has lost its name already: however the program ends, nothing is left of it. */
function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-sort-'));
  try {
    return openSync(join(folder, 'run'), 'w+');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sorted runs of jobs in temporary files. */
class Runs {
  readonly packing = new JobPacking();
  private saved: SavedRun[] = [];

  save(jobs: PackedJobs): void {
    jobs.putInOrder();
    const run = new SavedRun(openNameless(), this.packing);
    this.saved.push(run);
    jobs.save(run.descriptor);
    if (this.saved.length >= MERGED_RUNS) this.compact();
  }

  /** All runs become one: only so many files are open at a time. */
  private compact(): void {
    const merge = new Merge(this.saved);
    const old = this.saved;
    const one = new SavedRun(openNameless(), this.packing);
    this.saved = [...old, one];
    const packer = new Packer(2 * PIECE_BYTES);
    for (let { run } = merge; run !== undefined; { run } = merge) {
      this.packing.write(packer, run.job());
      merge.advance();
      if (packer.length < PIECE_BYTES) continue;
      writeAll(one.descriptor, packer.bytes, packer.length);
      packer.length = 0;
    }
    writeAll(one.descriptor, packer.bytes, packer.length);
    for (const run of old) run.close();
    this.saved = [one];
  }

  /** All runs and one more, in order. */
  merged(last: JobRun): () => JobRecord | null {
    const merge = new Merge([...this.saved, last]);
    return () => {
      const { run } = merge;
      if (run === undefined) return null;
      const job = run.job();
      merge.advance();
      return job;
    };
  }

  close(): void {
    for (const run of this.saved) run.close();
    this.saved = [];
  }
}
