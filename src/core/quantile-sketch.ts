import { BucketCounts } from './bucket-counts.js';
import { assert } from './errors.js';
import { quantileSorted } from './statistics.js';

/** Buckets per power of two: a bucket is at most 1/128 of its values wide, its middle at most 1/256 off. */
const STEPS_BITS = 7;
const STEPS = 2 ** STEPS_BITS;
/** Values up to 2^52 (µs: 142 years); two of them still add exactly. */
const MAX_VALUE = 2 ** 52;
const LIMB = 2 ** 52;

/** Relative error of a quantile once the sketch is no longer exact: 1/256 < 0.4 %. */
export const SKETCH_RELATIVE_ERROR = 1 / (2 * STEPS);

/**
 * Quantiles of whole numbers ≥ 0 (µs): exact up to `exactLimit` values, then counts in buckets of constant relative width. The form is
 * DDSketch (Masson, Rim, Lee, VLDB 2019) with the linearly interpolated mapping: the bucket comes from the leading bits, not from a
 * logarithm, so that every engine finds the same one. Sketches merge by addition; the order of merging does not matter.
 */
export class QuantileSketch {
  private values = new Float64Array(16);
  private counts: BucketCounts | undefined;
  private total = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = 0;
  private sumHigh = 0;
  private sumLow = 0;
  private isSorted = true;

  constructor(readonly exactLimit = 4096) {}

  get count(): number {
    return this.total;
  }

  get isExact(): boolean {
    return this.counts === undefined;
  }

  /** Least value; NaN for none. */
  get min(): number {
    return this.total === 0 ? Number.NaN : this.least;
  }

  /** Largest value; NaN for none. */
  get max(): number {
    return this.total === 0 ? Number.NaN : this.most;
  }

  /** Mean of all values: the sum is exact, the division rounds. NaN for none. */
  get mean(): number {
    return (this.sumHigh * LIMB + this.sumLow) / this.total;
  }

  /** Relative error of `quantile`: 0 while exact. */
  get relativeError(): number {
    return this.isExact ? 0 : SKETCH_RELATIVE_ERROR;
  }

  /** Takes in one value, a whole number from 0 to 2^52. */
  add(value: number): void {
    assert(
      value >= 0 && value <= MAX_VALUE && Math.floor(value) === value,
      'a sketch takes whole numbers from 0 to 2^52',
    );
    this.addToSum(value);
    if (value < this.least) this.least = value;
    if (value > this.most) this.most = value;
    if (this.counts === undefined) {
      if (this.total < this.exactLimit) {
        this.keep(value);
        return;
      }
      this.spill();
    }
    this.total++;
    this.bump(bucketOf(value), 1);
  }

  /** Takes in the same value `count` times, a whole number of at least 0. */
  addMany(value: number, count: number): void {
    if (this.counts === undefined && this.total + count > this.exactLimit) this.spill();
    if (count === 0) return;
    if (this.counts === undefined) {
      for (let copy = 0; copy < count; copy++) this.add(value);
      return;
    }
    this.add(value);
    if (count === 1) return;
    this.bump(bucketOf(value), count - 1);
    this.total += count - 1;
    if (value * (count - 1) < LIMB) {
      this.addToSum(value * (count - 1));
      return;
    }
    // Both factors may be large, so that the product needs more than the 53 bits of a number.
    const sum = BigInt(value) * BigInt(count - 1) + BigInt(this.sumLow);
    this.sumHigh += Number(sum / BigInt(LIMB));
    this.sumLow = Number(sum % BigInt(LIMB));
  }

  /** Middles of the buckets with their counts, ascending; also while exact. */
  entries(): { readonly value: number; readonly count: number }[] {
    if (this.counts === undefined) this.spill();
    const entries: { value: number; count: number }[] = [];
    for (const [bucket, count] of this.told()) entries.push({ value: middleOf(bucket), count });
    return entries;
  }

  /** Takes in every value of another sketch, which stays as it was. */
  merge(other: QuantileSketch): void {
    if (other.counts === undefined) {
      // Count and values are read once: merging a sketch with itself doubles it.
      const { total, values } = other;
      for (let index = 0; index < total; index++) this.add(values[index] as number);
      return;
    }
    if (this.counts === undefined) this.spill();
    // Copied first: merging a sketch with itself doubles it.
    for (const [bucket, count] of other.told()) this.bump(bucket, count);
    this.total += other.total;
    this.sumHigh += other.sumHigh;
    this.addToSum(other.sumLow);
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
  }

  /** Quantile type 7 (h = (n − 1)p); NaN for none. Once in buckets, at most `relativeError` off the exact one. */
  quantile(probability: number): number {
    if (this.total === 0) return Number.NaN;
    if (this.counts === undefined) {
      const values = this.values.subarray(0, this.total);
      if (!this.isSorted) values.sort((a, b) => a - b);
      this.isSorted = true;
      return quantileSorted(values, probability);
    }
    const rank = (this.total - 1) * Math.min(1, Math.max(0, probability));
    const below = Math.floor(rank);
    const low = this.atRank(below);
    return rank === below ? low : low + (this.atRank(below + 1) - low) * (rank - below);
  }

  private keep(value: number): void {
    if (this.total === this.values.length) {
      const grown = new Float64Array(Math.min(this.exactLimit, this.total * 2));
      grown.set(this.values);
      this.values = grown;
    }
    if (this.total > 0 && value < (this.values[this.total - 1] as number)) this.isSorted = false;
    this.values[this.total++] = value;
  }

  /** From exact to buckets. */
  private spill(): void {
    this.counts = new BucketCounts();
    for (let index = 0; index < this.total; index++) this.bump(bucketOf(this.values[index] as number), 1);
    this.values = new Float64Array(0);
  }

  private bump(bucket: number, count: number): void {
    this.counts?.add(bucket, count);
  }

  private told(): [bucket: number, count: number][] {
    const told: [number, number][] = [];
    this.counts?.visit((bucket, count) => {
      return told.push([bucket, count]) > 0;
    });
    return told;
  }

  /** Two limbs, since a month of waits in µs passes 2^53. */
  private addToSum(value: number): void {
    this.sumLow += value;
    if (this.sumLow >= LIMB) {
      this.sumLow -= LIMB;
      this.sumHigh++;
    }
  }

  /** The value of a rank from 0: exact at both ends, else the middle of its bucket. */
  private atRank(rank: number): number {
    if (rank <= 0) return this.least;
    if (rank >= this.total - 1) return this.most;
    let seen = 0;
    let found = 0;
    this.counts?.visit((bucket, count) => {
      found = bucket;
      seen += count;
      return seen <= rank;
    });
    return Math.min(this.most, Math.max(this.least, middleOf(found)));
  }
}

/** Bucket of a whole number: itself below 256, else by exponent and the seven bits after the leading one. */
function bucketOf(value: number): number {
  if (value < 2 * STEPS) return value;
  if (value < 2 ** 32) {
    const shift = 31 - Math.clz32(value) - STEPS_BITS;
    return shift * STEPS + (value >>> shift);
  }
  const high = Math.floor(value / 2 ** 21); // value < 2^53 leaves at most 32 bits, at least 12
  const shift = 31 - Math.clz32(high) - STEPS_BITS;
  return (shift + 21) * STEPS + (high >>> shift);
}

/** Middle of the whole numbers of a bucket. */
function middleOf(bucket: number): number {
  if (bucket < 2 * STEPS) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  const width = 2 ** shift;
  return (bucket - shift * STEPS) * width + (width - 1) / 2;
}
