import { expect } from 'vitest';
import { z } from 'zod';
import type { LawCase, LawContext, LawFamily } from '../support/case.js';
import {
  expectMean,
  expectNear,
  expectQuantile,
  isWaitCovered,
  runLength,
  runLengthFor,
  runStation,
  type StationRun,
} from '../support/station.js';

const number = z.number();
const expectedOf = (law: LawCase): Record<string, number> => law.expected as Record<string, number>;

export const service = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('deterministic'), mean: number }),
  z.object({ kind: z.literal('uniform'), low: number, high: number }),
  z.object({ kind: z.literal('erlang'), k: number, mean: number }),
  z.object({ kind: z.literal('hyperexp'), p: number, mean1: number, mean2: number }),
  z.object({ kind: z.literal('exp'), mean: number }),
]);

/** A service law of the case file as a distribution of a scenario. */
export function distribution(law: z.infer<typeof service>): unknown {
  const { kind, ...parameters } = law;
  return { [kind === 'exp' ? 'exponential' : kind]: parameters };
}

const poisson = (rate: number): unknown => ({ poisson: { rate } });
const exponential = (rate: number): unknown => ({ exponential: { mean: 1 / rate } });

/** Whatever of the usual means and quantiles the case expects. */
function expectQueue(run: StationRun, law: LawCase, context: LawContext): void {
  const expected = expectedOf(law);
  const delayed = run.waits.map((wait) => (wait > 0 ? 1 : 0));
  if (expected['probWait'] !== undefined) expectMean('probWait', delayed, expected['probWait'], law, context);
  if (expected['meanResponse'] !== undefined)
    expectMean('meanResponse', run.responses, expected['meanResponse'], law, context);
  if (expected['meanWait'] !== undefined && isWaitCovered(law, context)) {
    expectMean('meanWait', run.waits, expected['meanWait'], law, context);
  }
  for (const percent of [50, 95, 99]) {
    const response = expected[`responseP${percent}`];
    if (response !== undefined)
      expectQuantile(`responseP${percent}`, run.responses, percent / 100, response, law, context);
    const wait = expected[`waitP${percent}`];
    if (wait !== undefined && isWaitCovered(law, context))
      expectQuantile(`waitP${percent}`, run.waits, percent / 100, wait, law, context);
  }
  // Little's law holds exactly on a run that empties: ∫N dt = Σ sojourn.
  const inSystem = run.responses.reduce((sum, value) => sum + value, 0) / run.horizonS;
  const rate = run.responses.length / run.horizonS;
  if (expected['meanInSystem'] !== undefined && isWaitCovered(law, context)) {
    const scaled = Float64Array.from(run.responses, (value) => value * rate);
    expectMean('meanInSystem', scaled, expected['meanInSystem'], law, context);
    expect(inSystem).toBeGreaterThan(0);
  }
}

const rates = z.object({ arrivalRate: number, serviceRate: number, servers: z.int().default(1) });

function multiServer(family: string): LawFamily {
  return {
    family,
    check(law, context) {
      const { arrivalRate, serviceRate, servers } = rates.parse(law.inputs);
      const run = runStation({
        servers,
        jobs: runLengthFor(expectedOf(law)['probWait'], law, context),
        arrivals: poisson(arrivalRate),
        duration: exponential(serviceRate),
      });
      expectQueue(run, law, context);
    },
  };
}

export const mm1 = multiServer('mm1-fcfs');
export const mmc = multiServer('mmc-fcfs');

export const mg1: LawFamily = {
  family: 'mg1-fcfs',
  check(law, context) {
    const inputs = z.object({ arrivalRate: number, service }).parse(law.inputs);
    const run = runStation({
      servers: 1,
      jobs: runLength(law, context),
      arrivals: poisson(inputs.arrivalRate),
      duration: distribution(inputs.service),
    });
    expectQueue(run, law, context);
  },
};

export const gim1: LawFamily = {
  family: 'gim1-fcfs',
  check(law, context) {
    const inputs = z
      .object({ interArrival: z.string().regex(/^(D|E\d+)$/), arrivalRate: number, serviceRate: number })
      .parse(law.inputs);
    const mean = 1 / inputs.arrivalRate;
    const k = Number(inputs.interArrival.slice(1));
    const arrivals = inputs.interArrival === 'D' ? { deterministic: { value: mean } } : { erlang: { k, mean } };
    const run = runStation({
      servers: 1,
      jobs: runLength(law, context),
      arrivals,
      duration: exponential(inputs.serviceRate),
    });
    expectQueue(run, law, context);
  },
};

/** A distribution with this mean and squared coefficient of variation: Erlang or gamma below 1, exponential, hyperexponential above. */
function withScv(mean: number, scv: number): unknown {
  if (scv === 0) return { deterministic: { value: mean } };
  if (scv === 1) return { exponential: { mean } };
  if (scv < 1) return { gamma: { shape: 1 / scv, mean } };
  // Balanced means: p/mean1 = (1−p)/mean2 (Whitt 1982).
  const p = (1 + Math.sqrt((scv - 1) / (scv + 1))) / 2;
  return { hyperexp: { p, mean1: mean / (2 * p), mean2: mean / (2 * (1 - p)) } };
}

