import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import { quantile } from '../../../src/core/statistics.js';
import { counts } from '../../../src/metrics/counts.js';
import { boundedSlowdown, slowdown } from '../../../src/metrics/slowdown.js';
import type { JobRecord } from '../../../src/model/job.js';
import type { ClusterObserver, JobView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import type { LawFamily } from '../support/case.js';
import { differences } from '../support/compare.js';

interface Work {
  readonly name: string;
  readonly release?: number;
  readonly proc: number;
  readonly due?: number;
  readonly priority?: number;
  readonly cpus?: number;
}

interface Policy {
  readonly order: string;
  readonly allocator?: string;
}

/** Completion times of jobs on m one-CPU agents under a policy, by the real simulator. Submitted in the given order. */
function schedule(
  jobs: readonly Work[],
  machines: number,
  policy: Policy,
): Map<string, { start: number; finish: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-law-'));
  try {
    const ordered = jobs
      .map((job, index) => ({ job, index }))
      .sort((a, b) => (a.job.release ?? 0) - (b.job.release ?? 0) || a.index - b.index);
    const rows = ordered.map(({ job }) => `${job.name},${job.release ?? 0},${job.priority ?? 0},${job.due ?? ''}`);
    const tasks = ordered.map(({ job }) => `${job.name},${job.cpus ?? 1},${job.proc},${job.proc}`);
    writeFileSync(join(folder, 'workload-jobs.csv'), `job_id,submit_s,priority,deadline_s\n${rows.join('\n')}\n`);
    writeFileSync(join(folder, 'workload-tasks.csv'), `job_id,cpus,duration_s,estimate_s\n${tasks.join('\n')}\n`);
    const document = {
      name: 'machines',
      workload: { trace: 'workload-jobs.csv' },
      cluster: { agents: [{ count: machines, cpus: 1, mem: 0 }], checkpoint: true },
      frameworks: [{ name: 'all' }],
      policy: { allocator: policy.allocator ?? 'drf', order: policy.order },
      master: { allocateOn: ['recover'] },
    };
    const ends = new Map<string, { start: number; finish: number }>();
    const observer: ClusterObserver = {
      jobEnded: (job: JobView) =>
        void ends.set(job.record.id, { start: job.firstStartUs / 1e6, finish: job.finishUs / 1e6 }),
    };
    const simulation = new Simulation(parseScenario(JSON.stringify(document), join(folder, 'scenario.json')), {
      observe: () => [observer],
    });
    simulation.run();
    simulation.close();
    return ends;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const work = z.looseObject({
  name: z.string(),
  release: z.number().optional(),
  proc: z.number(),
  due: z.number().optional(),
  weight: z.number().optional(),
  priority: z.number().optional(),
});
const makespanOf = (ends: Map<string, { finish: number }>): number =>
  Math.max(...[...ends.values()].map((end) => end.finish));

/** Disciplines of the simulator by the names of the case file. */
const DISCIPLINES: Readonly<Record<string, Policy>> = {
  fcfs: { order: 'fifo' },
  sjf: { order: 'sjf' },
  srtf: { order: 'srtf', allocator: 'srtf' },
  edfPreemptive: { order: 'edf', allocator: 'edf' },
  priorityPreemptive: { order: 'priority', allocator: 'priority[preemption=true]' },
  // Releases and quanta are whole seconds, so that the 1 s batch runs meet the end of every quantum.
  rrQuantum2: { order: 'queued', allocator: 'time-slice[quantum=2 s]' },
};

/** Completion times of jobs with release times on one machine, under every discipline of the case. */
export const oneMachineOnline: LawFamily = {
  family: 'one-machine-online',
  check(law, context) {
    const { jobs } = z.looseObject({ jobs: z.array(work) }).parse(law.inputs);
    const got: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const [name, policy] of Object.entries(DISCIPLINES)) {
      if (law.expected[name] === undefined) continue;
      const ends = schedule(jobs as Work[], 1, policy);
      const completion = Object.fromEntries([...ends].map(([job, end]) => [job, end.finish]));
      let totalFlow = 0;
      let maxLateness = Number.NEGATIVE_INFINITY;
      for (const job of jobs) {
        totalFlow += (completion[job.name] as number) - (job.release ?? 0);
        maxLateness = Math.max(maxLateness, (completion[job.name] as number) - (job.due ?? 0));
      }
      const wanted = law.expected[name] as Record<string, unknown>;
      const all: Record<string, unknown> = { completion, totalFlow, makespan: makespanOf(ends), maxLateness };
      got[name] = Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));
      expected[name] = wanted;
    }
    expect(Object.keys(expected)).toEqual(Object.keys(law.expected));
    context.expectAll(got, { ...law, expected });
  },
};

