import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap near what is alive in it. V8 lets its old space grow to a multiple of what the last collection left, so that a long run's
 * peak would follow its garbage; live jobs are few and die in order of their ends, and collecting them more often costs next to nothing
 * (`bench/NOTES.md`). The flag is read at each collection, hence it may be set after the start.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}
