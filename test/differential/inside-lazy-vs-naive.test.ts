import { describe, expect, it } from 'vitest';
import { Cluster } from '../../src/cluster/cluster.js';
import { MetricView } from '../../src/cluster/view.js';
import { frameworks } from '../../src/frameworks/index.js';
import { counts } from '../../src/metrics/counts.js';
import { waits } from '../../src/metrics/waits.js';
import type { FrameworkSlots } from '../../src/model/framework.js';
import type { JobRecord } from '../../src/model/job.js';
import type { RowWriter } from '../../src/model/metric.js';
import type { ClusterObserver } from '../../src/model/observer.js';
import { orders } from '../../src/orders/index.js';
import { placements } from '../../src/placements/index.js';
import { fc } from '../support/properties.js';
import { job, tinyParts } from '../support/world.js';

const SMALL_SLOTS = { trackerCpus: 0.5, trackerMem: 32, trackerDisk: 0, slotCpus: 0.5, slotMem: 16, slotDisk: 0 };

/** Frameworks that run tasks inside tasks, in their ways of working. */
const KINDS: readonly { type: string; options: Record<string, unknown> }[] = [
  { type: 'spark', options: { executorCores: 1, executorMemory: 64, memoryOverhead: 0 } },
  {
    type: 'spark',
    options: { executorMemory: 64, memoryOverhead: 0, coresMax: 3, speculation: true, stragglerRate: 0.3 },
  },
  {
    type: 'spark',
    options: {
      executorCores: 2,
      executorMemory: 64,
      memoryOverhead: 0,
      dynamicAllocation: true,
      executorIdleTimeout: '3 s',
      cacheInputs: true,
      cacheBlocks: 2,
    },
  },
  {
    type: 'spark',
    options: { mode: 'fine', executorMemory: 64, memoryOverhead: 0, failureRate: 0.1, stopWhenIdle: false },
  },
  {
    type: 'spark',
    options: { mode: 'fine', executorMemory: 32, memoryOverhead: 0, speculation: true, stragglerRate: 0.3 },
  },
  { type: 'hadoop', options: { ...SMALL_SLOTS, speculation: 'late', speculativeLag: '2 s', stragglerRate: 0.3 } },
  { type: 'hadoop', options: { ...SMALL_SLOTS, scheduler: 'fair', outOfBand: true, failureRate: 0.1 } },
  { type: 'hadoop', options: { ...SMALL_SLOTS, scheduler: 'fair', delayBy: 'skips', nodeSkips: 3, policy: 'fixed' } },
  { type: 'hadoop', options: { ...SMALL_SLOTS, scheduler: 'capacity', minMapSlots: 1, speculativeLag: '2 s' } },
];

interface World {
  agents: { cpus: number; mem: number; count: number }[];
  kinds: number[];
  jobs: JobRecord[];
  delayUs: number;
  leaves: { atUs: number; agent: number; backUs: number }[];
  killed: { atUs: number; job: number }[];
}

const time = (maxMs: number) => fc.integer({ min: 0, max: maxMs }).map((ms) => ms / 1000);

