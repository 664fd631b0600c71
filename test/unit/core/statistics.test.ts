import { quantile as d3Quantile } from 'd3-array';
import { describe, expect, it } from 'vitest';
import { a12, holmAdjust, meanInterval, pairedDifference, welchTest } from '../../../src/core/comparison.js';
import { Streams } from '../../../src/core/random.js';
import { signFlipTest, wilcoxonSignedRank } from '../../../src/core/rank-tests.js';
import { giniCoefficient, jainIndex, mean, quantile, sampleVariance } from '../../../src/core/statistics.js';
import { tQuantile, tUpperTail } from '../../../src/core/student-t.js';
import { batchMeans, mser5 } from '../../../src/core/warmup.js';

describe('descriptive statistics', () => {
  it('gives the type 7 quantiles of the validation catalogue', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0.95)).toBeCloseTo(3.85, 12);
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('agrees with d3 on every quantile', () => {
    const random = new Streams(2).stream('q');
    for (let count = 1; count < 40; count++) {
      const values = Array.from({ length: count }, () => random());
      for (const p of [0, 0.1, 0.5, random(), 0.95, 1]) expect(quantile(values, p)).toBe(d3Quantile(values, p));
    }
  });

  it('gives the Jain and Gini values of the validation catalogue', () => {
    expect(jainIndex([1, 1, 1, 1])).toBe(1);
    expect(jainIndex([1, 0, 0, 0])).toBe(0.25);
    expect(jainIndex([3, 2])).toBe(25 / 26);
    expect(giniCoefficient([1, 0, 0, 0])).toBe(0.75);
    expect(giniCoefficient([0, 0])).toBe(0);
  });

  it('sums exactly: many small terms beside a large one are not lost', () => {
    expect(mean([0.1, 0.2, 0.3])).toBeCloseTo(0.2, 16);
    expect(mean([1e16, 1, -1e16, 1])).toBe(0.5);
    expect(sampleVariance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(30);
    expect(sampleVariance([5])).toBeNaN();
  });
});

describe('Student t', () => {
  // Abramowitz and Stegun table 26.10 continued to ten digits (R's qt).
  const table: [number, number, number][] = [
    [0.975, 4, 2.7764451052],
    [0.975, 1, 12.7062047362],
    [0.975, 10, 2.228138852],
    [0.995, 5, 4.0321429836],
    [0.95, 2, 2.9199855804],
    [0.975, 30, 2.0422724563],
    [0.975, 100, 1.9839715185],
  ];
  it.each(table)('has the %f quantile with %i degrees of freedom at %f', (p, df, expected) => {
    expect(tQuantile(p, df)).toBeCloseTo(expected, 9);
    expect(tQuantile(1 - p, df)).toBeCloseTo(-expected, 9);
  });

  it('agrees with the closed forms for 1, 2 and 4 degrees of freedom over fifteen orders of magnitude', () => {
    for (const t of [1e-6, 0.01, 0.5, 1, 3, 10, 1e3, 1e6]) {
      const tail1 = Math.atan(1 / t) / Math.PI;
      expect(Math.abs(tUpperTail(t, 1) / tail1 - 1)).toBeLessThan(1e-12);
      // df 2: P(T > t) = (1 − t/√(2 + t²)) / 2 = 1 / (√(2 + t²) (√(2 + t²) + t)).
      const root = Math.sqrt(2 + t * t);
      expect(Math.abs(tUpperTail(t, 2) * (root * (root + t)) - 1)).toBeLessThan(1e-12);
    }
    // df 4: F(t) = 1/2 + 3/8 · t/√(1 + t²/4) · (1 − t²/(12(1 + t²/4))).
    const t = 1.5;
    const s = t / Math.sqrt(1 + (t * t) / 4);
    expect(tUpperTail(t, 4)).toBeCloseTo(0.5 - (3 / 8) * s * (1 - (t * t) / (12 * (1 + (t * t) / 4))), 14);
  });

  it('inverts its distribution for whole and fractional degrees of freedom, small and large', () => {
    for (const df of [0.5, 1, 2.5, 7, 33.3, 1000, 1e6]) {
      for (const p of [1e-9, 0.01, 0.3, 0.7, 0.999]) {
        const t = tQuantile(p, df);
        const back = p < 0.5 ? tUpperTail(-t, df) : 1 - tUpperTail(t, df);
        expect(Math.abs(back / p - 1)).toBeLessThan(1e-11);
      }
    }
    expect(tQuantile(0.975, 1e7)).toBeCloseTo(1.959963985 + 2.3723e-7, 8); // normal quantile + (z³ + z)/(4 df)
  });
});