/** Moore's algorithm for the number of late jobs: a reference of the test, not simulated. */
function mooreLateJobs(jobs: readonly { proc: number; due?: number | undefined }[]): number {
  const kept: number[] = [];
  let time = 0;
  for (const job of [...jobs].sort((a, b) => (a.due ?? 0) - (b.due ?? 0))) {
    kept.push(job.proc);
    time += job.proc;
    if (time > (job.due ?? 0)) {
      kept.sort((a, b) => a - b);
      time -= kept.pop() as number;
    }
  }
  return jobs.length - kept.length;
}

/** All released at 0 on one machine: SPT, Smith's rule and EDD by the simulator. */
export const oneMachineBatch: LawFamily = {
  family: 'one-machine-batch',
  check(law, context) {
    const { jobs } = z.looseObject({ jobs: z.array(work) }).parse(law.inputs);
    const finish = (policy: Policy, map: (job: (typeof jobs)[number]) => Work): Map<string, number> => {
      // The first job to arrive starts at once; a blocker of no length lets the order choose among all.
      const ends = schedule([{ name: '#first', proc: 0.000001, priority: 1e6, due: 0 }, ...jobs.map(map)], 1, policy);
      return new Map([...ends].map(([name, end]) => [name, Math.round((end.finish - 0.000001) * 1e6) / 1e6]));
    };
    const spt = finish({ order: 'sjf' }, (job) => job as Work);
    // The simulator's weight is the priority plus one.
    const wspt = finish({ order: 'wspt' }, (job) => ({ ...(job as Work), priority: (job.weight ?? 1) - 1 }));
    const edd = finish({ order: 'edf' }, (job) => job as Work);
    const sum = (ends: Map<string, number>, weight: (job: (typeof jobs)[number]) => number): number =>
      jobs.reduce((total, job) => total + weight(job) * (ends.get(job.name) as number), 0);
    context.expectAll(
      {
        sptTotalCompletion: sum(spt, () => 1),
        wsptWeightedCompletion: sum(wspt, (job) => job.weight ?? 1),
        eddMaxLateness: Math.max(...jobs.map((job) => (edd.get(job.name) as number) - (job.due ?? 0))),
        mooreLateJobs: mooreLateJobs(jobs),
      },
      law,
    );
  },
};

/** Least makespan by branch and bound: a reference of the test. */
function optimalMakespan(machines: number, proc: readonly number[]): number {
  const jobs = [...proc].sort((a, b) => b - a);
  const loads = new Array<number>(machines).fill(0);
  let best = jobs.reduce((sum, value) => sum + value, 0);
  const floor = Math.max(jobs[0] ?? 0, Math.ceil(best / machines));
  const place = (index: number): void => {
    if (best === floor) return;
    if (index === jobs.length) {
      best = Math.min(best, Math.max(...loads));
      return;
    }
    const seen = new Set<number>();
    for (let machine = 0; machine < machines; machine++) {
      const load = loads[machine] as number;
      if (seen.has(load) || load + (jobs[index] as number) >= best) continue;
      seen.add(load);
      loads[machine] = load + (jobs[index] as number);
      place(index + 1);
      loads[machine] = load;
    }
  };
  place(0);
  return best;
}

