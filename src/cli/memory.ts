import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Each half of the young space: room enough while few jobs are alive, and little beside the rest of a small run. */
const YOUNG_BYTES = 4 * 2 ** 20;
/** With more live jobs than these the young space grows as V8 likes: jobs that outlive it are copied twice. */
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
 * The young space, which V8 doubles up to 2 × 16 MiB as soon as a program has loaded its modules: here it stays as small as it is at the
 * start, and grows only where a run calls for it. V8 reads the factor of its growth each time.
 */
export class YoungSpace {
  private grows = true;

  constructor() {
    this.letGrow(false);
  }

  /** Told of the live jobs from time to time while a run goes on. */
  fit(liveJobs: number): void {
    this.letGrow(liveJobs > MANY_JOBS || youngBytes() < 2 * YOUNG_BYTES);
  }

  private letGrow(grows: boolean): void {
    if (grows === this.grows) return;
    this.grows = grows;
    setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`);
  }
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
