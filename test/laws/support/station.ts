import { expect } from 'vitest';
import { quantile } from '../../../src/core/statistics.js';
import { batchMeans } from '../../../src/core/warmup.js';
import type { JobView, TaskFact } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import type { LawCase, LawContext } from './case.js';

/** A service station made of the real parts: one agent with c one-CPU slots and one framework, zero latency. */
export interface Station {
  readonly servers: number;
  readonly jobs: number;
  readonly arrivals: unknown;
  readonly duration?: unknown;
  readonly stages?: readonly unknown[];
  /** Jobs that arrive together. */
  readonly batch?: unknown;
  /** Set: freed slots wait for the batch run (Mesos's way), at this interval; else they are offered at once. */
  readonly intervalS?: number;
  readonly tasks?: unknown;
  readonly maxJobs?: number;
  readonly order?: string;
  readonly allocator?: string;
  readonly seed?: number;
}

export interface StationRun {
  readonly waits: Float64Array;
  readonly responses: Float64Array;
  readonly taskResponses: Float64Array;
  /** 1 for each job that was turned away, 0 for each that was served, as they left. */
  readonly blocked: Float64Array;
  readonly horizonS: number;
  /** Mean busy servers. */
  readonly busy: number;
}

/** Runs the station; times in seconds, jobs in order of their end. */
export function runStation(station: Station): StationRun {
  const waits: number[] = [];
  const responses: number[] = [];
  const taskResponses: number[] = [];
  const blocked: number[] = [];
  const synthetic = {
    jobs: station.jobs,
    arrivals: station.arrivals,
    cpus: 1,
    mem: 0,
    estimateFactor: 1,
    ...(station.duration === undefined ? {} : { duration: station.duration }),
    ...(station.stages === undefined ? {} : { stages: station.stages }),
    ...(station.tasks === undefined ? {} : { tasks: station.tasks }),
    ...(station.batch === undefined ? {} : { batch: station.batch }),
  };
  // A line of stations: a stage runs only on the agents with its own attribute, so each stage is a queue of its own.
  const lines = station.stages?.length ?? 1;
  if (lines > 1)
    Object.assign(synthetic, { stageConstraints: Array.from({ length: lines }, (_, line) => `line=${line}`) });
  const scenario = parseScenario(
    JSON.stringify({
      name: 'station',
      workload: { synthetic },
      cluster: { agents: [{ count: lines, cpus: station.servers, mem: 0, attributes: { line: '{i}' } }] },
      frameworks: [
        {
          name: 'station',
          reviveOnArrival: lines > 1,
          ...(station.maxJobs === undefined ? {} : { maxJobs: station.maxJobs }),
        },
      ],
      policy: { allocator: station.allocator ?? 'drf', order: station.order ?? 'fifo' },
      master: station.intervalS === undefined ? { allocateOn: ['recover'] } : { allocationInterval: station.intervalS },
      seed: station.seed ?? 7,
    }),
    'station.json',
  );
  const observer = {
    jobEnded: (job: JobView): void => {
      if (job.state === 'rejected') {
        blocked.push(1);
        return;
      }
      blocked.push(0);
      waits.push((job.waitEndUs - job.submitUs) / 1e6);
      responses.push((job.finishUs - job.submitUs) / 1e6);
    },
    ...(station.tasks === undefined
      ? {}
      : { taskEnded: (fact: TaskFact): void => void taskResponses.push((fact.finishUs - fact.job.submitUs) / 1e6) }),
  };
  const simulation = new Simulation(scenario, { observe: () => [observer] });
  simulation.run();
  simulation.close();
  const horizonS = simulation.nowUs / 1e6;
  return {
    waits: Float64Array.from(waits),
    responses: Float64Array.from(responses),
    taskResponses: Float64Array.from(taskResponses),
    blocked: Float64Array.from(blocked),
    horizonS,
    busy: simulation.view.ledger.integral('used', 0) / 1000 / horizonS,
  };
}

/** The most jobs of a quick run. */
const QUICK_JOBS = 300_000;