/** Independent jobs at time 0 on m identical machines: list, LPT and SPT orders by the simulator. */
export const identicalMachines: LawFamily = {
  family: 'identical-machines',
  check(law, context) {
    const { machines, proc } = z.looseObject({ machines: z.int(), proc: z.array(z.number()) }).parse(law.inputs);
    const jobs = proc.map((value, index) => ({ name: `j${String(index).padStart(3, '0')}`, proc: value }));
    const blockers = Array.from({ length: machines }, (_, index) => ({ name: `#${index}`, proc: 0.000001 }));
    // Where the longest go first, the blockers are the longest.
    const longest = Math.ceil(Math.max(...proc)) + 1;
    const run = (order: string): Map<string, { finish: number }> => {
      const ends = schedule(
        [...blockers.map((job) => (order === 'lpt' ? { ...job, proc: longest } : job)), ...jobs],
        machines,
        { order },
      );
      return ends;
    };
    const shift = (value: number, by: number): number => Math.round((value - by) * 1e6) / 1e6;
    const own = (ends: Map<string, { finish: number }>): number[] =>
      jobs.map((job) => (ends.get(job.name) as { finish: number }).finish);
    const spt = own(run('sjf'));
    const total = proc.reduce((sum, value) => sum + value, 0);
    const mcnaughton =
      Math.max(...proc) * machines >= total
        ? Fraction.parse(String(Math.max(...proc)))
        : Fraction.parse(`${total}/${machines}`);
    context.expectAll(
      {
        listOrderMakespan: shift(Math.max(...own(run('fifo'))), 0.000001),
        lptMakespan: shift(Math.max(...own(run('lpt'))), longest),
        optimalMakespan: optimalMakespan(machines, proc),
        mcnaughtonMakespan: mcnaughton,
        sptTotalCompletion: shift(
          spt.reduce((sum, value) => sum + value, 0),
          0.000001 * jobs.length,
        ),
        listBound: Fraction.parse(`${2 * machines - 1}/${machines}`),
        lptBound: Fraction.parse(`${4 * machines - 1}/${3 * machines}`),
      },
      law,
    );
  },
};

const finished = z.object({
  name: z.string(),
  submit: z.number(),
  start: z.number(),
  end: z.number(),
  cpus: z.number(),
});

/** Metrics of a given schedule: the metrics' own formulas on jobs whose times are given. */
export const metricsFromSchedule: LawFamily = {
  family: 'metrics-from-schedule',
  check(law, context) {
    const { clusterCpus, horizon, jobs } = z
      .looseObject({ clusterCpus: z.number(), horizon: z.number(), jobs: z.array(finished) })
      .parse(law.inputs);
    const views = jobs.map((job) => {
      const record = { id: job.name, submitUs: job.submit * 1e6 } as JobRecord;
      return {
        record,
        submitUs: job.submit * 1e6,
        waitEndUs: job.start * 1e6,
        firstStartUs: job.start * 1e6,
        finishUs: job.end * 1e6,
        state: 'finished',
      } as JobView;
    });
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const responses = jobs.map((job) => job.end - job.submit);
    const rows = new Map<string, number>();
    const observer = counts.create(
      {},
      {
        cluster: { nowUs: horizon * 1e6, liveJobs: () => [], liveTasks: () => [] } as never,
        warmupUs: 0,
        table: () => undefined as never,
        summary: (row) => void rows.set(row.metric, row.value),
      },
    );
    for (const view of views.sort((a, b) => a.submitUs - b.submitUs)) observer.jobArrived?.(view);
    for (const view of views) observer.jobEnded?.(view);
    observer.finished?.();
    const got = {
      makespan: rows.get('makespan_s'),
      cpuUtilization: jobs.reduce((sum, job) => sum + job.cpus * (job.end - job.start), 0) / (clusterCpus * horizon),
      meanWait: mean(jobs.map((job) => job.start - job.submit)),
      meanResponse: mean(responses),
      meanSlowdown: mean(views.map(slowdown)),
      meanBoundedSlowdown10: mean(views.map(boundedSlowdown)),
      responseP95: quantile(responses, 0.95),
      timeAvgJobsInSystem: responses.reduce((sum, value) => sum + value, 0) / horizon,
      throughput: jobs.length / horizon,
    };
    expect(differences(got, law.expected, law.tolerance)).toEqual([]);
    context.expectAll(got, law);
  },
};
