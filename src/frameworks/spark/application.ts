import type { TaskScheduler } from './scheduler.js';
import type { Attempt, Worker } from './task-set.js';

/** What a back end may ask of the application. */
export interface Application {
  readonly scheduler: TaskScheduler;
  /** The attempt ends after the run time; returns the timer. */
  timeEnd(attempt: Attempt, durationUs: number): number;
  forgetEnd(attempt: Attempt): void;
  /** A worker has free cores: it alone is offered to the task scheduler. */
  freed(worker: Worker): void;
  /** All workers are offered. */
  wanted(): void;
  workersChanged(isAdded: boolean): void;
  executorEnded(): void;
}
