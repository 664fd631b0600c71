import { InputError } from '../core/errors.js';
import {
  countReason,
  FOREVER_US,
  type JobRecord,
  type JobSource,
  type TaskGroup,
  type UsageStep,
} from '../model/job.js';
import type { Amounts } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';

/** Largest time in µs and amount in thousandths that a trace may bring: two of them still add exactly. */
const MOST = 2 ** 52;
/** Tasks of one group: rows of tasks are 32-bit integers. */
const MOST_TASKS = 2 ** 31 - 1;

/**
 * The format with what every reader owes its caller: times, amounts and counts are whole numbers in range, and the groups of a job
 * wait for each other without a cycle. Jobs that break it are skipped and counted, as a bad row is.
 */
export function guarded(format: TraceFormat): TraceFormat {
  const { openJobs } = format;
  if (openJobs === undefined) return format;
  return {
    ...format,
    openJobs: (files, context) => guardedJobs(openJobs.call(format, files, context), context),
  };
}

function guardedJobs(source: JobSource, context: TraceContext): JobSource {
  const guard = new Guard(source, context);
  return {
    report: source.report,
    next: () => {
      for (;;) {
        const job = source.next();
        if (job === null || guard.admits(job)) return job;
      }
    },
    close: () => source.close(),
  };
}

class Guard {
  constructor(
    private readonly source: JobSource,
    private readonly context: TraceContext,
  ) {}

  admits(job: JobRecord): boolean {
    const fault = faultOf(job);
    if (fault !== undefined) {
      this.skip(job, 'E_RANGE', fault);
      return false;
    }
    return job.groups.length === 1 && job.groups[0]?.after.length === 0 ? true : this.admitsGroups(job);
  }

  /** Names of groups are made unique and links to nobody left out, both counted; a circle is no job. */
  private admitsGroups(job: JobRecord): boolean {
    if (isPlain(job.groups)) return true;
    const names = new Set<string>();
    for (const group of job.groups) {
      if (names.has(group.name)) {
        const given = group.name;
        for (let copy = 2; names.has(group.name); copy++) group.name = `${given}~${copy}`;
        this.repair(job, 'E_TASK_TWICE', `has the task "${given}" twice: this one is called "${group.name}"`);
      }
      names.add(group.name);
    }
    let hasLinks = false;
    for (const group of job.groups) {
      if (group.after.length === 0) continue;
      const known = [...new Set(group.after)].filter((name) => names.has(name));
      for (const name of group.after)
        if (!names.has(name)) this.repair(job, 'E_PARENT', `waits for "${name}", which it does not have: left out`);
      if (known.length < group.after.length) group.after = known;
      hasLinks ||= known.length > 0;
    }
    if (!hasLinks || !isCyclic(job.groups)) return true;
    this.skip(job, 'E_CYCLE', 'its tasks wait for each other in a circle');
    return false;
  }

  private skip(job: JobRecord, code: string, message: string): void {
    const { report } = this.source;
    countReason(report.skipped, code);
    report.jobCount--;
    for (const group of job.groups) report.taskCount -= group.count;
    const file = report.files[0] ?? '';
    const text = `job "${job.id}": ${message}`;
    this.context.onIssue?.({ severity: 'skip', code, file, line: 0, column: 0, message: text, hint: '' });
    if (this.context.onBadRow === 'error') throw new InputError(code, text, { file });
    let skipped = 0;
    for (const rows of report.skipped.values()) skipped += rows;
    if (this.context.maxSkipped >= 0 && skipped > this.context.maxSkipped) {
      const rule = `more than ${this.context.maxSkipped} rows had to be skipped; the last one: ${text}`;
      throw new InputError('E_TOO_MANY_SKIPPED', rule, { file });
    }
  }

  private repair(job: JobRecord, code: string, text: string): void {
    const { report } = this.source;
    countReason(report.repaired, code);
    const file = report.files[0] ?? '';
    const message = `job "${job.id}" ${text}`;
    this.context.onIssue?.({ severity: 'repair', code, file, line: 0, column: 0, message, hint: '' });
  }
}

const isWhole = (value: number, most = MOST): boolean => value >= 0 && value <= most && Math.floor(value) === value;

