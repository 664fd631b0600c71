import type { PendingGroup } from '../../model/order.js';
import type { ChronosJob } from './job.js';

/** One task that is to be launched: a firing, a retry or a trigger by parents. */
export interface QueueEntry {
  readonly job: ChronosJob;
  readonly dueMs: number;
  readonly attempt: number;
  /** True when it stands for a firing of the schedule. */
  readonly isFiring: boolean;
  /** Its job in the books, once there is one. */
  isSubmitted: boolean;
  pending: PendingGroup | undefined;
}

export function newEntry(job: ChronosJob, dueMs: number, attempt: number, isFiring: boolean): QueueEntry {
  return { job, dueMs, attempt, isFiring, isSubmitted: false, pending: undefined };
}

/** A job of a trace, or one that the scenario spells out: `R1//` to Chronos. A lost task of it waits again by itself. */
export function adHocEntry(pending: PendingGroup, nowMs: number): QueueEntry {
  const { record } = pending.job;
  const job: ChronosJob = {
    name: `${record.id}${pending.group.name === '' ? '' : `/${pending.group.name}`}`,
    schedule: undefined,
    parents: [],
    amounts: { cpus: 0, mem: 0, disk: 0 },
    retries: 0,
    maxRunUs: 0,
    epsilon: undefined,
    isConcurrent: true,
    isHighPriority: record.priority > 0,
    isSoftError: false,
    constraints: [],
    image: pending.group.image,
    owner: record.user,
    times: { durationUs: () => pending.group.durationUs, isFailure: () => false },
    isDisabled: false,
    lastSuccessMs: -1,
    lastErrorMs: -1,
    errorsSinceSuccess: 0,
  };
  return { job, dueMs: nowMs, attempt: AD_HOC, isFiring: false, isSubmitted: true, pending };
}

export function isAdHoc(entry: QueueEntry): boolean {
  return entry.attempt === AD_HOC;
}

const AD_HOC = -1;

/** `ct:due:attempt:name:` as Chronos spells it (`jobs/TaskUtils.scala`). */
export function taskId({ job, dueMs, attempt }: QueueEntry): string {
  return `ct:${dueMs}:${attempt}:${job.name}:`;
}

/** Two first-in-first-out queues, high priority first, with at most one entry per key (`jobs/TaskManager.scala`). */
export class TaskQueue {
  private readonly high: QueueEntry[] = [];
  private readonly normal: QueueEntry[] = [];
  private readonly keys = new Set<string>();

  /** `keyOf`: the job's name, or, in the older line, the task's id. */
  constructor(private readonly keyOf: (entry: QueueEntry) => string) {}

  /** False when an entry of that key waits already. */
  add(entry: QueueEntry): boolean {
    const key = this.keyOf(entry);
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    (entry.job.isHighPriority ? this.high : this.normal).push(entry);
    return true;
  }

  take(): QueueEntry | undefined {
    const entry = this.high.shift() ?? this.normal.shift();
    if (entry !== undefined) this.keys.delete(this.keyOf(entry));
    return entry;
  }

  get isEmpty(): boolean {
    return this.high.length + this.normal.length === 0;
  }

  hasJob(name: string): boolean {
    return this.entries().some((entry) => entry.job.name === name);
  }

  entries(): QueueEntry[] {
    return [...this.high, ...this.normal];
  }

  clear(): QueueEntry[] {
    const entries = this.entries();
    this.high.length = 0;
    this.normal.length = 0;
    this.keys.clear();
    return entries;
  }
}
