import type { ValueCounts } from './value-counts.js';

/**
 * Largest distance between two empirical distribution functions (Kolmogorov and Smirnov). Exact while both are; else both are
 * compared by the buckets of their sketches, whose edges are 0.8 % apart, so that a difference inside one bucket is not seen. NaN when one is empty.
 */
export function ksDistance(a: ValueCounts, b: ValueCounts): number {
  if (a.count === 0 || b.count === 0) return Number.NaN;
  const inBuckets = !(a.isExact && b.isExact);
  const left = a.entries(inBuckets);
  const right = b.entries(inBuckets);
  let leftCount = 0;
  let rightCount = 0;
  let largest = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const leftValue = left[i]?.value ?? Number.POSITIVE_INFINITY;
    const rightValue = right[j]?.value ?? Number.POSITIVE_INFINITY;
    if (leftValue <= rightValue) leftCount += left[i++]?.count ?? 0;
    if (rightValue <= leftValue) rightCount += right[j++]?.count ?? 0;
    largest = Math.max(largest, Math.abs(leftCount / a.count - rightCount / b.count));
  }
  return largest;
}
