import type { ChronosJob } from './job.js';

/** A task has finished (`handleFinishedTask`); a schedule without runs left is disabled now. */
export function noteSuccess(job: ChronosJob, nowMs: number): void {
  job.errorsSinceSuccess = 0;
  job.lastSuccessMs = nowMs;
  if (job.schedule?.left === 0) job.isDisabled = true;
}

/** Quirk of `handleFailedTask`: after one exhausted firing there are no retries until a success. */
export function isRetried(job: ChronosJob, attempt: number): boolean {
  if (attempt >= job.retries) return false;
  return job.lastErrorMs < 0 || (job.lastSuccessMs >= 0 && job.lastSuccessMs >= job.lastErrorMs);
}

/** A firing has failed for good; too many in a row disable the job. */
export function noteExhausted(job: ChronosJob, nowMs: number, disableAfterFailures: number): void {
  job.errorsSinceSuccess++;
  job.lastErrorMs = nowMs;
  if (disableAfterFailures > 0 && job.errorsSinceSuccess >= disableAfterFailures) job.isDisabled = true;
}
