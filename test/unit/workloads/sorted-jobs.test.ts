import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, FOREVER_US, type JobRecord, type TaskGroup } from '../../../src/model/job.js';
import { JobPacking } from '../../../src/workloads/packed/job-packing.js';
import { Packer, Unpacker } from '../../../src/workloads/packed/packer.js';
import { sortedJobs } from '../../../src/workloads/sorted-jobs.js';

/** Any text: Latin, Chinese, lone surrogates, and short ones that repeat. */
const text = fc.oneof(
  fc.constantFrom('', 'a', 'R2_1', 'é'),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constant('\ud800'),
);
const amounts = fc
  .array(fc.constantFrom(0, 1, 247, 248, 65_535, 65_536, 4_294_967_295, 4_294_967_296, 2 ** 52), { maxLength: 5 })
  .map((list) => Float64Array.from(list));
const time = fc.oneof(fc.nat(2000), fc.maxSafeNat());

const group: fc.Arbitrary<TaskGroup> = fc.record(
  {
    name: text,
    count: fc.integer({ min: 1, max: 70_000 }),
    gang: fc.boolean(),
    amounts,
    durationUs: fc.oneof(time, fc.constant(FOREVER_US)),
    estimateUs: fc.oneof(time, fc.constant(-1)),
    constraints: text,
    after: fc.array(text, { maxLength: 3 }),
    image: text,
    inputs: fc.array(text, { maxLength: 3 }),
    inputMilliMib: time,
    outputMilliMib: time,
    usage: fc.array(fc.record({ offsetUs: time, amounts }), { maxLength: 3 }),
    exit: fc.constantFrom('finished' as const, 'failed' as const),
    retry: fc.boolean(),
  },
  {
    requiredKeys: [
      ...(['name', 'count', 'gang', 'amounts', 'durationUs', 'estimateUs', 'constraints', 'after'] as const),
      ...(['image', 'inputs', 'outputMilliMib'] as const),
    ],
    noNullPrototype: true,
  },
);

const job: fc.Arbitrary<JobRecord> = fc.record(
  {
    id: text,
    user: text,
    queue: text,
    class: text,
    submitUs: fc.nat(50),
    priority: fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
    ),
    deadlineUs: fc.oneof(time, fc.constant(-1)),
    after: fc.array(fc.record({ job: text, delayUs: time }, { noNullPrototype: true }), { maxLength: 3 }),
    isHost: fc.boolean(),
    groups: fc.array(group, { maxLength: 3 }),
  },
  {
    requiredKeys: ['id', 'user', 'queue', 'class', 'submitUs', 'priority', 'deadlineUs', 'after', 'groups'],
    noNullPrototype: true,
  },
);

function sorted(jobs: readonly JobRecord[], heldBytes: number): { jobs: JobRecord[]; late: number } {
  const report = emptyReport('test', []);
  const waiting = jobs.values();
  const source = sortedJobs(
    report,
    () => waiting.next().value ?? null,
    () => undefined,
    heldBytes,
  );
  const list: JobRecord[] = [];
  for (let one = source.next(); one !== null; one = source.next()) list.push(one);
  source.close();
  return { jobs: list, late: report.repaired.get('E_ORDER') ?? 0 };
}

describe('packed jobs', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 8 }), fc.constantFrom(0, 2, 1000), (jobs, shared) => {
        const packing = new JobPacking(shared);
        const packer = new Packer(8);
        for (const one of jobs) packing.write(packer, one);
        const unpacker = new Unpacker();
        unpacker.open(packer.bytes, 0);
        for (const one of jobs) expect(packing.read(unpacker)).toEqual(one);
        expect(unpacker.at).toBe(packer.length);
      }),
      { numRuns: 300 },
    );
  });

  it('come in order of submit time, ties as they were read, in memory as over sorted runs on disk', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 40 }), fc.constantFrom(0, 300, 3000, 1e6), (jobs, heldBytes) => {
        // Array.sort is stable (ECMAScript 2019); late is whoever comes after a job of a later submit time.
        const expected = [...jobs].sort((a, b) => a.submitUs - b.submitUs);
        const late = jobs.filter((one, at) => jobs.slice(0, at).some((before) => before.submitUs > one.submitUs));
        const found = sorted(jobs, heldBytes);
        expect(found.jobs).toEqual(expected);
        expect(found.late).toBe(late.length);
      }),
      { numRuns: 100 },
    );
  });

  it('come in order over more runs than are merged at a time', () => {
    const one = fc.sample(job, { seed: 1, numRuns: 1 })[0] as JobRecord;
    const jobs = Array.from({ length: 300 }, (_, at) => ({ ...one, id: String(at), submitUs: (at * 37) % 101 }));
    const expected = [...jobs].sort((a, b) => a.submitUs - b.submitUs);
    expect(sorted(jobs, 0).jobs).toEqual(expected);
  });

  it('come in order with one that is longer than a piece of its file', () => {
    const jobs = Array.from({ length: 2000 }, (_, at) => ({
      ...{ id: String(at), user: `user ${at}`, queue: '', class: '', priority: 0, deadlineUs: -1, after: [] },
      submitUs: at % 2,
      groups: [
        {
          ...{
            name: at === 9 ? 'x'.repeat(700_000) : `task ${at}`,
            count: 1,
            gang: false,
            amounts: Float64Array.of(at),
          },
          ...{ durationUs: at, estimateUs: -1, constraints: '', after: [], image: '', inputs: [], outputMilliMib: 0 },
        },
      ],
    }));
    const found = sorted(jobs, 10_000).jobs;
    expect(found.length).toBe(jobs.length);
    const ids = [...jobs.keys()];
    const expected = [...ids.filter((at) => at % 2 === 0), ...ids.filter((at) => at % 2 === 1)];
    expect(found.map(({ id }) => id).join() === expected.join()).toBe(true);
    for (const { id, user, groups } of found) {
      const [task] = groups as [TaskGroup];
      if (user !== `user ${id}` || task.amounts[0] !== Number(id)) expect.fail(`job ${id} has come back as another`);
    }
    expect(found.find(({ id }) => id === '9')?.groups[0]?.name.length).toBe(700_000);
  });
});
