import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Streams } from '../../../src/core/random.js';
import type { JobRecord, SourceReport } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { openJobs } from '../../../src/scenario/workload.js';
import { fc } from '../../support/properties.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-transforms-'));
  write('a', [0, 10, 20, 30]);
  write('b', [5, 25]);
  write(
    'long',
    Array.from({ length: 4000 }, (_, row) => row * 10),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Jobs j1, j2 … of 8 s on 2 CPUs; each waits for the one before. */
function write(name: string, submits: readonly number[]): void {
  const jobs = submits.map((at, index) => `j${index + 1},${at},${index > 0 ? `j${index}+3` : ''}`);
  const tasks = submits.map((_at, index) => `j${index + 1},2,1024,8`);
  writeFileSync(join(folder, `${name}-jobs.csv`), `job_id,submit_s,after\n${jobs.join('\n')}\n`);
  writeFileSync(join(folder, `${name}-tasks.csv`), `job_id,cpus,mem_mib,duration_s\n${tasks.join('\n')}\n`);
}

const trace = (name: string): string[] => [`${name}-jobs.csv`, `${name}-tasks.csv`];

function jobsOf(workload: Record<string, unknown>, seed = 1): JobRecord[] {
  const document = { name: 'w', workload, cluster: { agents: [{ count: 1 }] } };
  const scenario = parseScenario(JSON.stringify(document), join(folder, 'w.yaml'));
  const reports: SourceReport[] = [];
  const source = openJobs(scenario.document.workload, {
    folder,
    resources: new ResourceSpace(),
    streams: new Streams(seed),
    reports,
  });
  const jobs: JobRecord[] = [];
  for (let job = source.next(); job !== null; job = source.next()) jobs.push(job);
  source.close();
  return jobs;
}

const told = (jobs: readonly JobRecord[]) => jobs.map(({ id, submitUs }) => [id, submitUs / 1e6]);

describe('merge', () => {
  it('sets traces side by side in order of submission, ids and links apart, each with its own transforms', () => {
    const jobs = jobsOf({ merge: [{ trace: trace('a') }, { trace: trace('b'), timeScale: 2, prefix: 'b/' }] });
    // b submits at 5 and 25 s; twice as slow: 10 and 50 s. A tie at 10 s goes to the part named first.
    expect(told(jobs)).toEqual([
      ['j1', 0],
      ['j2', 10],
      ['b/j1', 10],
      ['j3', 20],
      ['j4', 30],
      ['b/j2', 50],
    ]);
    expect(jobs[5]?.after).toEqual([{ job: 'b/j1', delayUs: 3e6 }]);
    expect(jobs[2]?.groups[0]?.durationUs).toBe(16e6);
    expect(jobs[1]?.groups[0]?.durationUs).toBe(8e6);
  });

  it('takes traces and synthetic parts together, under transforms of the whole', () => {
    const synthetic = { jobs: 2, arrivals: { deterministic: { value: '4 s' } }, duration: '1 s' };
    const jobs = jobsOf({ merge: [{ trace: trace('a') }, { synthetic }], load: 2, maxJobs: 4 });
    // Submissions 0, 4, 8, 10 at twice the load.
    expect(told(jobs)).toEqual([
      ['j1', 0],
      ['m2-merge-1/synthetic-1', 2],
      ['m2-merge-1/synthetic-2', 4],
      ['j2', 5],
    ]);
  });
});

describe('repeat', () => {
  it('sets copies one behind the other: after the span and one mean gap', () => {
    const jobs = jobsOf({ trace: trace('a'), repeat: { times: 3 } });
    // Span 30 s, mean gap 10 s: copies start at 0, 40, 80 s.
    expect(told(jobs).map(([, at]) => at)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
    expect(jobs.slice(4, 8).map(({ id }) => id)).toEqual(['j1~2', 'j2~2', 'j3~2', 'j4~2']);
    expect(jobs[9]?.after).toEqual([{ job: 'j1~3', delayUs: 3e6 }]);
  });

  it('lets copies overlap when they start sooner, in order of submission', () => {
    const jobs = jobsOf({ trace: trace('a'), repeat: { times: 3, every: '15 s' } });
    const expected = [0, 1, 2].flatMap((copy) => [0, 10, 20, 30].map((at) => at + 15 * copy)).sort((x, y) => x - y);
    expect(told(jobs).map(([, at]) => at)).toEqual(expected);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(12);
  });

  it('keeps the order when the second copy is another draw that begins sooner', () => {
    // The inner repeat draws its sample anew at each opening of the outer one.
    const part = { trace: trace('a'), sample: { share: 0.5 }, repeat: { times: 2 }, window: { to: '60 s' } };
    for (let seed = 1; seed <= 20; seed++) {
      const times = jobsOf({ merge: [part], repeat: { times: 2 } }, seed).map(({ submitUs }) => submitUs);
      expect(times, `seed ${seed}`).toEqual([...times].sort((x, y) => x - y));
    }
  });

  it('comes before the window, so that a window can lie in a later copy', () => {
    const jobs = jobsOf({ trace: trace('a'), repeat: { times: 2 }, window: { from: '35 s', to: '65 s' } });
    expect(told(jobs)).toEqual([
      ['j1~2', 5],
      ['j2~2', 15],
      ['j3~2', 25],
    ]);
  });
});

describe('sample', () => {
  it('keeps the offered load when it is told to: the gaps shrink as the jobs do', () => {
    const share = 0.25;
    const [thin, kept] = [{ share, keepLoad: false }, { share }].map((sample) =>
      jobsOf({ trace: trace('long'), sample }),
    );
    // The same draw picks the same jobs.
    expect(kept?.map(({ id }) => id)).toEqual(thin?.map(({ id }) => id));
    for (const [index, job] of (kept ?? []).entries())
      expect(job.submitUs).toBe((thin?.[index]?.submitUs as number) * share);
    const loadOf = (jobs: readonly JobRecord[] = []): number =>
      jobs.reduce((sum, { groups }) => sum + (groups[0]?.durationUs ?? 0) * 2, 0) / (jobs.at(-1)?.submitUs as number);
    // 8 s × 2 CPUs every 10 s: load 1.6. A quarter of 4,000 jobs is 1,000 ± 27.
    expect(loadOf(kept)).toBeGreaterThan(1.6 * 0.9);
    expect(loadOf(kept)).toBeLessThan(1.6 * 1.1);
    expect(loadOf(thin)).toBeLessThan(1.6 * 0.3);
  });

  it('is another draw under another seed', () => {
    const [a, b] = [1, 2].map((seed) => jobsOf({ trace: trace('long'), sample: 0.1 }, seed).map(({ id }) => id));
    expect(a).not.toEqual(b);
  });
});

describe('every combination', () => {
  it('stays in order of submission and keeps ids apart', () => {
    const part = fc.record(
      {
        sample: fc.constantFrom(0.3, 0.9, { share: 0.5 }),
        repeat: fc.constantFrom({ times: 2 }, { times: 3, every: '7 s' }, { times: 4, every: '100 s' }),
        window: fc.constantFrom({ from: '5 s' }, { to: '60 s' }, { from: '10 s', to: '70 s' }),
        load: fc.constantFrom(0.5, 3),
        timeScale: fc.constantFrom(0.1, 2.5),
        maxJobs: fc.integer({ min: 1, max: 9 }),
      },
      { requiredKeys: [] },
    );
    const input = fc.record({
      whole: part,
      parts: fc.array(fc.tuple(fc.constantFrom('a', 'b'), part), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(input, ({ whole, parts }) => {
        const merge = parts.map(([name, transforms]) => ({ trace: trace(name), ...transforms }));
        const jobs = jobsOf({ merge, ...whole });
        const times = jobs.map(({ submitUs }) => submitUs);
        expect(times).toEqual([...times].sort((x, y) => x - y));
        expect(times.every((us) => Number.isInteger(us) && us >= 0)).toBe(true);
        expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) },
    );
  });

  it('refuses a part without a source, with its place', () => {
    expect(() => jobsOf({ merge: [{ trace: trace('a') }, { load: 2 }] })).toThrow(/workload.merge needs a trace/);
  });
});
