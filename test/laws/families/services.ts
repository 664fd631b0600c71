import { expect } from 'vitest';
import { z } from 'zod';
import { batchMeans } from '../../../src/core/warmup.js';
import { erlangC, fewestServers } from '../../../src/frameworks/web/staffing.js';
import type { WebService } from '../../../src/frameworks/web/web-service.js';
import { marathonRun } from '../../support/marathon.js';
import { expectedOf, inputsOf, type LawFamily } from '../support/case.js';
import { runLength } from '../support/station.js';

const number = z.number();

interface ServiceSetup {
  readonly instances: number;
  /** Requests per second; the mean service time is 1 s / serviceRate. */
  readonly rate: number;
  readonly serviceRate: number;
  readonly requests: number;
  readonly options: Readonly<Record<string, unknown>>;
}

interface ServiceRun {
  readonly responses: Float64Array;
  readonly waitedCount: number;
  /** Share of instances with at least k requests at the times of sampling: entry k − 1. */
  readonly atLeast: readonly number[];
}

/** Every instance has started by then: Marathon launches them one allocation after the other. */
const FROM_S = 60;

/** The web-service framework of a real scenario: one app, its instances all running before the first request. */
function runService({ instances, rate, serviceRate, requests, options }: ServiceSetup, levels = 0): ServiceRun {
  const responses = new Float64Array(requests);
  let doneCount = 0;
  let recordedCount = 0;
  let waitedCount = 0;
  const seconds = requests / rate;
  const atLeast = new Array<number>(levels).fill(0);
  let sampleCount = 0;
  let service: WebService | undefined;
  const { simulation, marathon } = marathonRun({
    type: 'web-service',
    apps: [{ id: '/law', instances, cpus: 0.001, mem: 0 }],
    agents: [{ count: 1, cpus: instances, mem: '1 GiB' }],
    options: {
      rate,
      service: `${1e6 / serviceRate} us`,
      requests,
      from: `${FROM_S} s`,
      interval: '10 h',
      launchTokens: 1_000_000,
      maxInstancesPerOffer: 1_000_000,
      ...options,
    },
    until: `${FROM_S + Math.ceil(seconds * 1.1) + 1000} s`,
    more: { metrics: { sample: `${Math.max(1, Math.floor(seconds / 400))} s` }, seed: 5 },
    observe: (cluster) => [
      {
        sample: () => {
          // The first half is left out: the queues fill from nothing.
          if (cluster.nowUs / 1e6 < FROM_S + seconds / 2 || service === undefined) return;
          if (service.traffic.arrivedCount === requests) return;
          sampleCount++;
          for (const station of service.traffic.serving.list) {
            for (let level = 0; level < Math.min(levels, station.busy + station.waiting); level++) {
              atLeast[level] = (atLeast[level] as number) + 1 / instances;
            }
          }
        },
      },
    ],
  });
  service = marathon as WebService;
  const traffic = service.traffic;
  traffic.onDone = (responseUs, hasWaited) => {
    doneCount++;
    if (hasWaited) waitedCount++;
    // Those that end after the last arrival are the long ones: the window closes with it, as it opens, in full swing.
    if (traffic.arrivedCount < requests) responses[recordedCount++] = responseUs / 1e6;
  };
  simulation.run();
  simulation.close();
  expect(doneCount).toBe(requests);
  return {
    responses: responses.subarray(0, recordedCount),
    waitedCount,
    atLeast: atLeast.map((sum) => sum / sampleCount),
  };
}

function meanOf(responses: Float64Array, dropped: number): { mean: number; halfWidth: number } {
  return batchMeans(responses.subarray(Math.floor(responses.length * dropped)), 20, 0.99);
}

/** Between the bounds; the exact mean of two branches within 2 %, the approximation within 5 % (Flatto and Hahn; Nelson and Tantawi). */
export const forkJoin: LawFamily = {
  family: 'fork-join',
  check(law, context) {
    const { branches, arrivalRate, serviceRate } = inputsOf(law, {
      branches: z.int().min(1),
      arrivalRate: number,
      serviceRate: number,
    });
    const { lowerBound, upperBound, exact, nelsonTantawi } = expectedOf(law, {
      lowerBound: number.optional(),
      upperBound: number.optional(),
      exact: number.optional(),
      nelsonTantawi: number.optional(),
    });
    const requests = Math.min(
      runLength(law, context),
      context.mode === 'full' ? 1_000_000 : Math.ceil(600_000 / branches),
    );
    const { responses } = runService({
      instances: branches,
      rate: arrivalRate,
      serviceRate,
      requests,
      options: { fork: branches },
    });
    const { mean, halfWidth } = meanOf(responses, 0.1);
    const said = `${law.id}: ${mean} ± ${halfWidth}`;
    if (lowerBound !== undefined) expect(mean, said).toBeGreaterThan(lowerBound - halfWidth);
    if (upperBound !== undefined) expect(mean, said).toBeLessThan(upperBound + halfWidth);
    const quick = context.mode === 'full' ? 0.02 : 0.05;
    if (exact !== undefined)
      expect(Math.abs(mean - exact), said).toBeLessThanOrEqual(Math.max(quick * exact, halfWidth));
    if (nelsonTantawi !== undefined) {
      expect(Math.abs(mean - nelsonTantawi), said).toBeLessThanOrEqual(Math.max(0.05 * nelsonTantawi, halfWidth));
    }
  },
};

