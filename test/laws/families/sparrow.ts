import { z } from 'zod';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import { inputsOf, type LawFamily } from '../support/case.js';

interface Trial {
  readonly workers: number;
  readonly idle: number;
  readonly tasks: number;
  readonly probe: 'random' | 'per-task' | 'batch';
  readonly ratio: number;
}

/** One job arrives at so many single-core workers, of which the first `idle` are idle: do all of its tasks start at once? */
function startsAtOnce({ workers, idle, tasks, probe, ratio }: Trial): boolean {
  const busy = Array.from({ length: workers - idle }, (_, index) => ({
    id: `busy-${index}`,
    duration: '1000 s',
    agent: `agent-${idle + index}`,
  }));
  const scenario = parseScenario(
    JSON.stringify({
      name: 'sparrow',
      workload: { jobs: [...busy, { id: 'job', at: '10 s', duration: '1 s', tasks }] },
      cluster: { agents: [{ count: workers, cpus: 1, mem: 0 }] },
      frameworks: [{ name: 'sparrow', type: 'batch', options: { probe, d: ratio } }],
      until: '11 s',
    }),
    'sparrow.json',
  );
  let startedCount = 0;
  const simulation = new Simulation(scenario, {
    observe: (cluster) => [
      {
        taskStarted: ({ job, group }) => {
          if (job.record.id === 'job' && group.count === tasks && cluster.nowUs === 10e6) startedCount++;
        },
      },
    ],
  });
  simulation.runUntil(10e6);
  simulation.close();
  return startedCount === tasks;
}

/** Chances of 0, 1 … n idle workers among n that are each idle with chance p. */
function binomial(n: number, p: number): number[] {
  let chances = [1];
  for (let step = 0; step < n; step++) {
    chances = Array.from(
      { length: chances.length + 1 },
      (_, k) => (chances[k] ?? 0) * (1 - p) + (chances[k - 1] ?? 0) * p,
    );
  }
  return chances;
}

/** By total probability: the simulator decides for each number of idle workers among those probed, the case says how likely that is. */
function chance(load: number, trial: Omit<Trial, 'idle'>): number {
  const chances = binomial(trial.workers, 1 - load);
  let sum = 0;
  for (const [idle, weight] of chances.entries()) if (startsAtOnce({ ...trial, idle })) sum += weight;
  return sum;
}

/**
 * Table 2 of Sparrow. Workers of many are idle independently. Batch sampling looks at d·m of them together; the other two treat each task
 * by itself, among its own d (or 1), so that m of them start at once with the m-th power of what one does.
 */
export const sparrowZeroWait: LawFamily = {
  family: 'sparrow-zero-wait',
  check(law, context) {
    const {
      load,
      probeRatio: ratio,
      tasks,
    } = inputsOf(law, { load: z.number(), probeRatio: z.int().min(1), tasks: z.int().min(1) });
    const one = { tasks: 1, ratio };
    context.expectAll(
      {
        random: chance(load, { ...one, workers: 1, probe: 'random' }) ** tasks,
        perTask: chance(load, { ...one, workers: ratio, probe: 'per-task' }) ** tasks,
        batch: chance(load, { workers: ratio * tasks, tasks, ratio, probe: 'batch' }),
      },
      law,
    );
  },
};
