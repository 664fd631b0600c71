import { type MeanInterval, meanInterval } from './comparison.js';
import { assert } from './errors.js';
import { mean } from './statistics.js';

/** Where the warm-up ends by MSER-5 and what is left. */
export interface WarmupCut {
  /** Leading observations to drop: a multiple of 5. */
  readonly truncateCount: number;
  /** The least value of Σ(x − x̄)² / n² over the batches kept; NaN when the series is too short. */
  readonly statistic: number;
  /** Mean of the whole batches kept. */
  readonly truncatedMean: number;
}

const BATCH = 5;

/**
 * MSER-5 (White 1997): means of batches of 5, a rest dropped; the truncation d ≤ half of the batches with the least Σ(x − x̄)² / n²
 * over those kept, ties to the least d. A constant series truncates nothing.
 */
export function mser5(series: ArrayLike<number>): WarmupCut {
  const batchCount = Math.floor(series.length / BATCH);
  const batches = batchMeansOf(series, batchCount, BATCH);
  if (batchCount === 0) return { truncateCount: 0, statistic: Number.NaN, truncatedMean: mean(series) };
  // Deviations from the overall mean keep the running sums small, so that no digits cancel; one backward pass gives every d.
  const center = mean(batches);
  const scores = new Float64Array(batchCount);
  let sum = 0;
  let squares = 0;
  for (let d = batchCount - 1; d >= 0; d--) {
    const kept = batchCount - d;
    const deviation = (batches[d] as number) - center;
    sum += deviation;
    squares += deviation * deviation;
    scores[d] = Math.max(0, squares - (sum * sum) / kept) / (kept * kept);
  }
  let best = 0;
  for (let d = 1; d <= Math.floor(batchCount / 2); d++) {
    // Rounding must not make a tie look like a gain: a constant tail stays untruncated.
    if ((scores[d] as number) < (scores[best] as number) * (1 - 1e-12)) best = d;
  }
  return {
    truncateCount: best * BATCH,
    statistic: scores[best] as number,
    truncatedMean: mean(batches.subarray(best)),
  };
}

/** Interval of a steady-state mean from `batchCount` equal batches of one run; a rest at the end is dropped. */
export function batchMeans(series: ArrayLike<number>, batchCount: number, confidence = 0.95): MeanInterval {
  assert(batchCount >= 2, 'batch means need two batches');
  const size = Math.floor(series.length / batchCount);
  if (size === 0) return { count: 0, mean: Number.NaN, sd: Number.NaN, halfWidth: Number.NaN };
  return meanInterval(batchMeansOf(series, batchCount, size), confidence);
}

function batchMeansOf(series: ArrayLike<number>, batchCount: number, size: number): Float64Array {
  const means = new Float64Array(batchCount);
  for (let batch = 0; batch < batchCount; batch++) {
    let sum = 0;
    for (let index = batch * size; index < (batch + 1) * size; index++) sum += series[index] as number;
    means[batch] = sum / size;
  }
  return means;
}
