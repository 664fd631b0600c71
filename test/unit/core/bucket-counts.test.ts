import { describe, expect, it } from 'vitest';
import { BucketCounts } from '../../../src/core/bucket-counts.js';
import { fc } from '../../support/properties.js';

function told(counts: BucketCounts): [number, number][] {
  const list: [number, number][] = [];
  counts.visit((bucket, count) => list.push([bucket, count]) > 0);
  return list;
}

describe('counts of buckets', () => {
  it('are those of a map, ascending, also past 32 bits', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 6000 }), fc.constantFrom(0, 1, 7, 2 ** 31, 2 ** 40));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const counts = new BucketCounts();
        const map = new Map<number, number>();
        for (const [bucket, count] of steps) {
          counts.add(bucket, count);
          map.set(bucket, (map.get(bucket) ?? 0) + count);
        }
        const expected = [...map].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
        expect(told(counts)).toEqual(expected);
      }),
    );
  });

  it('stop when the visitor has enough', () => {
    const counts = new BucketCounts();
    for (const bucket of [5000, 3, 700]) counts.add(bucket, 1);
    const seen: number[] = [];
    counts.visit((bucket) => seen.push(bucket) < 2);
    expect(seen).toEqual([3, 700]);
  });
});
