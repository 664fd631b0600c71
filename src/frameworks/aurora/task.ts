import type { PendingGroup } from '../../model/order.js';
import type { Alarm } from '../shared/alarms.js';
import type { AuroraJob, TaskConfig } from './job.js';

/** PENDING and on; the kills say why (`state/TaskStateMachine.java`). */
export type TaskState =
  | 'THROTTLED'
  | 'PENDING'
  | 'ASSIGNED'
  | 'STARTING'
  | 'RUNNING'
  | 'KILLING'
  | 'RESTARTING'
  | 'PREEMPTING'
  | 'DRAINING'
  | 'PARTITIONED'
  | 'FINISHED'
  | 'FAILED'
  | 'KILLED'
  | 'LOST';

const ACTIVE: ReadonlySet<TaskState> = new Set(['ASSIGNED', 'STARTING', 'RUNNING']);
const OVER: ReadonlySet<TaskState> = new Set(['FINISHED', 'FAILED', 'KILLED', 'LOST']);

/** One task: an instance of a job, from its creation to its end; what follows it is a new task of the same instance. */
export class AuroraTask {
  state: TaskState = 'PENDING';
  pending: PendingGroup | undefined;
  /** Row of the cluster's task, -1 until it is launched. */
  row = -1;
  /** The cluster has told that it runs. */
  isStarted = false;
  agent = -1;
  pendingUs: number;
  /** Since when it has been in its last active state; PREEMPTING and PARTITIONED are two of those. */
  activeUs = -1;
  runningUs = -1;
  /** When it is given up if nothing more is heard of it. */
  timeout: Alarm | undefined;
  /** It was RESTARTING, KILLING or DRAINING: what it did before is no flapping. */
  wasStopped = false;

  constructor(
    readonly id: string,
    readonly job: AuroraJob | undefined,
    readonly instance: number,
    readonly config: TaskConfig,
    readonly failureCount: number,
    /** How many ancestors in a row were flapping. */
    readonly flapCount: number,
    nowUs: number,
  ) {
    this.pendingUs = nowUs;
  }

  /** Of a job of the workload, not of a job file. */
  get isForeign(): boolean {
    return this.job === undefined;
  }

  get isActive(): boolean {
    return ACTIVE.has(this.state);
  }

  get isOver(): boolean {
    return OVER.has(this.state);
  }

  get holdsAgent(): boolean {
    return this.agent >= 0 && !this.isOver && this.state !== 'PARTITIONED';
  }
}
