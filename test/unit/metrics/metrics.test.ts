import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/metrics/counts.js';
import { fairness } from '../../../src/metrics/fairness.js';
import { jobs } from '../../../src/metrics/jobs.js';
import { latency } from '../../../src/metrics/latency.js';
import { tasks } from '../../../src/metrics/tasks.js';
import { utilization } from '../../../src/metrics/utilization.js';
import { attemptOf, jobOf, MetricBench } from '../../support/metric-bench.js';

describe('latency', () => {
  // a waits 2 s and runs 18 s; b waits 10 s and runs 5 s; c never starts: submitted at 40 s, the run ends at 100 s.
  const told = (warmupUs = 0): MetricBench => {
    const bench = new MetricBench();
    const observer = bench.start(latency, warmupUs);
    observer.jobEnded?.(jobOf('a', 0, 2, 20, 'finished'));
    observer.jobEnded?.(jobOf('b', 10, 20, 25, 'finished', 'bob'));
    observer.jobEnded?.(jobOf('r', 30, -1, 30, 'rejected'));
    bench.live = [jobOf('c', 40, -1, -1, 'pending')];
    bench.nowUs = 100e6;
    observer.finished?.();
    return bench;
  };

  it('takes means and quantiles over jobs that started, and says how many did not', () => {
    const bench = told();
    expect(bench.row('wait_s_mean')).toMatchObject({ value: 6, n: 2, nCensored: 1 });
    expect(bench.value('wait_s_p50')).toBe(6); // type 7: halfway between 2 and 10
    expect(bench.value('wait_s_p95')).toBeCloseTo(2 + 0.95 * 8, 9);
    expect(bench.value('wait_s_max')).toBe(10);
  });

  it('counts a starved job up to the end in the lower bound', () => {
    expect(told().row('wait_s_mean_lower')).toMatchObject({ value: (2 + 10 + 60) / 3, n: 3, nCensored: 1 });
  });

  it('bounds slowdown by ten seconds of run time', () => {
    const bench = told();
    expect(bench.value('slowdown_mean')).toBeCloseTo((20 / 18 + 15 / 5) / 2, 6);
    expect(bench.value('bounded_slowdown_mean')).toBeCloseTo((20 / 18 + 15 / 10) / 2, 6);
    expect(bench.row('turnaround_s_mean')).toMatchObject({ value: 17.5, n: 2, nCensored: 1 });
  });

  it('leaves out jobs submitted within the warm-up, and rejected ones', () => {
    expect(told(5e6).row('wait_s_mean')).toMatchObject({ value: 10, n: 1, nCensored: 1 });
  });

  it('tells frameworks and users apart', () => {
    const bench = told();
    expect(bench.value('wait_s_mean', 'web', 'framework')).toBe(6);
    expect(bench.value('wait_s_mean', 'bob', 'user')).toBe(10);
    expect(bench.row('wait_s_mean', 'ann', 'user')).toMatchObject({ value: 2, n: 1, nCensored: 1 });
  });

  it('takes a job that waited long and ran for a microsecond', () => {
    const bench = new MetricBench();
    const observer = bench.start(latency);
    observer.jobEnded?.(jobOf('a', 0, 9e6, 9e6 + 1e-6, 'finished'));
    observer.finished?.();
    expect(bench.value('bounded_slowdown_mean')).toBeCloseTo(9e5, 0);
  });
});

