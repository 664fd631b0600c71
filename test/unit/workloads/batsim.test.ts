import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { detectFormat, prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const ROOT = '../shared/traces/batsim';

const workload = (jobs: unknown[], profiles: object, name: string, more: object = {}): string =>
  file(JSON.stringify({ nb_res: 8, jobs, profiles, ...more }, null, 1), name);
const job = (profile: string, more: object = {}): object => ({ id: profile, subtime: 0, res: 4, profile, ...more });

/** Run times in seconds by job id. */
function runsOf(path: string, format = 'batsim'): Record<string, number> {
  return Object.fromEntries(
    readJobs(path, { format }).jobs.map(({ id, groups }) => [id, (groups[0]?.durationUs ?? 0) / 1e6]),
  );
}

describe('batsim profiles', () => {
  const matrix = [9e6, 0, 0, 0, 5e6, 0, 0, 0, 5e6, 0, 0, 0, 5e6, 0, 0, 0];
  const profiles = {
    delay: { type: 'delay', delay: 20.25 },
    DelayProfile: { type: 'DelayProfile', delay: 3 },
    parallel: { type: 'parallel', cpu: [5e9, 0, 2e9, 1], com: matrix },
    newParallel: { type: 'ParallelTaskProfile', cpu: [7e9] },
    homogeneous: { type: 'parallel_homogeneous', cpu: 6e9, com: 1e6 },
    ptask: { type: 'ptask_homogeneous', cpu: 1e9, com: 0 },
    total: { type: 'parallel_homogeneous_total', cpu: 6e9, com: 0 },
    spread: { type: 'ParallelTaskHomogeneousProfile', generation_strategy: 'DefinedAmountsSpreadUniformly', cpu: 8e9 },
    composed: { type: 'composed', nb: 3, seq: ['DelayProfile', 'ptask'] },
    sequence: { type: 'SequentialCompositionProfile', seq: ['composed', 'delay'] },
  };
  const names = Object.keys(profiles);

  it('of both generations become run times at 1 Gflop/s, transfers being free', () => {
    const path = workload(
      names.map((name) => job(name)),
      profiles,
      'a.json',
    );
    // The largest of cpu; totals over 4 resources; 3 × (3 + 1) = 12; 12 + 20.25.
    expect(runsOf(path)).toEqual({
      delay: 20.25,
      DelayProfile: 3,
      parallel: 5,
      newParallel: 7,
      homogeneous: 6,
      ptask: 1,
      total: 1.5,
      spread: 2,
      composed: 12,
      sequence: 32.25,
    });
    expect(runsOf(path, 'batsim[gflops=2]')['homogeneous']).toBe(3);
  });

  it('last as long as the busiest link when it is slower than the processors', () => {
    // parallel: host 0 receives 15 MB (its own 9 MB stay at home): 15 s at 1 MB/s. homogeneous: 1 MB to each of 3 others: 3 s < 6 s.
    const path = workload([job('parallel'), job('homogeneous')], profiles, 'b.json');
    expect(runsOf(path, 'batsim[bandwidth=1]')).toEqual({ parallel: 15, homogeneous: 6 });
    const io = {
      pfs: { type: 'parallel_homogeneous_pfs', bytes_to_read: 4e6, bytes_to_write: 6e6 },
      stage: { type: 'data_staging', nb_bytes: 9e6 },
    };
    const storage = workload([job('pfs'), job('stage')], io, 'c.json');
    expect(runsOf(storage, 'batsim[bandwidth=2]')).toEqual({ pfs: 3, stage: 4.5 });
    expect(skippedOf(readJobs(storage))).toEqual({ E_BATSIM_PROFILE: 2 });
  });

  it('that have no run time leave their jobs out, with the line of the job', () => {
    const odd = {
      replay: { type: 'TraceReplayProfile', filename: 'x' },
      smpi: { type: 'smpi', trace: 'x' },
      itself: { type: 'composed', seq: ['itself'] },
      com: { type: 'ParallelTaskProfile', com: matrix },
      __proto: { type: 'constructor' },
      fine: { type: 'delay', delay: 1 },
    };
    const path = workload(
      [...Object.keys(odd), 'missing', 'toString'].map((name) => job(name)),
      odd,
      'd.json',
    );
    expect(readJobs(path).jobs.map(({ id }) => id)).toEqual(['fine']);
    expect(skippedOf(readJobs(path))).toEqual({ E_BATSIM_PROFILE: 7 });
    const { issues } = validateTrace([path], request);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines[issues[2]?.line ?? 0]).toContain('"id": "itself"');
  });
});

