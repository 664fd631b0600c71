import {
  countReason,
  type JobDependency,
  type JobRecord,
  type SourceReport,
  type TaskGroup,
  type UsageStep,
} from '../../model/job.js';
import type { Amounts } from '../../model/resources.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { jobRecord, taskGroup } from '../records.js';
import { TaskTable, type ToldTask } from './task-table.js';

/** Time 0 stands for before the trace; the trace begins at 600 s. */
const ORIGIN_US = 600e6;
/** 2^63 − 1: after the end of the trace. */
export const AFTER_END = 2 ** 62;

/** Time in the run of a time in the trace. */
export function runTimeUs(traceUs: number): number {
  return Math.max(0, traceUs - ORIGIN_US);
}

/** A job (2019: a collection) and its tasks. */
export class GoogleJob {
  user = '';
  schedulingClass = '';
  priority = 0;
  /** All its tasks on different machines. */
  isDistinct = false;
  after: JobDependency[] = [];
  /** Rows of its tasks that were met first and last, -1 = none yet. */
  firstTask = -1;
  lastTask = -1;

  constructor(
    readonly id: string,
    /** Its place in the order of the files. */
    readonly number: number,
    public submitUs: number,
  ) {}
}

/** Run times by priority, with those that the files do not end: for the tasks whose end is not known. */
class Exposure {
  private readonly sums = new Map<number, { us: number; ends: number }>();
  private us = 0;
  private ends = 0;

  add(priority: number, us: number, isEnded: boolean): void {
    let sum = this.sums.get(priority);
    if (sum === undefined) {
      sum = { us: 0, ends: 0 };
      this.sums.set(priority, sum);
    }
    sum.us += us;
    this.us += us;
    if (!isEnded) return;
    sum.ends++;
    this.ends++;
  }

  /**
   * Time on test over ends: the estimate of an exponential mean from data of which some is cut off (Epstein and Sobel, Life Testing,
   * 1953). Of the same priority where any task of it ended, else of all; -1 = no task ended.
   */
  mean(priority: number): number {
    const own = this.sums.get(priority);
    if (own !== undefined && own.ends > 0) return Math.round(own.us / own.ends);
    return this.ends === 0 ? -1 : Math.round(this.us / this.ends);
  }
}

/**
 * Tasks out of their events. The files are read in a pass of their own before the first job, because a run time is known only when the
 * run has ended, and a task that ended may be submitted again: memory follows the tasks of the files, and goes as they are handed on.
 */
export class TaskBook {
  readonly tasks = new TaskTable();
  private readonly jobs = new Map<string, GoogleJob>();
  private lastUs = 0;
  private lastJob: GoogleJob | undefined;
  private readonly requests: AmountsMemo;
  private readonly usages: AmountsMemo;
  private readonly constraints = new Map<number, string[]>();
  /** Start, CPUs and memory of each measured interval of a task. */
  private readonly uses = new Map<number, number[]>();
  private readonly machineCpus: number;
  private readonly machineMemGib: number;
  private readonly machineDiskGib: number;

  constructor(
    private readonly context: TraceContext,
    private readonly report: SourceReport,
  ) {
    this.requests = new AmountsMemo(context.resources);
    this.usages = new AmountsMemo(context.resources);
    const { machineCpus, machineMemGib, machineDiskGib } = context.options;
    this.machineCpus = Number(machineCpus);
    this.machineMemGib = Number(machineMemGib);
    this.machineDiskGib = Number(machineDiskGib ?? 0);
  }

  job(id: string, timeUs: number): GoogleJob {
    if (timeUs > this.lastUs) this.lastUs = timeUs;
    const { lastJob } = this;
    let job = lastJob !== undefined && lastJob.id === id ? lastJob : this.jobs.get(id);
    if (job === undefined) {
      job = new GoogleJob(id, this.jobs.size, timeUs);
      this.jobs.set(id, job);
    } else if (timeUs < job.submitUs) job.submitUs = timeUs;
    this.lastJob = job;
    return job;
  }

  /** Row of a task. */
  task(job: GoogleJob, index: number): number {
    const known = this.tasks.find(job.number, index);
    if (known >= 0) return known;
    const row = this.tasks.add(job.number, index);
    if (job.firstTask < 0) job.firstTask = row;
    else this.tasks.link(job.lastTask, row);
    job.lastTask = row;
    return row;
  }

  hasJob(id: string): boolean {
    return this.jobs.has(id);
  }

  /** Row of a task that the files have; -1 = they have it not. */
  known(id: string, index: number): number {
    const job = this.jobs.get(id);
    return job === undefined ? -1 : this.tasks.find(job.number, index);
  }

  /** Constraints are told again when the task is submitted again. */
  constrain(row: number, constraint: string): void {
    const known = this.constraints.get(row);
    if (known === undefined) this.constraints.set(row, [constraint]);
    else if (!known.includes(constraint)) known.push(constraint);
  }

  /** What a task used from a time on; false = not in the run that is replayed. */
  used(row: number, startUs: number, cpus: number, mem: number): boolean {
    const { runUs, runStartUs, scheduleUs } = this.tasks.told(row);
    const isCovered =
      runUs >= 0 ? startUs >= runStartUs && startUs < runStartUs + runUs : scheduleUs >= 0 && startUs >= scheduleUs;
    if (!isCovered) return false;
    const known = this.uses.get(row);
    if (known === undefined) this.uses.set(row, [startUs, cpus, mem]);
    else known.push(startUs, cpus, mem);
    return true;
  }

