/** Truncated binary back-off with random growth (`commons/util/TruncatedBinaryBackoff.java`): min(max, b + U[0,1)·b), b the last or the first. */
export class Backoff {
  constructor(
    private readonly initialUs: number,
    private readonly maxUs: number,
    private readonly random: () => number,
  ) {}

  next(lastUs: number): number {
    const base = lastUs === 0 ? this.initialUs : lastUs;
    // Milliseconds, as the real one counts.
    return Math.min(this.maxUs, base + Math.round((this.random() * base) / 1000) * 1000);
  }

  /** The delay after so many in a row. */
  after(count: number): number {
    let delayUs = 0;
    for (let step = 0; step < count && delayUs < this.maxUs; step++) delayUs = this.next(delayUs);
    return delayUs;
  }
}
