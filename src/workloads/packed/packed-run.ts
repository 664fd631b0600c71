import { closeSync, readSync, writeSync } from 'node:fs';
import type { JobRecord } from '../../model/job.js';
import { HEAD_BYTES, type JobPacking } from './job-packing.js';
import { Packer, Unpacker } from './packer.js';

/** Jobs in order of submit time, one after another. */
export interface JobRun {
  /** Moves to the next job; false after the last one. */
  advance(): boolean;
  /** Submit time of the job that stands next. */
  readonly submitUs: number;
  /** The job itself, made when it is asked for. */
  job(): JobRecord;
  close(): void;
}

const FIRST_BYTES = 1 << 16;
const PIECE_BYTES = 1 << 16;

/** Jobs packed in memory, to be put in order. */
export class PackedJobs {
  private readonly packer = new Packer(FIRST_BYTES);
  private starts: Float64Array = new Float64Array(1024);
  private submits: Float64Array = new Float64Array(1024);
  private order: Uint32Array | undefined;
  private isInOrder = true;
  count = 0;

  constructor(private readonly packing: JobPacking) {}

  get bytes(): number {
    return this.packer.length;
  }

  add(job: JobRecord): void {
    const { count, submits } = this;
    if (count === submits.length) {
      this.starts = doubled(this.starts);
      this.submits = doubled(this.submits);
    }
    this.starts[count] = this.packer.length;
    this.submits[count] = job.submitUs;
    if (count > 0 && job.submitUs < (this.submits[count - 1] as number)) this.isInOrder = false;
    this.packing.write(this.packer, job);
    this.count = count + 1;
  }

  /** By submit time; ties keep the order in which they were added. */
  putInOrder(): void {
    const { submits, count } = this;
    this.order = undefined;
    if (this.isInOrder) return;
    const order = new Uint32Array(count);
    for (let index = 0; index < count; index++) order[index] = index;
    this.order = order.sort((a, b) => (submits[a] as number) - (submits[b] as number) || a - b);
  }

  /** Forgets the jobs and keeps the room. */
  clear(): void {
    this.packer.length = 0;
    this.count = 0;
    this.isInOrder = true;
    this.order = undefined;
  }

  private rowAt(position: number): number {
    return this.order === undefined ? position : (this.order[position] as number);
  }

  /** The jobs as they were sorted. */
  run(): JobRun {
    const { packing, packer, starts, submits, count } = this;
    const unpacker = new Unpacker();
    let at = -1;
    let row = 0;
    return {
      advance: () => {
        if (at + 1 >= count) return false;
        row = this.rowAt(++at);
        return true;
      },
      get submitUs() {
        return submits[row] as number;
      },
      job: () => {
        unpacker.open(packer.bytes, starts[row] as number);
        return packing.read(unpacker);
      },
      close: () => undefined,
    };
  }

  /** The jobs as they were sorted, to a file. */
  save(descriptor: number): void {
    if (this.order === undefined) writeAll(descriptor, this.packer.bytes, this.packer.length);
    else this.saveOrdered(descriptor);
  }

  private saveOrdered(descriptor: number): void {
    const { packer, starts, count } = this;
    const piece = Buffer.alloc(4 * PIECE_BYTES);
    let used = 0;
    for (let position = 0; position < count; position++) {
      const row = this.rowAt(position);
      const start = starts[row] as number;
      const end = row + 1 < count ? (starts[row + 1] as number) : packer.length;
      if (used + end - start > piece.length) {
        writeAll(descriptor, piece, used);
        used = 0;
      }
      if (end - start > piece.length) writeAll(descriptor, packer.bytes.subarray(start, end), end - start);
      else {
        packer.bytes.copy(piece, used, start, end);
        used += end - start;
      }
    }
    writeAll(descriptor, piece, used);
  }
}

/** A run in a file, of which a piece is in memory. */
export class SavedRun implements JobRun {
  submitUs = 0;
  /** Where the next piece stands in the file, which is read from its start whatever was written to it before. */
  private position = 0;
  private bytes = Buffer.alloc(PIECE_BYTES);
  private length = 0;
  private start = 0;
  private next = 0;
  private isOpen = true;
  private readonly unpacker = new Unpacker();

  constructor(
    readonly descriptor: number,
    private readonly packing: JobPacking,
  ) {}

  advance(): boolean {
    this.start = this.next;
    if (!this.holds(HEAD_BYTES)) return false;
    this.unpacker.open(this.bytes, this.start + 4);
    this.submitUs = this.unpacker.double();
    const size = HEAD_BYTES + this.bytes.readUInt32LE(this.start);
    this.holds(size);
    this.next = this.start + size;
    return true;
  }

  /** So many bytes from the start of the job on are in memory; false when the file ends before. */
  private holds(size: number): boolean {
    const held = this.length - this.start;
    if (held >= size) return true;
    const into = size > this.bytes.length ? Buffer.alloc(Math.max(size, 2 * this.bytes.length)) : this.bytes;
    this.bytes.copy(into, 0, this.start, this.length);
    this.bytes = into;
    this.start = 0;
    this.length = held;
    while (this.length < size) {
      const read = readSync(this.descriptor, into, this.length, into.length - this.length, this.position);
      if (read === 0) return false;
      this.position += read;
      this.length += read;
    }
    return true;
  }

  job(): JobRecord {
    this.unpacker.open(this.bytes, this.start);
    return this.packing.read(this.unpacker);
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }
}

export function writeAll(descriptor: number, bytes: Buffer, length: number): void {
  for (let at = 0; at < length; ) at += writeSync(descriptor, bytes, at, length - at);
}

function doubled(column: Float64Array): Float64Array {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