/** What is out of range, undefined when nothing is. */
function faultOf(job: JobRecord): string | undefined {
  if (!isWhole(job.submitUs)) return `the submit time ${job.submitUs / 1e6} s is out of range`;
  if (job.deadlineUs !== -1 && !isWhole(job.deadlineUs))
    return `the deadline ${job.deadlineUs / 1e6} s is out of range`;
  if (!Number.isFinite(job.priority)) return 'the priority is no number';
  if (job.groups.length === 0) return 'it has no tasks';
  for (const { delayUs } of job.after) if (!isWhole(delayUs)) return `a delay of ${delayUs / 1e6} s is out of range`;
  const { groups } = job;
  let tasks = 0;
  let sound: Amounts | undefined;
  for (let index = 0; index < groups.length; index++) {
    const group = groups[index] as TaskGroup;
    // Tasks of a job mostly ask for the same, which is one object then.
    const fault =
      groupFault(group) ??
      (group.amounts === sound ? undefined : amountsFault(group.amounts)) ??
      usageFault(group.usage);
    sound = group.amounts;
    if (fault !== undefined) return fault;
    tasks += group.count;
  }
  return tasks > MOST_TASKS ? `${tasks} tasks are too many` : undefined;
}

function groupFault(group: TaskGroup): string | undefined {
  const { count, durationUs, estimateUs, inputMilliMib = 0, outputMilliMib } = group;
  if (count < 1 || !isWhole(count, MOST_TASKS)) return `a count of ${count} tasks is out of range`;
  if (durationUs !== FOREVER_US && !isWhole(durationUs)) return `a run time of ${durationUs / 1e6} s is out of range`;
  if (estimateUs !== -1 && !isWhole(estimateUs)) return `an estimate of ${estimateUs / 1e6} s is out of range`;
  if (!isWhole(outputMilliMib)) return 'the size of the output is out of range';
  if (!isWhole(inputMilliMib)) return 'the size of the inputs is out of range';
  return undefined;
}

function amountsFault(amounts: Amounts): string | undefined {
  for (let resource = 0; resource < amounts.length; resource++) {
    if (!isWhole(amounts[resource] as number))
      return `an amount of ${(amounts[resource] as number) / 1000} is out of range`;
  }
  return undefined;
}

function usageFault(usage: readonly UsageStep[] | undefined): string | undefined {
  if (usage === undefined) return undefined;
  let lastUs = -1;
  for (const { offsetUs, amounts } of usage) {
    if (!isWhole(offsetUs) || offsetUs <= lastUs) return `a use from ${offsetUs / 1e6} s on is out of order`;
    lastUs = offsetUs;
    for (const amount of amounts) if (!isWhole(amount)) return `a use of ${amount / 1000} is out of range`;
  }
  return undefined;
}

/** Few groups, and cheap to tell that nothing is wrong with them: names differ, and each waits for groups before it alone. */
function isPlain(groups: readonly TaskGroup[]): boolean {
  if (groups.length > FEW) return false;
  for (let at = 0; at < groups.length; at++) {
    const { name, after } = groups[at] as TaskGroup;
    if (standsBefore(groups, at, name)) return false;
    for (let link = 0; link < after.length; link++) {
      const parent = after[link] as string;
      if (!standsBefore(groups, at, parent) || after.indexOf(parent) !== link) return false;
    }
  }
  return true;
}
/** Up to here, comparing each with each costs less than a set. */
const FEW = 24;

function standsBefore(groups: readonly TaskGroup[], end: number, name: string): boolean {
  for (let at = 0; at < end; at++) if ((groups[at] as TaskGroup).name === name) return true;
  return false;
}

/** Whether groups of different names wait for each other in a circle (Kahn 1962: those without blockers are taken away first). */
function isCyclic(groups: readonly TaskGroup[]): boolean {
  const waiting = new Map(groups.map((group) => [group.name, group.after.length]));
  const dependants = new Map<string, string[]>();
  for (const { name, after } of groups) {
    for (const parent of after) {
      const known = dependants.get(parent);
      if (known === undefined) dependants.set(parent, [name]);
      else known.push(name);
    }
  }
  const ready = groups.filter(({ after }) => after.length === 0).map(({ name }) => name);
  for (const name of ready) {
    for (const child of dependants.get(name) ?? []) {
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  return ready.length < groups.length;
}
