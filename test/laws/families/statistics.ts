import { z } from 'zod';
import { a12, meanInterval, pairedDifference, welchTest } from '../../../src/core/comparison.js';
import {
  giniCoefficient,
  jainIndex,
  maxMinRatio,
  mean,
  quantile,
  sampleVariance,
} from '../../../src/core/statistics.js';
import { batchMeans, mser5 } from '../../../src/core/warmup.js';
import type { LawFamily } from '../support/case.js';
import { numbers } from '../support/inputs.js';

const quantiles = z.object({ values: numbers, p: numbers });

/** Quantile type 7, mean, sample variance. */
export const quantileType7: LawFamily = {
  family: 'quantile-type7',
  check(law, context) {
    const { values, p } = quantiles.parse(law.inputs);
    context.expectAll(
      {
        quantiles: p.map((probability) => quantile(values, probability)),
        mean: mean(values),
        sampleVariance: sampleVariance(values),
      },
      law,
    );
  },
};

const fairness = z.object({ allocations: numbers });

/** Jain, Gini, largest over least. */
export const fairnessIndices: LawFamily = {
  family: 'fairness-indices',
  check(law, context) {
    const { allocations } = fairness.parse(law.inputs);
    const jain = jainIndex(allocations);
    const gini = giniCoefficient(allocations);
    const ratio = maxMinRatio(allocations);
    context.expectAll(
      { jain, jainDecimal: jain, gini, giniDecimal: gini, maxMinRatio: Number.isNaN(ratio) ? null : ratio },
      law,
    );
  },
};

const comparison = z.object({ a: numbers, b: numbers, confidence: z.number() });

/** t interval, paired difference, Welch test, A12. */
export const comparisonStats: LawFamily = {
  family: 'comparison-stats',
  check(law, context) {
    const { a, b, confidence } = comparison.parse(law.inputs);
    const single = meanInterval(a, confidence);
    const paired = pairedDifference(a, b, confidence);
    const welch = welchTest(a, b);
    context.expectAll(
      {
        meanA: single.mean,
        ciHalfWidthA: single.halfWidth,
        pairedMeanDiff: paired.mean,
        pairedHalfWidth: paired.halfWidth,
        pairedT: paired.statistic,
        pairedP: paired.pValue,
        welchT: welch.statistic,
        welchP: welch.pValue,
        a12: a12(a, b),
      },
      law,
    );
  },
};

const warmup = z.object({ series: numbers, batches: z.number(), confidence: z.number() });

/** MSER-5 and batch means. */
export const warmupBatchMeans: LawFamily = {
  family: 'warmup-batch-means',
  check(law, context) {
    const { series, batches, confidence } = warmup.parse(law.inputs);
    const cut = mser5(series);
    const interval = batchMeans(series, batches, confidence);
    context.expectAll(
      {
        mser5TruncateObservations: cut.truncateCount,
        mser5Statistic: cut.statistic,
        truncatedMean: cut.truncatedMean,
        batchMeansMean: interval.mean,
        batchMeansHalfWidth: interval.halfWidth,
      },
      law,
    );
  },
};
