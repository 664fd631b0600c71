import { z } from 'zod';
import { Streams } from '../../../src/core/random.js';
import type { ClusterObserver, TaskFact } from '../../../src/model/observer.js';
import type { LawContext, LawFamily } from '../support/case.js';
import { differences } from '../support/compare.js';
import { expectMeanOf, expectShare, simulate } from '../support/simulate.js';

type Law = 'constant' | 'exponential';

interface Case {
  readonly slots: number;
  readonly meanTask: number;
  readonly beta: number;
}

const rampup = z.object({ slots: z.int(), meanTask: z.number(), beta: z.number() });

/** What the replications of a case show, in units of its times. */
interface Outcome {
  readonly rampUps: readonly number[];
  readonly completions: readonly number[];
  /** Slot-time used, and held in offers without being used, over all. */
  readonly busy: number;
  readonly idle: number;
}

/** Whole microseconds lose nothing on times of this many seconds. */
const SCALE = 1000;

/**
 * k one-slot agents, all busy with another framework's tasks whose rest of run time is drawn; a job comes that needs β·T with all k
 * slots. Rigid (`pieces` 0): a gang, which holds what it is offered until it is whole. Elastic: many small tasks. One replication
 * follows another on the same cluster, long after it has emptied.
 */
function replicate(
  { slots, meanTask, beta }: Case,
  law: Law,
  pieces: number,
  count: number,
  draw: () => number,
): Outcome {
  const wholeS = beta * meanTask * SCALE;
  const periodS = Math.ceil((beta + 60) * meanTask * SCALE);
  const residualS = (): number => (law === 'constant' ? draw() : -Math.log1p(-draw())) * meanTask * SCALE;
  const jobs: string[] = [];
  const tasks: string[] = [];
  const own =
    pieces === 0
      ? `${slots},true,${wholeS}`
      : `${Math.round(slots * beta * pieces)},false,${((meanTask * SCALE) / pieces).toFixed(6)}`;
  for (let run = 0; run < count; run++) {
    const atS = run * periodS;
    for (let slot = 0; slot < slots; slot++) {
      jobs.push(`other-${run}-${slot},other,${atS}`);
      tasks.push(`other-${run}-${slot},1,false,${Math.max(1e-6, residualS()).toFixed(6)}`);
    }
    jobs.push(`own-${run},own,${atS + 1e-6}`);
    tasks.push(`own-${run},${own}`);
  }
  const rampUps: number[] = [];
  const completions: number[] = [];
  const observer: ClusterObserver = {
    jobEnded: ({ record, submitUs, waitEndUs, finishUs }) => {
      if (record.queue !== 'own') return;
      rampUps.push((waitEndUs - submitUs) / 1e6 / SCALE);
      completions.push((finishUs - submitUs) / 1e6 / SCALE);
    },
  };
  const document = {
    name: 'ramp-up',
    workload: { trace: 'workload-jobs.csv' },
    cluster: { agents: [{ count: slots, cpus: 1, mem: 0 }] },
    frameworks: [
      { name: 'other', match: { queue: 'other' } },
      { name: 'own', match: { queue: 'own' }, gangRelease: '10000 d' },
    ],
    master: { allocateOn: ['recover'] },
    metrics: { sample: '10000 d' },
  };
  const tables = {
    jobs: `job_id,queue,submit_s\n${jobs.join('\n')}\n`,
    tasks: `job_id,count,gang,duration_s,cpus\n${tasks.map((row) => `${row},1`).join('\n')}\n`,
  };
  const simulation = simulate(document, tables, () => [observer]);
  if (completions.length !== count) throw new Error(`${completions.length} of ${count} replications ended`);
  const idle = simulation.view.ledger.integral('offered', 0) / 1000 / SCALE;
  return { rampUps, completions, busy: (count * slots * wholeS) / SCALE, idle };
}

/** The formulas of Table 1 as the paper prints them, for large k. */
function paperTable({ slots, meanTask: mean, beta }: Case) {
  const log = Math.log(slots);
  return {
    rampUp: { constant: mean, exponential: mean * log },
    completion: {
      elasticConstant: (0.5 + beta) * mean,
      elasticExponential: (1 + beta) * mean,
      rigidConstant: (1 + beta) * mean,
      rigidExponential: (log + beta) * mean,
    },
    utilization: { elastic: 1, rigidConstant: beta / (0.5 + beta), rigidExponential: beta / (log - 1 + beta) },
  };
}

/** Values by name and law of the residuals. */
type Exact = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Tasks that all elastic replications of a case may launch together. */
const TASK_BUDGET = { quick: 16_000, full: 4_000_000 };

