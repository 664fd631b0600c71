import { QuantileSketch } from './quantile-sketch.js';

/** One value and how often it came. */
export interface ValueCount {
  readonly value: number;
  readonly count: number;
}

/**
 * How often each whole number ≥ 0 came: exact while there are at most `mostDistinct` of them, however many values there are, then a
 * QuantileSketch. Amounts and widths of traces are few values that come often, and stay exact.
 */
export class ValueCounts {
  count = 0;
  private counts: Map<number, number> | undefined = new Map();
  private sorted: ValueCount[] | undefined;
  /** Mean, extremes and, once there are too many values, everything else. */
  private readonly sketch = new QuantileSketch(0);

  constructor(private readonly mostDistinct = 16_384) {}

  get isExact(): boolean {
    return this.counts !== undefined;
  }

  get min(): number {
    return this.sketch.min;
  }

  get max(): number {
    return this.sketch.max;
  }

  get mean(): number {
    return this.sketch.mean;
  }

  /** Takes in a whole number from 0 to 2^52, `copies` times. */
  add(value: number, copies = 1): void {
    this.count += copies;
    this.sketch.addMany(value, copies);
    if (this.counts === undefined) return;
    this.sorted = undefined;
    this.counts.set(value, (this.counts.get(value) ?? 0) + copies);
    if (this.counts.size > this.mostDistinct) this.counts = undefined;
  }

  /** Values with their counts, ascending: as they are while exact, else (or when asked for) the middles of the sketch's buckets. */
  entries(inBuckets = !this.isExact): readonly ValueCount[] {
    if (inBuckets || this.counts === undefined) return this.sketch.entries();
    this.sorted ??= [...this.counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
    return this.sorted;
  }

  /** Quantile type 7 (h = (n − 1)p); NaN for none. */
  quantile(probability: number): number {
    if (this.count === 0) return Number.NaN;
    if (!this.isExact) return this.sketch.quantile(probability);
    const rank = (this.count - 1) * Math.min(1, Math.max(0, probability));
    const below = Math.floor(rank);
    const low = this.atRank(below);
    return rank === below ? low : low + (this.atRank(below + 1) - low) * (rank - below);
  }

  private atRank(rank: number): number {
    let seen = 0;
    for (const { value, count } of this.entries()) {
      seen += count;
      if (seen > rank) return value;
    }
    return this.max;
  }
}
