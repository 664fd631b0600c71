import type { JobRecord, JobSource } from '../model/job.js';

/** One pass over the workload that is still going on. */
interface Copy {
  readonly number: number;
  readonly shiftUs: number;
  readonly mark: string;
  readonly source: JobSource;
  head: JobRecord | null;
}

/**
 * A workload `times` over, each copy `everyUs` after the one before; without `everyUs` a copy follows when the one before has ended: after
 * its span of submissions and one mean gap more. Ids of later copies end in `mark` and their number (`~2`, `~3` …), and so do their links. A copy is opened when
 * its time comes, so that memory does not follow `times`.
 */
export function repeated(open: () => JobSource, times: number, everyUs: number | undefined, mark = '~'): JobSource {
  const first = open();
  const active: Copy[] = [copyOf(first, first.next(), { number: 1, shiftUs: 0, mark })];
  let opened = 1;
  let firstUs = active[0]?.head?.submitUs ?? 0;
  let lastUs = 0;
  let count = 0;
  let periodUs = everyUs;

  const openNext = (): void => {
    const source = open();
    const job = source.next();
    periodUs ??= naturalPeriodUs(job?.submitUs ?? firstUs, { firstUs, lastUs, count });
    active.push(copyOf(source, job, { number: opened + 1, shiftUs: opened * periodUs, mark }));
    opened++;
  };
  const next = (): JobRecord | null => {
    for (;;) {
      const earliest = earliestOf(active);
      const isNextDue =
        opened < times &&
        (periodUs === undefined ? earliest === undefined : opened * periodUs <= (earliest?.head?.submitUs ?? Infinity));
      if (isNextDue) {
        if (count === 0) return null;
        openNext();
        continue;
      }
      if (earliest === undefined) return null;
      const job = earliest.head as JobRecord;
      if (earliest.number === 1) {
        firstUs = Math.min(firstUs, job.submitUs);
        lastUs = job.submitUs;
        count++;
      }
      earliest.head = shifted(earliest.source.next(), earliest);
      if (earliest.head === null) {
        if (earliest.number > 1) earliest.source.close();
        active.splice(active.indexOf(earliest), 1);
      }
      return job;
    }
  };
  return {
    report: first.report,
    next,
    close: () => {
      first.close();
      for (const { source } of active) source.close();
    },
  };
}

/**
 * Span of submissions and one mean gap: the first job of a copy does not fall on the last of the one before. A source that draws anew at
 * each opening (a sample) may begin sooner the second time: then the period is the longer for it.
 */
function naturalPeriodUs(secondHeadUs: number, first: { firstUs: number; lastUs: number; count: number }): number {
  const spanUs = first.lastUs - first.firstUs;
  const gapUs = spanUs / Math.max(1, first.count - 1);
  return Math.max(1, Math.round(first.lastUs - Math.min(first.firstUs, secondHeadUs) + gapUs));
}

type Place = Pick<Copy, 'number' | 'shiftUs' | 'mark'>;

function copyOf(source: JobSource, first: JobRecord | null, place: Place): Copy {
  return { ...place, source, head: shifted(first, place) };
}

/** Ties go to the older copy. */
function earliestOf(active: readonly Copy[]): Copy | undefined {
  let best: Copy | undefined;
  for (const copy of active) {
    if (copy.head === null) continue;
    if (best === undefined || copy.head.submitUs < (best.head as JobRecord).submitUs) best = copy;
  }
  return best;
}

function shifted(job: JobRecord | null, { number, shiftUs, mark }: Place): JobRecord | null {
  if (job === null || number === 1) return job;
  job.id = `${job.id}${mark}${number}`;
  job.after = job.after.map((link) => ({ ...link, job: `${link.job}${mark}${number}` }));
  job.submitUs += shiftUs;
  if (job.deadlineUs >= 0) job.deadlineUs += shiftUs;
  return job;
}
