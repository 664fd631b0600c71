import { allocators } from '../../src/allocators/index.js';
import { Cluster, type ClusterSetup } from '../../src/cluster/cluster.js';
import { PolicyView } from '../../src/cluster/view.js';
import type { ClusterSettings } from '../../src/cluster/world.js';
import type { JobRecord } from '../../src/model/job.js';
import { fc } from './properties.js';
import { job, type TinyFramework, type TinySetup, tinyCluster, tinyParts } from './world.js';

/** A random small cluster with its workload. */
export interface RandomWorld {
  agents: { cpus: number; mem: number; count: number }[];
  frameworks: TinyFramework[];
  jobs: JobRecord[];
  delayUs: number;
  intervalUs: number;
  recover: boolean;
  offerTimeoutUs: number;
  weights: { path: string; weight: number }[];
  leaves: { atUs: number; agent: number; backUs: number }[];
  /** Frameworks that lose their scheduler for a while. */
  absences?: { atUs: number; framework: number; backUs: number }[];
}

const time = (maxMs: number) => fc.integer({ min: 0, max: maxMs }).map((ms) => ms / 1000);

const framework = (index: number): fc.Arbitrary<TinyFramework> =>
  fc.record({
    name: fc.constant(`f${index}`),
    role: fc.constantFrom('*', 'prod', 'batch', 'prod/x'),
    order: fc.constantFrom('fifo', 'sjf', 'round-robin', 'srtf'),
    placement: fc.constantFrom('first-fit', 'best-fit', 'worst-fit', 'first-fit'),
    tJobUs: fc.constantFrom(0, 0, 100_000, 1_500_000),
    tTaskUs: fc.constantFrom(0, 5_000),
    refuseUs: fc.constantFrom(5e6, 5e6, 0, 1e6, 2e6),
    suppressWhenIdle: fc.constantFrom(true, true, false),
    gangReleaseUs: fc.constantFrom(3e6, 20e6),
    maxJobs: fc.constantFrom(Number.POSITIVE_INFINITY, 5),
  });

