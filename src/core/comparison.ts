import { assert } from './errors.js';
import { mean, sampleSd, sampleVariance } from './statistics.js';
import { tCritical, tTwoSidedP } from './student-t.js';

/** A mean with its two-sided Student t interval; the half-width is NaN below two values. */
export interface MeanInterval {
  readonly count: number;
  readonly mean: number;
  readonly sd: number;
  readonly halfWidth: number;
}

/** Student t interval of the mean of independent values. */
export function meanInterval(values: ArrayLike<number>, confidence = 0.95): MeanInterval {
  const count = values.length;
  const sd = sampleSd(values);
  const halfWidth = count < 2 ? Number.NaN : (tCritical(confidence, count - 1) * sd) / Math.sqrt(count);
  return { count, mean: mean(values), sd, halfWidth };
}

/** A test's statistic, degrees of freedom and two-sided p value. */
export interface TestResult {
  readonly statistic: number;
  readonly df: number;
  readonly pValue: number;
}

/** Paired difference a − b under common random numbers: interval and t test of mean 0. */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  confidence = 0.95,
): MeanInterval & TestResult {
  const interval = meanInterval(differences(a, b), confidence);
  const df = interval.count - 1;
  return { ...interval, df, ...tTest(interval.mean, interval.sd / Math.sqrt(interval.count), df) };
}

/** Welch's t test of equal means with unequal variances (Welch 1947, Satterthwaite degrees of freedom). */
export function welchTest(a: ArrayLike<number>, b: ArrayLike<number>): TestResult & { readonly difference: number } {
  const partA = sampleVariance(a) / a.length;
  const partB = sampleVariance(b) / b.length;
  const variance = partA + partB;
  const df = (variance * variance) / ((partA * partA) / (a.length - 1) + (partB * partB) / (b.length - 1));
  const difference = mean(a) - mean(b);
  return { difference, df, ...tTest(difference, Math.sqrt(variance), df) };
}

/** Vargha and Delaney's A12 = P(a > b) + P(a = b) / 2: 1/2 = no difference (2000). */
export function a12(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let doubledWins = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const x = a[i] as number;
      const y = b[j] as number;
      doubledWins += x > y ? 2 : x === y ? 1 : 0;
    }
  }
  return doubledWins / (2 * a.length * b.length);
}

/** Holm's step-down adjustment of p values for one family of tests (Holm 1979); NaN stays NaN and is no member. */
export function holmAdjust(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).filter((index) => !Number.isNaN(pValues[index] as number));
  order.sort((i, j) => (pValues[i] as number) - (pValues[j] as number) || i - j);
  const adjusted = pValues.map(() => Number.NaN);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, (pValues[index] as number) * (order.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}

/** a − b by position; both must have one value per pair. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  assert(a.length === b.length, 'paired samples need equal lengths');
  return Float64Array.from(a, (value, index) => value - (b[index] as number));
}

/** No spread leaves no t value: equal means are then certain (p = 1), different ones too (p = 0). */
function tTest(difference: number, standardError: number, df: number): { statistic: number; pValue: number } {
  if (standardError === 0) {
    if (difference === 0) return { statistic: 0, pValue: 1 };
    return { statistic: Math.sign(difference) * Number.POSITIVE_INFINITY, pValue: 0 };
  }
  const statistic = difference / standardError;
  return { statistic, pValue: df > 0 ? tTwoSidedP(statistic, df) : Number.NaN };
}
