import { z } from 'zod';
import { parseDurationUs, parseMemoryMilliMib } from '../model/units.js';
import {
  allocationActions,
  domain,
  masterKeys,
  reservedShare,
  rolePath,
  roleQuota,
  subscriptionKeys,
} from './schema-allocation.js';

const duration = z
  .union([z.string(), z.number()])
  .refine((value) => reads(() => parseDurationUs(String(value))), 'must be a time of at least 0 such as "90 s"')
  .describe('a time such as "90 s"; a bare number is seconds');
const span = duration.refine(
  (value) => !reads(() => parseDurationUs(String(value))) || parseDurationUs(String(value)) > 0,
  'must be a time above 0 such as "90 s"',
);
const memory = z
  .union([z.string(), z.number()])
  .refine((value) => reads(() => parseMemoryMilliMib(String(value))), 'must be an amount of at least 0 such as "4 GiB"')
  .describe('an amount such as "4 GiB"; a bare number is MiB');
const number = z.number();
const paths = z.union([z.string(), z.array(z.string())]);
const distribution = z
  .union([z.string(), z.number(), z.record(z.string(), z.unknown())])
  .describe('a constant, or one distribution such as { exponential: { mean: 1 s } }');

const synthetic = z.strictObject({
  jobs: z.int().min(1).optional().describe('how many jobs; without it the run needs an `until`'),
  arrivals: distribution.describe('poisson { rate | mean }, diurnal, mmpp, or a distribution of the gaps'),
  tasks: distribution.optional().describe('tasks per job; default 1'),
  duration: distribution.optional().describe('run time of a task'),
  stages: z
    .array(distribution)
    .min(1)
    .optional()
    .describe('durations of tasks that follow each other, instead of `duration`'),
  stageConstraints: z.array(z.string()).optional().describe('placement constraints of each stage, such as "rack=r1"'),
  batch: distribution.optional().describe('how many jobs arrive together'),
  cpus: distribution.optional().describe('CPUs of one task; default 1'),
  mem: distribution.optional().describe('memory of one task in MiB, or an amount with its unit'),
  disk: distribution.optional().describe('disk of one task in MiB, or an amount with its unit'),
  gpus: distribution.optional().describe('GPUs of one task'),
  gang: z.boolean().optional().describe('the tasks of a job start together'),
  image: z.string().optional().describe('container image of its tasks'),
  user: z.string().optional().describe('user of its jobs'),
  queue: z.string().optional().describe('queue of its jobs'),
  class: z.string().optional().describe('class of its jobs'),
  priority: distribution.optional().describe('larger = more urgent; default 0'),
  useFactor: number.min(0).optional().describe('what a task really uses of its request; default 1'),
  estimateFactor: number.min(0).optional().describe('estimate = run time × this; without it there are no estimates'),
  deadlineFactor: number
    .min(0)
    .optional()
    .describe('deadline = submission + run time × this; without it there are none'),
});

const listedJob = z.strictObject({
  id: z.string().min(1).describe('its id'),
  at: duration.optional().describe('when it is submitted; default 0'),
  duration: z.union([duration, z.literal('forever')]).describe('run time of a task; `forever` runs until it is killed'),
  tasks: z.int().min(1).optional().describe('how many tasks; default 1'),
  cpus: number.min(0).optional().describe('CPUs of one task; default 1'),
  mem: memory.optional().describe('memory of one task'),
  disk: memory.optional().describe('disk of one task'),
  gpus: number.min(0).optional().describe('GPUs of one task'),
  gang: z.boolean().optional().describe('its tasks start together'),
  agent: z.string().optional().describe('id of the one agent that it may run on'),
  constraints: z.string().optional().describe('placement constraints, such as "rack=r1|r2;gpu!=old"'),
  image: z.string().optional().describe('container image of its tasks'),
  useFactor: number.min(0).optional().describe('what a task really uses of its request; default 1'),
  estimate: duration.optional().describe('what its user says it will take'),
  deadline: duration.optional().describe('when it should be done, since the start of the run'),
  after: z.array(z.string()).optional().describe('ids of jobs that must end first'),
  user: z.string().optional().describe('its user'),
  queue: z.string().optional().describe('its queue'),
  class: z.string().optional().describe('its class'),
  priority: number.optional().describe('larger = more urgent; default 0'),
});

