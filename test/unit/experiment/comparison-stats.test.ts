import { describe, expect, it } from 'vitest';
import { type ComparisonRow, comparisonStats } from '../../../src/experiment/comparison-stats.js';

function rows(policy: string, values: readonly number[], metric = 'wait_s_mean'): ComparisonRow[] {
  return values.map((value, index) => ({
    scenario: 's',
    policy,
    allocator: policy,
    replication: `seed-${index + 1}`,
    seed: index + 1,
    scope: 'cluster',
    name: '',
    metric,
    unit: 's',
    value,
  }));
}

describe('statistics of a comparison', () => {
  it('takes the mean, its t interval and the paired difference to the baseline', () => {
    // b: 10 12 14 16 18, mean 14, s² = 10; t(0.975, 4) = 2.776445; half-width 2.776445 · √(10/5) = 3.926488.
    // a − b: −1 −2 −1 −2 −4: mean −2, s² = 6/4; half-width 2.776445 · √(1.5/5) = 1.520724; t = −2 / √0.3 = −3.651484, p = 0.021719.
    const stats = comparisonStats([...rows('b', [10, 12, 14, 16, 18]), ...rows('a', [9, 10, 13, 14, 14])], 'b');
    const [b, a] = stats;
    expect(b).toMatchObject({ policy: 'b', n: 5, mean: 14, baseline: '', pairs: 0 });
    expect(b?.low).toBeCloseTo(14 - 3.926488, 4);
    expect(b?.high).toBeCloseTo(14 + 3.926488, 4);
    expect(b?.diff).toBeNaN();
    expect(a).toMatchObject({ policy: 'a', n: 5, mean: 12, baseline: 'b', pairs: 5, diff: -2, test: 'paired-t' });
    expect(a?.diffLow).toBeCloseTo(-2 - 1.520724, 4);
    expect(a?.pValue).toBeCloseTo(0.021719, 4);
    expect(a?.pAdjusted).toBe(a?.pValue);
  });

  it('uses the signed-rank test from ten pairs on', () => {
    // Ten differences of one sign: p = 2 / 2¹⁰.
    const base = Array.from({ length: 10 }, (_, index) => index);
    const [, other] = comparisonStats(
      [
        ...rows('b', base),
        ...rows(
          'a',
          base.map((value) => value * 1.1 + 1),
        ),
      ],
      'b',
    );
    expect(other).toMatchObject({ test: 'wilcoxon', pairs: 10 });
    expect(other?.pValue).toBeCloseTo(2 / 1024, 12);
  });

  it('adjusts p values by Holm over the policies of one metric', () => {
    const base = [10, 12, 14, 16, 18];
    const stats = comparisonStats(
      [...rows('b', base), ...rows('a', [9, 10, 13, 14, 14]), ...rows('c', [10.5, 12.1, 14.6, 16.2, 18.9])],
      'b',
    );
    const [, a, c] = stats;
    const [small, large] = [a?.pValue as number, c?.pValue as number].sort((x, y) => x - y) as [number, number];
    const adjusted = [a?.pAdjusted as number, c?.pAdjusted as number].sort((x, y) => x - y);
    expect(adjusted[0]).toBeCloseTo(Math.min(1, 2 * small), 12);
    expect(adjusted[1]).toBeCloseTo(Math.max(2 * small, large), 12);
  });

  it('has no interval and no test for one replication', () => {
    const [b, a] = comparisonStats([...rows('b', [10]), ...rows('a', [8])], 'b');
    expect(b?.low).toBeNaN();
    expect(a).toMatchObject({ n: 1, pairs: 1, diff: -2, test: '' });
    expect(a?.pValue).toBeNaN();
    expect(a?.diffLow).toBeNaN();
  });

  it('pairs only replications that both have, and leaves out values that are none', () => {
    const stats = comparisonStats([...rows('b', [10, Number.NaN, 14]), ...rows('a', [9, 10, 12])], 'b');
    expect(stats[0]).toMatchObject({ n: 2, mean: 12 });
    expect(stats[1]).toMatchObject({ n: 3, pairs: 2, diff: -1.5 });
  });

  it('finds equal runs equal: p = 1', () => {
    const [, a] = comparisonStats([...rows('b', [1, 2, 3]), ...rows('a', [1, 2, 3])], 'b');
    expect(a).toMatchObject({ diff: 0, test: '', pValue: 1, pAdjusted: 1 });
  });
});
