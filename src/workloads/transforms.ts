import type { RandomStream } from '../core/random.js';
import { emptyReport, type JobRecord, type JobSource } from '../model/job.js';
import type { Amounts } from '../model/resources.js';

/** What a scenario may do to a stream of jobs. Absent = unchanged. Times in microseconds. */
export interface Transforms {
  readonly windowFromUs?: number | undefined;
  readonly windowToUs?: number | undefined;
  /** Share of jobs to keep, and the draw that picks them; `keepsLoad` closes the gaps that the others leave, so that the load stays. */
  readonly sample?: { readonly share: number; readonly keepsLoad: boolean; readonly draw: RandomStream } | undefined;
  readonly maxJobs?: number | undefined;
  readonly timeScale?: number | undefined;
  readonly load?: number | undefined;
  readonly resourceScale?: number | undefined;
}

/** Applies window, sample, first N jobs, time scale, load and resource scale, in this order. */
export function transformed(source: JobSource, transforms: Transforms): JobSource {
  const {
    windowFromUs = 0,
    windowToUs = Number.POSITIVE_INFINITY,
    sample,
    maxJobs = Number.POSITIVE_INFINITY,
  } = transforms;
  let count = 0;
  const gapFactor = sample?.keepsLoad === true ? sample.share : 1;
  const next = (): JobRecord | null => {
    while (count < maxJobs) {
      const job = source.next();
      if (job === null || job.submitUs >= windowToUs) return null;
      if (job.submitUs < windowFromUs || (sample !== undefined && sample.draw() >= sample.share)) continue;
      count++;
      job.submitUs -= windowFromUs;
      if (job.deadlineUs >= 0) job.deadlineUs -= windowFromUs;
      return scaled(job, transforms, gapFactor);
    }
    return null;
  };
  return { report: source.report, next, close: () => source.close() };
}

function scaled(
  job: JobRecord,
  { timeScale = 1, load = 1, resourceScale = 1 }: Transforms,
  gapFactor: number,
): JobRecord {
  const submitFactor = (timeScale / load) * gapFactor;
  if (timeScale === 1 && submitFactor === 1 && resourceScale === 1) return job;
  const slackUs = job.deadlineUs - job.submitUs;
  job.submitUs = Math.round(job.submitUs * submitFactor);
  if (job.deadlineUs >= 0) job.deadlineUs = job.submitUs + Math.round(slackUs * timeScale);
  for (const group of job.groups) {
    if (timeScale !== 1) {
      group.durationUs = Number.isFinite(group.durationUs)
        ? Math.round(group.durationUs * timeScale)
        : group.durationUs;
      if (group.estimateUs >= 0) group.estimateUs = Math.round(group.estimateUs * timeScale);
    }
    if (resourceScale !== 1) group.amounts = scaledAmounts(group.amounts, resourceScale);
    if (group.usage !== undefined)
      group.usage = group.usage.map(({ offsetUs, amounts }) => ({
        offsetUs: Math.round(offsetUs * timeScale),
        amounts: scaledAmounts(amounts, resourceScale),
      }));
  }
  return job;
}

function scaledAmounts(amounts: Amounts, factor: number): Amounts {
  return amounts.map((amount) => Math.round(amount * factor));
}

/** The same jobs under ids of their own. */
export function prefixed(source: JobSource, prefix: string): JobSource {
  if (prefix === '') return source;
  const next = (): JobRecord | null => {
    const job = source.next();
    if (job === null) return null;
    job.id = `${prefix}${job.id}`;
    job.after = job.after.map((link) => ({ ...link, job: `${prefix}${link.job}` }));
    return job;
  };
  return { report: source.report, next, close: () => source.close() };
}

/** Several streams as one, in order of submit time; ties go to the stream named first. Ids stay as they are. */
export function merged(sources: readonly JobSource[]): JobSource {
  const heads = sources.map((source) => source.next());
  return {
    report: sources[0]?.report ?? emptyReport('none', []),
    close: () => {
      for (const source of sources) source.close();
    },
    next: () => {
      let best = -1;
      for (const [index, head] of heads.entries()) {
        if (head !== null && (best < 0 || head.submitUs < (heads[best] as JobRecord).submitUs)) best = index;
      }
      if (best < 0) return null;
      const job = heads[best] as JobRecord;
      heads[best] = (sources[best] as JobSource).next();
      return job;
    },
  };
}