describe('batsim jobs', () => {
  it('are gangs that fail at their walltime or with a return code, and wait for their dependencies', () => {
    const path = workload(
      [
        { id: 7, subtime: 2.5, res: 3, profile: 'd', walltime: 4 },
        { id: 'w!8', subtime: 1, res: 1, profile: 'd', walltime: 10, dependencies: ['w!7'] },
        { id: 9, subtime: 3, res: 1, profile: 'bad' },
      ],
      { d: { type: 'delay', delay: 10 }, bad: { type: 'delay', delay: 1, ret: 2 } },
      'e.json',
    );
    const reading = readJobs(path);
    expect(reading.jobs).toMatchObject([
      {
        id: '8',
        submitUs: 1e6,
        after: [{ job: '7', delayUs: 0 }],
        groups: [{ count: 1, gang: false, durationUs: 10e6, estimateUs: 10e6 }],
      },
      {
        id: '7',
        submitUs: 2_500_000,
        groups: [{ count: 3, gang: true, durationUs: 4e6, estimateUs: 4e6, exit: 'failed' }],
      },
      { id: '9', groups: [{ durationUs: 1e6, estimateUs: -1, exit: 'failed' }] },
    ]);
    expect(reading.jobs[0]?.groups[0]?.exit).toBeUndefined();
    expect(repairedOf(reading)).toEqual({ E_BATSIM_WALLTIME: 1, E_ORDER: 1 });
    expect(reading.report.notes.get('MaxProcs')).toBe('8');
  });

  it('are skipped for values out of range; nb_res makes agents', () => {
    const jobs = [
      { subtime: 0, res: 1, profile: 'd' },
      { id: 1, subtime: -1, res: 1, profile: 'd' },
      { id: 2, subtime: 0, res: 1.5, profile: 'd' },
      5,
    ];
    const path = workload(jobs, { d: { type: 'delay', delay: 1 } }, 'f.json');
    expect(skippedOf(readJobs(path))).toEqual({ E_BATSIM_VALUE: 4 });
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    expect(format.readAgents?.([path], context).agents.map(({ id, amounts }) => [id, amounts[0]])).toEqual(
      Array.from({ length: 8 }, (_, row) => [String(row), 1000]),
    );
  });

  it.skipIf(!existsSync(ROOT))(
    'agree with plain reading on the samples, and with the oracles that the samples carry',
    () => {
      const path = `${ROOT}/KTH-SP2-1996-part-0.json`;
      const raw = JSON.parse(readFileSync(path, 'utf8')) as {
        jobs: { id: number; res: number; profile: string; walltime: number }[];
        profiles: Record<string, { cpu: number }>;
      };
      const work = raw.jobs.reduce(
        (sum, { res, profile, walltime }) => sum + res * Math.min(walltime, (raw.profiles[profile]?.cpu ?? 0) / 1e9),
        0,
      );
      const { jobs } = readJobs(path);
      expect(jobs).toHaveLength(1766);
      expect(
        jobs.reduce((sum, { groups }) => sum + (groups[0]?.count ?? 0) * ((groups[0]?.durationUs ?? 0) / 1e6), 0),
      ).toBeCloseTo(work, 3);
      // Each composed profile says how long it should run.
      const composed = JSON.parse(readFileSync(`${ROOT}/test_compo_sequence_delay.json`, 'utf8')) as {
        jobs: { id: string; profile: string; walltime: number }[];
        profiles: Record<string, { expected_execution_time: number }>;
      };
      const runs = runsOf(`${ROOT}/test_compo_sequence_delay.json`);
      for (const { id, profile, walltime } of composed.jobs)
        expect(runs[id]).toBe(Math.min(walltime, composed.profiles[profile]?.expected_execution_time ?? 0));
      const usage = readJobs(`${ROOT}/test_usage_trace.json`);
      expect([usage.report.rowsRead, usage.report.rowsKept, skippedOf(usage)]).toEqual([
        24,
        2,
        { E_BATSIM_PROFILE: 22 },
      ]);
      expect(inspectTrace([`${ROOT}/test_walltime.json`], request)['facts']).toMatchObject({
        jobs: 44,
        runBeyondWalltime: 18,
      });
    },
  );
});

describe('recognising batsim', () => {
  it('looks at the values: a summary that counts jobs and profiles is no workload', () => {
    const summary = file('{"nb_res": 8, "jobs": 12, "profiles": 3, "subtime": 4, "profile": "a"}', 'summary.json');
    expect(() => detectFormat(summary)).toThrow(/not recognised/);
    const counts = file('{"trace": "x.swf", "profiles": [1, 2], "jobs": ["1", "2"]}', 'facts.json');
    expect(() => detectFormat(counts)).toThrow(/not recognised/);
    expect(detectFormat(workload([job('a')], { a: { type: 'delay', delay: 1 } }, 'w.json')).name).toBe('batsim');
    expect(detectFormat(workload([], {}, 'empty.json')).name).toBe('batsim');
  });
});