/** A source of jobs with its transforms. */
const part = {
  trace: paths.optional().describe('file or files of one trace'),
  format: z.string().optional().describe('name[option=value,…]; recognised when left out'),
  synthetic: z
    .union([synthetic, z.array(synthetic).min(1)])
    .optional()
    .describe('jobs drawn from distributions, one stream or several'),
  window: z
    .strictObject({
      from: duration.optional().describe('first submission that is kept'),
      to: duration.optional().describe('submissions from here on are left out'),
    })
    .optional()
    .describe('jobs submitted in this span; times are shifted to its start'),
  sample: z
    .union([
      number.gt(0).max(1),
      z.strictObject({
        share: number.gt(0).max(1).describe('of the jobs'),
        keepLoad: z.boolean().default(true).describe('close the gaps that the others leave: the offered load stays'),
      }),
    ])
    .optional()
    .describe('keep this share of the jobs, picked by a seeded draw'),
  repeat: z
    .strictObject({
      times: z.int().min(1).max(1_000_000).describe('how many copies in all'),
      every: duration.optional().describe('between the starts of two copies; without it one follows the other'),
    })
    .optional()
    .describe('the jobs several times over, later copies under ids that end in ~2, ~3 …'),
  resample: z
    .int()
    .min(1)
    .optional()
    .describe('users of the trace drawn with replacement; each number is another draw'),
  maxJobs: z.int().min(1).optional().describe('the first N jobs'),
  timeScale: number.gt(0).optional().describe('submit times and run times × this'),
  load: number.gt(0).optional().describe('gaps between submissions ÷ this'),
  resourceScale: number.gt(0).optional().describe('amounts × this'),
  maxSkipped: z.int().min(0).optional().describe('more rows that cannot be read are an error'),
  strict: z.boolean().optional().describe('a row that cannot be read is an error'),
};

const workload = z.strictObject({
  ...part,
  jobs: z.array(listedJob).min(1).optional().describe('jobs spelled out: pre-arranged at a time, on an agent'),
  merge: z
    .array(
      z.strictObject({
        ...part,
        prefix: z.string().optional().describe('before its job ids; default m2-, m3- … from the second part on'),
      }),
    )
    .min(1)
    .optional()
    .describe(
      'several traces or synthetic parts as one, each with transforms of its own; those beside merge come after',
    ),
});

const agents = z.union([
  z.strictObject({
    count: z.int().min(1).max(1_000_000).default(1).describe('how many agents that are alike'),
    name: z.string().optional().describe('their ids are name-0, name-1 …; without it agent-N over all entries'),
    cpus: number.min(0).default(1).describe('CPUs of one agent'),
    mem: memory.default('1 GiB').describe('memory of one agent, such as "4 GiB"; a bare number is MiB'),
    disk: memory.default('0 MiB').describe('disk of one agent; a bare number is MiB'),
    gpus: number.min(0).default(0).describe('GPUs of one agent'),
    resources: z.record(z.string(), number.min(0)).optional().describe('custom resources'),
    attributes: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('`{i}` and `{i/16}` stand for the number of the agent, whole division included'),
    reserved: reservedShare.optional(),
    domain: domain.optional(),
  }),
  z.strictObject({
    trace: paths.describe('file with a list of machines'),
    format: z.string().optional().describe('name[option=value,…]; recognised when left out'),
    maxAgents: z.int().min(1).optional().describe('the first N machines'),
  }),
]);

