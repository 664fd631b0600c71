import { z } from 'zod';
import type { InputError } from '../../core/errors.js';
import type { JobRecord, TaskGroup } from '../../model/job.js';
import type { ResourceSpace } from '../../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib } from '../../model/units.js';
import type { JobFile, JsonPath } from '../job-file.js';
import { jobsOf, numeric } from '../shared/job-list.js';
import { quantity } from '../shared/quantity.js';
import { dalyInterval, youngInterval } from './cost.js';
import { MODELS } from './models.js';
import type { GangSettings } from './settings.js';
import type { CheckpointPlan } from './work-clock.js';

const time = quantity(parseDurationUs, 'must be a time of at least 0 such as "90 s"');
const memory = quantity(parseMemoryMilliMib, 'must be an amount such as "4 GiB"');
const amount = numeric('must be a number of at least 0', (value) => value >= 0);
const count = z.int().min(1);

const members = z.strictObject({
  count,
  cpus: amount.default(1),
  mem: memory.default(0),
  disk: memory.default(0),
  gpus: amount.default(0),
});

const work = z
  .strictObject({
    duration: time.optional(),
    steps: z.number().gt(0).optional(),
    compute: time.optional(),
    gradient: memory.optional(),
    communication: z.enum(['all-reduce', 'hierarchical', 'parameter-server']).default('all-reduce'),
    overlap: z.number().min(1).max(100).default(1),
  })
  .refine(
    ({ duration, steps, compute }) => (duration === undefined) === (steps !== undefined && compute !== undefined),
    {
      message: 'must have either a duration or steps and compute',
    },
  );

const checkpoint = z.strictObject({
  interval: z.string().default('never'),
  cost: time.default(0),
  restart: time.default(0),
});

const jobSchema = z.strictObject({
  name: z.string().min(1),
  at: time.default(0),
  user: z.string().default(''),
  priority: z.number().default(0),
  deadline: time.optional(),
  image: z.string().default(''),
  constraints: z.string().default(''),
  workers: members,
  servers: members.optional(),
  elastic: z.strictObject({ min: count }).optional(),
  work,
  /** What a gang pays for being spread: by its class of model and device, or given, as run time by that of a packed one. */
  model: z.enum(MODELS).optional(),
  slowdown: z.strictObject({ rack: z.number().min(1), cross: z.number().min(1) }).optional(),
  checkpoint: checkpoint.optional(),
});

/** What a gang does, apart from where it does it. */
export interface GangPlan {
  /** Fewest workers with which an elastic gang works; -1 = all of them. */
  readonly minWorkers: number;
  /** A given run time with all workers packed, or steps of computing and sending. */
  readonly work:
    | { readonly kind: 'duration'; readonly durationUs: number }
    | {
        readonly kind: 'steps';
        readonly steps: number;
        readonly computeUs: number;
        readonly gradientMib: number;
        readonly communication: 'all-reduce' | 'hierarchical' | 'parameter-server';
        readonly overlap: number;
      };
  readonly checkpoint: CheckpointPlan;
  readonly restartUs: number;
  /** Class of model, empty = none. */
  readonly model: string;
  /** Of the whole run time, beside what the network part pays. */
  readonly slowdown: { readonly rack: number; readonly cross: number };
}

const NO_SLOWDOWN = { rack: 1, cross: 1 };

export interface GangJob {
  readonly record: JobRecord;
  readonly plan: GangPlan;
}

/** Name of the group of parameter servers. */
export const SERVERS = 'ps';

/** Reads gang job files: InputErrors E_JOB_JSON with file, place, JSON path and reason. */
export function readGangJobs(files: readonly JobFile[], resources: ResourceSpace, settings: GangSettings): GangJob[] {
  const names = new Set<string>();
  const jobs: GangJob[] = [];
  for (const { file, path } of jobsOf(files)) {
    const job = jobOf(file, path, resources, settings);
    if (names.has(job.record.id)) throw file.error([...path, 'name'], 'is the name of another job too');
    names.add(job.record.id);
    jobs.push(job);
  }
  return jobs;
}

