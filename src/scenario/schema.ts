import { z } from 'zod';
import { parseDurationUs, parseMemoryMilliMib } from '../model/units.js';

const duration = z
  .union([z.string(), z.number()])
  .refine((value) => reads(() => parseDurationUs(String(value))), 'must be a time of at least 0 such as "90 s"')
  .describe('a time such as "90 s"; a bare number is seconds');
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
  tasks: distribution.optional(),
  duration: distribution.optional(),
  stages: z
    .array(distribution)
    .min(1)
    .optional()
    .describe('durations of tasks that follow each other, instead of `duration`'),
  stageConstraints: z.array(z.string()).optional().describe('placement constraints of each stage, such as "rack=r1"'),
  batch: distribution.optional().describe('how many jobs arrive together'),
  cpus: distribution.optional(),
  mem: distribution.optional(),
  disk: distribution.optional(),
  gpus: distribution.optional(),
  gang: z.boolean().optional(),
  user: z.string().optional(),
  queue: z.string().optional(),
  class: z.string().optional(),
  priority: distribution.optional(),
  estimateFactor: number.min(0).optional(),
  deadlineFactor: number.min(0).optional(),
});

const workload = z.strictObject({
  trace: paths.optional().describe('file or files of one trace'),
  format: z.string().optional().describe('name[option=value,…]; recognised when left out'),
  synthetic: z.union([synthetic, z.array(synthetic).min(1)]).optional(),
  window: z
    .strictObject({ from: duration.optional(), to: duration.optional() })
    .optional()
    .describe('jobs submitted in this span; times are shifted to its start'),
  sample: number.gt(0).max(1).optional().describe('keep this share of the jobs, picked by a seeded draw'),
  resample: z
    .int()
    .min(1)
    .optional()
    .describe('users of the trace drawn with replacement; each number is another draw'),
  maxJobs: z.int().min(1).optional().describe('the first N jobs'),
  timeScale: number.gt(0).optional().describe('submit times and run times × this'),
  load: number.gt(0).optional().describe('gaps between submissions ÷ this'),
  resourceScale: number.gt(0).optional().describe('amounts × this'),
  maxSkipped: z.int().min(0).optional(),
  strict: z.boolean().optional(),
});

const agents = z.union([
  z.strictObject({
    count: z.int().min(1).default(1),
    name: z.string().optional(),
    cpus: number.min(0).default(1),
    mem: memory.default('1 GiB'),
    disk: memory.default('0 MiB'),
    gpus: number.min(0).default(0),
    resources: z.record(z.string(), number.min(0)).optional().describe('custom resources'),
    attributes: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('`{i}` and `{i/16}` stand for the number of the agent, whole division included'),
  }),
  z.strictObject({ trace: paths, format: z.string().optional(), maxAgents: z.int().min(1).optional() }),
]);

const framework = z.strictObject({
  name: z.string().describe('a name, or a template such as "{queue}", "{user}", "{class}", "{priority}"'),
  type: z.string().default('batch'),
  role: z.string().default('*'),
  match: z
    .strictObject({
      queue: z.string().optional(),
      user: z.string().optional(),
      class: z.string().optional(),
      priority: z.string().optional(),
    })
    .optional()
    .describe('jobs that belong here; `*` matches anything'),
  scheduler: z.strictObject({ tJob: duration.optional(), tTask: duration.optional() }).optional(),
  refuse: duration.optional().describe('filter of a decline; Mesos: 5 s'),
  suppressWhenIdle: z.boolean().optional(),
  reviveOnArrival: z
    .boolean()
    .optional()
    .describe('REVIVE at every arrival, also when not suppressed: filters never delay new work'),
  gangRelease: duration.optional().describe('how long offers are held for a gang that is not complete'),
  maxJobs: z.int().min(0).optional().describe('jobs in the system; further arrivals are rejected'),
  order: z.string().optional(),
  placement: z.string().optional(),
  bidder: z.string().optional(),
  budget: z
    .strictObject({
      endowment: number.optional(),
      income: number.optional().describe('currency per second'),
      cap: number.optional(),
    })
    .optional(),
  max: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('frameworks that a template may make; the rest of the jobs goes to `other`'),
});

const policyKeys = {
  allocator: z.string().optional().describe('name[option=value,…]'),
  order: z.string().optional(),
  placement: z.string().optional(),
};

const action = z.strictObject({
  at: duration,
  setWeight: z.strictObject({ role: z.string(), weight: number.gt(0) }).optional(),
  killJob: z.string().optional(),
  pauseJob: z.string().optional(),
  resumeJob: z.string().optional(),
  removeAgent: z.string().optional(),
  addAgent: z
    .strictObject({ id: z.string(), cpus: number, mem: memory, disk: memory.optional(), gpus: number.optional() })
    .optional(),
  deactivateAgent: z.string().optional(),
  activateAgent: z.string().optional(),
});

/** The scenario of DESIGN §9. Unknown keys are errors. */
export const scenarioSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'must be letters, digits, dots, dashes and underscores')
    .describe('names the result folder'),
  description: z.string().optional(),
  workload,
  cluster: z.strictObject({
    masters: z.int().min(1).max(1).default(1).describe('one leader; standbys are not modelled yet'),
    agents: z.array(agents).min(1),
    machineEvents: paths.optional().describe('agents that come, go and change (a trace)'),
    machineEventsFormat: z.string().optional(),
    startDelay: duration.optional().describe('from the arrival of a task at its agent to its start'),
    imagePull: duration.optional().describe('first use of an image on an agent'),
    checkpoint: z.boolean().optional().describe('evicted tasks keep the work they have done'),
  }),
  resources: z
    .array(z.string().regex(/^[a-z][\w]*$/, 'must be lower-case letters, digits and underscores'))
    .optional()
    .describe('custom resource names'),
  roles: z.record(z.string(), z.strictObject({ weight: number.gt(0).optional() })).optional(),
  frameworks: z.array(framework).optional(),
  policy: z.strictObject(policyKeys).optional(),
  compare: z
    .array(z.strictObject({ name: z.string().optional(), ...policyKeys }))
    .optional()
    .describe('policies that `compare` sets side by side; each inherits `policy`'),
  network: z.strictObject({ delay: duration.optional() }).optional(),
  master: z
    .strictObject({
      allocationInterval: duration.optional(),
      allocateOn: z.array(z.enum(['recover'])).optional(),
      agentOrder: z.enum(['shuffle', 'id']).optional(),
      offerTimeout: duration.optional(),
      fairnessExclude: z.array(z.string()).optional(),
    })
    .optional(),
  metrics: z
    .strictObject({
      warmup: duration.optional(),
      sample: duration.optional().describe('time between samples; without it max(60 s, span / 1000)'),
      off: z.array(z.string()).optional(),
    })
    .optional(),
  architecture: z.enum(['two-level']).optional(),
  actions: z.array(action).optional(),
  until: duration.optional(),
  checks: z.array(z.string()).optional().describe('conditions on the summary, such as "wait_s_p95 < 60"'),
  seed: z.int().min(0).default(1),
});

/** What the user wrote, checked and with defaults. */
export type ScenarioDocument = z.infer<typeof scenarioSchema>;
export type FrameworkDocument = z.infer<typeof framework>;
export type ActionDocument = z.infer<typeof action>;

function reads(parse: () => number): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
