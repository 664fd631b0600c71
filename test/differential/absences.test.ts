import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { fc } from '../support/properties.js';
import { buildWorld, factsOf, firstDifference, randomWorld } from '../support/random-worlds.js';

/** Absences of frameworks laid over a random cluster; some outlast the failover timeout. */
const withAbsences = fc
  .tuple(
    randomWorld,
    fc.array(
      fc.record({
        atUs: fc.integer({ min: 0, max: 15e6 }),
        framework: fc.integer({ min: 0, max: 3 }),
        backUs: fc.constantFrom(0, 200_000, 1e6, 5e6, 12e6),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 4e6),
  )
  .map(([spec, absences, failoverTimeoutUs]) => ({
    ...spec,
    absences,
    frameworks: spec.frameworks.map((framework) => ({ ...framework, failoverTimeoutUs })),
  }));

describe('frameworks that fail over', () => {
  it('meet the same decisions lazily and naively, with conservation after every event, and lose no job', () => {
    fc.assert(
      fc.property(withAbsences, (spec) => {
        const run = (isNaive: boolean) => {
          const cluster = buildWorld(spec, { isNaive, checksInvariants: true });
          return { facts: factsOf(cluster), cluster };
        };
        const lazy = run(false);
        expect(firstDifference(run(true).facts, lazy.facts)).toBeUndefined();
        const { intake, world } = lazy.cluster;
        expect(intake.endedCount + intake.rejectedCount + intake.liveCount).toBe(intake.submittedCount);
        // What each framework waits for and runs is what its live jobs do.
        const own = world.frameworks.map(() => 0);
        for (let job = intake.first; job !== undefined; job = job.next) {
          const open = job.taskCount - job.finishedCount - job.endedCount;
          own[job.framework] = (own[job.framework] as number) + open;
        }
        const booked = world.frameworks.map(
          (state) => state.pendingTaskCount + state.runningTaskCount + state.returningCount,
        );
        expect(booked).toEqual(own);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 120) },
    );
  });

  it('meet the same decisions of both engines', () => {
    const scenario = (engine: string, isNaive: boolean): string => {
      const document = {
        name: 'absences',
        workload: {
          synthetic: ['a', 'b'].map((queue) => ({
            jobs: 60,
            queue,
            arrivals: { poisson: { rate: 0.5 } },
            tasks: 3,
            duration: { exponential: { mean: '8 s' } },
          })),
        },
        cluster: { agents: [{ count: 6, cpus: 4, mem: '1 GiB' }] },
        network: { delay: '5 ms' },
        master: { engine },
        frameworks: [
          { name: 'a', match: { queue: 'a' }, failoverTimeout: '1 min' },
          { name: 'b', match: { queue: 'b' }, failoverTimeout: '20 s' },
        ],
        actions: [
          { at: '15 s', failover: { framework: 'a', for: '25 s' } },
          { at: '50 s', failover: { framework: 'b', for: '25 s' } },
          { at: '60 s', failover: { framework: 'a', for: '1 s' } },
        ],
      };
      const run = new Simulation(parseScenario(JSON.stringify(document), 'absences.json'), {
        isNaive,
        checksInvariants: true,
      });
      run.run();
      run.close();
      return run.digest;
    };
    const digest = scenario('plain', false);
    expect(scenario('plain', true)).toBe(digest);
    expect(scenario('general', false)).toBe(digest);
  });
});