const minJobsOf = (law: LawCase): number => Number(law.tolerance['minJobs'] ?? 500_000);

/**
 * Jobs to simulate: as the case says in full mode; at most 300,000 in quick mode, and a little more than minJobs / 6.25: an interval of 20
 * batches is wider than a normal one by a quarter, and has to be no wider than twice the tolerance.
 */
export function runLength(law: LawCase, context: LawContext): number {
  const minJobs = minJobsOf(law);
  return context.mode === 'full' ? minJobs : Math.max(20_000, Math.min(Math.ceil(minJobs / 4.5), QUICK_JOBS));
}

/**
 * Enough jobs to see an event of this probability p as well: its count has the relative variance (1 − p) / (p n) even if jobs are
 * independent, and a standard error of half the tolerance (2.5 % quick) takes n = (1 − p) / (p 0.025²). Nominal run lengths know no rare event.
 */
export function runLengthFor(probability: number | undefined, law: LawCase, context: LawContext): number {
  const jobs = runLength(law, context);
  if (probability === undefined || probability <= 0) return jobs;
  const wanted = Math.ceil((1 - probability) / (probability * (relativeOf(law, context) / 2) ** 2));
  return Math.max(jobs, Math.min(wanted, context.mode === 'full' ? 4 * jobs : QUICK_JOBS));
}

/** Mean waits that would need more than this many jobs are left out of the quick run. */
export function isWaitCovered(law: LawCase, context: LawContext): boolean {
  return context.mode === 'full' || Number(law.tolerance['minJobs'] ?? 0) <= 3_500_000;
}

function relativeOf(law: LawCase, context: LawContext): number {
  return context.mode === 'full' ? (law.tolerance.relative ?? 0.02) : 0.05;
}

/** The `ci` rule: the estimate is near the expected value, and the run was long enough to say so. First tenth dropped. */
export function expectMean(
  name: string,
  series: Float64Array,
  expected: number,
  law: LawCase,
  context: LawContext,
): void {
  const kept = series.subarray(Math.floor(series.length / 10));
  const { mean, halfWidth } = batchMeans(kept, 20, 0.99);
  const relative = relativeOf(law, context);
  expect(
    Math.abs(mean - expected),
    `${law.id} ${name}: ${mean} ± ${halfWidth}, expected ${expected}`,
  ).toBeLessThanOrEqual(Math.max(relative * expected, halfWidth));
  // A run that is cut at 300,000 jobs bounds its own error less well, by the root of what it lacks.
  const lacking = context.mode === 'full' ? 1 : Math.max(1, Math.sqrt(minJobsOf(law) / 6.25 / runLength(law, context)));
  expect(halfWidth, `${law.id} ${name}: the half-width at ${expected}`).toBeLessThanOrEqual(
    2 * lacking * Math.max(relative, 0.05) * expected + 1e-12,
  );
}

/** A quantile, by the same rule over the quantiles of 20 batches. */
export function expectQuantile(
  name: string,
  series: Float64Array,
  probability: number,
  expected: number,
  law: LawCase,
  context: LawContext,
): void {
  const kept = series.subarray(Math.floor(series.length / 10));
  const size = Math.floor(kept.length / 20);
  const batches = Float64Array.from({ length: 20 }, (_, index) =>
    quantile(kept.subarray(index * size, (index + 1) * size), probability),
  );
  const { halfWidth } = batchMeans(batches, 20, 0.99);
  const estimate = quantile(kept, probability);
  expect(
    Math.abs(estimate - expected),
    `${law.id} ${name}: ${estimate} ± ${halfWidth}, expected ${expected}`,
  ).toBeLessThanOrEqual(Math.max(relativeOf(law, context) * expected, halfWidth));
}

/** A value without batches: within the relative tolerance. */
export function expectNear(name: string, got: number, expected: number, law: LawCase, context: LawContext): void {
  expect(Math.abs(got - expected), `${law.id} ${name}: ${got}, expected ${expected}`).toBeLessThanOrEqual(
    relativeOf(law, context) * Math.abs(expected),
  );
}