describe('comparisons', () => {
  it('holds the true mean in 95 % of 1000 repetitions (V-CI-1)', () => {
    const random = new Streams(7).stream('interval');
    let covered = 0;
    for (let repetition = 0; repetition < 1000; repetition++) {
      const values = Array.from({ length: 8 }, () => normal(random));
      const interval = meanInterval(values);
      if (Math.abs(interval.mean) <= interval.halfWidth) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(927);
    expect(covered).toBeLessThanOrEqual(973);
  });

  it('is narrower paired than unpaired when both runs share their chance', () => {
    const a = [10, 14, 9, 20, 16];
    const b = [9, 13.2, 8.1, 18.9, 15];
    const paired = pairedDifference(a, b);
    expect(paired.mean).toBeCloseTo(0.96, 12);
    expect(paired.pValue).toBeLessThan(0.001);
    expect(welchTest(a, b).pValue).toBeGreaterThan(0.5);
  });

  it('says certain when there is no spread', () => {
    expect(pairedDifference([1, 2], [1, 2])).toMatchObject({ statistic: 0, pValue: 1, halfWidth: 0 });
    expect(pairedDifference([2, 3], [1, 2]).pValue).toBe(0);
    expect(pairedDifference([2], [1]).halfWidth).toBeNaN();
  });

  it('counts wins and half the ties in A12', () => {
    expect(a12([1, 2], [1, 2])).toBe(0.5);
    expect(a12([3, 3], [1, 2])).toBe(1);
    expect(a12([1, 3], [2, 3])).toBe(0.375);
  });

  it('adjusts p values by Holm, monotone and never above 1', () => {
    const adjusted = holmAdjust([0.01, 0.04, 0.03, 0.005, Number.NaN]);
    expect(adjusted[4]).toBeNaN();
    expect(adjusted.slice(0, 4).map((p) => Math.round(p * 1e12) / 1e12)).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holmAdjust([0.9, 0.8])).toEqual([1, 1]);
  });
});

describe('rank and permutation tests', () => {
  it('has the signed-rank p value of Cureton 1967 as scipy documents it', () => {
    const result = wilcoxonSignedRank([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]);
    expect(result.pValue).toBe(0.041259765625);
    expect(result.wPlus).toBe(96);
  });

  it('gives 2/32 for five positive differences and ignores zeros', () => {
    expect(wilcoxonSignedRank([1, 2, 3, 4, 5, 0]).pValue).toBe(0.0625);
    expect(wilcoxonSignedRank([0, 0])).toMatchObject({ pValue: 1, count: 0 });
  });

  it('agrees with full enumeration of sign patterns when ranks are tied', () => {
    const values = [1, -1, 2, 2, 3, -2, 4];
    const ranks = [1.5, 1.5, 4, 4, 6, 4, 7];
    const observed = Math.abs(
      values.reduce((sum, value, index) => sum + Math.sign(value) * (ranks[index] as number), 0),
    );
    let extreme = 0;
    for (let pattern = 0; pattern < 128; pattern++) {
      const sum = ranks.reduce((total, rank, index) => total + ((pattern >> index) & 1 ? rank : -rank), 0);
      if (Math.abs(sum) >= observed) extreme++;
    }
    expect(wilcoxonSignedRank(values).pValue).toBeCloseTo(extreme / 128, 12);
  });

  it('approaches the exact signed-rank law by the normal one beyond 200 pairs', () => {
    const random = new Streams(3).stream('ranks');
    const values = Array.from({ length: 200 }, () => random() - 0.45);
    const exact = wilcoxonSignedRank(values);
    const near = wilcoxonSignedRank([...values, 1e-9]);
    expect(exact.isExact).toBe(true);
    expect(near.isExact).toBe(false);
    expect(Math.abs(exact.pValue - near.pValue)).toBeLessThan(0.01);
  });

  it('tries every sign pattern of few pairs and never reports p = 0 for many', () => {
    const random = new Streams(1).stream('flip');
    expect(signFlipTest([1, 1, 1, 1, 1], random)).toEqual({ pValue: 2 / 32, isExact: true });
    const many = signFlipTest(
      Array.from({ length: 40 }, () => 1),
      random,
      999,
    );
    expect(many).toEqual({ pValue: 1 / 1000, isExact: false });
  });
});

describe('warm-up', () => {
  it('truncates nothing of a constant series', () => {
    expect(mser5(Array.from({ length: 100 }, () => 0.1)).truncateCount).toBe(0);
  });

  it('finds the score of every truncation as direct summation does', () => {
    const random = new Streams(5).stream('mser');
    const series = Array.from({ length: 203 }, (_, index) => 10 * Math.exp(-index / 20) + random());
    const means = Array.from({ length: 40 }, (_, batch) => mean(series.slice(batch * 5, batch * 5 + 5)));
    let best = 0;
    let bestScore = Number.POSITIVE_INFINITY;
    for (let d = 0; d <= 20; d++) {
      const kept = means.slice(d);
      const score = kept.reduce((sum, x) => sum + (x - mean(kept)) ** 2, 0) / kept.length ** 2;
      if (score < bestScore) [best, bestScore] = [d, score];
    }
    const cut = mser5(series);
    expect(cut.truncateCount).toBe(best * 5);
    expect(cut.statistic).toBeCloseTo(bestScore, 12);
  });

  it('drops the rest that fills no batch', () => {
    expect(batchMeans([1, 3, 5, 7, 1000], 2)).toMatchObject({ count: 2, mean: 4 });
    expect(batchMeans([1], 2).mean).toBeNaN();
  });
});

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
