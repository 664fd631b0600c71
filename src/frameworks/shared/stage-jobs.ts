import { z } from 'zod';
import type { InputError } from '../../core/errors.js';
import type { JobRecord, TaskGroup } from '../../model/job.js';
import type { ResourceSpace } from '../../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib } from '../../model/units.js';
import type { JobFile, JsonPath } from '../job-file.js';
import { jobsOf, numeric } from './job-list.js';
import { quantity } from './quantity.js';

const time = quantity(parseDurationUs, 'must be a time of at least 0 such as "90 s"');
const memory = quantity(parseMemoryMilliMib, 'must be an amount such as "4 GiB"');
const amount = numeric('must be a number of at least 0', (value) => value >= 0);

const stage = z.strictObject({
  name: z.string().min(1),
  tasks: z.int().min(1),
  duration: time,
  after: z.array(z.string()).default([]),
  barrier: z.boolean().default(false),
  cpus: amount.default(1),
  mem: memory.default(0),
  inputs: z.array(z.string()).default([]),
  /** Bytes that a task reads and writes. */
  input: memory.optional(),
  output: memory.default(0),
});

const head = {
  name: z.string().min(1),
  at: time.default(0),
  user: z.string().default(''),
  queue: z.string().default(''),
  priority: z.number().default(0),
  deadline: time.optional(),
};

const sparkSchema = z.strictObject({ ...head, stages: z.array(stage).min(1) });

const phase = stage.omit({ name: true, after: true, barrier: true });
const hadoopSchema = z.strictObject({ ...head, maps: phase, reduces: phase.omit({ inputs: true }).optional() });

type Stage = z.infer<typeof stage>;
type Head = Omit<z.infer<typeof sparkSchema>, 'stages'>;

/** Jobs of stages, as Spark runs them. Throws InputErrors E_JOB_JSON with file, place, JSON path and reason. */
export function readStageJobs(files: readonly JobFile[], resources: ResourceSpace): JobRecord[] {
  return readJobs(files, (file, path) => {
    const { stages, ...rest } = file.check(sparkSchema, path) as z.infer<typeof sparkSchema>;
    checkGraph(stages, (at, rule) => file.error([...path, 'stages', ...at], rule));
    return recordOf(rest, stages, resources);
  });
}

/** Jobs of maps and reduces, as Hadoop runs them. */
export function readMapReduceJobs(files: readonly JobFile[], resources: ResourceSpace): JobRecord[] {
  return readJobs(files, (file, path) => {
    const { maps, reduces, ...rest } = file.check(hadoopSchema, path) as z.infer<typeof hadoopSchema>;
    const map: Stage = { ...maps, name: 'map', after: [], barrier: false };
    const reduce: Stage[] =
      reduces === undefined ? [] : [{ ...reduces, name: 'reduce', after: ['map'], barrier: false, inputs: [] }];
    return recordOf(rest, [map, ...reduce], resources);
  });
}

function readJobs(files: readonly JobFile[], read: (file: JobFile, path: JsonPath) => JobRecord): JobRecord[] {
  const names = new Set<string>();
  const records: JobRecord[] = [];
  for (const { file, path } of jobsOf(files)) {
    const record = read(file, path);
    if (names.has(record.id)) throw file.error([...path, 'name'], 'is the name of another job too');
    names.add(record.id);
    records.push(record);
  }
  return records;
}

/** Stages have names of their own and wait for stages that are there; none waits for itself in the end. */
function checkGraph(stages: readonly Stage[], fail: (at: JsonPath, rule: string) => InputError): void {
  const rows = new Map<string, number>();
  for (const [row, { name }] of stages.entries()) {
    if (rows.has(name)) throw fail([row, 'name'], 'is the name of another stage too');
    rows.set(name, row);
  }
  for (const [row, { after }] of stages.entries()) {
    for (const [index, parent] of after.entries()) {
      if (!rows.has(parent)) throw fail([row, 'after', index], 'must be the name of a stage of this job');
    }
  }
  const stuck = inLoop(stages);
  if (stuck >= 0) throw fail([stuck, 'after'], 'must not lead back to the stage itself');
}

/** The first stage that waits for itself in the end, -1 = none. */
function inLoop(stages: readonly Stage[]): number {
  const done = new Set<string>();
  for (let before = -1; before < done.size; ) {
    before = done.size;
    for (const { name, after } of stages) if (after.every((parent) => done.has(parent))) done.add(name);
  }
  return stages.findIndex(({ name }) => !done.has(name));
}

function recordOf(job: Head, stages: readonly Stage[], resources: ResourceSpace): JobRecord {
  const groups = stages.map(
    (fields): TaskGroup => ({
      name: fields.name,
      count: fields.tasks,
      gang: fields.barrier,
      amounts: resources.of({ cpus: fields.cpus, mem: fields.mem / 1000 }),
      durationUs: fields.duration,
      estimateUs: -1,
      constraints: '',
      after: fields.after,
      image: '',
      inputs: fields.inputs,
      ...(fields.input === undefined ? {} : { inputMilliMib: fields.input }),
      outputMilliMib: fields.output,
    }),
  );
  const { name, at, user, queue, priority, deadline } = job;
  return {
    id: name,
    user,
    queue,
    class: '',
    submitUs: at,
    priority,
    deadlineUs: deadline ?? -1,
    after: [],
    groups,
  };
}