/** A framework as a scenario writes it. */
export const frameworkSchema = z.strictObject({
  name: z.string().describe('a name, or a template such as "{queue}", "{user}", "{class}", "{priority}"'),
  type: z.string().default('batch').describe('kind of framework: mesosim list frameworks'),
  role: rolePath.default('*').describe('role that it is registered with'),
  ...subscriptionKeys,
  options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .optional()
    .describe('options of its kind, as in name[option=value,…]; files are relative to the scenario'),
  match: z
    .strictObject({
      queue: z.string().optional().describe('queues, separated by |'),
      user: z.string().optional().describe('users, separated by |'),
      class: z.string().optional().describe('classes, separated by |'),
      priority: z.string().optional().describe('priorities, separated by |'),
    })
    .optional()
    .describe('jobs that belong here; `*` matches anything'),
  scheduler: z
    .strictObject({
      tJob: duration.optional().describe('per decision'),
      tTask: duration.optional().describe('per task of the decision'),
    })
    .optional()
    .describe('think time of a decision: tJob + tTask · tasks; default 0'),
  refuse: duration.optional().describe('filter of a decline; Mesos: 5 s'),
  suppressWhenIdle: z.boolean().optional().describe('ask for no offers while nothing waits; default true'),
  reviveOnArrival: z
    .boolean()
    .optional()
    .describe('REVIVE at every arrival, also when not suppressed: filters never delay new work'),
  gangRelease: duration.optional().describe('how long offers are held for a gang that is not complete'),
  failoverTimeout: duration
    .optional()
    .describe(
      'how long its scheduler may be away before its tasks are killed; default: as its kind registers, Mesos: 0',
    ),
  maxJobs: z.int().min(0).optional().describe('jobs in the system; further arrivals are rejected'),
  order: z.string().optional().describe("order of its queue instead of the policy's"),
  placement: z.string().optional().describe("placement instead of the policy's"),
  bidder: z.string().optional().describe('how it bids in a market, name[option=value,…]'),
  budget: z
    .strictObject({
      endowment: number.min(0).optional().describe('currency at the start'),
      income: number.min(0).optional().describe('currency per second'),
      cap: number.min(0).optional().describe('most that a balance can be'),
      refill: number.min(0).optional().describe('currency at the end of every period'),
      tax: z.number().min(0).max(1).optional().describe('part of a positive balance taken at the end of every period'),
      period: duration.optional().describe('of refill and tax; default 1 h'),
    })
    .optional()
    .describe('money for a market; without it there is no end to it'),
  max: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('frameworks that a template may make; the rest of the jobs goes to `other`'),
});

const policyKeys = {
  allocator: z.string().optional().describe('who is offered what: name[option=value,…]; default drf'),
  order: z.string().optional().describe("which of a framework's tasks goes next; default fifo"),
  placement: z.string().optional().describe('which agent a task takes; default first-fit'),
};

const action = z.strictObject({
  at: duration.describe('when'),
  setWeight: z
    .strictObject({ role: z.string().describe('path of the role'), weight: number.gt(0).describe('its new weight') })
    .optional()
    .describe('gives a role another weight'),
  killJob: z.string().optional().describe('id of a job whose tasks are killed'),
  pauseJob: z.string().optional().describe('id of a job that launches no more tasks'),
  resumeJob: z.string().optional().describe('id of a paused job that goes on'),
  removeAgent: z.string().optional().describe('id of an agent that leaves; its tasks are lost'),
  addAgent: z
    .strictObject({
      id: z.string().describe('its id'),
      cpus: number.describe('its CPUs'),
      mem: memory,
      disk: memory.optional(),
      gpus: number.optional().describe('its GPUs'),
    })
    .optional()
    .describe('an agent that joins'),
  deactivateAgent: z.string().optional().describe('id of an agent that is offered no more; its tasks run on'),
  ...allocationActions,
  policy: z
    .looseObject({ action: z.string().describe('what the allocator is told: see its summary') })
    .optional()
    .describe('an action of the allocator, with the values that it takes: setPartition of static-partition'),
  tell: z
    .looseObject({
      framework: z.string().describe('its name'),
      action: z.string().describe('what it is told: see the page of its kind'),
    })
    .optional()
    .describe('an action of a framework: scale, upgrade …, with the values that it takes'),
  activateAgent: z.string().optional().describe('id of a deactivated agent that is offered again'),
});