export const gg1: LawFamily = {
  family: 'gg1-bound',
  check(law, context) {
    const inputs = z
      .object({ rho: number, meanService: number, scvArrival: number, scvService: number })
      .parse(law.inputs);
    const jobs = context.mode === 'full' ? 2_000_000 : 200_000;
    const run = runStation({
      servers: 1,
      jobs,
      arrivals: withScv(inputs.meanService / inputs.rho, inputs.scvArrival),
      duration: withScv(inputs.meanService, inputs.scvService),
    });
    const kept = run.waits.subarray(Math.floor(run.waits.length / 10));
    const mean = kept.reduce((sum, wait) => sum + wait, 0) / kept.length;
    expect(mean, `${law.id}: mean wait`).toBeLessThanOrEqual(expectedOf(law)['kingmanUpper'] as number);
    expect(mean).toBeGreaterThan(0.5 * (expectedOf(law)['kingmanApprox'] as number));
  },
};

export const erlangB: LawFamily = {
  family: 'erlang-b',
  check(law, context) {
    const { servers, offeredLoad } = z.object({ servers: z.int(), offeredLoad: number }).parse(law.inputs);
    const run = runStation({
      servers,
      jobs: runLengthFor(expectedOf(law)['probBlock'], law, context),
      arrivals: poisson(offeredLoad),
      duration: exponential(1),
      maxJobs: servers,
    });
    expectMean('probBlock', run.blocked, expectedOf(law)['probBlock'] as number, law, context);
    expectNear('meanBusy', run.busy, expectedOf(law)['meanBusy'] as number, law, context);
  },
};

export const mmck: LawFamily = {
  family: 'mmck-fcfs',
  check(law, context) {
    const inputs = rates.extend({ systemCapacity: z.int() }).parse(law.inputs);
    const run = runStation({
      servers: inputs.servers,
      jobs: runLengthFor(expectedOf(law)['probBlock'], law, context),
      arrivals: poisson(inputs.arrivalRate),
      duration: exponential(inputs.serviceRate),
      maxJobs: inputs.systemCapacity,
    });
    const expected = expectedOf(law);
    expectMean('probBlock', run.blocked, expected['probBlock'] as number, law, context);
    expectNear('utilization', run.busy / inputs.servers, expected['utilization'] as number, law, context);
    expectMean('meanResponse', run.responses, expected['meanResponse'] as number, law, context);
    const inSystem = run.responses.reduce((sum, value) => sum + value, 0) / run.horizonS;
    expectNear('meanInSystem', inSystem, expected['meanInSystem'] as number, law, context);
  },
};

export const batchMm1: LawFamily = {
  family: 'batch-mm1',
  check(law, context) {
    const inputs = z
      .object({
        jobArrivalRate: number,
        tasksPerJob: z.array(number),
        probabilities: z.array(number),
        taskServiceRate: number,
        servers: z.int(),
      })
      .parse(law.inputs);
    // Tasks of a batch have service times of their own, so a batch is that many one-task jobs arriving together.
    const run = runStation({
      servers: inputs.servers,
      jobs: runLength(law, context),
      arrivals: poisson(inputs.jobArrivalRate),
      duration: exponential(inputs.taskServiceRate),
      batch: { empirical: { values: inputs.tasksPerJob, weights: inputs.probabilities } },
    });
    expectMean('meanTaskResponse', run.responses, expectedOf(law)['meanTaskResponse'] as number, law, context);
  },
};

export const tandem: LawFamily = {
  family: 'tandem-mm1',
  check(law, context) {
    const inputs = z.object({ arrivalRate: number, serviceRates: z.array(number) }).parse(law.inputs);
    const run = runStation({
      servers: 1,
      jobs: runLength(law, context),
      arrivals: poisson(inputs.arrivalRate),
      stages: inputs.serviceRates.map(exponential),
    });
    expectMean('meanResponse', run.responses, expectedOf(law)['meanResponse'] as number, law, context);
  },
};

export const allocationInterval: LawFamily = {
  family: 'allocation-interval',
  check(law, context) {
    const inputs = z
      .object({ taskLaw: z.enum(['exponential', 'constant']), meanTask: number, interval: number })
      .parse(law.inputs);
    const jobs = context.mode === 'full' ? Number(law.tolerance['minJobs'] ?? 100_000) : 30_000;
    const run = runStation({
      servers: 1,
      jobs,
      arrivals: { deterministic: { value: 0 } },
      duration:
        inputs.taskLaw === 'exponential'
          ? { exponential: { mean: inputs.meanTask } }
          : { deterministic: { value: inputs.meanTask } },
      intervalS: inputs.interval,
    });
    expectNear('slotUtilization', run.busy, expectedOf(law)['slotUtilization'] as number, law, context);
    expectNear('cycle', run.horizonS / jobs, expectedOf(law)['cycle'] as number, law, context);
  },
};
