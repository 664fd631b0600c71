import { describe, expect, it } from 'vitest';
import { QuantileSketch, SKETCH_RELATIVE_ERROR } from '../../../src/core/quantile-sketch.js';
import { mean, quantile } from '../../../src/core/statistics.js';
import { fc } from '../../support/properties.js';

const PROBABILITIES = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1];
const wide = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 2 ** 31 }),
  fc.maxSafeInteger().map((value) => Math.floor(Math.abs(value) / 2)),
);

function sketchOf(values: readonly number[], exactLimit: number): QuantileSketch {
  const sketch = new QuantileSketch(exactLimit);
  for (const value of values) sketch.add(value);
  return sketch;
}

describe('QuantileSketch', () => {
  it('is exact up to its limit', () => {
    fc.assert(
      fc.property(fc.array(wide, { minLength: 1, maxLength: 100 }), (values) => {
        const sketch = sketchOf(values, 100);
        expect(sketch.isExact).toBe(true);
        for (const p of PROBABILITIES) expect(sketch.quantile(p)).toBe(quantile(values, p));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('stays within its stated relative error of the exact quantile beyond the limit', () => {
    expect(SKETCH_RELATIVE_ERROR).toBeLessThanOrEqual(0.005);
    fc.assert(
      fc.property(fc.array(wide, { minLength: 1, maxLength: 400 }), (values) => {
        const sketch = sketchOf(values, 0);
        for (const p of PROBABILITIES) {
          const exact = quantile(values, p);
          expect(Math.abs(sketch.quantile(p) - exact)).toBeLessThanOrEqual(SKETCH_RELATIVE_ERROR * exact + 1e-9);
        }
        expect(sketch.quantile(0)).toBe(Math.min(...values));
        expect(sketch.quantile(1)).toBe(Math.max(...values));
      }),
      { seed: 12, numRuns: 500 },
    );
  });

  it('gives the same answers merged in any order as filled at once', () => {
    fc.assert(
      fc.property(fc.array(fc.array(wide, { maxLength: 60 }), { minLength: 1, maxLength: 5 }), (parts) => {
        const whole = sketchOf(parts.flat(), 50);
        const forward = new QuantileSketch(50);
        for (const part of parts) forward.merge(sketchOf(part, 50));
        const backward = new QuantileSketch(50);
        for (const part of [...parts].reverse()) backward.merge(sketchOf(part, 50));
        for (const sketch of [forward, backward]) {
          expect(sketch.count).toBe(whole.count);
          expect(sketch.isExact).toBe(whole.isExact);
          expect(sketch.mean).toBe(whole.mean);
          for (const p of PROBABILITIES) expect(sketch.quantile(p)).toBe(whole.quantile(p));
        }
      }),
      { seed: 13, numRuns: 300 },
    );
  });

  it('doubles when merged with itself, also across the limit', () => {
    const sketch = sketchOf([1, 2, 3, 1000], 6);
    sketch.merge(sketch);
    expect(sketch.count).toBe(8);
    expect(sketch.isExact).toBe(false);
    sketch.merge(sketch);
    expect(sketch.count).toBe(16);
    expect(sketch.mean).toBe(251.5);
  });

  it('keeps an exact sum past 2^53', () => {
    const sketch = new QuantileSketch(2);
    for (let index = 0; index < 1000; index++) sketch.add(2 ** 52);
    sketch.add(1);
    expect(sketch.mean).toBe((1000 * 2 ** 52 + 1) / 1001);
    expect(mean([1])).toBe(1);
  });

  it('answers NaN while empty and refuses what is no whole number from 0 to 2^52', () => {
    const sketch = new QuantileSketch();
    expect(sketch.quantile(0.5)).toBeNaN();
    expect(sketch.min).toBeNaN();
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => sketch.add(bad)).toThrow('whole numbers');
  });
});