export const randomWorld: fc.Arbitrary<RandomWorld> = fc.integer({ min: 1, max: 4 }).chain((frameworkCount) =>
  fc.record({
    agents: fc.array(
      fc.record({
        cpus: fc.integer({ min: 1, max: 4 }),
        mem: fc.constantFrom(64, 512),
        count: fc.integer({ min: 1, max: 5 }),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    frameworks: fc.tuple(...Array.from({ length: frameworkCount }, (_, index) => framework(index))),
    jobs: fc
      .array(
        fc.record({
          submitS: time(12_000),
          cpus: fc.constantFrom(0.5, 1, 1, 2),
          mem: fc.constantFrom(0, 32, 64),
          count: fc.integer({ min: 1, max: 6 }),
          durationS: fc.oneof(time(8_000), fc.constantFrom(0, 1, 2, 5)),
          gang: fc.constantFrom(false, false, true),
          queue: fc.integer({ min: 0, max: frameworkCount - 1 }),
          user: fc.constantFrom('u', 'v'),
        }),
        { minLength: 1, maxLength: 25 },
      )
      .map((rows) =>
        rows
          .sort((a, b) => a.submitS - b.submitS)
          .map((row, index) => job(`j${index}`, row.submitS, row, { queue: `f${row.queue}`, user: row.user })),
      ),
    delayUs: fc.constantFrom(0, 0, 1_000, 250_000),
    intervalUs: fc.constantFrom(1e6, 1e6, 400_000),
    recover: fc.boolean(),
    offerTimeoutUs: fc.constantFrom(-1, -1, 700_000),
    weights: fc.uniqueArray(
      fc.record({ path: fc.constantFrom('prod', 'batch', 'prod/x'), weight: fc.constantFrom(0.5, 2, 3) }),
      { maxLength: 2, selector: ({ path }) => path },
    ),
    leaves: fc.array(
      fc.record({
        atUs: fc.integer({ min: 0, max: 15e6 }),
        agent: fc.integer({ min: 0, max: 3 }),
        backUs: fc.constantFrom(500_000, 3e6),
      }),
      {
        maxLength: 3,
      },
    ),
  }),
);

/** Parts of a cluster whose allocator is a built-in one; bidders have unlike means. */
function withAllocator(setup: TinySetup, name: string): ClusterSetup {
  const parts = tinyParts(setup);
  const { definition, options } = allocators.resolve(name);
  const allocator = definition.create(options, {
    resources: parts.resources,
    random: parts.streams,
    fairnessExclude: [],
    bidderOf: (client) => ({ bidder: `fixed[price=${client + 2}]`, endowment: 500, incomePerS: 0.1, cap: 1e9 }),
  });
  return {
    ...parts,
    allocator,
    readsDemand: definition.reads.includes('demand'),
    policyView: (world) => new PolicyView(world, definition.reads, definition.name),
  };
}

/** The departures and returns of frameworks in order of time. */
function absencesOf({ absences = [], frameworks }: RandomWorld): ClusterSetup['actions'] {
  const steps = absences
    .filter(({ framework }) => framework < frameworks.length)
    .flatMap(({ atUs, framework, backUs }) => [
      { us: atUs, framework, isBack: false },
      { us: atUs + backUs, framework, isBack: true },
    ])
    .sort((a, b) => a.us - b.us);
  return {
    nextUs: () => steps[0]?.us ?? Number.POSITIVE_INFINITY,
    act: (nowUs, { world }) => {
      for (let step = steps[0]; step !== undefined && step.us <= nowUs; step = steps[0]) {
        steps.shift();
        if (step.isBack) world.absences.comeBack(step.framework);
        else world.absences.leave(step.framework);
      }
    },
  };
}

/** That cluster with other settings, perhaps under a built-in allocator. */
export function buildWorld(spec: RandomWorld, settings: Partial<ClusterSettings>, allocator?: string): Cluster {
  const steps = spec.leaves
    .flatMap(({ atUs, agent, backUs }) => [
      { us: atUs, agent, up: false },
      { us: atUs + backUs, agent, up: true },
    ])
    .sort((a, b) => a.us - b.us || a.agent - b.agent);
  const absences = absencesOf(spec);
  let next = 0;
  const setup: TinySetup = {
    agents: spec.agents,
    frameworks: spec.frameworks,
    roles: spec.weights,
    jobs: spec.jobs,
    untilUs: 60e6,
    settings: {
      networkDelayUs: spec.delayUs,
      allocationIntervalUs: spec.intervalUs,
      allocateOnRecover: spec.recover,
      offerTimeoutUs: spec.offerTimeoutUs,
      ...settings,
    },
    actions: {
      nextUs: () => Math.min(steps[next]?.us ?? Number.POSITIVE_INFINITY, absences.nextUs()),
      act: (nowUs, cluster) => {
        absences.act(nowUs, cluster);
        for (; steps[next] !== undefined && (steps[next]?.us ?? 0) <= nowUs; next++) {
          const { agent, up } = steps[next] as (typeof steps)[number];
          const { agents } = cluster.world;
          if (agent >= agents.count) continue;
          if (!up) cluster.membership.leave(agent);
          else if (agents.isUp[agent] !== 1) {
            cluster.membership.join(
              { id: agents.names[agent] as string, amounts: agents.totalOf(agent).slice(), attributes: {} },
              true,
            );
          }
        }
      },
    },
  };
  return allocator === undefined ? tinyCluster(setup) : new Cluster(withAllocator(setup, allocator));
}

/** Every fact of a run, as text. */
export function factsOf(cluster: Cluster): string[] {
  const facts: string[] = [];
  cluster.world.facts.listener = (kind, us, operands) => facts.push(`${us} ${kind} ${operands.join(' ')}`);
  cluster.loop.runUntil(Number.POSITIVE_INFINITY);
  facts.push(`end ${cluster.world.nowUs} cycle ${cluster.world.cycle}`);
  return facts;
}

/** The first fact in which two runs differ, with the ones before it. */
export function firstDifference(one: readonly string[], other: readonly string[]): string | undefined {
  const at = one.findIndex((fact, index) => fact !== other[index]);
  if (at >= 0)
    return `fact ${at}: ${one[at]}, then ${other[at]}; after ${one.slice(Math.max(0, at - 5), at).join(' | ')}`;
  return one.length === other.length ? undefined : `${one.length} facts, then ${other.length}`;
}