/** Mesos NSDI 2011 §4, Table 1: the simulation against the exact forms for finite k; the printed table against its formulas. */
export const mesosRampup: LawFamily = {
  family: 'mesos-rampup',
  check(law, context) {
    const inputs = rampup.parse(law.inputs);
    const paper = law.expected['paper'];
    const mistakes =
      paper === undefined ? [] : differences(paperTable(inputs), paper, { kind: 'relative', value: 1e-9 });
    if (mistakes.length > 0) throw new Error(`${law.id} paper: ${mistakes.join('; ')}`);
    const exact = law.expected['exactFiniteK'] as Exact;
    for (const kind of ['constant', 'exponential'] as const) {
      checkRigid(law.id, inputs, kind, exact, context);
      checkElastic(law.id, inputs, kind, exact, context);
    }
  },
};

function relativeOf(context: LawContext): number {
  return context.mode === 'full' ? 0.02 : 0.05;
}

function checkRigid(id: string, inputs: Case, kind: Law, exact: Exact, context: LawContext): void {
  const relative = relativeOf(context);
  const draw = new Streams(1).stream(`${id}/rigid/${kind}`);
  const count = context.mode === 'full' ? 2000 : Math.max(120, Math.round(4000 / inputs.slots));
  const { rampUps, completions, busy, idle } = replicate(inputs, kind, 0, count, draw);
  expectMeanOf(`${id} ramp-up ${kind}`, rampUps, exact['rampUp']?.[kind] as number, relative);
  const completion = exact['rigidCompletion']?.[kind] as number;
  expectMeanOf(`${id} rigid completion ${kind}`, completions, completion, relative);
  const utilization = exact['rigidUtilization']?.[kind] as number;
  expectMeanOf(`${id} rigid utilization ${kind}`, [busy / (busy + idle)], utilization, relative);
}

function checkElastic(id: string, inputs: Case, kind: Law, exact: Exact, context: LawContext): void {
  const completion = exact['elasticCompletionMonteCarlo']?.[kind];
  if (completion === undefined) return;
  // The last task ends up to one piece late: half a piece is 1 % of the whole.
  const pieces = Math.max(8, Math.ceil(50 / (inputs.beta + 0.5)));
  const tasks = inputs.slots * inputs.beta * pieces;
  const most = context.mode === 'full' ? 2000 : 60;
  const count = Math.min(most, Math.max(8, Math.floor(TASK_BUDGET[context.mode] / tasks)));
  const draw = new Streams(1).stream(`${id}/elastic/${kind}`);
  const { completions, busy, idle } = replicate(inputs, kind, pieces, count, draw);
  const relative = relativeOf(context);
  expectMeanOf(`${id} elastic completion ${kind}`, completions, completion, relative);
  // Every slot works from the moment it comes free.
  expectMeanOf(`${id} elastic utilization ${kind}`, [busy / (busy + idle)], 1, relative);
}

/** Mesos NSDI 2011 §4: φ of the tasks are long; a node with m slots is full of long ones with probability φ^m. */
export const mesosLongTaskFill: LawFamily = {
  family: 'mesos-long-task-fill',
  check(law, context) {
    const { longFraction, slotsPerNode } = z
      .object({ longFraction: z.number(), slotsPerNode: z.int() })
      .parse(law.inputs);
    const tasks = context.mode === 'full' ? 1_000_000 : 40_000;
    const nodes = Math.floor(tasks / slotsPerNode);
    const longOn = new Int32Array(nodes);
    const observer: ClusterObserver = {
      taskStarted: ({ agent, group }: TaskFact) => {
        if (group.durationUs > 50e6) longOn[agent] = (longOn[agent] as number) + 1;
      },
    };
    const empirical = { values: ['100 s', '1 s'], weights: [longFraction, 1 - longFraction] };
    const document = {
      name: 'long-tasks',
      workload: {
        synthetic: {
          jobs: nodes * slotsPerNode,
          arrivals: { deterministic: { value: 0 } },
          duration: { empirical },
          mem: 0,
        },
      },
      cluster: { agents: [{ count: nodes, cpus: slotsPerNode, mem: 0 }] },
      frameworks: [{ name: 'all' }],
      seed: 5,
    };
    simulate(document, undefined, () => [observer]);
    const full = longOn.reduce((count, long) => count + (long === slotsPerNode ? 1 : 0), 0);
    const expected = Number(law.expected['probNodeFullOfLong']);
    expectShare(`${law.id} nodes full of long tasks`, full / nodes, expected, nodes, relativeOf(context));
  },
};
