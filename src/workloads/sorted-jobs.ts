import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heap } from '../core/heap.js';
import { countReason, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import { LineReader } from './bytes/line-reader.js';
import { decodeGroup, decodeJob, encodeJob, Shapes } from './job-text.js';

/** Task groups held in memory before a sorted run of jobs goes to disk: some 50 MB. */
const HELD_GROUPS = 100_000;
/** Sorted runs that are merged at a time; each holds a piece of this many bytes. */
const MERGED_RUNS = 128;
const PIECE_BYTES = 1 << 16;

/**
 * Hands jobs on in order of submit time, however out of order the files are: an external merge sort, so that memory does not follow
 * the length of the trace. Everything is read before the first job is handed on. Jobs that came late are counted as repaired.
 */
export function sortedJobs(
  report: SourceReport,
  read: () => JobRecord | null,
  close: () => void,
  heldGroups = HELD_GROUPS,
): JobSource {
  const runs = new Runs();
  let next: (() => JobRecord | null) | undefined;
  return {
    report,
    next: () => {
      next ??= collect(report, read, runs, heldGroups);
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
  heldGroups: number,
): () => JobRecord | null {
  let held: JobRecord[] = [];
  let groups = 0;
  let newestUs = Number.NEGATIVE_INFINITY;
  let isInOrder = true;
  for (let job = read(); job !== null; job = read()) {
    const { submitUs } = job;
    if (submitUs < newestUs) {
      countReason(report.repaired, 'E_ORDER');
      isInOrder = false;
    } else newestUs = submitUs;
    held.push(job);
    groups += job.groups.length;
    if (groups <= heldGroups) continue;
    runs.write(fromArray(held, isInOrder));
    held = [];
    groups = 0;
    isInOrder = true;
  }
  return runs.merged(fromArray(held, isInOrder));
}

/** The jobs by submit time; a stable sort keeps ties in the reading order. */
function fromArray(jobs: (JobRecord | null)[], isInOrder: boolean): () => JobRecord | null {
  if (!isInOrder) (jobs as JobRecord[]).sort((a, b) => a.submitUs - b.submitUs);
  let at = 0;
  return () => {
    const job = jobs[at] ?? null;
    // What was handed on is let go.
    if (job !== null) jobs[at++] = null;
    return job;
  };
}

/** The next job of a sorted run; runs are numbered in the reading order, which ties of submit time keep. */
interface Head {
  job: JobRecord;
  readonly run: number;
  readonly next: () => JobRecord | null;
}

const isBefore = (a: Head, b: Head): boolean =>
  a.job.submitUs < b.job.submitUs || (a.job.submitUs === b.job.submitUs && a.run < b.run);

/** Sorted runs of jobs in files of a temporary folder, which is gone when the source is closed. */
class Runs {
  private folder: string | undefined;
  private paths: string[] = [];
  private readers: LineReader[] = [];
  private readonly shapes = new Shapes();
  private count = 0;

  write(next: () => JobRecord | null): void {
    this.folder ??= mkdtempSync(join(tmpdir(), 'mesosim-sort-'));
    const path = join(this.folder, `run-${this.count++}`);
    const descriptor = openSync(path, 'w');
    let text = '';
    for (let job = next(); job !== null; job = next()) {
      text += encodeJob(job, this.shapes);
      if (text.length < PIECE_BYTES) continue;
      writeSync(descriptor, text);
      text = '';
    }
    writeSync(descriptor, text);
    closeSync(descriptor);
    this.paths.push(path);
    if (this.paths.length >= MERGED_RUNS) this.compact();
  }

  private compact(): void {
    const merged = this.merged(() => null);
    const old = this.paths;
    this.paths = [];
    this.write(merged);
    for (const reader of this.readers) reader.close();
    this.readers = [];
    for (const path of old) rmSync(path);
  }

  /** All runs and one more, in order. */
  merged(last: () => JobRecord | null): () => JobRecord | null {
    if (this.paths.length === 0) return last;
    this.readers = this.paths.map((path) => new LineReader(path, PIECE_BYTES));
    const sources = [...this.readers.map((reader) => () => this.read(reader)), last];
    const heads = new Heap<Head>(isBefore);
    for (const [run, next] of sources.entries()) {
      const job = next();
      if (job !== null) heads.push({ job, run, next });
    }
    return () => {
      const head = heads.pop();
      if (head === undefined) return null;
      const { job } = head;
      const following = head.next();
      if (following !== null) {
        head.job = following;
        heads.push(head);
      }
      return job;
    };
  }

  private read(reader: LineReader): JobRecord | null {
    if (!reader.nextLine()) return null;
    const { job, groupCount } = decodeJob(reader.lineText());
    for (let group = 0; group < groupCount; group++) {
      reader.nextLine();
      job.groups.push(decodeGroup(reader.lineText(), this.shapes));
    }
    return job;
  }

  close(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }
}
