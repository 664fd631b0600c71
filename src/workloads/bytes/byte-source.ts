import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { constants, createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { InputError } from '../../core/errors.js';
import { ZstdBlocks } from './zstd-blocks.js';

const CHUNK = 1 << 18;
/** Compressed bytes per step: deflate expands at most 1032 times, so a step yields at most 66 MB even from a bomb. */
const PACKED_CHUNK = 1 << 16;

/** A file read from front to back in pieces, synchronously: the loop pulls, so nothing is read ahead of need. */
export interface ByteSource {
  /** The next piece, or null at the end. */
  read(): Uint8Array | null;
  close(): void;
}

/** Opens a file, unpacking `.gz` and `.zst` on the way (recognised by their first bytes). InputError E_FILE when it can't be read. */
export function openBytes(path: string, pieceBytes = CHUNK): ByteSource {
  let descriptor: number;
  let size = 0;
  try {
    const stat = statSync(path);
    size = stat.size;
    if (stat.isDirectory()) throw new InputError('E_FILE', 'a file is needed, got a folder', { file: path });
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const rule = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`;
    throw new InputError('E_FILE', rule, { file: path });
  }
  const magic = new Uint8Array(4);
  const length = readSync(descriptor, magic, 0, 4, 0);
  if (length >= 2 && magic[0] === 0x1f && magic[1] === 0x8b) return new GzipSource(path, descriptor);
  if (length === 4 && magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd) {
    return new ZstdSource(path, descriptor);
  }
  // A short file needs no large piece; a pipe tells the size 0.
  return new PlainSource(descriptor, size === 0 ? pieceBytes : Math.min(pieceBytes, size));
}

class PlainSource implements ByteSource {
  private readonly buffer: Uint8Array;
  private isOpen = true;

  constructor(
    private readonly descriptor: number,
    size: number,
  ) {
    this.buffer = new Uint8Array(size);
  }

  read(): Uint8Array | null {
    if (!this.isOpen) return null;
    const length = readSync(this.descriptor, this.buffer, 0, this.buffer.length, null);
    return length === 0 ? null : this.buffer.subarray(0, length);
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }
}

/** What is used of Node's zlib binding: the synchronous step on which its own gunzipSync is built. */
interface InflateHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inAt: number,
    inLength: number,
    out: Uint8Array,
    outAt: number,
    outLength: number,
  ): void;
  onerror: (message: string) => void;
}
interface Inflater {
  readonly _handle: InflateHandle;
  /** After a step: room left in the output, input left unread. */
  readonly _writeState: Uint32Array;
  close(): void;
}

class GzipSource implements ByteSource {
  private readonly packed: PlainSource;
  private readonly inflater = createGunzip() as unknown as Inflater;
  private readonly out = new Uint8Array(CHUNK);
  private chunk: Uint8Array = new Uint8Array(0);
  private isDone = false;
  private message = '';

  constructor(
    private readonly path: string,
    descriptor: number,
  ) {
    this.packed = new PlainSource(descriptor, PACKED_CHUNK);
    this.inflater._handle.onerror = (message) => {
      this.message = message;
    };
  }

  read(): Uint8Array | null {
    while (!this.isDone) {
      const { chunk, inflater, out } = this;
      let flush = constants.Z_SYNC_FLUSH;
      if (chunk.length === 0) {
        const piece = this.packed.read();
        if (piece === null) {
          flush = constants.Z_FINISH;
          this.isDone = true;
        } else {
          this.chunk = piece;
        }
      }
      const input = this.chunk;
      inflater._handle.writeSync(flush, input, 0, input.length, out, 0, out.length);
      if (this.message !== '') {
        throw new InputError('E_GZIP', `the gzip data is broken or cut off (${this.message})`, { file: this.path });
      }
      const outLeft = inflater._writeState[0] as number;
      const inLeft = inflater._writeState[1] as number;
      if (inLeft === input.length && outLeft === out.length && input.length > 0) {
        // zlib takes no more: its data has ended, and gzip data that follows would have been read on.
        this.skipPadding();
        return null;
      }
      // With the output full there may be more to come out of the same input.
      this.chunk = input.subarray(input.length - inLeft);
      if (out.length - outLeft > 0) return out.subarray(0, out.length - outLeft);
    }
    return null;
  }

  /** Zeros may follow the data (tapes and blocks were filled with them); anything else is not what was packed. */
  private skipPadding(): void {
    this.isDone = true;
    for (let piece: Uint8Array | null = this.chunk; piece !== null; piece = this.packed.read()) {
      if (piece.every((byte) => byte === 0)) continue;
      throw new InputError('E_GZIP', 'other bytes follow the end of the gzip data', { file: this.path });
    }
  }

  close(): void {
    this.packed.close();
    this.inflater.close();
  }
}

class ZstdSource implements ByteSource {
  private readonly packed: PlainSource;
  private readonly steps = new ZstdBlocks(() => this.packed.read());
  private readonly ready: Uint8Array[] = [];
  private isDone = false;
  private readonly inflater = new Decompress((chunk) => {
    if (chunk.length > 0) this.ready.push(chunk.slice());
  });

  constructor(
    private readonly path: string,
    descriptor: number,
  ) {
    this.packed = new PlainSource(descriptor, PACKED_CHUNK);
  }

  read(): Uint8Array | null {
    try {
      while (this.ready.length === 0) {
        if (this.isDone) return null;
        const step = this.steps.next();
        this.isDone = step === null;
        // It holds back frames of less than 18 bytes until it is told that no more will come.
        this.inflater.push(step?.slice() ?? new Uint8Array(0), this.isDone);
      }
      return this.ready.shift() ?? null;
    } catch (error) {
      throw new InputError('E_ZSTD', `the zstd data is broken (${(error as Error).message})`, { file: this.path });
    }
  }

  close(): void {
    this.packed.close();
  }
}
