import { z } from 'zod';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import { edfSchedulable, rateMonotonicBound, utilizationOf } from '../../../src/allocators/math/schedulability.js';
import type { JobView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import type { LawFamily } from '../support/case.js';

interface Times {
  readonly startS: number;
  readonly finishS: number;
}

/** Runs jobs spelled out on one agent; times by id. */
function run(jobs: readonly object[], cpus: number, policy: object, untilS?: number): Map<string, Times> {
  const document = {
    name: 'law',
    workload: { jobs },
    cluster: { agents: [{ count: 1, cpus, mem: 0 }], checkpoint: true },
    // Offers are held for as long as anything waits.
    frameworks: [{ name: 'all', gangRelease: '1000000 s' }],
    policy,
    master: { allocateOn: ['recover'] },
    ...(untilS === undefined ? {} : { until: untilS }),
  };
  const times = new Map<string, Times>();
  const observer = {
    jobEnded: (job: JobView): void =>
      void times.set(job.record.id, { startS: job.firstStartUs / 1e6, finishS: job.finishUs / 1e6 }),
  };
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'law.json'), { observe: () => [observer] });
  simulation.run();
  simulation.close();
  return times;
}

const rigid = z.object({ name: z.string(), submit: z.number(), procs: z.int(), run: z.number() });

/** Rigid jobs on a pool of processors under three orders of the real framework; ties in submit time by name. */
export const backfill: LawFamily = {
  family: 'backfill',
  check(law, context) {
    const { processors, jobs } = z.looseObject({ processors: z.int(), jobs: z.array(rigid) }).parse(law.inputs);
    const sorted = [...jobs].sort((a, b) => a.submit - b.submit || (a.name < b.name ? -1 : 1));
    const listed = sorted.map(({ name, submit, procs, run: seconds }) => ({
      ...{ id: name, at: submit, tasks: procs, gang: true, cpus: 1, mem: 0, duration: seconds, estimate: seconds },
    }));
    const result = (order: string): object => {
      const times = run(listed, processors, { allocator: 'drf', order });
      const start = Object.fromEntries([...times].map(([name, { startS }]) => [name, startS]));
      const totalWait = sorted.reduce((sum, job) => sum + (start[job.name] as number) - job.submit, 0);
      return { start, makespan: Math.max(...[...times.values()].map(({ finishS }) => finishS)), totalWait };
    };
    context.expectAll(
      { fcfs: result('fifo'), easy: result('backfill-easy'), conservative: result('backfill-conservative') },
      law,
    );
  },
};

const periodic = z.object({ wcet: z.number(), period: z.number() });

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Whether every job of one hyperperiod meets its deadline under a preempting policy, released together at 0. */
function meetsDeadlines(tasks: readonly z.infer<typeof periodic>[], policy: object): boolean {
  const hyperperiod = tasks.reduce((all, { period }) => (all * period) / gcd(all, period), 1);
  const jobs = tasks.flatMap(({ wcet, period }, index) =>
    Array.from({ length: hyperperiod / period }, (_, k) => ({
      ...{ id: `t${index}-${k}`, at: k * period, duration: wcet, estimate: wcet, deadline: (k + 1) * period },
      // Rate monotonic: the shorter the period the more urgent.
      priority: Math.round(1e6 / period),
    })),
  );
  const times = run(jobs, 1, policy);
  return jobs.every(({ id, deadline }) => (times.get(id)?.finishS ?? Infinity) <= deadline);
}

/** EDF by the simulator over a hyperperiod (beyond a utilization of 1 some deadline in it must be missed); RM by its bound. */
export const periodicTasks: LawFamily = {
  family: 'periodic-tasks',
  check(law, context) {
    const { tasks } = z.looseObject({ tasks: z.array(periodic) }).parse(law.inputs);
    const utilization = utilizationOf(tasks.map(({ wcet, period }) => [Fraction.of(wcet), Fraction.of(period)]));
    const rmBound = rateMonotonicBound(tasks.length);
    const edf = meetsDeadlines(tasks, { allocator: 'edf', order: 'edf' });
    const rmSufficient = utilization.toNumber() <= rmBound;
    if (edf !== edfSchedulable(utilization)) throw new Error(`${law.id}: the simulated EDF and its test disagree`);
    if (rmSufficient && !meetsDeadlines(tasks, { allocator: 'priority[preemption=true]', order: 'priority' }))
      throw new Error(`${law.id}: rate monotonic misses a deadline within its bound`);
    context.expectAll({ utilization, edfSchedulable: edf, rmBound, rmSufficient }, law);
  },
};
