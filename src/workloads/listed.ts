import { InputError } from '../core/errors.js';
import { emptyReport, FOREVER_US, type JobRecord, type JobSource } from '../model/job.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib, parseMilli } from '../model/units.js';
import { usageOf } from './usage-factor.js';

/** A job that a scenario spells out (`workload.jobs`): pre-arranged at a time, and on an agent where it names one. */
export interface ListedJob {
  readonly id: string;
  readonly at?: string | number | undefined;
  readonly duration: string | number;
  readonly tasks?: number | undefined;
  readonly cpus?: number | undefined;
  readonly mem?: string | number | undefined;
  readonly disk?: string | number | undefined;
  readonly gpus?: number | undefined;
  readonly gang?: boolean | undefined;
  readonly agent?: string | undefined;
  readonly constraints?: string | undefined;
  readonly image?: string | undefined;
  readonly useFactor?: number | undefined;
  readonly estimate?: string | number | undefined;
  readonly deadline?: string | number | undefined;
  readonly after?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly queue?: string | undefined;
  readonly class?: string | undefined;
  readonly priority?: number | undefined;
}

/** The listed jobs in order of their times, equal times in the order of the list. InputError E_SCENARIO on an id that stands twice or a job that waits for itself. */
export function listedJobs(jobs: readonly ListedJob[], resources: ResourceSpace): JobSource {
  const report = emptyReport('listed', []);
  const ids = new Set<string>();
  const records = jobs.map((job) => {
    if (ids.has(job.id)) throw new InputError('E_SCENARIO', `workload.jobs has two jobs with the id "${job.id}"`);
    ids.add(job.id);
    return recordOf(job, resources);
  });
  refuseCircles(jobs);
  const order = records.map((record, row) => ({ record, row }));
  order.sort((a, b) => a.record.submitUs - b.record.submitUs || a.row - b.row);
  let index = 0;
  const next = (): JobRecord | null => {
    const record = order[index++]?.record ?? null;
    if (record === null) return null;
    report.jobCount++;
    for (const group of record.groups) report.taskCount += group.count;
    return record;
  };
  return { report, next, close: () => undefined };
}

/** A job that waits for itself, over however many others, would never start. */
function refuseCircles(jobs: readonly ListedJob[]): void {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const isDone = new Map<string, boolean>();
  for (const { id } of jobs) {
    // Depth first with a stack of its own: chains may be long.
    const stack = [id];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as string;
      const open = (byId.get(top)?.after ?? []).filter((other) => byId.has(other) && isDone.get(other) !== true);
      if (open.some((other) => isDone.get(other) === false || other === top))
        throw new InputError('E_SCENARIO', `workload.jobs: a job waits for itself through after, got "${top}"`);
      if (isDone.get(top) === false || open.length === 0) {
        isDone.set(top, true);
        stack.pop();
      } else {
        isDone.set(top, false);
        stack.push(...open);
      }
    }
  }
}

function recordOf(job: ListedJob, resources: ResourceSpace): JobRecord {
  const label = `workload.jobs ${job.id}`;
  const time = (value: string | number | undefined, fallback: number): number =>
    value === undefined ? fallback : parseDurationUs(String(value), label);
  const amounts = amountsOf(job, label, resources);
  const place = job.agent === undefined ? '' : `hostname=${job.agent}`;
  return {
    id: job.id,
    user: job.user ?? '',
    queue: job.queue ?? '',
    class: job.class ?? '',
    submitUs: time(job.at, 0),
    priority: job.priority ?? 0,
    deadlineUs: time(job.deadline, -1),
    after: (job.after ?? []).map((other) => ({ job: other, delayUs: 0 })),
    groups: [
      {
        name: '',
        count: job.tasks ?? 1,
        gang: job.gang ?? false,
        amounts,
        ...usageOf(amounts, job.useFactor),
        durationUs: job.duration === 'forever' ? FOREVER_US : time(job.duration, 0),
        estimateUs: time(job.estimate, -1),
        constraints: [place, job.constraints ?? ''].filter((part) => part !== '').join(';'),
        after: [],
        image: job.image ?? '',
        inputs: [],
        outputMilliMib: 0,
      },
    ],
  };
}

function amountsOf(job: ListedJob, label: string, resources: ResourceSpace): Amounts {
  const amounts = resources.zero();
  amounts[0] = parseMilli(String(job.cpus ?? 1), `${label}.cpus`);
  amounts[1] = parseMemoryMilliMib(String(job.mem ?? 0), `${label}.mem`);
  amounts[2] = parseMemoryMilliMib(String(job.disk ?? 0), `${label}.disk`);
  amounts[3] = parseMilli(String(job.gpus ?? 0), `${label}.gpus`);
  return amounts;
}
