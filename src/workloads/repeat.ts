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
  const active: Copy[] = [copyOf(first, 1, 0, mark)];
  let opened = 1;
  let firstUs = active[0]?.head?.submitUs ?? 0;
  let lastUs = 0;
  let count = 0;
  let periodUs = everyUs;

  const openNext = (): void => {
    active.push(copyOf(open(), opened + 1, opened * (periodUs as number), mark));
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
        // The mean gap closes the period: the first job of a copy does not fall on the last of the one before.
        periodUs ??= Math.max(1, Math.round(lastUs - firstUs + (lastUs - firstUs) / Math.max(1, count - 1)));
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

function copyOf(source: JobSource, number: number, shiftUs: number, mark: string): Copy {
  const copy = { number, shiftUs, mark, source, head: null as JobRecord | null };
  copy.head = shifted(source.next(), copy);
  return copy;
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

function shifted(
  job: JobRecord | null,
  { number, shiftUs, mark }: Pick<Copy, 'number' | 'shiftUs' | 'mark'>,
): JobRecord | null {
  if (job === null || number === 1) return job;
  job.id = `${job.id}${mark}${number}`;
  job.after = job.after.map((link) => ({ ...link, job: `${link.job}${mark}${number}` }));
  job.submitUs += shiftUs;
  if (job.deadlineUs >= 0) job.deadlineUs += shiftUs;
  return job;
}