describe('fairness', () => {
  it('is even when dominant shares are even, whatever the resource', () => {
    // Cluster of 9 CPUs and 18 GiB (Ghodsi et al., NSDI 2011, §4.1): A holds 3 CPUs, 12 GiB; B holds 6 CPUs, 2 GiB: both 2/3.
    const bench = new MetricBench();
    bench.nowUs = 60e6;
    bench.frameworks = [
      { name: 'A', held: [3, 12], wanted: [9, 36] },
      { name: 'B', held: [6, 2], wanted: [9, 3] },
    ];
    const observer = bench.start(fairness);
    observer.sample?.();
    observer.finished?.();
    expect(bench.value('jain_dominant_share')).toBeCloseTo(1, 12);
    expect(bench.value('dominant_share_gap')).toBeCloseTo(0, 12);
    const [, a, b] = bench.tables.get('fairness.csv') ?? [];
    expect(a?.slice(1, 5)).toEqual(['A', '*', '1', 'mem']);
    expect(b?.slice(4, 7)).toEqual(['cpus', String(6 / 9), String(6 / 9)]);
  });

  it('divides by weight', () => {
    // Shares 2/3 and 1/3 under weights 2 and 1 are even: 1/3 each.
    const bench = new MetricBench();
    bench.nowUs = 60e6;
    bench.frameworks = [
      { name: 'A', weight: 2, held: [6, 0], wanted: [9, 0] },
      { name: 'B', weight: 1, held: [3, 0], wanted: [9, 0] },
    ];
    bench.start(fairness).sample?.();
    expect(bench.tables.get('fairness.csv')?.[1]?.at(-1)).toBe('1');
  });

  it('leaves out frameworks that want nothing, and samples without any', () => {
    const bench = new MetricBench();
    bench.nowUs = 60e6;
    bench.frameworks = [
      { name: 'A', held: [3, 0], wanted: [9, 0] },
      { name: 'idle', held: [0, 0], wanted: [0, 0] },
    ];
    const observer = bench.start(fairness);
    observer.sample?.();
    bench.nowUs = 120e6;
    bench.frameworks = [{ name: 'A', held: [0, 0], wanted: [0, 0] }];
    observer.sample?.();
    observer.finished?.();
    expect(bench.tables.get('fairness.csv')).toHaveLength(2);
    expect(bench.row('jain_dominant_share')).toMatchObject({ value: 1, n: 1 });
  });

  it('says how far the least served one that wants more stands behind', () => {
    // A holds 6/9 and wants more, B holds 1/9 and wants more: Jain = (7/9)² / (2 · 37/81) = 49/74, gap = 5/9.
    const bench = new MetricBench();
    bench.nowUs = 60e6;
    bench.frameworks = [
      { name: 'A', held: [6, 0], wanted: [9, 0] },
      { name: 'B', held: [1, 0], wanted: [9, 0] },
    ];
    const observer = bench.start(fairness);
    observer.sample?.();
    observer.finished?.();
    expect(bench.value('jain_dominant_share')).toBeCloseTo(49 / 74, 12);
    expect(bench.value('dominant_share_gap')).toBeCloseTo(5 / 9, 12);
  });
});

describe('utilization', () => {
  it('writes means since the previous sample, and the share of the exact integrals however often it was sampled', () => {
    // 9 CPUs in total; none allocated in the first 10 s, 6 in the next 10 s: 0 and 6 on average, 1/3 overall.
    const bench = new MetricBench();
    const observer = bench.start(utilization);
    const at = (seconds: number, allocatedCpuS: number): void => {
      bench.nowUs = seconds * 1e6;
      bench.integrals = { total: [9000 * seconds], allocated: [allocatedCpuS * 1000], web: [allocatedCpuS * 1000] };
    };
    at(10, 0);
    observer.sample?.();
    at(20, 60);
    observer.finished?.();
    const rows = bench.tables
      .get('utilization.csv')
      ?.slice(1)
      .map((row) => row.slice(0, 4));
    expect(rows).toEqual([
      ['10', 'cpus', '9', '0'],
      ['20', 'cpus', '9', '6'],
    ]);
    expect(bench.value('utilization_cpus')).toBeCloseTo(1 / 3, 12);
    expect(bench.value('utilization_cpus', 'web', 'framework')).toBeCloseTo(1 / 3, 12);
  });

  it('begins with the first sample after the warm-up', () => {
    const bench = new MetricBench();
    const observer = bench.start(utilization, 10e6);
    bench.nowUs = 10e6;
    bench.integrals = { total: [90_000], allocated: [0] };
    observer.sample?.();
    bench.nowUs = 20e6;
    bench.integrals = { total: [180_000], allocated: [60_000] };
    observer.finished?.();
    expect(bench.value('utilization_cpus')).toBeCloseTo(2 / 3, 12);
  });
});

