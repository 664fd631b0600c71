import {
  countReason,
  type JobDependency,
  type JobRecord,
  type SourceReport,
  type TaskGroup,
  type UsageStep,
} from '../../model/job.js';
import { CPUS, DISK, MEM } from '../../model/resources.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { jobRecord, taskGroup } from '../records.js';

/** Time 0 stands for before the trace; the trace begins at 600 s. */
const ORIGIN_US = 600e6;
/** 2^63 − 1: after the end of the trace. */
export const AFTER_END = 2 ** 62;

/** Time in the run of a time in the trace. */
export function runTimeUs(traceUs: number): number {
  return Math.max(0, traceUs - ORIGIN_US);
}

/** What an event does to a task, in whichever numbers a trace writes it. */
export type Happening = 'submit' | 'schedule' | 'evict' | 'end' | 'other';

/** One task of a Google trace: (job, index). Requests and uses are shares of the largest machine. */
export class GoogleTask {
  /** Where the running run began, -1 = it does not run. */
  scheduleUs = -1;
  /** The last run that ended other than by eviction: its begin and length, -1 = none in the files. */
  runStartUs = -1;
  runUs = -1;
  submissions = 0;
  /** Killed while it waited. */
  isGone = false;
  hasRequest = false;
  cpus = 0;
  mem = 0;
  disk = 0;
  isDistinct = false;
  constraints: string[] | undefined;
  /** Start, CPUs and memory of each measured interval. */
  usage: number[] | undefined;

  constructor(readonly index: number) {}

  /** A task may run several times: the last run that did not end by eviction counts. */
  happened(what: Happening, timeUs: number): void {
    if (what === 'other') return;
    this.isGone = what === 'end' && this.scheduleUs < 0;
    if (what === 'submit') this.submissions++;
    else if (what === 'schedule') this.scheduleUs = timeUs;
    else if (this.scheduleUs >= 0) {
      if (what === 'end') {
        this.runStartUs = this.scheduleUs;
        this.runUs = timeUs - this.scheduleUs;
      }
      this.scheduleUs = -1;
    }
  }

  /** Begin and end of the run that is replayed. */
  covers(timeUs: number): boolean {
    if (this.runUs >= 0) return timeUs >= this.runStartUs && timeUs < this.runStartUs + this.runUs;
    return this.scheduleUs >= 0 && timeUs >= this.scheduleUs;
  }
}

/** A job (2019: a collection) and its tasks. */
export class GoogleJob {
  user = '';
  schedulingClass = '';
  priority = 0;
  /** All its tasks on different machines. */
  isDistinct = false;
  after: JobDependency[] = [];
  readonly tasks = new Map<number, GoogleTask>();

