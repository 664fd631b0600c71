import type { JobState } from '../model/observer.js';
import type { Job } from './jobs.js';

/** A task that must be tried again. */
export interface Retry {
  readonly index: number;
  readonly attempt: number;
  readonly queuedUs: number;
  /** Work that a checkpoint kept. */
  readonly doneUs: number;
  /** What starting again costs; absent = nothing. */
  readonly restartUs?: number;
}

/**
 * What few groups have: made when a group first needs it. A hundred thousand live jobs are copied by each collection of their first seconds,
 * so that a field which nearly all leave empty costs time, too.
 */
export class GroupAside {
  /** Stopped, to be queued again when the framework hears of it. */
  returning: Retry[] | undefined;
  /** Given up: nothing of it is queued again. */
  isAbandoned = false;
  retries: Retry[] | undefined;
  /** Tasks at or after the next index that were launched out of their order. */
  picked: Uint8Array | undefined;
  /** Attempts so far of finished tasks that took more than one. */
  attempts: Map<number, number> | undefined;
  /** Groups that wait for this one have been told of its end. */
  hasReleased = false;
  /** Groups and jobs that must end before this one may start. */
  blockerCount = 0;
  /** Waiting tasks that a pause holds back. */
  pausedCount = 0;
}

/** What few jobs have. */
export class JobAside {
  /** What the job is when a task of it ended without success. */
  endState: JobState = 'failed';
  /** Held back by the operator: its waiting tasks are not shown to the framework. */
  isPaused = false;
  /** Jobs of the trace that it waits for. */
  blockerCount = 0;
  /** Jobs that wait for this one. */
  dependants: { job: Job; delayUs: number }[] | undefined;
}
