import { DateTime } from 'luxon';
import { z } from 'zod';
import type { JobFile, JsonPath } from '../job-file.js';
import { jobsOf, numeric, withoutNulls } from '../shared/job-list.js';
import { type RunTimes, runTimes, simulationSchema, sleepUs } from '../shared/run-times.js';
import { constraintOf, type Matcher } from './constraints.js';
import { Schedule } from './schedule.js';

/** Defaults where a job says nothing or 0 (`--mesos_task_cpu`, `_mem`, `_disk`). */
const DEFAULT_CPUS = 0.1;
const DEFAULT_MEM_MIB = 128;
const DEFAULT_DISK_MIB = 256;

const amount = numeric('must be a number of at least 0', (value) => value >= 0);

const text = z.string();
const texts = z.array(text);
const files = z.array(z.looseObject({ uri: text }));

/** The fields of `jobs/Jobs.scala`: what decides when and where a job runs, and the type of the rest; null is as good as absent. */
const jobSchema = z.looseObject({
  name: z.string().regex(/^[\w\s.#-]+$/, 'must be letters, digits, spaces and any of . # _ -'),
  command: z.string().default(''),
  schedule: z.string().optional(),
  scheduleTimeZone: z.string().default(''),
  parents: z.array(z.string()).optional(),
  cpus: amount.default(0),
  mem: amount.default(0),
  disk: amount.default(0),
  retries: numeric('must be a whole number of at least 0', (value) => Number.isInteger(value) && value >= 0).default(2),
  epsilon: z.string().optional(),
  disabled: z.boolean().default(false),
  concurrent: z.boolean().default(false),
  highPriority: z.boolean().default(false),
  softError: z.boolean().default(false),
  owner: z.string().default(''),
  constraints: z.array(z.array(z.string())).default([]),
  maxCompletionTime: amount.default(0),
  container: z.looseObject({ image: z.string().default('') }).nullish(),
  // Read and ignored.
  arguments: texts.optional(),
  description: text.optional(),
  executor: text.optional(),
  executorFlags: text.optional(),
  taskInfoData: text.optional(),
  ownerName: text.optional(),
  runAsUser: text.optional(),
  shell: z.boolean().optional(),
  async: z.boolean().optional(),
  dataProcessingJobType: z.boolean().optional(),
  uris: texts.optional(),
  fetch: files.optional(),
  environmentVariables: z.array(z.looseObject({ name: text })).optional(),
  simulation: simulationSchema.optional(),
});

/** A job as the scheduler keeps it. */
export interface ChronosJob {
  readonly name: string;
  readonly schedule: Schedule | undefined;
  readonly parents: readonly string[];
  readonly amounts: { readonly cpus: number; readonly mem: number; readonly disk: number };
  readonly retries: number;
  /** The agent ends a task that runs longer, as failed; 0 = never. */
  readonly maxRunUs: number;
  readonly epsilon: string | undefined;
  readonly isConcurrent: boolean;
  readonly isHighPriority: boolean;
  readonly isSoftError: boolean;
  readonly constraints: readonly Matcher[];
  readonly image: string;
  readonly owner: string;
  readonly times: RunTimes;
  isDisabled: boolean;
  /** Milliseconds of the last success and of the last exhausted error, -1 = never. */
  lastSuccessMs: number;
  lastErrorMs: number;
  errorsSinceSuccess: number;
}

export interface ReadContext {
  readonly now: DateTime;
  readonly defaultDurationUs: number;
  readonly dropsOrphans: boolean;
  random(name: string): () => number;
  /** A job whose parents are not all there has been left out. */
  dropped(name: string): void;
}

/** Reads the jobs of all files; parents may stand in any of them. Throws InputError E_JOB_JSON for what the program would refuse. */
export function readChronosJobs(files: readonly JobFile[], context: ReadContext): ChronosJob[] {
  const jobs = new Map<string, { job: ChronosJob; file: JobFile; path: JsonPath }>();
  for (const { file, path, value } of jobsOf(files)) {
    const job = jobOf(file, path, value, context);
    const twin = jobs.get(job.name);
    if (twin !== undefined) {
      throw file.error([...path, 'name'], 'is the name of another job too');
    }
    jobs.set(job.name, { job, file, path });
  }
  for (let isWhole = false; !isWhole; ) {
    isWhole = true;
    for (const [name, { job, file, path }] of jobs) {
      const index = job.parents.findIndex((parent) => !jobs.has(parent));
      if (index < 0) continue;
      if (!context.dropsOrphans) {
        const rule = 'must be the name of a job';
        throw file.error([...path, 'parents', index], rule, 'missingParents=drop leaves such jobs out');
      }
      jobs.delete(name);
      context.dropped(name);
      isWhole = false;
    }
  }
  refuseCircles(jobs);
  return [...jobs.values()].map(({ job }) => job);
}

function refuseCircles(jobs: ReadonlyMap<string, { job: ChronosJob; file: JobFile; path: JsonPath }>): void {
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (name: string): void => {
    const entry = jobs.get(name);
    if (entry === undefined || state.get(name) === 'closed') return;
    if (state.get(name) === 'open') {
      throw entry.file.error([...entry.path, 'parents'], `must not lead round in a circle: through "${name}"`);
    }
    state.set(name, 'open');
    for (const parent of entry.job.parents) visit(parent);
    state.set(name, 'closed');
  };
  for (const name of jobs.keys()) visit(name);
}

function jobOf(file: JobFile, path: JsonPath, value: unknown, context: ReadContext): ChronosJob {
  const fields = file.check(jobSchema, path, withoutNulls(value));
  const parents = [...new Set(fields.parents ?? [])];
  if ((fields.schedule === undefined) === (parents.length === 0)) {
    throw file.error(path, 'must have either a schedule or parents');
  }
  const fail = (key: string, rule: string) => file.error([...path, key], rule);
  const seconds = sleepUs(fields.command) ?? context.defaultDurationUs;
  return {
    name: fields.name,
    schedule: scheduleOf(fields.schedule, fields.scheduleTimeZone, context.now, fail),
    parents,
    amounts: {
      cpus: fields.cpus === 0 ? DEFAULT_CPUS : fields.cpus,
      mem: fields.mem === 0 ? DEFAULT_MEM_MIB : fields.mem,
      disk: fields.disk === 0 ? DEFAULT_DISK_MIB : fields.disk,
    },
    retries: fields.retries,
    maxRunUs: Math.round(fields.maxCompletionTime * 1e6),
    epsilon: fields.epsilon,
    isConcurrent: fields.concurrent,
    isHighPriority: fields.highPriority,
    isSoftError: fields.softError,
    constraints: fields.constraints.map((terms, index) =>
      constraintOf(terms, (rule) => file.error([...path, 'constraints', index], rule)),
    ),
    image: fields.container?.image ?? '',
    owner: fields.owner,
    times: runTimes(
      fields.simulation,
      seconds,
      (name) => context.random(`${fields.name}/${name}`),
      (rule) => fail('simulation', rule),
    ),
    isDisabled: fields.disabled,
    lastSuccessMs: -1,
    lastErrorMs: -1,
    errorsSinceSuccess: 0,
  };
}

function scheduleOf(
  text: string | undefined,
  zone: string,
  now: DateTime,
  fail: (key: string, rule: string) => Error,
): Schedule | undefined {
  if (text === undefined) return undefined;
  const parsed = Schedule.parse(text, zone, now);
  if ('reason' in parsed) throw fail('schedule', parsed.reason);
  return parsed.schedule;
}

/** Earliest start that a schedule of the files names; undefined where none does. */
export function earliestStart(files: readonly JobFile[]): DateTime | undefined {
  const far = DateTime.fromMillis(Number.MAX_SAFE_INTEGER / 2, { zone: 'utc' });
  let earliest: DateTime | undefined;
  for (const { value } of jobsOf(files)) {
    if (typeof value !== 'object' || value === null) continue;
    const zone = Reflect.get(value, 'scheduleTimeZone');
    const parsed = Schedule.parse(String(Reflect.get(value, 'schedule')), typeof zone === 'string' ? zone : '', far);
    // An empty start is counted from now, so it says nothing.
    if (!('schedule' in parsed) || parsed.schedule.next >= far.minus({ days: 1 })) continue;
    if (earliest === undefined || parsed.schedule.next < earliest) earliest = parsed.schedule.next;
  }
  return earliest;
}
