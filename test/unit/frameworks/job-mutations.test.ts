import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { readAuroraJobs } from '../../../src/frameworks/aurora/job.js';
import { readChronosJobs } from '../../../src/frameworks/chronos/job.js';
import { JobFile } from '../../../src/frameworks/job-file.js';
import { readApps } from '../../../src/frameworks/marathon/app-tree.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { fc } from '../../support/properties.js';

type Read = (file: JobFile) => unknown;

const random = () => () => 0.5;
const READERS: Readonly<Record<string, Read>> = {
  marathon: (file) => readApps([file]),
  chronos: (file) =>
    readChronosJobs([file], {
      now: DateTime.fromISO('2024-01-01T00:00:00Z'),
      defaultDurationUs: 60e6,
      dropsOrphans: true,
      random,
      dropped: () => undefined,
    }),
  aurora: (file) =>
    readAuroraJobs([file], {
      resources: new ResourceSpace(),
      defaultDurationUs: 60e6,
      executor: { cpus: 0.25, memMilliMib: 128_000 },
      random,
    }),
};

const FOLDERS: readonly (readonly [string, string])[] = [
  ['marathon', 'traces/marathon'],
  ['chronos', 'traces/chronos'],
  ['chronos', 'scenarios/jobs/chronos'],
  ['aurora', 'scenarios/jobs/aurora'],
  ['marathon', '../shared/traces/marathon'],
  ['chronos', '../shared/traces/chronos'],
];

/** Up to 8 kB: a mutilation of the 100 apps of the benchmark takes long, and they are alike. */
function samples(): { kind: string; name: string; text: string }[] {
  return FOLDERS.filter(([, folder]) => existsSync(folder)).flatMap(([kind, folder]) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json') && name !== 'quotas.json')
      .map((name) => ({ kind, name: `${folder}/${name}`, text: readFileSync(`${folder}/${name}`, 'utf8') }))
      .filter(({ text }) => text.length < 8000),
  );
}

/** Every path of a value. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, child]) => [[...path, key], ...pathsOf(child, [...path, key])]);
}

function replaced(text: string, at: number, by: unknown): string {
  const value: unknown = JSON.parse(text);
  const paths = pathsOf(value);
  const path = paths[at % paths.length] as readonly (string | number)[];
  let node = value as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  if (by !== undefined) node[last] = by;
  else if (Array.isArray(node)) node.splice(Number(last), 1);
  else delete node[last];
  return JSON.stringify(value, null, 2);
}

const junk = fc.constantFrom(
  null,
  -1,
  0.5,
  1e300,
  2 ** 53,
  '',
  'x',
  'NaN',
  '../..',
  '(',
  [],
  {},
  [null],
  [{}],
  [[1]],
  true,
  undefined,
  { a: 1 },
);
const mutilation = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('character' as const),
    at: fc.nat(),
    by: fc.constantFrom('{', '[', ',', '"', '}', '\\', '\u0000'),
  }),
  fc.record({ kind: fc.constant('value' as const), at: fc.nat(), by: junk }),
);

function mutilated(text: string, how: { kind: string; at: number; by?: unknown }): string {
  const at = how.at % text.length;
  if (how.kind === 'cut') return text.slice(0, at);
  if (how.kind === 'character') return `${text.slice(0, at)}${String(how.by)}${text.slice(at + 1)}`;
  return replaced(text, how.at, how.by);
}

describe('real job files', () => {
  const all = samples();

  it.each(all.map(({ kind, name }) => [name, kind] as const))('%s is read by %s', (name, kind) => {
    const { text } = all.find((sample) => sample.name === name) as { text: string };
    expect(() => (READERS[kind] as Read)(new JobFile(name, text))).not.toThrow();
  });

  it('that are mutilated are read, or refused with file, line, JSON path and reason', () => {
    let refusedCount = 0;
    fc.assert(
      fc.property(fc.constantFrom(...all), mutilation, ({ kind, text }, how) => {
        const broken = mutilated(text, how);
        try {
          (READERS[kind] as Read)(new JobFile('jobs.json', broken));
        } catch (error) {
          refusedCount++;
          const isOurs = error instanceof InputError || error instanceof InputErrors;
          if (!isOurs) throw error;
          // Every line of the message names its place; a text that is no JSON has one mistake.
          const lines = error
            .format()
            .split('\n')
            .filter((line) => !line.startsWith('  hint'));
          for (const line of lines) expect(line).toMatch(/^(jobs\.json(:\d+:\d+)?: error E_JOB_JSON: \$|\(|… )/);
        }
      }),
      { numRuns: 600, seed: 20 },
    );
    // Most of what is done to a file is found.
    expect(refusedCount).toBeGreaterThan(250);
  });
});
