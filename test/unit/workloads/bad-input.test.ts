import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import { detectFormat, traceFormats } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { type Validation, validateTrace } from '../../../src/workloads/validate.js';
import { type TraceSample, traceSamples, writeSample } from '../../support/trace-samples.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mesosim-bad-input-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const request = { options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
let folders = 0;

/** The sample with other bytes in the place of its first file. */
function damaged(sample: TraceSample, bytes: Uint8Array): string[] {
  const files = writeSample(sample, join(root, String(folders++)));
  writeFileSync(files[0] as string, bytes);
  return files;
}
const validated = (files: readonly string[], { format }: TraceSample): Validation =>
  validateTrace(files, { ...request, format });

const bytesOf = ({ files }: TraceSample): Buffer => Buffer.from(Object.values(files)[0] as Uint8Array);
const isText = ({ files }: TraceSample): boolean => typeof Object.values(files)[0] === 'string';
const named = (samples: readonly TraceSample[]): [string, TraceSample][] =>
  samples.map((sample) => [`${sample.format}: ${Object.keys(sample.files)[0]}`, sample]);

/** A byte within a value of the last row that has one: a letter or digit, away from the end. */
function lastValue(bytes: Buffer): number {
  for (let at = bytes.length - 6; at > 0; at--) if (/\w/.test(String.fromCharCode(bytes[at] as number))) return at;
  return 0;
}
const spliced = (bytes: Buffer, at: number, more: readonly number[]): Buffer =>
  Buffer.concat([bytes.subarray(0, at), Buffer.from(more), bytes.subarray(at)]);

it('has a sample of every format', () => {
  const known = new Set(traceSamples.map(({ format }) => format));
  expect(traceFormats.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});

describe.each(named(traceSamples))('%s', (_name, sample) => {
  it('is an error when there is nothing in it, or it is no file, or compression is broken, whether the format is named or not', () => {
    // Parquet is read by its end: a compressed one is none.
    const zipped = gzipSync(bytesOf(sample));
    const cases: [string, string[]][] = [
      ['E_EMPTY', damaged(sample, Buffer.alloc(0))],
      [isText(sample) ? 'E_GZIP' : 'E_PARQUET', damaged(sample, zipped.subarray(0, zipped.length - 12))],
      ['E_FILE', [join(root, 'nowhere', 'trace.csv')]],
    ];
    for (const [code, files] of cases) {
      const found = validated(files, sample);
      // What came before the break has been told, too.
      expect([Object.keys(found.counts), found.hasErrors], code).toEqual([expect.arrayContaining([code]), true]);
      expect(() => inspectTrace(files, { ...request, format: '' }), code).toThrow(InputError);
    }
    const folder = join(root, String(folders++));
    mkdirSync(folder);
    expect(validated([folder], sample).hasErrors).toBe(true);
    expect(() => detectFormat(folder)).toThrow(InputError);
  });
});

describe.each(named(traceSamples.filter(isText)))('%s, as text', (_name, sample) => {
  const text = (): string => bytesOf(sample).toString('utf8');
  const plain = (): Validation => validated(damaged(sample, bytesOf(sample)), sample);
  /** Whether the damaged sample has an error, or a code with another count than the sample itself. */
  const isWorse = (bytes: Buffer): boolean => {
    const { counts, hasErrors } = validated(damaged(sample, bytes), sample);
    const { counts: before } = plain();
    return hasErrors || Object.entries(counts).some(([code, count]) => count !== before[code]);
  };

  it('reads the same with a byte order mark, CRLF, gzip, and more behind the gzip', () => {
    const { counts } = plain();
    const forms: Buffer[] = [
      Buffer.from(`\uFEFF${text()}`),
      Buffer.from(text().replaceAll('\n', '\r\n')),
      gzipSync(text()),
      Buffer.concat([gzipSync(text()), Buffer.alloc(512)]),
    ];
    for (const bytes of forms) expect(validated(damaged(sample, bytes), sample).counts).toEqual(counts);
  });

  it('refuses UTF-16', () => {
    const files = damaged(sample, Buffer.from(`\uFEFF${text()}`, 'utf16le'));
    expect(validated(files, sample).counts).toEqual({ E_ENCODING: 1 });
  });

  it('says so when a value has NUL bytes or broken UTF-8, or a line is 1 MB of something else', () => {
    const bytes = bytesOf(sample);
    const at = lastValue(bytes);
    expect(isWorse(spliced(bytes, at, [0])), 'NUL').toBe(true);
    expect(isWorse(spliced(bytes, at, [0xff, 0xfe])), 'UTF-8').toBe(true);
    const lineEnd = bytes.indexOf('\n', bytes.length / 2) + 1;
    expect(isWorse(spliced(bytes, lineEnd, [...Buffer.alloc(1 << 20, 'x'), 10])), '1 MB').toBe(true);
  });

  it('does not take an endless nest of brackets for an empty trace', () => {
    for (const bracket of ['[', '{"a":']) expect(isWorse(Buffer.from(bracket.repeat(100_000))), bracket).toBe(true);
  });
});

describe('tables that hold no jobs by themselves', () => {
  const told = (name: string, text: string | Uint8Array): string[] => {
    const folder = join(root, String(folders++));
    mkdirSync(folder);
    writeFileSync(join(folder, name), text);
    const places: string[] = [];
    validateTrace([join(folder, name)], { ...request, format: '' }, 0, ({ line, column, code, severity }) =>
      places.push(`${line}:${column} ${severity} ${code}`),
    );
    return places;
  };

  it('are checked by their form', () => {
    const job = (s: number): string => `${s}000000,,${s},0,u,1,n=,l=`;
    expect(told('job_events-part-00000-of-00500.csv', `${job(600)}\n${job(601)}\n`)).toEqual([]);
    const broken = `${job(600)}\n602,1\n${job(603)},9\n604,,6,0,"u,1,n=,l=\n`;
    expect(told('job_events-part-00000-of-00500.csv', broken)).toEqual([
      '2:3 skip E_FIELDS',
      '3:9 skip E_FIELDS',
      '4:1 skip E_QUOTE',
    ]);
    const use = (more: string): string =>
      `{"start_time":"1","end_time":"2","collection_id":"3","instance_index":"0"${more}}`;
    expect(told('usage.json', `${use('')}\n  ${use(',')}\n`)).toEqual(['2:3 skip E_TEXT']);
    expect(told('usage.json', `${use('')}\n{`)).toEqual(['2:1 error E_JSON']);
  });
});

it('tells the place of a mistake in JSON: where its object begins', () => {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  const path = join(folder, 'w.json');
  writeFileSync(
    path,
    '{"nb_res": 4,\n "jobs": [{"id": 1, "subtime": 0, "res": 1, "profile": "d"},\n   {"id": 2, "subtime": 0, "res": 0, "profile": "d"}, {"id": 3, "res": 1}],\n "profiles": {"d": {"type": "delay", "delay": 1}}}',
  );
  const { issues } = validateTrace([path], { ...request, format: '' });
  expect(issues.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
    '3:4 E_BATSIM_VALUE',
    '3:55 E_BATSIM_VALUE',
  ]);
});
