import { z } from 'zod';
import { Streams } from '../../../src/core/random.js';
import type { ClusterObserver, TaskFact } from '../../../src/model/observer.js';
import { expectedOf, inputsOf, type LawContext, type LawFamily } from '../support/case.js';
import { differences } from '../support/compare.js';
import { expectMeanOf, expectShare, simulate } from '../support/simulate.js';

type Law = 'constant' | 'exponential';

interface Case {
  readonly slots: number;
  readonly meanTask: number;
  readonly beta: number;
}

const rampup = { slots: z.int().min(1), meanTask: z.number().gt(0), beta: z.number().gt(0) };

const byLaw = z.strictObject({ constant: z.number(), exponential: z.number() });
const rampupExpected = {
  paper: z.record(z.string(), z.unknown()).optional(),
  exactFiniteK: z
    .strictObject({
      rampUp: byLaw,
      rigidCompletion: byLaw,
      rigidUtilization: byLaw,
      elasticCompletionMonteCarlo: byLaw
        .extend({ constantStdErr: z.number(), exponentialStdErr: z.number() })
        .partial({ constantStdErr: true, exponentialStdErr: true }),
    })
    .partial()
    .optional(),
};

/** What the replications of a case show, in units of its times. */
interface Outcome {
  readonly rampUps: readonly number[];
  readonly completions: readonly number[];
  /** Slot-time used, and held in offers without being used, over all. */
  readonly busy: number;
  readonly idle: number;
}

/** Tasks take this many seconds in the mean, whatever the case says: whole microseconds lose nothing, and thousands of replications fit a run. */
const MEAN_S = 1000;
/** Replications follow each other for so long at most: the engine's clock ends at 1e15 µs, and a table of seconds loses its microseconds before. */
const SPAN_S = 2e8;

/**
 * k one-slot agents, all busy with another framework's tasks whose rest of run time is drawn; a job comes that needs β·T with all k
 * slots. Rigid (`pieces` 0): a gang, which holds what it is offered until it is whole. Elastic: many small tasks. One replication
 * follows another on the same cluster, long after it has emptied.
 */
function replicate(
  { slots, meanTask, beta }: Case,
  law: Law,
  pieces: number,
  wanted: number,
  draw: () => number,
): Outcome {
  const wholeS = beta * MEAN_S;
  const periodS = periodOf(beta);
  const count = Math.min(wanted, Math.floor(SPAN_S / periodS));
  // Back to the times of the case.
  const scale = MEAN_S / meanTask;
  const residualS = (): number => (law === 'constant' ? draw() : -Math.log1p(-draw())) * MEAN_S;
  const jobs: string[] = [];
  const tasks: string[] = [];
  const own =
    pieces === 0
      ? `${slots},true,${wholeS}`
      : `${Math.round(slots * beta * pieces)},false,${(MEAN_S / pieces).toFixed(6)}`;
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
      rampUps.push((waitEndUs - submitUs) / 1e6 / scale);
      completions.push((finishUs - submitUs) / 1e6 / scale);
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
  const idle = simulation.view.ledger.integral('offered', 0) / 1000 / scale;
  return { rampUps, completions, busy: (count * slots * wholeS) / scale, idle };
}

/** From one replication to the next: no rest of run time of millions is 40 means long. */
function periodOf(beta: number): number {
  return Math.ceil((beta + 40) * MEAN_S);
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
type Exact = NonNullable<z.infer<(typeof rampupExpected)['exactFiniteK']>>;

/** Tasks that all elastic replications of a case may launch together. */
const TASK_BUDGET = { quick: 16_000, full: 4_000_000 };

/** Mesos NSDI 2011 §4, Table 1: the simulation against the exact forms for finite k; the printed table against its formulas. */
export const mesosRampup: LawFamily = {
  family: 'mesos-rampup',
  check(law, context) {
    const inputs = inputsOf(law, rampup);
    const { paper, exactFiniteK: exact = {} } = expectedOf(law, rampupExpected);
    const mistakes =
      paper === undefined ? [] : differences(paperTable(inputs), paper, { kind: 'relative', value: 1e-9 });
    if (mistakes.length > 0) throw new Error(`${law.id} paper: ${mistakes.join('; ')}`);
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
  const { rampUp, rigidCompletion, rigidUtilization } = exact;
  if (rampUp) expectMeanOf(`${id} ramp-up ${kind}`, rampUps, rampUp[kind], relative);
  if (rigidCompletion) expectMeanOf(`${id} rigid completion ${kind}`, completions, rigidCompletion[kind], relative);
  if (rigidUtilization)
    expectMeanOf(`${id} rigid utilization ${kind}`, [busy / (busy + idle)], rigidUtilization[kind], relative);
}

function checkElastic(id: string, inputs: Case, kind: Law, exact: Exact, context: LawContext): void {
  const completion = exact.elasticCompletionMonteCarlo?.[kind];
  if (completion === undefined) return;
  // The last task ends up to one piece late: half a piece is 1 % of the whole.
  const pieces = Math.max(8, Math.ceil(50 / (inputs.beta + 0.5)));
  const tasks = inputs.slots * inputs.beta * pieces;
  // The mean of k rests of run time varies as 1 / √k: few slots take more replications for the same interval.
  const most = context.mode === 'full' ? 2000 : Math.max(60, Math.round(4000 / inputs.slots));
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
    const { longFraction, slotsPerNode } = inputsOf(law, {
      longFraction: z.number().gt(0).lt(1),
      slotsPerNode: z.int().min(1),
    });
    const { probNodeFullOfLong: expected } = expectedOf(law, { probNodeFullOfLong: z.number() });
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
    expectShare(`${law.id} nodes full of long tasks`, full / nodes, expected, nodes, relativeOf(context));
  },
};