const world: fc.Arbitrary<World> = fc
  .array(fc.nat({ max: KINDS.length - 1 }), { minLength: 1, maxLength: 3 })
  .chain((kinds) =>
    fc.record({
      agents: fc.array(
        fc.record({
          cpus: fc.integer({ min: 2, max: 6 }),
          mem: fc.constantFrom(256, 512),
          count: fc.integer({ min: 1, max: 4 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      kinds: fc.constant(kinds),
      jobs: fc
        .array(
          fc.record({
            submitS: time(12_000),
            count: fc.integer({ min: 1, max: 6 }),
            reduces: fc.integer({ min: 0, max: 3 }),
            durationS: fc.oneof(time(8_000), fc.constantFrom(0, 1, 2, 5)),
            gang: fc.constantFrom(false, false, false, true),
            queue: fc.integer({ min: 0, max: kinds.length - 1 }),
          }),
          { minLength: 1, maxLength: 12 },
        )
        .map((rows) =>
          rows
            .sort((a, b) => a.submitS - b.submitS)
            .map((row, index) => stages(job(`j${index}`, row.submitS, row, { queue: `f${row.queue}` }), row.reduces)),
        ),
      delayUs: fc.constantFrom(0, 0, 1_000, 250_000),
      leaves: fc.array(
        fc.record({
          atUs: fc.integer({ min: 0, max: 20e6 }),
          agent: fc.integer({ min: 0, max: 3 }),
          backUs: fc.constantFrom(500_000, 3e6),
        }),
        { maxLength: 4 },
      ),
      killed: fc.array(fc.record({ atUs: fc.integer({ min: 0, max: 20e6 }), job: fc.nat({ max: 11 }) }), {
        maxLength: 2,
      }),
    }),
  );

/** A second stage after the first. */
function stages(record: JobRecord, reduces: number): JobRecord {
  const [map] = record.groups;
  if (map === undefined || reduces === 0) return record;
  const reduce = { ...map, name: 'reduce', count: reduces, gang: false, after: ['map'] };
  return { ...record, groups: [{ ...map, name: 'map' }, reduce] };
}

function slots(client: number): FrameworkSlots {
  return {
    order: orders.get('fifo').create({}),
    placement: placements.get('first-fit').create({}, { random: () => () => 0 }),
    client,
    tJobUs: 0,
    tTaskUs: 0,
    refuseUs: 5e6,
    suppressWhenIdle: true,
    reviveOnArrival: false,
    gangReleaseUs: 60e6,
  };
}

type Step = { us: number; act: (cluster: Cluster) => void };

function stepsOf(spec: World): Step[] {
  const leave =
    (agent: number) =>
    (cluster: Cluster): void => {
      if (agent < cluster.world.agents.count) cluster.membership.leave(agent);
    };
  const back =
    (agent: number) =>
    (cluster: Cluster): void => {
      const { agents } = cluster.world;
      if (agent >= agents.count || agents.isUp[agent] === 1) return;
      const amounts = agents.totalOf(agent).slice();
      cluster.membership.join({ id: agents.names[agent] as string, amounts, attributes: {} }, true);
    };
  const moves = spec.leaves.flatMap(({ atUs, agent, backUs }) => [
    { us: atUs, act: leave(agent) },
    { us: atUs + backUs, act: back(agent) },
  ]);
  const kills = spec.killed.map(({ atUs, job: index }) => ({
    us: atUs,
    act: (cluster: Cluster) => cluster.killJob(`j${index}`),
  }));
  return [...moves, ...kills]
    .map((step, index) => ({ step, index }))
    .sort((a, b) => a.step.us - b.step.us || a.index - b.index)
    .map(({ step }) => step);
}

interface Outcome {
  readonly facts: string[];
  readonly summary: Map<string, number>;
  readonly waitS: number;
  readonly chargedS: number;
}

function play(spec: World, isNaive: boolean): Outcome {
  const steps = stepsOf(spec);
  let next = 0;
  const observers: ClusterObserver[] = [];
  const parts = tinyParts({
    agents: spec.agents,
    frameworks: spec.kinds.map((_, index) => ({ name: `f${index}` })),
    jobs: spec.jobs,
    untilUs: 120e6,
    settings: { isNaive, checksInvariants: true, networkDelayUs: spec.delayUs },
    actions: {
      nextUs: () => steps[next]?.us ?? Number.POSITIVE_INFINITY,
      act: (nowUs, cluster) => {
        for (; steps[next] !== undefined && (steps[next]?.us ?? 0) <= nowUs; next++)
          steps[next]?.act(cluster as Cluster);
      },
    },
  });
  const cluster = new Cluster({
    ...parts,
    frameworks: spec.kinds.map((kind, index) => {
      const { type, options: more } = KINDS[kind] as (typeof KINDS)[number];
      const { definition, options } = frameworks.resolve(type, {}, more);
      return {
        name: `f${index}`,
        role: '*',
        maxJobs: Number.POSITIVE_INFINITY,
        create: (driver, client) => definition.create(options, slots(client), driver),
      };
    }),
  });
  const facts: string[] = [];
  cluster.world.facts.listener = (kind, us, operands) => facts.push(`${us} ${kind} ${operands.join(' ')}`);
  const view = new MetricView(cluster.world, cluster.intake);
  const summary = new Map<string, number>();
  let chargedS = 0;
  const writer: RowWriter = new Proxy({} as RowWriter, { get: () => () => writer });
  const context = {
    cluster: view,
    warmupUs: 0,
    table: () => writer,
    summary: ({ metric, value }: { metric: string; value: number }) => void summary.set(metric, value),
  };
  let waitS = 0;
  const count: ClusterObserver = {
    taskEnded: ({ startUs, finishUs, queuedUs }) => {
      waitS += ((startUs >= 0 ? startUs : finishUs) - queuedUs) / 1e6;
    },
  };
  observers.push(counts.create({}, context), waits.create({}, context), count);
  cluster.world.facts.attach(observers);
  cluster.loop.runUntil(Number.POSITIVE_INFINITY);
  for (const fact of view.liveTasks()) waitS += ((fact.startUs >= 0 ? fact.startUs : view.nowUs) - fact.queuedUs) / 1e6;
  for (let framework = 0; framework < view.frameworkCount; framework++) {
    for (let cause = 0; cause < 17; cause++) chargedS += view.waitSeconds(framework, cause);
  }
  cluster.world.facts.finished();
  facts.push(`end ${cluster.world.nowUs} cycle ${cluster.world.cycle}`);
  return { facts, summary, waitS, chargedS };
}

function firstDifference(spec: World): string | undefined {
  const naive = play(spec, true);
  const fast = play(spec, false);
  const at = naive.facts.findIndex((fact, index) => fact !== fast.facts[index]);
  if (at < 0) return naive.facts.length === fast.facts.length ? undefined : 'one run has more facts';
  const before = naive.facts.slice(Math.max(0, at - 5), at).join(' | ');
  return `fact ${at}: naive ${naive.facts[at]}, fast ${fast.facts[at]} after ${before}`;
}

/** Every job and task is in exactly one state at the end. */
function imbalance({ summary }: Outcome): string | undefined {
  const of = (name: string): number => summary.get(name) ?? Number.NaN;
  const sum = (kind: string): number =>
    ['pending', 'running', 'finished', 'failed', 'killed', 'lost'].reduce(
      (total, state) => total + of(`${kind}_${state}`),
      0,
    );
  if (sum('jobs') !== of('jobs_submitted')) return `jobs: ${sum('jobs')} of ${of('jobs_submitted')}`;
  return undefined;
}

describe('frameworks with tasks inside tasks', () => {
  it('decide the same on the lazy path as on the naive one, agents and jobs lost included', () => {
    fc.assert(
      fc.property(world, (spec) => {
        expect(firstDifference(spec)).toBeUndefined();
      }),
      { numRuns: Number(process.env['RUNS'] ?? 80), seed: 20100412 },
    );
  });

  it('lose no job, and charge every second of every wait to a cause', () => {
    fc.assert(
      fc.property(world, (spec) => {
        const outcome = play(spec, false);
        expect(imbalance(outcome)).toBeUndefined();
        // Alone and undisturbed, a framework finishes what is not a gang (a gang may need more slots than there are).
        const isEasy =
          spec.kinds.length === 1 && spec.leaves.length === 0 && !spec.jobs.some(({ groups }) => groups[0]?.gang);
        if (isEasy)
          expect((outcome.summary.get('jobs_pending') ?? 0) + (outcome.summary.get('jobs_running') ?? 0)).toBe(0);
        // Tasks of a job that is given up before they start have no attempt whose wait could be told, nor have those of a later stage.
        const untold = ['jobs_killed', 'jobs_failed', 'tasks_pending'].some((name) => outcome.summary.get(name) !== 0);
        if (!untold) expect(outcome.chargedS).toBeCloseTo(outcome.waitS, 6);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 80), seed: 20100413 },
    );
  });
});
