import type { JobView } from '../model/observer.js';

/** Threshold of the bounded slowdown: 10 s (Feitelson and Rudolph, JSSPP 1998). */
const TAU_US = 10e6;

/** Response over run time; NaN when the job has not started, or ran for no time at all. */
export function slowdown(job: JobView): number {
  const runUs = job.finishUs - job.waitEndUs;
  return job.waitEndUs < 0 || runUs <= 0 ? Number.NaN : (job.finishUs - job.submitUs) / runUs;
}

/** max(1, response / max(run, 10 s)). */
export function boundedSlowdown(job: JobView): number {
  if (job.waitEndUs < 0) return Number.NaN;
  const runUs = job.finishUs - job.waitEndUs;
  return Math.max(1, (job.finishUs - job.submitUs) / Math.max(runUs, TAU_US));
}