describe('counts', () => {
  it('adds up: submitted = finished + failed + killed + lost + rejected + running + pending, for jobs and tasks', () => {
    const bench = new MetricBench();
    const observer = bench.start(counts);
    const ended = jobOf('a', 5, 6, 20, 'finished');
    const rejected = jobOf('b', 6, -1, 6, 'rejected');
    const waiting = jobOf('c', 7, -1, -1, 'pending');
    for (const job of [ended, rejected, waiting]) observer.jobArrived?.(job);
    // The first task of a is preempted after 4 s and done again.
    observer.taskEnded?.(attemptOf(ended, { state: 'killed', reason: 'preempted', lostUs: 4e6, isFinal: false }));
    observer.taskEnded?.(attemptOf(ended, { attempt: 2 }));
    observer.taskEnded?.(attemptOf(ended, { index: 1 }));
    observer.jobEnded?.(ended);
    observer.jobEnded?.(rejected);
    bench.live = [waiting];
    bench.liveFacts = [attemptOf(waiting, { state: 'pending' }), attemptOf(waiting, { state: 'pending', index: 1 })];
    bench.nowUs = 50e6;
    observer.finished?.();
    const states = ['finished', 'failed', 'killed', 'lost', 'rejected', 'running', 'pending'];
    const all = (what: string): number => states.reduce((sum, state) => sum + bench.value(`${what}_${state}`), 0);
    expect(bench.value('jobs_submitted')).toBe(3);
    expect(all('jobs')).toBe(3);
    expect(bench.value('tasks_submitted')).toBe(6);
    expect(all('tasks')).toBe(6);
    expect(bench.value('preemptions')).toBe(1);
    expect(bench.value('task_retries')).toBe(1);
    expect(bench.value('lost_work_cpu_s')).toBe(8); // 4 s on two CPUs
    expect(bench.value('makespan_s')).toBe(15);
  });
});

describe('jobs.csv and tasks.csv', () => {
  it('has jobs in order of their end, unfinished ones last, and leaves empty what does not apply', () => {
    const bench = new MetricBench();
    const observer = bench.start(jobs);
    const group = attemptOf(jobOf('x', 0, 0, 1, 'finished'), {}).group;
    const withGroup = (job: ReturnType<typeof jobOf>) => ({ ...job, record: { ...job.record, groups: [group] } });
    observer.jobEnded?.(withGroup(jobOf('b', 10, 20, 25, 'finished')));
    observer.jobEnded?.(withGroup(jobOf('a', 0, 2, 27, 'killed')));
    bench.live = [withGroup(jobOf('c', 5, 6, -1, 'running')), withGroup(jobOf('d', 6, -1, -1, 'pending'))];
    observer.finished?.();
    const [head = [], ...rows] = bench.tables.get('jobs.csv') ?? [];
    const column = (name: string): (string | undefined)[] => rows.map((row) => row[head.indexOf(name)]);
    expect(column('job_id')).toEqual(['b', 'a', 'c', 'd']);
    expect(column('wait_s')).toEqual(['10', '2', '1', '']);
    expect(column('turnaround_s')).toEqual(['15', '27', '', '']);
    expect(column('estimate_s')).toEqual(['', '', '', '']);
    expect(column('state')).toEqual(['finished', 'killed', 'running', 'pending']);
  });

  it('has one row per attempt, with what each has lost', () => {
    const bench = new MetricBench();
    const observer = bench.start(tasks);
    const job = jobOf('a', 5, 6, 20, 'finished');
    observer.taskEnded?.(
      attemptOf(job, { state: 'killed', reason: 'preempted', finishUs: 10e6, lostUs: 4e6, isFinal: false }),
    );
    observer.taskEnded?.(attemptOf(job, { attempt: 2, queuedUs: 10e6, startUs: 12e6 }));
    const waiting = { startUs: -1, finishUs: -1, agent: -1, state: 'pending' as const };
    bench.liveFacts = [1, 2].map((index) => attemptOf(job, { index, ...waiting }));
    observer.finished?.();
    const [head = [], ...rows] = bench.tables.get('tasks.csv') ?? [];
    const column = (name: string): (string | undefined)[] => rows.map((row) => row[head.indexOf(name)]);
    expect(column('task_id')).toEqual(['a/0', 'a/0', 'a/1', 'a/2']);
    expect(column('attempt')).toEqual(['1', '2', '1', '1']);
    expect(column('wait_s')).toEqual(['1', '2', '', '']);
    expect(column('run_s')).toEqual(['4', '8', '', '']);
    expect(column('lost_s')).toEqual(['4', '0', '0', '0']);
    expect(column('reason')).toEqual(['preempted', '', '', '']);
    expect(column('agent')).toEqual(['agent-0', 'agent-0', '', '']);
    expect(column('cpus')).toEqual(['2', '2', '2', '2']);
  });
});
