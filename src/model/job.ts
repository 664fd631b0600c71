import type { Amounts } from './resources.js';

/** A job waits for another job of the trace and, after its end, for `delayUs` more (SWF think time, workflow edges). */
export interface JobDependency {
  readonly job: string;
  readonly delayUs: number;
}

/** Run time of a task that goes on until it is killed: a service, a daemon, an executor. */
export const FOREVER_US = Number.POSITIVE_INFINITY;

/** From `offsetUs` after its start on, a task really uses `amounts`, until the next step. */
export interface UsageStep {
  readonly offsetUs: number;
  readonly amounts: Amounts;
}

/** Tasks of one job that are alike. A job has one or more groups; within a job, groups may wait for each other by name. */
export interface TaskGroup {
  /** Name of the group within its job; a task's id is `job/name-index`, or `job/index` when the name is empty. */
  name: string;
  /** How many tasks, at least 1. */
  count: number;
  /** All tasks of the group start together: launched only when the offers held can place every one of them. */
  gang: boolean;
  /** What one task asks for, in thousandths. */
  amounts: Amounts;
  /** Actual run time from the task's own start, whole microseconds, at least 0. */
  durationUs: number;
  /** What the user said it would take; -1 = unknown. Policies see this, never `durationUs`, unless they are clairvoyant. */
  estimateUs: number;
  /** Placement constraints in the native text form (`attribute=value;…`), empty = none. */
  constraints: string;
  /** Names of groups of the same job that must end first. */
  after: readonly string[];
  image: string;
  inputs: readonly string[];
  /** What one task reads in all, thousandths of a MiB; absent = not known. */
  inputMilliMib?: number;
  /** What one task writes, thousandths of a MiB. */
  outputMilliMib: number;
  /**
   * Actual use of one task, in order of the offsets; before the first step it uses what the first one says. Absent = what it asks for.
   * It may exceed the request: nothing is enforced, `utilization.csv` tells it as `used`.
   */
  usage?: readonly UsageStep[];
  /** How a task leaves at the end of its run time; `failed` = TASK_FAILED, which nobody but the framework tries again. */
  exit?: 'finished' | 'failed';
  /** False: a task that was lost, evicted or refused is not queued again by itself; its framework decides. */
  retry?: boolean;
}

/** One job of a workload. Ids are text. Produced by a JobSource in order of submit time. */
export interface JobRecord {
  id: string;
  user: string;
  queue: string;
  /** Job class of the trace (`Batch`, `Service`, scheduling class …), empty = none. */
  class: string;
  /** Whole microseconds since the start of the run. */
  submitUs: number;
  /** Larger = more urgent. */
  priority: number;
  /** Absolute deadline in microseconds, -1 = none. */
  deadlineUs: number;
  after: readonly JobDependency[];
  /**
   * Made by a framework to hold resources in which tasks of other jobs run (an executor, a task tracker): it is told among tasks, but
   * not among jobs, and what it holds counts as used only by what runs inside.
   */
  isHost?: boolean;
  groups: TaskGroup[];
}

/** What a reader met. Rows are data rows of all files together; skipped and repaired rows are counted by reason code. */
export interface SourceReport {
  readonly format: string;
  readonly files: string[];
  rowsRead: number;
  rowsKept: number;
  readonly skipped: Map<string, number>;
  readonly repaired: Map<string, number>;
  jobCount: number;
  taskCount: number;
  /** Facts from headers (`MaxProcs` …) and other notes worth showing, as text. */
  readonly notes: Map<string, string>;
}

/** A stream of jobs in order of submit time, pulled one by one; the trace is never held in memory. */
export interface JobSource {
  readonly report: SourceReport;
  /** The next job, or null at the end. The record belongs to the caller. */
  next(): JobRecord | null;
  /** Releases files; safe to call twice. */
  close(): void;
}

/** A part of an agent that is reserved to a role: the stack of reservations, the last of which counts. */
export interface ReservedAmounts {
  readonly roles: readonly string[];
  readonly amounts: Amounts;
}

/** A machine of the cluster as a trace or a scenario states it. */
export interface AgentRecord {
  id: string;
  amounts: Amounts;
  attributes: Readonly<Record<string, string>>;
  /** Static reservations within `amounts`. */
  reserved?: readonly ReservedAmounts[] | undefined;
  /** Fault domain. */
  domain?: { readonly region?: string | undefined; readonly zone?: string | undefined } | undefined;
}

/** A machine that comes, goes or changes while the trace runs. */
export interface MachineEvent {
  timeUs: number;
  agent: string;
  event: 'add' | 'remove' | 'update';
  /** New total for add and update; undefined on remove or when the trace does not say. */
  amounts: Amounts | undefined;
  attributes: Readonly<Record<string, string>>;
}

export function emptyReport(format: string, files: string[]): SourceReport {
  return {
    format,
    files,
    rowsRead: 0,
    rowsKept: 0,
    skipped: new Map(),
    repaired: new Map(),
    jobCount: 0,
    taskCount: 0,
    notes: new Map(),
  };
}

export function countReason(reasons: Map<string, number>, code: string, count = 1): void {
  reasons.set(code, (reasons.get(code) ?? 0) + count);
}
