import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { fc } from '../support/properties.js';
import { buildWorld, factsOf, firstDifference, type RandomWorld, randomWorld } from '../support/random-worlds.js';

interface Failure {
  atUs: number;
  forUs: number;
}

/** Failures of the leading master laid over a random cluster, beside agents that leave and schedulers that die. */
const withFailures = fc.record({
  spec: randomWorld,
  failures: fc.array(
    fc.record({ atUs: fc.integer({ min: 0, max: 20e6 }), forUs: fc.constantFrom(0, 300_000, 2e6, 9e6) }),
    { minLength: 1, maxLength: 4 },
  ),
  masterCount: fc.constantFrom(1, 2, 3),
  sessionTimeoutUs: fc.constantFrom(0, 1e6, 4_300_000),
  registrationBackoffUs: fc.constantFrom(0, 1e6, 3e6),
  reregisterTimeoutUs: fc.constantFrom(500_000, 5e6, 600e6),
  absences: fc.array(
    fc.record({
      atUs: fc.integer({ min: 0, max: 15e6 }),
      framework: fc.integer({ min: 0, max: 3 }),
      backUs: fc.constantFrom(0, 200_000, 5e6, 12e6),
    }),
    { maxLength: 2 },
  ),
  failoverTimeoutUs: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 4e6),
});

/** The cluster's own steps, and those of its masters before them. */
function addFailures(cluster: Cluster, failures: readonly Failure[]): void {
  const { mastership } = cluster.world;
  const steps = failures
    .flatMap(({ atUs, forUs }) => [
      { us: atUs, run: () => mastership.fail() },
      { us: atUs + forUs, run: () => mastership.repair() },
    ])
    .map((step, index) => ({ ...step, index }))
    .sort((a, b) => a.us - b.us || a.index - b.index);
  const { actions } = cluster.setup;
  const nextUs = actions.nextUs.bind(actions);
  const act = actions.act.bind(actions);
  actions.nextUs = () => Math.min(steps[0]?.us ?? Number.POSITIVE_INFINITY, nextUs());
  actions.act = (nowUs, world) => {
    for (let step = steps[0]; step !== undefined && step.us <= nowUs; step = steps[0]) {
      steps.shift();
      step.run();
    }
    act(nowUs, world);
  };
}

/** What each framework waits for and runs is what its live jobs do; no job is lost. */
function checkBooks({ intake, world }: Cluster): void {
  expect(intake.endedCount + intake.rejectedCount + intake.liveCount).toBe(intake.submittedCount);
  const own = world.frameworks.map(() => 0);
  for (let job = intake.first; job !== undefined; job = job.next) {
    const open = job.taskCount - job.finishedCount - job.endedCount;
    own[job.framework] = (own[job.framework] as number) + open;
  }
  expect(
    world.frameworks.map((state) => state.pendingTaskCount + state.runningTaskCount + state.returningCount),
  ).toEqual(own);
}

describe('masters that fail over', () => {
  it('leave the decisions alike lazily and naively, conserve after every event, and lose no job', () => {
    fc.assert(
      fc.property(withFailures, ({ spec, failures, absences, failoverTimeoutUs, ...settings }) => {
        const frameworks = spec.frameworks.map((framework) => ({ ...framework, failoverTimeoutUs }));
        const world: RandomWorld = { ...spec, absences, frameworks };
        const run = (isNaive: boolean) => {
          const cluster = buildWorld(world, { isNaive, checksInvariants: true, ...settings });
          addFailures(cluster, failures);
          return { facts: factsOf(cluster), cluster };
        };
        const lazy = run(false);
        expect(firstDifference(run(true).facts, lazy.facts)).toBeUndefined();
        checkBooks(lazy.cluster);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 80) },
    );
  });

  const facts: string[] = [];
  const scenario = (overrides: Record<string, unknown>, isNaive = false): Simulation => {
    const document = {
      name: 'masters',
      workload: {
        synthetic: ['a', 'b'].map((queue) => ({
          jobs: 60,
          queue,
          arrivals: { poisson: { rate: 0.5 } },
          tasks: 3,
          duration: { exponential: { mean: '8 s' } },
        })),
      },
      cluster: { masters: 2, agents: [{ count: 6, cpus: 4, mem: '1 GiB' }] },
      network: { delay: '5 ms' },
      frameworks: [
        { name: 'a', match: { queue: 'a' } },
        { name: 'b', match: { queue: 'b' }, failoverTimeout: '1 min' },
      ],
      actions: [
        { at: '15 s', failMaster: { for: '30 s' } },
        { at: '17 s', removeAgent: 'agent-3' },
        { at: '70 s', failMaster: {} },
        { at: '72 s', failover: { framework: 'b', for: '30 s' } },
      ],
      ...overrides,
    };
    const run = new Simulation(parseScenario(JSON.stringify(document), 'masters.json'), {
      isNaive,
      checksInvariants: true,
    });
    facts.length = 0;
    run.cluster.world.facts.listener = (kind, us, operands) => facts.push(`${us} ${kind} ${operands.join(' ')}`);
    run.run();
    run.close();
    return run;
  };

  it('meet the same decisions of both engines', () => {
    const { digest, cluster } = scenario({ master: { engine: 'plain' } });
    const plain = [...facts];
    scenario({ master: { engine: 'general' } });
    expect(firstDifference(plain, facts)).toBeUndefined();
    expect(cluster.intake.endedCount).toBe(120);
    expect(scenario({ master: { engine: 'plain' } }, true).digest).toBe(digest);
    expect(scenario({ master: { engine: 'general' } }).digest).toBe(digest);
  });

  it('with quota wait for floor(0.8 × agents) before they offer anything', () => {
    // Six agents, floor(4.8) = 4: of back-offs drawn from U(0, 100 s), the fourth shortest is the time of the first grant.
    const roles = { web: { quota: { guarantee: { cpus: 4 } } } };
    const actions = [{ at: '15 s', failMaster: {} }];
    scenario({ actions, roles, master: { registrationBackoff: '100 s' }, until: '10 min' });
    const timesOf = (prefix: RegExp): number[] =>
      facts.filter((fact) => prefix.test(fact)).map((fact) => Number(fact.split(' ')[0]));
    // Facts of agents are 7 (agent, 6 = registered again), grants are 2.
    const back = timesOf(/^\d+ 7 \d+ 6/);
    const grants = timesOf(/^\d+ 2 /).filter((us) => us >= 15e6);
    expect(back).toHaveLength(6);
    expect(grants[0]).toBeGreaterThanOrEqual(back[3] as number);
    // That agent is offered at once: its registration triggers a run on it.
    expect(grants[0]).toBe(back[3]);
  });
});
