const FIRST_CAPACITY = 64;
/** Ends that are remembered at most: older ones matter only where more jobs than these end within one delay. */
const MOST = 1 << 16;

/**
 * The last jobs that have ended, and when: a job that comes within its delay after the end of one that it follows waits for the rest of
 * the delay. Ends come in order of time, so that a look back stops at the delay.
 */
export class EndedJobs {
  private ids: string[] = [];
  private endUs = new Float64Array(FIRST_CAPACITY);
  private count = 0;

  add(id: string, nowUs: number): void {
    if (this.count === this.endUs.length && this.count < MOST) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.endUs);
      this.endUs = grown;
    }
    const slot = this.count++ % this.endUs.length;
    this.ids[slot] = id;
    this.endUs[slot] = nowUs;
  }

  /** When the job ended, if that is less than `delayUs` ago; -1 otherwise. */
  endedWithin(id: string, delayUs: number, nowUs: number): number {
    const oldest = Math.max(0, this.count - this.endUs.length);
    for (let index = this.count - 1; index >= oldest; index--) {
      const slot = index % this.endUs.length;
      const endUs = this.endUs[slot] as number;
      if (endUs + delayUs <= nowUs) return -1;
      if (this.ids[slot] === id) return endUs;
    }
    return -1;
  }
}