function jobOf(file: JobFile, path: JsonPath, resources: ResourceSpace, settings: GangSettings): GangJob {
  const fields = file.check(jobSchema, path) as z.infer<typeof jobSchema>;
  const { workers, servers, elastic, checkpoint: saved } = fields;
  if (fields.work.communication === 'parameter-server' && servers === undefined) {
    throw file.error([...path, 'work', 'communication'], 'needs servers');
  }
  if (elastic !== undefined && elastic.min > workers.count) {
    throw file.error([...path, 'elastic', 'min'], 'must be at most workers.count');
  }
  const fail = (rule: string): InputError => file.error([...path, 'checkpoint', 'interval'], rule);
  const memberCount = workers.count + (servers?.count ?? 0);
  const group = (name: string, of: z.infer<typeof members>): TaskGroup => ({
    name,
    count: of.count,
    gang: elastic === undefined,
    amounts: resources.of({ cpus: of.cpus, mem: of.mem / 1000, disk: of.disk / 1000, gpus: of.gpus }),
    durationUs: fields.work.duration ?? Math.round((fields.work.steps ?? 0) * (fields.work.compute ?? 0)),
    estimateUs: -1,
    constraints: fields.constraints,
    after: [],
    image: fields.image,
    inputs: [],
    outputMilliMib: 0,
  });
  const record: JobRecord = {
    id: fields.name,
    user: fields.user,
    queue: '',
    class: 'gang',
    submitUs: fields.at,
    priority: fields.priority,
    deadlineUs: fields.deadline ?? -1,
    after: [],
    groups: [...(servers === undefined ? [] : [group(SERVERS, servers)]), group('worker', workers)],
  };
  const plan: GangPlan = {
    minWorkers: elastic?.min ?? -1,
    work: workOf(fields.work),
    checkpoint:
      saved === undefined
        ? defaultPlan(settings, memberCount)
        : checkpointOf(saved.interval, saved.cost, settings, memberCount, fail),
    restartUs: saved?.restart ?? settings.restart,
    model: fields.model ?? '',
    slowdown: fields.slowdown ?? NO_SLOWDOWN,
  };
  return { record, plan };
}

function workOf(fields: z.infer<typeof work>): GangPlan['work'] {
  const { duration, steps, compute, gradient, communication, overlap } = fields;
  if (duration !== undefined) return { kind: 'duration', durationUs: duration };
  const gradientMib = (gradient ?? 0) / 1000;
  return { kind: 'steps', steps: steps ?? 0, computeUs: compute ?? 0, gradientMib, communication, overlap };
}

function defaultPlan(settings: GangSettings, memberCount: number): CheckpointPlan {
  return checkpointOf(settings.checkpoint, settings.checkpointCost, settings, memberCount, (rule) => rule);
}

/** `never`, a time, or the optimum of Young or of Daly for n members that each fail once per `mtbf`: the gang fails once per mtbf/n. */
function checkpointOf(
  text: string,
  costUs: number,
  settings: GangSettings,
  memberCount: number,
  fail: (rule: string) => InputError | string,
): CheckpointPlan {
  if (text === 'never') return { intervalUs: Number.POSITIVE_INFINITY, costUs: 0 };
  const mtbfUs = settings.mtbf / memberCount;
  const interval =
    text === 'young'
      ? youngInterval(costUs, mtbfUs)
      : text === 'daly'
        ? dalyInterval(costUs, mtbfUs)
        : given(text, fail);
  return { intervalUs: Math.max(1, Math.round(interval)), costUs };
}

function given(text: string, fail: (rule: string) => InputError | string): number {
  try {
    return parseDurationUs(text, 'framework gang[checkpoint]');
  } catch (error) {
    const mistake = fail('must be a time, young, daly or never');
    throw typeof mistake === 'string' ? error : mistake;
  }
}

/** The plan of a job of the workload: its run time is that of the whole gang, packed. */
export function planOfRecord(groups: readonly TaskGroup[], settings: GangSettings): GangPlan {
  const memberCount = groups.reduce((sum, group) => sum + group.count, 0);
  const durationUs = Math.max(...groups.map((group) => group.durationUs));
  // A job that is no gang in the trace may work with one member.
  const isRigid = settings.mode !== 'elastic' || groups.some((group) => group.gang);
  return {
    minWorkers: isRigid ? -1 : 1,
    work: { kind: 'duration', durationUs },
    checkpoint: defaultPlan(settings, memberCount),
    restartUs: settings.restart,
    model: '',
    slowdown: NO_SLOWDOWN,
  };
}
