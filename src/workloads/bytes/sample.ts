import { basename } from 'node:path';
import type { FileSample } from '../../model/trace-format.js';
import { openBytes } from './byte-source.js';

/** The beginning of a file, by which formats recognise their own. */
export function sampleOf(path: string): FileSample {
  const source = openBytes(path);
  const piece = source.read();
  const head = piece === null ? new Uint8Array(0) : piece.slice(0, 1 << 16);
  source.close();
  return { path, name: basename(path).replace(/\.(gz|zst)$/, ''), head };
}