/**
 * Requests after which the load of the sample is so near the nominal one that the mean response is within `relative` of its own by one
 * standard deviation: sd(ρ) = ρ √(2/R), and T grows with log₂(1 / (1 − ρ)), so dT = dρ / ((1 − ρ) ln 2).
 */
function requestsFor(load: number, meanResponse: number, relative: number): number {
  return 2 * (load / (relative * (1 - load) * Math.LN2 * meanResponse)) ** 2;
}

/** The mean-field limit at many servers. Queues fill from nothing, the slower the nearer the load is to 1: the first half is left out. */
export const powerOfD: LawFamily = {
  family: 'power-of-d',
  check(law, context) {
    const { load, choices, serversAtLeast } = inputsOf(law, {
      load: number,
      choices: z.int().min(1),
      serversAtLeast: z.int().min(1),
    });
    const expected = expectedOf(law, {
      meanResponse: number,
      meanResponseRandom: number.optional(),
      fractionAtLeast: z.array(number).optional(),
    });
    const isFull = context.mode === 'full';
    const { meanResponse } = expected;
    const wanted = requestsFor(load, meanResponse, isFull ? 0.008 : 0.015);
    const kept = Math.max(
      60_000,
      (40 + 4 / (1 - load)) * serversAtLeast * load,
      isFull ? wanted : Math.min(wanted, 120_000),
    );
    // A quick run too short for the load says less.
    const relative = isFull ? (law.tolerance.value ?? 0.03) : Math.max(0.05, 0.04 * Math.sqrt(wanted / kept));
    const levels = expected.fractionAtLeast?.length ?? 0;
    const run = runService(
      {
        instances: serversAtLeast,
        rate: serversAtLeast * load,
        serviceRate: 1,
        requests: Math.ceil(2 * kept),
        options: { balancer: 'power-of-d', choices },
      },
      levels,
    );
    const { mean } = meanOf(run.responses, 0.5);
    expect(Math.abs(mean / meanResponse - 1), `${law.id}: mean response ${mean}`).toBeLessThanOrEqual(relative);
    for (const [index, fraction] of (expected.fractionAtLeast ?? []).entries()) {
      const got = run.atLeast[index] as number;
      // ds/dρ of ρ^(2^k − 1) is up to 1 / (e (1 − ρ)): the sample's own load is off by that.
      const bound = Math.max(relative * fraction, (2.5 * load * Math.sqrt(2 / kept)) / (Math.E * (1 - load)));
      expect(Math.abs(got - fraction), `${law.id}: share with at least ${index + 1}: ${got}`).toBeLessThanOrEqual(
        bound,
      );
    }
    // One choice is random: each server an M/M/1 of its own.
    const { meanResponseRandom } = expected;
    if (meanResponseRandom !== undefined) expect(1 / (1 - load)).toBeCloseTo(meanResponseRandom, 6);
  },
};

/** The autoscaler's staffing rule; and a service with that many servers makes its requests wait as often as it says. */
export const autoscaleMinServers: LawFamily = {
  family: 'autoscale-min-servers',
  check(law, context) {
    const { offeredLoad, targetProbWait } = inputsOf(law, { offeredLoad: number, targetProbWait: number });
    const minServers = fewestServers(offeredLoad, targetProbWait);
    const probWaitAtMin = erlangC(minServers, offeredLoad);
    context.expectAll({ minServers, probWaitAtMin, probWaitOneFewer: erlangC(minServers - 1, offeredLoad) }, law);
    const requests = context.mode === 'full' ? 2_000_000 : 100_000;
    const { waitedCount } = runService({
      instances: 1,
      rate: offeredLoad,
      serviceRate: 1,
      requests,
      options: { servers: minServers },
    });
    // Waits come in clumps: busy periods make the share less sure than independent draws would.
    expect(Math.abs(waitedCount / requests - probWaitAtMin), `${law.id}: share that waited`).toBeLessThanOrEqual(
      (context.mode === 'full' ? 0.05 : 0.2) * probWaitAtMin,
    );
  },
};