  /** Jobs in order of their submission, those of the same instant in that of the files. */
  *records(): Generator<JobRecord, void, undefined> {
    const list = [...this.jobs.values()];
    this.jobs.clear();
    this.lastJob = undefined;
    const order = Uint32Array.from(list.keys()).sort(
      (a, b) => (list[a] as GoogleJob).submitUs - (list[b] as GoogleJob).submitUs || a - b,
    );
    const exposure = this.context.options['censored'] === 'fit' ? this.exposure(list) : new Exposure();
    for (const row of order) {
      const record = this.record(list[row] as GoogleJob, exposure);
      list[row] = NO_JOB;
      if (record !== undefined) yield record;
    }
  }

  private exposure(jobs: readonly GoogleJob[]): Exposure {
    const exposure = new Exposure();
    const { tasks, lastUs } = this;
    for (const { priority, firstTask } of jobs)
      for (let row = firstTask; row >= 0; row = tasks.nextOfJob(row)) {
        const { runUs, scheduleUs } = tasks.told(row);
        if (runUs >= 0) exposure.add(priority, runUs, true);
        else if (scheduleUs >= 0) exposure.add(priority, lastUs - scheduleUs, false);
      }
    return exposure;
  }

  private record(job: GoogleJob, exposure: Exposure): JobRecord | undefined {
    const groups: TaskGroup[] = [];
    const { tasks } = this;
    for (let row = job.firstTask; row >= 0; ) {
      const group = this.group(row, job, exposure);
      if (group !== undefined) groups.push(group);
      const next = tasks.nextOfJob(row);
      tasks.release(row);
      row = next;
    }
    if (groups.length === 0) return undefined;
    const { id, user, schedulingClass, priority, submitUs, after } = job;
    return jobRecord({ id, user, class: schedulingClass, priority, submitUs, after, groups });
  }

  private group(row: number, job: GoogleJob, exposure: Exposure): TaskGroup | undefined {
    const { skipped, repaired } = this.report;
    const task = this.tasks.told(row);
    const durationUs = task.runUs >= 0 ? task.runUs : this.censored(task, job.priority, exposure);
    if (durationUs < 0) {
      countReason(skipped, 'E_GOOGLE_CENSORED');
      return undefined;
    }
    if (task.isResubmitted) countReason(repaired, 'E_GOOGLE_RESUBMITTED');
    if (!task.hasRequest) countReason(repaired, 'E_GOOGLE_REQUEST');
    if (task.isDistinct || job.isDistinct) countReason(repaired, 'E_GOOGLE_DISTINCT');
    const group = taskGroup({
      name: String(task.index),
      amounts: this.amounts(this.requests, task.cpus, task.mem, task.disk),
      durationUs,
      constraints: this.constraints.size === 0 ? '' : (this.constraints.get(row)?.join(';') ?? ''),
    });
    const uses = this.uses.size === 0 ? undefined : this.uses.get(row);
    if (uses !== undefined) group.usage = this.usageOf(task, uses);
    return group;
  }

  /** Run time of a task whose end the files do not show; -1 = leave it out. */
  private censored(task: ToldTask, priority: number, exposure: Exposure): number {
    const how = this.context.options['censored'];
    if (task.isGone) return -1;
    if (how === 'run-to-end') return task.scheduleUs >= 0 ? this.lastUs - task.scheduleUs : -1;
    return how === 'fit' ? exposure.mean(priority) : -1;
  }

  private usageOf({ runUs, runStartUs, scheduleUs }: ToldTask, uses: readonly number[]): UsageStep[] {
    const originUs = runUs >= 0 ? runStartUs : scheduleUs;
    const steps: UsageStep[] = [];
    for (const at of inTimeOrder(uses)) {
      const offsetUs = Math.max(0, (uses[at] as number) - originUs);
      const amounts = this.amounts(this.usages, uses[at + 1] as number, uses[at + 2] as number, 0);
      const last = steps.at(-1);
      if (last === undefined || (offsetUs > last.offsetUs && last.amounts !== amounts))
        steps.push({ offsetUs, amounts });
    }
    return steps;
  }

  /** Shares of the largest machine in thousandths. */
  private amounts(memo: AmountsMemo, cpus: number, mem: number, disk: number): Amounts {
    return memo.of(
      Math.round(cpus * this.machineCpus * 1000),
      Math.round(mem * this.machineMemGib * 1024 * 1000),
      0,
      Math.round(disk * this.machineDiskGib * 1024 * 1000),
    );
  }
}

/** In place of a job that was handed on. */
const NO_JOB = new GoogleJob('', -1, 0);

/** Where the intervals of a use (start, CPUs, memory) begin in their list, in order of time, which exports of 2019 do not keep. */
function inTimeOrder(usage: readonly number[]): number[] {
  const rows = Array.from({ length: usage.length / 3 }, (_, row) => row * 3);
  return rows.sort((a, b) => (usage[a] as number) - (usage[b] as number) || a - b);
}

/** Options that both Google traces have. */
export const scaleOptions = {
  censored: {
    type: 'choice',
    choices: ['skip', 'run-to-end', 'fit'],
    default: 'skip',
    help: 'tasks whose end the files do not show: left out, run to the last event, or the mean run time of their priority',
  },
  machineCpus: {
    type: 'number',
    default: 32,
    range: [0.001, 1e6],
    unit: 'CPUs',
    help: 'CPUs of the largest machine (1.0 in the trace)',
  },
  machineMemGib: {
    type: 'number',
    default: 128,
    range: [0.001, 1e6],
    unit: 'GiB',
    help: 'memory of the largest machine',
  },
} as const;
