import type { FiringRule } from './firing.js';

/** What the options of the framework come to. */
export interface ChronosSettings {
  /** Milliseconds since 1970 at the start of the run. */
  readonly originMs: number;
  /** Jobs that were left out because their parents are not there. */
  readonly droppedJobCount: number;
  readonly rule: FiringRule;
  /** At most one queue entry per name of job (else per task id, the older line). */
  readonly keysByName: boolean;
  readonly retryUs: number;
  readonly disableAfterFailures: number;
  readonly revivesForNewJobs: boolean;
  /** SUPPRESS while the queue is empty (not what Chronos does: for runs over months). */
  readonly suppressesIdle: boolean;
  readonly blocksBatch: boolean;
  readonly forgetsOthers: boolean;
  /** Of a resource that an offer names twice, reserved and not, only the first entry counts. */
  readonly readsFirstEntry: boolean;
  readonly shuffles: boolean;
}
