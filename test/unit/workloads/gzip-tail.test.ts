import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBytes } from '../../../src/workloads/bytes/byte-source.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-gzip-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More reads than any of these files needs: a reader that stands still is told, not waited for. */
const MOST_READS = 100;

function unpacked(...parts: Uint8Array[]): string {
  const file = join(folder, 'x.gz');
  writeFileSync(file, Buffer.concat(parts));
  const source = openBytes(file);
  let text = '';
  try {
    for (let count = 0; count < MOST_READS; count++) {
      const piece = source.read();
      if (piece === null) return text;
      text += Buffer.from(piece).toString();
    }
    throw new Error('the reader never ends');
  } finally {
    source.close();
  }
}

const packed = gzipSync('one\ntwo\n');

describe('what follows the end of gzip data', () => {
  it('is read on when it is gzip again, as gunzip does', () => {
    expect(unpacked(packed, gzipSync('three\n'))).toBe('one\ntwo\nthree\n');
  });

  it('is passed over when it is padding', () => {
    expect(unpacked(packed, Buffer.alloc(1))).toBe('one\ntwo\n');
    // More than one piece of packed bytes.
    expect(unpacked(packed, Buffer.alloc(200_000))).toBe('one\ntwo\n');
  });

  it('is an error when it is anything else', () => {
    for (const tail of ['x', 'garbage', '\u0000\u0000x', '\u001f', '\u001fx']) {
      expect(() => unpacked(packed, Buffer.from(tail)), JSON.stringify(tail)).toThrow(
        expect.objectContaining({ code: 'E_GZIP' }),
      );
    }
    expect(() => unpacked(packed, Buffer.alloc(200_000), Buffer.from('x'))).toThrow(
      expect.objectContaining({ code: 'E_GZIP' }),
    );
  });

  it('is missed when the data is cut off', () => {
    for (let length = 3; length < packed.length; length++) {
      expect(() => unpacked(packed.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'E_GZIP' }),
      );
    }
  });
});
