import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openBytes } from '../../../src/workloads/bytes/byte-source.js';
import { JsonDocument } from '../../../src/workloads/bytes/json-document.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-zstd-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** RFC 8878 §3.1.1.2: last block, type (0 as it is, 1 one byte repeated), size. */
function block(isLast: boolean, type: 0 | 1, size: number, content: Uint8Array): Buffer {
  const header = Number(isLast) + type * 2 + size * 8;
  return Buffer.concat([Buffer.from([header & 255, (header >> 8) & 255, header >> 16]), content]);
}
/** §3.1.1: magic number, descriptor without checksum, dictionary or size, a window of 2^(10 + 11) bytes. */
const frame = (...blocks: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]), ...blocks]);
const text = (words: string): Buffer => frame(block(true, 0, words.length, Buffer.from(words)));

function pieces(bytes: Buffer): Uint8Array[] {
  const path = join(folder, 'x.zst');
  writeFileSync(path, bytes);
  const source = openBytes(path);
  const list: Uint8Array[] = [];
  try {
    for (let piece = source.read(); piece !== null; piece = source.read()) list.push(piece.slice());
  } finally {
    source.close();
  }
  return list;
}
const unpacked = (bytes: Buffer): string => Buffer.concat(pieces(bytes)).toString();

describe('zstd data', () => {
  it('is read frame after frame, past frames that are to be skipped', () => {
    const skipped = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('notes')]);
    const long = 'x'.repeat(100_000);
    expect(unpacked(text('one\n'))).toBe('one\n');
    expect(unpacked(Buffer.concat([text('one\n'), skipped, text(`two\n${long}`)]))).toBe(`one\ntwo\n${long}`);
    expect(unpacked(frame(block(false, 0, 2, Buffer.from('ab')), block(true, 1, 5, Buffer.from('z'))))).toBe('abzzzzz');
  });

  it('is an error wherever it is cut off, and where other bytes follow it', () => {
    const whole = Buffer.concat([text('one\n'), text('two\n')]);
    for (let length = 5; length < whole.length; length++) {
      const read = () => unpacked(whole.subarray(0, length));
      if (length === text('one\n').length) expect(read()).toBe('one\n');
      else expect(read, String(length)).toThrow(expect.objectContaining({ code: 'E_ZSTD' }));
    }
    expect(() => unpacked(Buffer.concat([whole, Buffer.from('garbage')]))).toThrow(
      expect.objectContaining({ code: 'E_ZSTD' }),
    );
  });

  it('comes in pieces of a block, however much it promises', () => {
    // 400 blocks of 4 bytes each unpack to 128 KiB of one byte: 51 MB out of 1.6 kB.
    const repeated = Array.from({ length: 400 }, (_, row) => block(row === 399, 1, 1 << 17, Buffer.from('0')));
    const list = pieces(frame(...repeated));
    expect(list.reduce((sum, { length }) => sum + length, 0)).toBe(400 << 17);
    expect(Math.max(...list.map(({ length }) => length))).toBeLessThanOrEqual(1 << 17);
  });
});

describe('a JSON document', () => {
  it('that is a deep nest of brackets is refused before it is parsed; brackets within texts are none', () => {
    const document = (content: string): JsonDocument => {
      const path = join(folder, 'x.json');
      writeFileSync(path, content);
      return new JsonDocument(path);
    };
    expect(() => document('[\n'.repeat(300))).toThrow(
      expect.objectContaining({ code: 'E_JSON', position: expect.objectContaining({ line: 257, column: 1 }) }),
    );
    const brackets = '['.repeat(1000);
    expect(
      document(`{"a": "${brackets}\\"${brackets}", "b": ${'['.repeat(200)}${']'.repeat(200)}}`).object,
    ).toHaveProperty('b');
  });
});