/** The scenario of DESIGN §9. Unknown keys are errors. */
export const scenarioSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'must be letters, digits, dots, dashes and underscores')
    .describe('names the result folder'),
  description: z.string().optional().describe('for readers; it changes nothing'),
  workload: workload.default({}).describe('what is to be done: a trace or a synthetic stream of jobs'),
  cluster: z
    .strictObject({
      masters: z.int().min(1).max(99).default(1).describe('a leader and its standbys'),
      agents: z.array(agents).min(1).describe('machines, in groups that are alike or from traces'),
      machineEvents: paths.optional().describe('agents that come, go and change (a trace)'),
      prices: z
        .strictObject({
          trace: paths.describe('file with prices over time'),
          format: z.string().optional().describe('name[option=value,…]; recognised when left out'),
          cpus: number.gt(0).default(1).describe('CPUs of the instance that is priced'),
        })
        .optional()
        .describe('what the machines cost: the summary tells what the run would have cost'),
      machineEventsFormat: z.string().optional().describe('name[option=value,…]; recognised when left out'),
      startDelay: duration.optional().describe('from the arrival of a task at its agent to its start'),
      imagePull: duration.optional().describe('first use of an image on an agent; later ones find it there'),
      images: z.record(z.string(), duration).optional().describe('images whose pull takes another time than imagePull'),
      blockReplicas: z.int().min(1).max(1000).optional().describe('copies of each block of input data; HDFS: 3'),
      checkpoint: z
        .union([z.boolean(), duration])
        .optional()
        .describe(
          'evicted tasks keep the work they have done; a time: only what the last of such regular checkpoints holds',
        ),
      restart: duration
        .optional()
        .describe('what starting a task again costs when an earlier attempt has run; default 0'),
    })
    .describe('masters and agents'),
  resources: z
    .array(z.string().regex(/^[a-z][\w]*$/, 'must be lower-case letters, digits and underscores'))
    .optional()
    .describe('custom resource names'),
  roles: z
    .record(
      rolePath,
      z.strictObject({
        weight: number.gt(0).optional().describe('share of the role; default 1'),
        quota: roleQuota.optional(),
      }),
    )
    .optional()
    .describe('roles by path, such as "eng/dev"'),
  frameworks: z
    .array(frameworkSchema)
    .optional()
    .describe('who schedules which jobs; without it one per queue of the trace, else per user, at most 32'),
  policy: z.strictObject(policyKeys).optional().describe('the three policies of a run'),
  compare: z
    .array(z.strictObject({ name: z.string().optional().describe('label in tables and figures'), ...policyKeys }))
    .optional()
    .describe('policies that `compare` sets side by side; each inherits `policy`'),
  network: z
    .strictObject({ delay: duration.optional().describe('of every message, one way; default 0') })
    .optional()
    .describe('between masters, agents and frameworks'),
  master: z
    .strictObject({
      allocationInterval: span.optional().describe('between allocation runs; Mesos: 1 s'),
      allocateOn: z
        .array(z.enum(['recover']))
        .optional()
        .describe('recover: allocate at once where a task has ended'),
      agentOrder: z.enum(['shuffle', 'id']).optional().describe('order of agents in a run; Mesos: shuffle'),
      offerTimeout: duration.optional().describe('offers without an answer are taken back; default never'),
      sessionTimeout: duration.optional().describe('until a dead leader is missed by its standbys; default 10 s'),
      registrationBackoff: duration
        .optional()
        .describe('an agent waits up to so long before it registers with a new leader; default 1 s'),
      agentReregisterTimeout: duration
        .optional()
        .describe('agents that have not registered with a new leader by then are given up; default 10 min'),
      ...masterKeys,
      fairnessExclude: z.array(z.string()).optional().describe('resources that count for no dominant share'),
    })
    .optional()
    .describe('settings of the master'),
  metrics: z
    .strictObject({
      warmup: duration.optional().describe('jobs submitted before are left out of means and quantiles'),
      sample: span.optional().describe('time between samples; without it max(60 s, span / 1000)'),
      off: z.array(z.string()).optional().describe('metrics that are not wanted: mesosim list metrics'),
    })
    .optional()
    .describe('what is measured'),
  architecture: z.enum(['two-level']).optional().describe('how masters and frameworks share the scheduling'),
  faults: z
    .array(z.looseObject({ type: z.string().describe('name[option=value,…] of a fault: mesosim list faults') }))
    .optional()
    .describe(
      'what breaks and when: a type with its options, such as { type: agent-failure, mtbf: 30 d, repair: 2 h }',
    ),
  actions: z.array(action).optional().describe('what an operator does, and when'),
  until: duration.optional().describe('end of the run; without it when every job has ended or can never start'),
  checks: z.array(z.string()).optional().describe('conditions on the summary, such as "wait_s_p95 < 60"'),
  seed: z.int().min(0).default(1).describe('of every random stream'),
});

/** What the user wrote, checked and with defaults. */
export type ScenarioDocument = z.infer<typeof scenarioSchema>;
export type WorkloadDocument = z.infer<typeof workload>;
export type WorkloadPart = Omit<NonNullable<WorkloadDocument['merge']>[number], 'prefix'> & {
  readonly prefix?: string | undefined;
};
export type FrameworkDocument = z.infer<typeof frameworkSchema>;
export type ActionDocument = z.infer<typeof action>;

function reads(parse: () => number): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
