import { z } from 'zod';
import type { Amounts, ResourceSpace } from '../../model/resources.js';
import { parseMemoryMilliMib } from '../../model/units.js';
import type { JobFile, JsonPath } from '../job-file.js';
import { jobsOf, numeric } from '../shared/job-list.js';
import { type RunTimes, runTimes, simulationSchema, sleepUs } from '../shared/run-times.js';
import { type Constraint, constraintOf } from './constraints.js';
import { checkCron } from './cron.js';
import { type SlaPolicy, slaPolicyOf, slaSchema } from './sla.js';

/** Most instances of a job (`max_tasks_per_job`). */
const MAX_INSTANCES = 4000;

const amount = numeric('must be a number of at least 0', (value) => value >= 0);
const seconds = numeric('must be a number of seconds of at least 0', (value) => value >= 0);
const whole = (least: number) =>
  numeric(`must be a whole number of at least ${least}`, (value) => Number.isInteger(value) && value >= least);

/** Bytes as the real schema has them, or a text with its unit; thousandths of a MiB. */
const bytes = z.union([z.number(), z.string()]).transform((value, context) => {
  try {
    const text = typeof value === 'number' || /^\s*\d+\s*$/.test(value) ? `${Number(value)} B` : value;
    return parseMemoryMilliMib(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a number of bytes or an amount such as "128 MiB"' });
    return z.NEVER;
  }
});

const sizes = z.array(whole(1)).min(1);
/** The three strategies tell themselves apart by their keys, as Pystachio's Choice does. */
const strategySchema = z.union([
  z.strictObject({ batch_sizes: sizes, autopause_after_batch: z.boolean().default(false) }),
  z.strictObject({ batch_size: whole(1).default(1), autopause_after_batch: z.boolean().optional() }),
]);

/** Settings of an update, in a job file and in an action. */
export const updateSchema = z.strictObject({
  batch_size: whole(1).default(1),
  watch_secs: seconds.default(45),
  max_per_shard_failures: whole(0).default(0),
  max_total_failures: whole(0).default(0),
  rollback_on_failure: z.boolean().default(true),
  wait_for_batch_completion: z.boolean().default(false),
  update_strategy: strategySchema.optional(),
  pulse_interval_secs: seconds.default(0),
  sla_aware: z.boolean().default(false),
  restart_threshold: seconds.optional(),
});

const partitionSchema = z.strictObject({ reschedule: z.boolean().default(true), delay_secs: seconds.default(0) });

const ignored = z.unknown().optional();

/** The documented shape of a job (`config/schema/base.py`); `.aurora` files are Python programs that make such objects. */
const jobSchema = z.strictObject({
  cluster: z.string().default(''),
  role: z.string().regex(/^[\w.-]+$/, 'must be letters, digits and any of . _ -'),
  environment: z
    .string()
    .regex(/^[\w.-]+$/, 'must be letters, digits and any of . _ -')
    .default('devel'),
  name: z.string().regex(/^[\w.-]+$/, 'must be letters, digits and any of . _ -'),
  contact: z.string().default(''),
  task: z.looseObject({
    name: z.string().default(''),
    processes: z.array(z.looseObject({ name: z.string().default(''), cmdline: z.string().default('') })).default([]),
    resources: z.strictObject({ cpu: amount, ram: bytes, disk: bytes, gpu: amount.default(0) }),
  }),
  instances: whole(1).default(1),
  service: z.boolean().default(false),
  priority: numeric('must be a whole number', Number.isInteger).default(0),
  tier: z.enum(['preferred', 'preemptible', 'revocable']).optional(),
  production: z.boolean().default(false),
  max_task_failures: numeric(
    'must be a whole number of at least -1',
    (value) => Number.isInteger(value) && value >= -1,
  ).default(1),
  constraints: z.record(z.string(), z.string()).default({}),
  container: z.looseObject({ image: z.string().default('') }).nullish(),
  cron_schedule: z.string().optional(),
  cron_collision_policy: z.enum(['KILL_EXISTING', 'CANCEL_NEW', 'RUN_OVERLAP']).default('KILL_EXISTING'),
  update_config: updateSchema.optional(),
  health_check_config: z
    .looseObject({
      initial_interval_secs: seconds.default(15),
      interval_secs: seconds.default(10),
      min_consecutive_successes: whole(1).default(1),
    })
    .optional(),
  sla_policy: slaSchema.optional(),
  partition_policy: partitionSchema.optional(),
  // Keys of the real schema that do not change when and where a task runs.
  announce: ignored,
  lifecycle: ignored,
  task_links: ignored,
  enable_hooks: ignored,
  metadata: ignored,
  executor_config: ignored,
  cron_policy: ignored,
  daemon: ignored,
  health_checker: ignored,
  simulation: simulationSchema.optional(),
});

export type Tier = 'preferred' | 'preemptible' | 'revocable';
export type UpdateConfig = z.infer<typeof updateSchema>;
export const DEFAULT_UPDATE: UpdateConfig = updateSchema.parse({});

/** What a task is: two tasks of one job with the same object are in one group. */
export interface TaskConfig {
  readonly key: string;
  readonly role: string;
  readonly amounts: Amounts;
  readonly priority: number;
  readonly tier: Tier;
  readonly isService: boolean;
  readonly maxFailures: number;
  readonly constraints: readonly Constraint[];
  /** `role/x` that agents must be dedicated to, empty = none. */
  readonly dedicated: string;
  readonly image: string;
  readonly times: RunTimes;
  /** From the start of the task until its health checks have made it RUNNING. */
  readonly healthUs: number;
  readonly sla: SlaPolicy;
  /** What follows when its agent is lost. */
  readonly partition: { readonly reschedules: boolean; readonly delayUs: number };
}

export interface AuroraJob {
  readonly key: string;
  readonly role: string;
  instances: number;
  config: TaskConfig;
  readonly cron: string | undefined;
  readonly collision: 'KILL_EXISTING' | 'CANCEL_NEW' | 'RUN_OVERLAP';
  readonly update: UpdateConfig;
}

export interface ReadContext {
  readonly resources: ResourceSpace;
  readonly defaultDurationUs: number;
  /** Cores and thousandths of a MiB that the executor takes beside each task. */
  readonly executor: { readonly cpus: number; readonly memMilliMib: number };
  random(name: string): () => number;
}

/** Production resources count against the role's quota and are not preemptible. */
export function isProduction({ tier }: TaskConfig): boolean {
  return tier === 'preferred';
}

/** Reads jobs; mistakes are InputErrors E_JOB_JSON with file, place, JSON path and reason. */
export function readAuroraJobs(files: readonly JobFile[], context: ReadContext): AuroraJob[] {
  const keys = new Set<string>();
  const jobs: AuroraJob[] = [];
  for (const { file, path } of jobsOf(files)) {
    const job = jobOf(file, path, context);
    if (keys.has(job.key)) throw file.error([...path, 'name'], `is the name of another job of ${job.role} too`);
    keys.add(job.key);
    jobs.push(job);
  }
  return jobs;
}

function jobOf(file: JobFile, path: JsonPath, context: ReadContext): AuroraJob {
  const fields = file.check(jobSchema, path) as z.infer<typeof jobSchema>;
  const { role, environment, name, cron_schedule: cron } = fields;
  if (fields.instances > MAX_INSTANCES) throw file.error([...path, 'instances'], `must be at most ${MAX_INSTANCES}`);
  if (cron !== undefined && fields.service)
    throw file.error([...path, 'cron_schedule'], 'must not be given for a service');
  if (cron !== undefined) checkCron(cron, (rule) => file.error([...path, 'cron_schedule'], rule));
  const key = `${role}/${environment}/${name}`;
  return {
    key,
    role,
    instances: fields.instances,
    config: configOf(file, path, key, fields, context),
    cron,
    collision: fields.cron_collision_policy,
    update: fields.update_config ?? DEFAULT_UPDATE,
  };
}

function configOf(
  file: JobFile,
  path: JsonPath,
  key: string,
  fields: z.infer<typeof jobSchema>,
  { resources, executor, defaultDurationUs, random }: ReadContext,
): TaskConfig {
  const { task, role, health_check_config: health, sla_policy: sla, partition_policy: partition } = fields;
  const { cpu, ram, disk, gpu } = task.resources;
  const { dedicated = '', ...others } = fields.constraints;
  if (dedicated !== '' && dedicated.split('/')[0] !== role && !dedicated.startsWith('*/')) {
    throw file.error([...path, 'constraints', 'dedicated'], `must be of the job's own role ${role} or of */`);
  }
  const command = task.processes.map(({ cmdline }) => cmdline).join(' ; ');
  const ownUs = fields.service ? Number.POSITIVE_INFINITY : (sleepUs(command) ?? defaultDurationUs);
  return {
    key,
    role,
    amounts: resources.of({
      cpus: cpu + executor.cpus,
      mem: (ram + executor.memMilliMib) / 1000,
      disk: disk / 1000,
      gpus: gpu,
    }),
    priority: fields.priority,
    tier: fields.tier ?? (fields.production ? 'preferred' : 'preemptible'),
    isService: fields.service,
    maxFailures: fields.max_task_failures === -1 ? Number.POSITIVE_INFINITY : fields.max_task_failures,
    constraints: Object.entries(others).map(([attribute, text]) =>
      constraintOf(attribute, text, (rule) => file.error([...path, 'constraints', attribute], rule)),
    ),
    dedicated,
    image: fields.container?.image ?? '',
    times: runTimes(
      fields.simulation,
      ownUs,
      (name) => random(`${key}/${name}`),
      (rule) => file.error([...path, 'simulation'], rule),
    ),
    healthUs:
      health === undefined
        ? 0
        : Math.round(
            (health.initial_interval_secs + (health.min_consecutive_successes - 1) * health.interval_secs) * 1e6,
          ),
    sla: slaPolicyOf(sla),
    partition: {
      reschedules: partition?.reschedule ?? true,
      delayUs: Math.round((partition?.delay_secs ?? 0) * 1e6),
    },
  };
}
