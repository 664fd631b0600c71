import { expect } from 'vitest';
import { z } from 'zod';
import { skipsFor, waitInTasks } from '../../../src/frameworks/hadoop/delay.js';
import type { ClusterObserver } from '../../../src/model/observer.js';
import { expectedOf, inputsOf, type LawContext, type LawFamily } from '../support/case.js';
import { expectMeanOf, expectShare, simulate } from '../support/simulate.js';

/** A launch of a map that has data, as the framework tells it. */
interface Launch {
  readonly job: string;
  readonly isLocal: boolean;
  readonly skips: number;
  readonly atS: number;
}

interface Setup {
  readonly nodes: number;
  readonly slotsPerNode: number;
  readonly replicas: number;
  readonly jobs: number;
  readonly tasksPerJob: number;
  readonly gapS: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Mean run time of a task. */
const MEAN_S = 10;
/** Run times are exponential: slots come free on nodes that owe nothing to the ones before. After this long the start is forgotten. */
const LEAD_S = 3 * MEAN_S;

/**
 * Hadoop with the Fair scheduler on a cluster that one endless job keeps busy, so that slots come free one by one on random nodes;
 * small jobs come one after another, go first, and wait for their data.
 */
function play(setup: Setup): { launches: Launch[]; submitS: Map<string, number> } {
  const { nodes, slotsPerNode, jobs, tasksPerJob, gapS } = setup;
  const spanS = LEAD_S + jobs * gapS;
  const fillers = Math.ceil(((spanS + 4 * MEAN_S) * nodes * slotsPerNode) / MEAN_S);
  const jobRows = ['filler,filler,0'];
  const taskRows = [`filler,${fillers},${MEAN_S},`];
  const submitS = new Map<string, number>();
  for (let job = 0; job < jobs; job++) {
    const atS = LEAD_S + job * gapS;
    jobRows.push(`small-${job},small,${atS}`);
    submitS.set(`small-${job}`, atS);
    const inputs = Array.from({ length: tasksPerJob }, (_, task) => `block-${job}-${task}`).join(';');
    taskRows.push(`small-${job},${tasksPerJob},${MEAN_S},${inputs}`);
  }
  const launches: Launch[] = [];
  const document = {
    name: 'delay-scheduling',
    workload: { trace: 'workload-jobs.csv' },
    cluster: { agents: [{ count: nodes, cpus: slotsPerNode, mem: 0 }], blockReplicas: setup.replicas },
    frameworks: [
      {
        name: 'hadoop',
        type: 'hadoop',
        options: {
          ...{ trackerCpus: 0, trackerMem: 0, trackerDisk: 0, slotMem: 0, slotDisk: 0, slotCpus: 1 },
          ...{ policy: 'fixed', mapSlots: slotsPerNode, reduceSlots: 0, outOfBand: true, speculation: 'off' },
          ...{
            scheduler: 'fair',
            delayBy: 'skips',
            rackSkips: 0,
            inputBlocks: false,
            variation: 1,
            variationLaw: 'gamma',
          },
          ...setup.options,
        },
      },
    ],
    metrics: { sample: '1000 d' },
    until: spanS + 3 * MEAN_S,
    seed: 11,
  };
  const tables = {
    jobs: `job_id,queue,submit_s\n${jobRows.join('\n')}\n`,
    tasks: `job_id,count,duration_s,inputs,cpus\n${taskRows.map((row) => `${row},1`).join('\n')}\n`,
  };
  simulate(document, tables, (cluster) => [
    {
      event: ({ event, detail }) => {
        if (event !== 'map-launch') return;
        const [, job = '', level, skips] = /^job=(\S+) level=(\S+) skips=(\d+)$/.exec(detail) ?? [];
        launches.push({ job, isLocal: level === 'node', skips: Number(skips), atS: cluster.nowUs / 1e6 });
      },
    } satisfies ClusterObserver,
  ]);
  return { launches, submitS };
}

function relativeOf(context: LawContext): number {
  return context.mode === 'full' ? 0.02 : 0.05;
}

/** Nodes and copies whose quotient is the wanted share: the smallest cluster of at least 40 nodes that comes nearest. */
function clusterFor(share: number): { nodes: number; replicas: number } {
  let best = { nodes: 100, replicas: Math.max(1, Math.round(share * 100)) };
  const missOf = ({ nodes, replicas }: { nodes: number; replicas: number }): number =>
    Math.abs(replicas / nodes - share);
  for (let nodes = 40; nodes <= 400; nodes++) {
    const candidate = { nodes, replicas: Math.max(1, Math.round(share * nodes)) };
    if (missOf(candidate) < missOf(best) - 1e-12) best = candidate;
  }
  return best;
}

/** EuroSys 2010 §3: a job with its data on a share p of the nodes finds a local slot within D skips with probability 1 − (1 − p)^D. */
export const delaySchedulingProb: LawFamily = {
  family: 'delay-scheduling-prob',
  check(law, context) {
    const { preferredFraction, skips } = inputsOf(law, {
      preferredFraction: z.number().gt(0).max(1),
      skips: z.int().min(0),
    });
    const { probLocal: expected } = expectedOf(law, { probLocal: z.number() });
    const { nodes, replicas } = clusterFor(preferredFraction);
    const jobs = context.mode === 'full' ? 20_000 : 800;
    const options = { nodeSkips: skips };
    const { launches } = play({ nodes, slotsPerNode: 1, replicas, jobs, tasksPerJob: 1, gapS: 0.5, options });
    expect(launches).toHaveLength(jobs);
    const within = launches.filter((launch) => launch.isLocal && launch.skips < skips).length;
    expectShare(`${law.id} local within ${skips} skips`, within / jobs, expected, jobs, relativeOf(context));
    // The others ran at the next opportunity, wherever it was.
    expect(launches.filter(({ skips: seen }) => seen === skips)).toHaveLength(jobs - within);
  },
};

/** EuroSys 2010 §3.3: how many skips a wanted share of local tasks takes, and what they cost in time. */
export const delaySchedulingSkips: LawFamily = {
  family: 'delay-scheduling-skips',
  check(law, context) {
    const inputs = inputsOf(law, {
      targetLocality: z.number(),
      tasksPerJob: z.int(),
      replicas: z.int(),
      nodes: z.int(),
      slotsPerNode: z.int(),
    });
    const { targetLocality, tasksPerJob, replicas, nodes, slotsPerNode } = inputs;
    const skipsD = skipsFor(targetLocality, tasksPerJob, replicas, nodes);
    const waitInMeanTasks = waitInTasks(skipsD, slotsPerNode, nodes);
    context.expectAll({ skipsD, waitInMeanTasks }, law);
    const jobs = Math.ceil((context.mode === 'full' ? 20_000 : 800) / tasksPerJob);
    // Slots come free at the rate LM/T. Small jobs take one in 25 of them at most, or their waits would lengthen each other's.
    const gapS = (Math.max(1.5 * (tasksPerJob + skipsD), 25 * tasksPerJob) * MEAN_S) / (nodes * slotsPerNode);
    const { launches } = play({ nodes, slotsPerNode, replicas, jobs, tasksPerJob, gapS, options: { targetLocality } });
    expect(launches).toHaveLength(jobs * tasksPerJob);
    const skips = Math.ceil(skipsD);
    const shares = localByJob(launches).map((count) => count / tasksPerJob);
    const expected = localOfAlgorithm(tasksPerJob, replicas / nodes, skips) / tasksPerJob;
    expectMeanOf(`${law.id} share of local maps`, shares, expected, 0.01);
    // The job is passed over D times and takes the opportunity after that.
    const waitS = waitInTasks(skips + 1, slotsPerNode, nodes) * MEAN_S;
    // A job of one task has no launch before to wait from.
    if (tasksPerJob > 1) expectMeanOf(`${law.id} wait for D skips`, waitsOf(launches, skips), waitS, 0.1);
  },
};

function localByJob(launches: readonly Launch[]): number[] {
  const counts = new Map<string, number>();
  for (const { job, isLocal } of launches) counts.set(job, (counts.get(job) ?? 0) + (isLocal ? 1 : 0));
  return [...counts.values()];
}

/**
 * Local tasks of a job of N under Algorithm 2, exactly: with K tasks left, a node has data of one of them with q = 1 − (1 − R/M)^K. A
 * job that is out of skips stays so until its next local launch; the bound of §3.3 takes each task to wait anew, and lies above.
 */
function localOfAlgorithm(tasks: number, perNode: number, skips: number): number {
  let fresh = 0;
  let tired = 0;
  for (let left = 1; left <= tasks; left++) {
    const chance = 1 - (1 - perNode) ** left;
    const within = 1 - (1 - chance) ** (skips + 1);
    [fresh, tired] = [within * (1 + fresh) + (1 - within) * tired, chance * (1 + fresh) + (1 - chance) * tired];
  }
  return fresh;
}

/** Times from a job's last launch to the first one that it made after D skips. */
function waitsOf(launches: readonly Launch[], skips: number): number[] {
  const waits: number[] = [];
  const last = new Map<string, Launch>();
  for (const launch of launches) {
    const before = last.get(launch.job);
    last.set(launch.job, launch);
    if (launch.skips === skips && before !== undefined && before.isLocal) waits.push(launch.atS - before.atS);
  }
  return waits;
}
