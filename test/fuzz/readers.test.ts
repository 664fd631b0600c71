import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../src/core/errors.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { convertTrace } from '../../src/workloads/convert/convert.js';
import { prepareTrace } from '../../src/workloads/index.js';
import { validateTrace } from '../../src/workloads/validate.js';
import { fc } from '../support/properties.js';
import { type TraceSample, traceSamples, writeSample } from '../support/trace-samples.js';

/** Inputs over all samples together; `npm run fuzz` asks for more. */
const INPUTS = Number(process.env['FUZZ'] ?? 1200);
const PER_SAMPLE = Math.ceil(INPUTS / traceSamples.length);
/** The gate repeats itself; `npm run fuzz` draws anew each time unless a seed is given. */
const SEED = process.env['FUZZ_SEED'] ?? (process.env['FUZZ'] === undefined ? '1' : undefined);
/** Names a file that holds the input at hand, so that one on which a reader hangs can be looked at. */
const KEEP = process.env['FUZZ_KEEP'];
/** A broken file must not turn a few hundred rows into an endless stream. */
const MOST_JOBS = 200_000;

const root = mkdtempSync(join(tmpdir(), 'mesosim-fuzz-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const TOKENS = [
  '-1',
  '0',
  'NaN',
  'Infinity',
  '1e400',
  '-1e18',
  '9007199254740993',
  '99999999999999999999999999',
  '0x1f',
  '1,2',
  '"',
  '""',
  "'",
  '\u0000',
  '\uFEFF',
  '\r\n',
  '\n\n',
  '\t',
  ';',
  '=1+1',
  '__proto__',
  'constructor',
  '{',
  '}',
  '[',
  ']]',
  '<a b="',
  '&lol;',
  'null',
  'true',
  ' ',
  'é\uD800',
  '\\u0000',
].map((token) => Buffer.from(token));

interface Mutation {
  readonly kind: 'flip' | 'cut' | 'drop' | 'repeat' | 'token' | 'swap' | 'zeros';
  /** Places as shares of the file. */
  readonly at: number;
  readonly to: number;
  readonly token: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'drop', 'repeat', 'token', 'token', 'token', 'swap', 'zeros'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  token: fc.nat(TOKENS.length * 256 - 1),
});

function mutated(bytes: Buffer, { kind, at, to, token }: Mutation): Buffer {
  const place = Math.floor(at * bytes.length);
  const other = Math.floor(to * bytes.length);
  const [low, high] = place < other ? [place, other] : [other, place];
  const near = Math.min(bytes.length, place + 1 + (token % 40));
  switch (kind) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[place % copy.length] = token & 255;
      return copy;
    }
    case 'cut':
      return bytes.subarray(0, place);
    case 'drop':
      return Buffer.concat([bytes.subarray(0, place), bytes.subarray(near)]);
    case 'repeat':
      return Buffer.concat([bytes.subarray(0, high), bytes.subarray(low, high), bytes.subarray(high)]);
    case 'swap':
      return Buffer.concat([bytes.subarray(low, high), bytes.subarray(0, low), bytes.subarray(high)]);
    case 'zeros':
      return Buffer.concat([bytes.subarray(0, place), Buffer.alloc(token % 300), bytes.subarray(place)]);
    default: {
      const word = TOKENS[token % TOKENS.length] as Buffer;
      // Half of them in the place of a value, half between values.
      const end = token < TOKENS.length * 128 ? near : place;
      return Buffer.concat([bytes.subarray(0, place), word, bytes.subarray(end)]);
    }
  }
}

/** Runs a reader to its end; an InputError is a good answer, anything else is ours. */
async function tolerated(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof InputError) && !(error instanceof InputErrors)) throw error;
    expect(error instanceof InputError ? error.code : error.errors[0]?.code).toMatch(/^E_[A-Z0-9_]+$/);
  }
}

function drain(files: readonly string[], format: string): void {
  const request = { format, options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const { format: reader, context } = prepareTrace(files, request, new ResourceSpace());
  reader.facts?.(files);
  const source = reader.openJobs?.(files, context);
  try {
    for (let count = 0; source !== undefined && source.next() !== null; count++) expect(count).toBeLessThan(MOST_JOBS);
  } finally {
    source?.close();
  }
}

function agents(files: readonly string[], format: string): void {
  const request = { format, options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const { format: reader, context } = prepareTrace(files, request, new ResourceSpace());
  reader.readAgents?.(files, context);
  const events = reader.openMachineEvents?.(files, context);
  try {
    for (let count = 0; events !== undefined && events.next() !== null; count++) expect(count).toBeLessThan(MOST_JOBS);
  } finally {
    events?.close();
  }
}

async function read(sample: TraceSample, files: readonly string[], round: number, folder: string): Promise<void> {
  const { format, holds } = sample;
  // Every other input is recognised by itself, as a user's file is.
  const named = round % 2 === 0 ? format : '';
  await tolerated(() => (holds === 'jobs' ? drain(files, named) : agents(files, named)));
  if (round % 5 === 0) {
    await tolerated(() =>
      validateTrace(files, { format, options: {}, onBadRow: 'skip', maxSkipped: -1 }, 100, () => undefined),
    );
  }
  if (holds !== 'jobs' || round % 7 !== 0) return;
  const out = join(folder, 'out');
  await tolerated(() => convertTrace(files, { format, options: {}, onBadRow: 'skip', maxSkipped: -1 }, 'native', out));
  // A conversion that failed leaves nothing half-written.
  const left = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.name.includes('.tmp'));
  expect(left).toEqual([]);
  rmSync(out, { recursive: true, force: true });
}

describe('no reader breaks on a broken file', () => {
  it.each(traceSamples.map((sample, row) => [`${sample.format} ${sample.holds} ${row}`, sample] as const))(
    '%s',
    async (_name, sample) => {
      const names = Object.keys(sample.files);
      const input = fc.record({
        file: fc.nat(names.length - 1),
        mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
        packing: fc.constantFrom('no', 'no', 'no', 'gzip', 'broken gzip'),
      });
      let round = 0;
      const folder = join(root, `${traceSamples.indexOf(sample)}`);
      await fc.assert(
        fc.asyncProperty(input, async ({ file, mutations, packing }) => {
          const paths = writeSample(sample, folder);
          const name = names[file] as string;
          let bytes: Buffer = Buffer.from(sample.files[name] as Uint8Array);
          for (const each of mutations) bytes = mutated(bytes, each);
          if (packing !== 'no') {
            // The reader looks at the content, whatever the name says.
            const packed = gzipSync(bytes);
            bytes = packing === 'gzip' ? packed : mutated(packed, mutations[0] as Mutation);
          }
          writeFileSync(join(folder, name), bytes);
          if (KEEP !== undefined) writeFileSync(KEEP, bytes);
          await read(sample, paths, round++, folder);
        }),
        { numRuns: PER_SAMPLE, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
      );
    },
    Math.max(120_000, INPUTS * 60),
  );
});