  constructor(
    readonly id: string,
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
 * run has ended: memory follows the tasks of the files.
 */
export class TaskBook {
  private readonly jobs = new Map<string, GoogleJob>();
  private lastUs = 0;
  private readonly memo: AmountsMemo;

  constructor(
    private readonly context: TraceContext,
    private readonly report: SourceReport,
  ) {
    this.memo = new AmountsMemo(context.resources);
  }

  job(id: string, timeUs: number): GoogleJob {
    if (timeUs > this.lastUs) this.lastUs = timeUs;
    let job = this.jobs.get(id);
    if (job === undefined) {
      job = new GoogleJob(id, timeUs);
      this.jobs.set(id, job);
    } else if (timeUs < job.submitUs) job.submitUs = timeUs;
    return job;
  }

  task(job: GoogleJob, index: number): GoogleTask {
    let task = job.tasks.get(index);
    if (task === undefined) {
      task = new GoogleTask(index);
      job.tasks.set(index, task);
    }
    return task;
  }

  hasJob(id: string): boolean {
    return this.jobs.has(id);
  }

  known(id: string, index: number): GoogleTask | undefined {
    return this.jobs.get(id)?.tasks.get(index);
  }

  /** Jobs in order of their submission, those of the same instant in that of the files. */
  *records(): Generator<JobRecord, void, undefined> {
    const list = [...this.jobs.values()];
    const order = [...list.keys()].sort(
      (a, b) => (list[a] as GoogleJob).submitUs - (list[b] as GoogleJob).submitUs || a - b,
    );
    const exposure = this.exposure(list);
    for (const row of order) {
      const job = list[row] as GoogleJob;
      const record = this.record(job, exposure);
      this.jobs.delete(job.id);
      if (record !== undefined) yield record;
    }
  }

  private exposure(jobs: readonly GoogleJob[]): Exposure {
    const exposure = new Exposure();
    for (const { priority, tasks } of jobs)
      for (const { runUs, scheduleUs } of tasks.values())
        if (runUs >= 0) exposure.add(priority, runUs, true);
        else if (scheduleUs >= 0) exposure.add(priority, this.lastUs - scheduleUs, false);
    return exposure;
  }

  private record(job: GoogleJob, exposure: Exposure): JobRecord | undefined {
    const groups: TaskGroup[] = [];
    const { skipped, repaired } = this.report;
    for (const task of job.tasks.values()) {
      const durationUs = task.runUs >= 0 ? task.runUs : this.censored(task, job.priority, exposure);
      if (durationUs < 0) {
        countReason(skipped, 'E_GOOGLE_CENSORED');
        continue;
      }
      if (task.submissions > 1) countReason(repaired, 'E_GOOGLE_RESUBMITTED');
      if (!task.hasRequest) countReason(repaired, 'E_GOOGLE_REQUEST');
      if (task.isDistinct || job.isDistinct) countReason(repaired, 'E_GOOGLE_DISTINCT');
      groups.push(this.group(task, durationUs));
    }
    if (groups.length === 0) return undefined;
    const { id, user, schedulingClass, priority, submitUs, after } = job;
    return jobRecord({ id, user, class: schedulingClass, priority, submitUs, after, groups });
  }

  private group(task: GoogleTask, durationUs: number): TaskGroup {
    const usage = this.usageOf(task);
    return taskGroup({
      name: String(task.index),
      amounts: this.amounts(task.cpus, task.mem, task.disk),
      durationUs,
      constraints: task.constraints?.join(';') ?? '',
      ...(usage === undefined ? {} : { usage }),
    });
  }

  /** Run time of a task whose end the files do not show; -1 = leave it out. */
  private censored(task: GoogleTask, priority: number, exposure: Exposure): number {
    const how = this.context.options['censored'];
    if (task.isGone) return -1;
    if (how === 'run-to-end') return task.scheduleUs >= 0 ? this.lastUs - task.scheduleUs : -1;
    return how === 'fit' ? exposure.mean(priority) : -1;
  }

  private usageOf({ usage, runUs, runStartUs, scheduleUs }: GoogleTask): UsageStep[] | undefined {
    if (usage === undefined) return undefined;
    const originUs = runUs >= 0 ? runStartUs : scheduleUs;
    const steps: UsageStep[] = [];
    for (const at of inTimeOrder(usage)) {
      const offsetUs = Math.max(0, (usage[at] as number) - originUs);
      const amounts = this.amounts(usage[at + 1] as number, usage[at + 2] as number, 0);
      const last = steps.at(-1);
      if (last === undefined || (offsetUs > last.offsetUs && last.amounts !== amounts))
        steps.push({ offsetUs, amounts });
    }
    return steps;
  }

  /** Shares of the largest machine in thousandths. */
  private amounts(cpus: number, mem: number, disk: number): Float64Array {
    const { options } = this.context;
    const cpusMilli = Math.round(cpus * Number(options['machineCpus']) * 1000);
    const memMilliMib = Math.round(mem * Number(options['machineMemGib']) * 1024 * 1000);
    if (disk === 0) return this.memo.of(cpusMilli, memMilliMib);
    const amounts = this.context.resources.zero();
    amounts[CPUS] = cpusMilli;
    amounts[MEM] = memMilliMib;
    amounts[DISK] = Math.round(disk * Number(options['machineDiskGib'] ?? 0) * 1024 * 1000);
    return amounts;
  }
}

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
