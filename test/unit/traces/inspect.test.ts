import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ksDistance } from '../../../src/core/ks-distance.js';
import { ValueCounts } from '../../../src/core/value-counts.js';
import { tracePage } from '../../../src/report/trace-page.js';
import { inspectTrace, lookInto, profileTrace, totalsOf } from '../../../src/workloads/inspect.js';
import { histogramOf } from '../../../src/workloads/profile.js';
import { TraceComparison } from '../../../src/workloads/stats.js';
import { validateTrace } from '../../../src/workloads/validate.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const row = (id: number, submitS: number, runS: number, procs: number, user = 1): string =>
  `${id} ${submitS} -1 ${runS} ${procs} -1 -1 -1 -1 -1 1 ${user} 1 -1 2 -1 -1 -1`;

/** Four jobs within three hours, 1 + 2 + 4 + 1 processors, 10, 20, 30, 40 s. */
const FOUR = [row(1, 0, 10, 1), row(2, 3600, 20, 2), row(3, 3600, 30, 4, 7), row(4, 10_800, 40, 1)].join('\n');

describe('trace inspect', () => {
  it('tells rows, span, users, arrivals by hour, task quantiles and the offered load of a cluster', () => {
    const told = inspectTrace([file('four.swf', `${FOUR}\n5 x\n`)], request, { cpus: 2 });
    // Eight tasks: 10, 20, 20, 30 four times, 40 s. Work: 10 + 40 + 120 + 40 = 210 CPU s in 10,800 s on 2 CPUs.
    expect(told).toMatchObject({
      jobs: 4,
      tasks: 8,
      users: 2,
      span_s: { first: 0, last: 10_800 },
      rows: { read: 5, kept: 4, skipped: { E_SWF_FIELDS: 1 } },
      arrivals: { per_hour: 4 / 3, bin_s: 3600, counts: [1, 2, 0, 1] },
      work: { cpu_s: 210 },
      offered_load: { cpus: 210 / 21_600 },
      duration_s: {
        n: 8,
        min: 10,
        p50: 30,
        max: 40,
        mean: 26.25,
        histogram: { upTo: [10, 20, 30, 40], counts: [1, 2, 4, 1] },
      },
      tasks_per_job: { n: 4, p50: 1.5, max: 4 },
      gap_s: { n: 3, min: 0, p50: 3600, max: 7200 },
    });
    expect((told['arrivals_by_hour'] as number[]).slice(0, 4)).toEqual([1, 2, 0, 1]);
  });

  it('measures the load against a list of machines', () => {
    const agents = file('agents.csv', 'agent_id,count,cpus,mem_mib,gpus\na,3,4,1024,1\nb,1,8,2048,0\n');
    expect(totalsOf([agents], request)).toEqual({ cpus: 20, memMib: 5120, gpus: 3 });
  });

  it('makes a page that fetches nothing, with every name of the trace escaped', async () => {
    const inspection = lookInto([file('page.swf', FOUR)], request);
    const profile = inspection.profile;
    if (profile === undefined) throw new Error('no profile');
    profile.queues.set('<script>alert(1)</script>', 1);
    const table = { title: 'a<b', head: ['x'], rows: [['<img src=x>']], right: [false] };
    const html = await tracePage('t', 's', [table], [{ name: 'x', profile }]);
    expect(html.match(/<figure/g)?.length).toBeGreaterThanOrEqual(4);
    expect(html).not.toMatch(/<script>alert|<img|(?:src|href)="(?!#)/);
  });

  it('joins bins of a long trace in pairs, so that memory does not follow its length', () => {
    const rows = Array.from({ length: 3000 }, (_, hour) => row(hour + 1, hour * 3600, 5, 1));
    const { profile } = lookInto([file('long.swf', rows.join('\n'))], request);
    expect(profile?.binUs).toBe(4 * 3600e6);
    expect(profile?.bins.slice(0, 3)).toEqual([4, 4, 4]);
    expect(profile?.bins.reduce((sum, jobs) => sum + jobs, 0)).toBe(3000);
  });
});

describe('histograms', () => {
  it('count every value once, in bins of equal ratio when there are many', () => {
    const values = new ValueCounts();
    for (let value = 0; value <= 1000; value++) values.add(value);
    const { upTo, counts } = histogramOf({ name: 'x', title: 'x', scale: 1, values }, 11);
    expect(upTo).toHaveLength(11);
    expect(upTo[0]).toBe(0);
    expect(upTo[10]).toBe(1000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1001);
    // 1000^(1/10) = 1.995…: the bounds are its powers, rounded down.
    expect(counts.slice(0, 5)).toEqual([1, 1, 2, 4, 8]);
  });
});

describe('trace stats', () => {
  it('knows the Kolmogorov–Smirnov distance of samples: 0, 1, and 1/2 for {1,2} against {2,3}', () => {
    const of = (...list: number[]): ValueCounts => {
      const values = new ValueCounts();
      for (const value of list) values.add(value);
      return values;
    };
    expect(ksDistance(of(1, 2, 2), of(2, 1, 2))).toBe(0);
    expect(ksDistance(of(1, 2), of(5, 9, 9))).toBe(1);
    expect(ksDistance(of(1, 2), of(2, 3))).toBe(0.5);
    expect(ksDistance(of(), of(1))).toBeNaN();
    const many = of(...Array.from({ length: 40_000 }, (_, value) => value));
    const half = of(...Array.from({ length: 20_000 }, (_, value) => value * 2 + 40_000));
    expect(many.isExact).toBe(false);
    // Below 40,000 the second has nothing.
    expect(ksDistance(many, half)).toBeCloseTo(1, 2);
  });

  it('sets two traces side by side', () => {
    const a = file('a.swf', FOUR);
    const b = file('b.swf', FOUR.replaceAll(' 40 1 ', ' 80 1 '));
    expect(new TraceComparison(profileTrace([a], request), profileTrace([a], request)).tell()).toMatchObject({
      day_distance: 0,
      quantities: { duration_s: { ks: 0 } },
    });
    const told = new TraceComparison(profileTrace([a], request), profileTrace([b], request)).tell();
    expect(told).toMatchObject({ jobs: [4, 4], cpu_s: [210, 250] });
    expect(told).toMatchObject({ quantities: { duration_s: { ks: 1 / 8 }, gap_s: { ks: 0 }, cpus: { ks: 0 } } });
  });
});

describe('trace validate', () => {
  it('names ids that come twice and parents that never came, and keeps what was found before a fatal error', () => {
    const header = 'job_id,submit_s,priority,after\n';
    const jobs = file('workload-jobs.csv', `${header}a,0,0,\na,1,0,\nb,2,0,nobody\nc,3,x,\n`);
    file(
      'workload-tasks.csv',
      'job_id,task,duration_s,after\na,,1,\n\na,,1,\nb,x,1,y\nb,y,1,x\nb,y,1,\nb,z,1,q\nc,,1,\n',
    );
    const { counts, hasErrors, hasSkips } = validateTrace([jobs], request);
    expect(counts).toEqual({ E_JOB_TWICE: 1, E_NATIVE_VALUE: 1, E_TASK_TWICE: 1, E_PARENT: 1, E_CYCLE: 1 });
    expect([hasErrors, hasSkips]).toEqual([false, true]);
    const lone = file('lone.csv', 'job_id,submit_s\n');
    expect(validateTrace([lone], { ...request, format: 'native' }).hasErrors).toBe(false);
    expect(validateTrace([join(folder, 'none.csv')], request)).toMatchObject({
      hasErrors: true,
      counts: { E_FILE: 1 },
    });
  });
});
