import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobRecord, TaskGroup, UsageStep } from '../../src/model/job.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { parseScenario } from '../../src/scenario/load.js';
import { runScenario } from '../../src/scenario/run.js';
import { convertTrace } from '../../src/workloads/convert/convert.js';
import { NativeTables } from '../../src/workloads/convert/native-tables.js';
import { traceFormats } from '../../src/workloads/index.js';
import { fc } from '../support/properties.js';
import { namesIn, readJobs, traceSamples, writeSample } from '../support/trace-samples.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-convert-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };

/** Result tables of a replay by name, and its digest. */
async function replay(trace: readonly string[], out: string): Promise<Record<string, string>> {
  const scenario = {
    name: 'replay',
    workload: { trace },
    cluster: { agents: [{ count: 6, cpus: 16, mem: '64 GiB', disk: '1 TiB', gpus: 4 }] },
    until: '30 d',
    seed: 4,
  };
  const result = await runScenario(parseScenario(JSON.stringify(scenario), join(folder, 'scenario.yaml')), {
    out,
    isExplicitOut: true,
    extraMetrics: ['events'],
  });
  const tables = namesIn(out).filter((name) => name.endsWith('.csv'));
  return {
    digest: result.digest,
    arrivals: result.arrivalsDigest,
    ...Object.fromEntries(tables.map((name) => [name, readFileSync(join(out, name), 'utf8')])),
  };
}

describe('converting to native and replaying', () => {
  it('is tried with a sample of every registered format', () => {
    const sampled = new Set(traceSamples.map(({ format }) => format));
    expect(traceFormats.map(({ name }) => name).filter((name) => !sampled.has(name))).toEqual([]);
  });

  for (const [index, sample] of traceSamples.filter(({ holds }) => holds === 'jobs').entries()) {
    it(`gives byte-equal results to replaying the original: ${sample.format} (${Object.keys(sample.files)[0]})`, async () => {
      const place = join(folder, `replay-${index}`);
      const files = writeSample(sample, join(place, 'in'));
      await convertTrace(files, request, 'native', join(place, 'native'));
      const original = await replay(files, join(place, 'a'));
      const converted = await replay([join(place, 'native/workload-jobs.csv')], join(place, 'b'));
      expect(original['jobs.csv']?.split('\n').length).toBeGreaterThan(3);
      expect(converted).toEqual(original);
    });
  }
});

/** Any text that a line of a table can hold. */
const text = fc
  .oneof(
    fc.string({ maxLength: 8, unit: 'binary' }),
    fc.constantFrom(
      '',
      '=1+1',
      "'=x",
      "''@",
      'a;b',
      'a\\',
      '\\;',
      'x+3',
      '+5',
      '-1',
      'a,b',
      'say "hi"',
      ' 12 ',
      '__proto__',
      '1e5',
    ),
  )
  .map((value) => value.replace(/[\r\n\0\ud800-\udfff\ufeff]/g, ''));
const us = fc.oneof(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 2 ** 50 }));

const amountsOf = (resources: number): fc.Arbitrary<Float64Array> =>
  fc.array(us, { minLength: resources, maxLength: resources }).map((list) => Float64Array.from(list));

const usage = (resources: number): fc.Arbitrary<UsageStep[] | undefined> =>
  fc.option(
    fc
      .uniqueArray(us, { minLength: 1, maxLength: 4 })
      .map((offsets) => offsets.sort((a, b) => a - b))
      .chain((offsets) =>
        fc.tuple(
          ...offsets.map((offsetUs) => fc.record({ offsetUs: fc.constant(offsetUs), amounts: amountsOf(resources) })),
        ),
      ),
    { nil: undefined },
  );

const group = (resources: number): fc.Arbitrary<TaskGroup> =>
  fc.record({
    usage: usage(resources) as fc.Arbitrary<UsageStep[]>,
    name: text,
    count: fc.integer({ min: 1, max: 1000 }),
    gang: fc.boolean(),
    amounts: amountsOf(resources),
    durationUs: fc.oneof(us, fc.constant(Number.POSITIVE_INFINITY)),
    estimateUs: fc.oneof(us, fc.constant(-1)),
    constraints: text,
    after: fc.constant([]),
    image: text,
    inputs: fc.array(
      text.filter((value) => value !== ''),
      { maxLength: 3 },
    ),
    outputMilliMib: us,
    inputMilliMib: fc.option(us, { nil: undefined }) as fc.Arbitrary<number>,
    exit: fc.constantFrom('finished', 'failed', undefined) as fc.Arbitrary<'failed'>,
  });

const job = (resources: number): fc.Arbitrary<JobRecord> =>
  fc.record({
    id: text,
    user: text,
    queue: text,
    class: text,
    submitUs: us,
    priority: fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
    ),
    deadlineUs: fc.oneof(us, fc.constant(-1)),
    after: fc.array(fc.record({ job: text.filter((value) => value !== ''), delayUs: us }), { maxLength: 2 }),
    groups: fc
      .uniqueArray(group(resources), { minLength: 1, maxLength: 4, selector: ({ name }) => name })
      .map((groups) =>
        // The second waits for the first, so that links are there but no circle.
        groups.map((one, index) => ({
          ...one,
          after: index === 1 && groups[0]?.name !== '' ? [groups[0]?.name ?? ''] : [],
        })),
      ),
  });

describe('native tables', () => {
  it('give back any jobs as they were, and convert to themselves byte by byte', async () => {
    let run = 0;
    const jobs = fc
      .integer({ min: 0, max: 2 })
      .chain((custom) =>
        fc.record({ custom: fc.constant(custom), list: fc.array(job(4 + custom), { minLength: 1, maxLength: 6 }) }),
      );
    await fc.assert(
      fc.asyncProperty(jobs, fc.boolean(), async ({ custom, list }, isTwin) => {
        // Two jobs of one id in a row are the hard case.
        const sorted = [...list, ...(isTwin ? list : [])].sort((a, b) => a.submitUs - b.submitUs);
        const place = join(folder, `identity-${run++}`);
        const resources = new ResourceSpace(['licences', 'fpgas'].slice(0, custom));
        const sink = new NativeTables(join(place, '1'), resources);
        for (const record of sorted) sink.add(record);
        sink.finish();
        await convertTrace([join(place, '1/workload-jobs.csv')], request, 'native', join(place, '2'));
        for (const name of ['workload-jobs.csv', 'workload-tasks.csv'])
          expect(readFileSync(join(place, '2', name), 'utf8')).toBe(readFileSync(join(place, '1', name), 'utf8'));
        if (custom === 0) expect(readJobs([join(place, '1/workload-jobs.csv')])).toEqual(sorted);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});
