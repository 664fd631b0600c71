import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heap } from '../core/heap.js';
import { countReason, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import { JobPacking } from './packed/job-packing.js';
import { type JobRun, PackedJobs, SavedRun } from './packed/packed-run.js';
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

/** Sorted runs of jobs in files of a temporary folder, which is gone when the source is closed. */
class Runs {
  readonly packing = new JobPacking();
  private folder: string | undefined;
  private paths: string[] = [];
  private readers: SavedRun[] = [];
  private count = 0;

  private newPath(): string {
    this.folder ??= mkdtempSync(join(tmpdir(), 'mesosim-sort-'));
    return join(this.folder, `run-${this.count++}`);
  }

  save(jobs: PackedJobs): void {
    jobs.putInOrder();
    const path = this.newPath();
    jobs.save(path);
    this.paths.push(path);
    if (this.paths.length >= MERGED_RUNS) this.compact();
  }

  /** All runs become one: only so many files are open at a time. */
  private compact(): void {
    const merge = new Merge(this.open());
    const old = this.paths;
    const path = this.newPath();
    const packer = new Packer(2 * PIECE_BYTES);
    const descriptor = openSync(path, 'w');
    for (let { run } = merge; run !== undefined; { run } = merge) {
      this.packing.write(packer, run.job());
      merge.advance();
      if (packer.length < PIECE_BYTES) continue;
      writeSync(descriptor, packer.bytes, 0, packer.length);
      packer.length = 0;
    }
    writeSync(descriptor, packer.bytes, 0, packer.length);
    closeSync(descriptor);
    this.closeReaders();
    this.paths = [path];
    for (const one of old) rmSync(one);
  }

  private open(): SavedRun[] {
    this.readers = this.paths.map((path) => new SavedRun(path, this.packing));
    return this.readers;
  }

  /** All runs and one more, in order. */
  merged(last: JobRun): () => JobRecord | null {
    const merge = new Merge([...this.open(), last]);
    return () => {
      const { run } = merge;
      if (run === undefined) return null;
      const job = run.job();
      merge.advance();
      return job;
    };
  }

  private closeReaders(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
  }

  close(): void {
    this.closeReaders();
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }
}
