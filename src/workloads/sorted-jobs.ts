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

interface Entry {
  readonly job: JobRecord;
  /** Place in the reading order: ties of submit time keep it. */
  readonly row: number;
}

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
  let next: (() => Entry | null) | undefined;
  return {
    report,
    next: () => {
      next ??= collect(report, read, runs, heldGroups);
      return next()?.job ?? null;
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
): () => Entry | null {
  let held: Entry[] = [];
  let groups = 0;
  let row = 0;
  let newestUs = Number.NEGATIVE_INFINITY;
  for (let job = read(); job !== null; job = read()) {
    if (job.submitUs < newestUs) countReason(report.repaired, 'E_ORDER');
    else newestUs = job.submitUs;
    held.push({ job, row: row++ });
    groups += job.groups.length;
    if (groups <= heldGroups) continue;
    runs.write(fromArray(held));
    held = [];
    groups = 0;
  }
  return runs.merged(fromArray(held));
}

function fromArray(entries: Entry[]): () => Entry | null {
  entries.sort((a, b) => a.job.submitUs - b.job.submitUs || a.row - b.row);
  // Backwards, so that what was handed on is let go.
  entries.reverse();
  return () => entries.pop() ?? null;
}

/** Sorted runs of jobs in files of a temporary folder, which is gone when the source is closed. */
class Runs {
  private folder: string | undefined;
  private paths: string[] = [];
  private readers: LineReader[] = [];
  private readonly shapes = new Shapes();
  private count = 0;

  write(next: () => Entry | null): void {
    this.folder ??= mkdtempSync(join(tmpdir(), 'mesosim-sort-'));
    const path = join(this.folder, `run-${this.count++}`);
    const descriptor = openSync(path, 'w');
    let text = '';
    for (let entry = next(); entry !== null; entry = next()) {
      text += `${entry.row}\n${encodeJob(entry.job, this.shapes)}`;
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
  merged(last: () => Entry | null): () => Entry | null {
    this.readers = this.paths.map((path) => new LineReader(path, PIECE_BYTES));
    const sources = [...this.readers.map((reader) => () => this.read(reader)), last];
    const heads = new Heap<{ entry: Entry; next: () => Entry | null }>(
      (a, b) =>
        a.entry.job.submitUs < b.entry.job.submitUs ||
        (a.entry.job.submitUs === b.entry.job.submitUs && a.entry.row < b.entry.row),
    );
    for (const next of sources) {
      const entry = next();
      if (entry !== null) heads.push({ entry, next });
    }
    return () => {
      const head = heads.pop();
      if (head === undefined) return null;
      const entry = head.next();
      if (entry !== null) heads.push({ entry, next: head.next });
      return head.entry;
    };
  }

  private read(reader: LineReader): Entry | null {
    if (!reader.nextLine()) return null;
    const row = Number(reader.lineText());
    reader.nextLine();
    const { job, groupCount } = decodeJob(reader.lineText());
    for (let group = 0; group < groupCount; group++) {
      reader.nextLine();
      job.groups.push(decodeGroup(reader.lineText(), this.shapes));
    }
    return { job, row };
  }

  close(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }
}
