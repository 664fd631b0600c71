import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sha256OfFile } from '../../../src/results/file-hash.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-hash-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the hash of a file is that of FIPS 180-4 (example "abc")', () => {
  const file = join(folder, 'abc');
  writeFileSync(file, 'abc');
  expect(sha256OfFile(file)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a file longer than the buffer is hashed as a whole', () => {
  const file = join(folder, 'long');
  const bytes = Buffer.alloc(600_000, 'mesosim');
  writeFileSync(file, bytes);
  expect(sha256OfFile(file)).toBe(createHash('sha256').update(bytes).digest('hex'));
});
