import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from '../../core/errors.js';

const BUFFER = 1 << 16;

/**
 * A text file that is there whole or not at all: written beside its place in pieces, and put there when it is complete. A text that
 * is longer than the buffer is written at once, so that memory does not follow the length of the file.
 */
export class WholeFile {
  private readonly place: string;
  private readonly temporary: string;
  private readonly descriptor: number;
  private pending = '';
  private isOpen = true;
  /** The outermost folder that was made for the file. */
  private readonly made: string | undefined;

  /** InputError E_OUT when the file cannot be made. */
  constructor(readonly path: string) {
    this.place = resolve(path);
    this.temporary = `${this.place}.tmp-${process.pid}`;
    try {
      this.made = mkdirSync(dirname(this.place), { recursive: true });
      this.descriptor = openSync(this.temporary, 'w');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new InputError('E_OUT', `the file cannot be made (${code})`, { file: path });
    }
  }

  write(text: string): void {
    this.pending += text;
    if (this.pending.length > BUFFER) this.flush();
  }

  writeBytes(bytes: Uint8Array): void {
    this.flush();
    for (let from = 0; from < bytes.length; ) from += writeSync(this.descriptor, bytes, from, bytes.length - from);
  }

  private flush(): void {
    const bytes = Buffer.from(this.pending);
    this.pending = '';
    for (let from = 0; from < bytes.length; ) from += writeSync(this.descriptor, bytes, from, bytes.length - from);
  }

  /** Puts the file in its place. */
  commit(): void {
    this.flush();
    this.close();
    renameSync(this.temporary, this.place);
  }

  /** Leaves nothing behind; harmless after `commit`. */
  abandon(): void {
    if (!this.isOpen) return;
    this.close();
    rmSync(this.temporary, { force: true });
    removeEmpty(dirname(this.place), this.made);
  }

  private close(): void {
    this.isOpen = false;
    closeSync(this.descriptor);
  }
}

/** Takes away folders that were made for nothing, from the innermost out, as far as they are empty. */
export function removeEmpty(innermost: string, made: string | undefined): void {
  if (made === undefined) return;
  try {
    for (let folder = innermost; folder.length >= made.length; folder = dirname(folder)) rmdirSync(folder);
  } catch (error) {
    // Something else stands in it by now, or it has been taken away already: neither is ours to undo.
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY', 'EPERM', 'EACCES'].includes(code)) throw error;
  }
}

/** Writes a text, or bytes, as a whole. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const file = new WholeFile(path);
  try {
    if (typeof content === 'string') file.write(content);
    else file.writeBytes(content);
    file.commit();
  } finally {
    file.abandon();
  }
}
