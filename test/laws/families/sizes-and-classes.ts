import { expect } from 'vitest';
import { z } from 'zod';
import { batchMeans } from '../../../src/core/warmup.js';
import type { JobView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import type { LawCase, LawContext, LawFamily } from '../support/case.js';
import { expectMean, runLength } from '../support/station.js';
import { distribution, service } from './queues.js';

/** One server under a policy, preempted work going on where it stopped; responses in seconds by priority. */
function responses(
  parts: readonly Record<string, unknown>[],
  policy: { order: string; allocator: string },
  intervalS = 1000,
): Map<number, Float64Array> {
  const byClass = new Map<number, number[]>();
  const document = {
    name: 'server',
    workload: { synthetic: parts.map((part) => ({ cpus: 1, mem: 0, estimateFactor: 1, ...part })) },
    cluster: { agents: [{ count: 1, cpus: 1, mem: 0 }], checkpoint: true },
    frameworks: [{ name: 'all' }],
    policy,
    master: { allocateOn: ['recover'], allocationInterval: intervalS },
    seed: 11,
  };
  const observer = {
    jobEnded: (job: JobView): void => {
      const { priority } = job.record;
      const list = byClass.get(priority) ?? [];
      byClass.set(priority, list);
      list.push((job.finishUs - job.submitUs) / 1e6);
    },
  };
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'server.json'), {
    observe: () => [observer],
  });
  simulation.run();
  simulation.close();
  return new Map([...byClass].map(([priority, list]) => [priority, Float64Array.from(list)]));
}

/** These run a policy at every event: the quick run is kept shorter. */
function length(law: LawCase, context: LawContext): number {
  const jobs = runLength(law, context);
  return context.mode === 'full' ? jobs : Math.min(jobs, 150_000);
}

/**
 * Processor sharing is the limit of round robin as the quantum goes to 0; the quantum here is a hundredth of the mean service. A
 * preempted job goes to the back of the queue after at most one quantum too much, so the response is off by less than a few hundredths
 * of the mean. Every job takes a hundred turns, which is why the runs are short: they have to agree within their own 99 % interval or
 * 10 % (full: 5 %), and cases that need more than a million jobs for 2 % are left to the full run.
 */
function expectProcessorSharing(
  part: Record<string, unknown>,
  meanServiceS: number,
  expected: number,
  law: LawCase,
  context: LawContext,
): void {
  const isFull = context.mode === 'full';
  if (!isFull && Number(law.tolerance['minJobs'] ?? 0) > 1e6) return;
  const jobs = isFull ? 100_000 : 2_000;
  const quantumS = meanServiceS / 100;
  const policy = { order: 'queued', allocator: `time-slice[quantum=${quantumS} s]` };
  const series = responses([{ ...part, jobs }], policy, quantumS).get(0) as Float64Array;
  const { mean, halfWidth } = batchMeans(series.subarray(Math.floor(series.length / 10)), 20, 0.99);
  expect(
    Math.abs(mean - expected),
    `${law.id} psMeanResponse: ${mean} ± ${halfWidth}, expected ${expected}`,
  ).toBeLessThanOrEqual(Math.max((isFull ? 0.05 : 0.1) * expected, halfWidth));
}

/** Mean response under SRPT, SJF, PS and FCFS with sizes known. */
export const mg1SizeBased: LawFamily = {
  family: 'mg1-size-based',
  check(law, context) {
    const inputs = z.looseObject({ arrivalRate: z.number(), service }).parse(law.inputs);
    const jobs = length(law, context);
    const part = { jobs, arrivals: { poisson: { rate: inputs.arrivalRate } }, duration: distribution(inputs.service) };
    const expected = law.expected as Record<string, number>;
    for (const [key, order, allocator] of [
      ['srptMeanResponse', 'srtf', 'srtf'],
      ['sjfNonPreemptiveMeanResponse', 'sjf', 'drf'],
      ['fcfsMeanResponse', 'fifo', 'drf'],
    ] as const) {
      if (expected[key] === undefined) continue;
      expectMean(key, responses([part], { order, allocator }).get(0) as Float64Array, expected[key], law, context);
    }
    const ps = expected['psMeanResponse'];
    if (ps === undefined) return;
    // PS depends on the mean service alone: T = E[S] / (1 − λ E[S]), so E[S] = T / (1 + λ T).
    expectProcessorSharing(part, ps / (1 + inputs.arrivalRate * ps), ps, law, context);
  },
};

/** Classes in order of priority, the first highest: non-preemptive and preemptive-resume. */
export const mg1Priority: LawFamily = {
  family: 'mg1-priority',
  check(law, context) {
    const inputs = z
      .looseObject({ arrivalRates: z.array(z.number()), meanService: z.array(z.number()) })
      .parse(law.inputs);
    const total = inputs.arrivalRates.reduce((sum, rate) => sum + rate, 0);
    const count = length(law, context);
    const classes = inputs.arrivalRates.length;
    const parts = inputs.arrivalRates.map((rate, index) => ({
      jobs: Math.ceil((count * rate) / total),
      arrivals: { poisson: { rate } },
      duration: { exponential: { mean: inputs.meanService[index] } },
      priority: classes - index,
    }));
    const expected = law.expected as Record<string, number[]>;
    for (const [key, allocator] of [
      ['nonPreemptiveMeanResponse', 'drf'],
      ['preemptiveResumeMeanResponse', 'priority[preemption=true]'],
    ] as const) {
      const means = expected[key];
      if (means === undefined) continue;
      const got = responses(parts, { order: 'priority', allocator });
      for (const [index, mean] of means.entries()) {
        expectMean(`${key}[${index}]`, got.get(classes - index) as Float64Array, mean, law, context);
      }
    }
  },
};
