import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Each half of the young space: room enough while few jobs are alive, and little beside the rest of a small run. */
const YOUNG_BYTES = 4 * 2 ** 20;
/** With more live jobs than these the heap grows as V8 likes: jobs that outlive the young space are copied twice. */
const MANY_JOBS = 20_000;

/**
 * Keeps the heap near what is alive in it. V8 lets its old space grow to a multiple of what the last collection left, so that a long run's
 * peak would follow its garbage; live jobs are few and die in order of their ends, and collecting them more often costs next to nothing
 * (`bench/NOTES.md`). The flag is read at each collection, hence it may be set after the start.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}

/**
 * The heap of one run, bound while few jobs live. The young space, which V8 doubles up to 2 × 16 MiB as soon as a program has loaded its
 * modules, stays as small as it is at the start; the old space follows what lives in it. Both grow as V8 likes where many jobs live: they
 * outlive the young space, and an old space that grows with them would be collected for nothing. V8 reads both flags each time.
 */
export class HeapBounds {
  private youngGrows = true;
  private oldGrows = false;

  constructor() {
    this.letYoungGrow(false);
  }

  /** Told of the live jobs from time to time while a run goes on. */
  fit(liveJobs: number): void {
    const areMany = liveJobs > MANY_JOBS;
    this.letYoungGrow(areMany || youngBytes() < 2 * YOUNG_BYTES);
    this.letOldGrow(areMany);
  }

  private letYoungGrow(grows: boolean): void {
    if (grows === this.youngGrows) return;
    this.youngGrows = grows;
    setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`);
  }

  private letOldGrow(grows: boolean): void {
    if (grows === this.oldGrows) return;
    this.oldGrows = grows;
    if (grows) setFlagsFromString('--heap-growing-percent=0');
    else keepHeapSmall();
  }
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
