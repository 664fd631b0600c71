import { leontiefEquilibrium } from '../../../src/allocators/math/fisher-leontief.js';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import { type Pool, weightedAssetShare, weightedDominantShare } from '../../../src/allocators/math/pool.js';
import { progressiveFilling } from '../../../src/allocators/math/progressive-filling.js';
import { fc } from '../../support/properties.js';

/** A pool in plain numbers, as tests vary it. */
export interface PlainPool {
  readonly capacity: readonly number[];
  readonly demands: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly caps?: readonly (number | undefined)[];
}

export type Method = 'drf' | 'asset' | 'ceei';

/** Tasks per user under a method. */
export function tasksBy(method: Method, plain: PlainPool): number[] {
  if (method === 'ceei') {
    const { capacity, demands, weights } = plain;
    return leontiefEquilibrium({
      budgets: weights,
      capacity,
      demand: demands,
      ...(plain.caps === undefined ? {} : { maxTasks: plain.caps }),
    }).tasks;
  }
  const share = method === 'drf' ? weightedDominantShare : weightedAssetShare;
  return progressiveFilling(exactPool(plain), share).tasks.map((tasks) => tasks.toNumber());
}

export function exactPool(plain: PlainPool): Pool {
  return {
    capacity: plain.capacity.map((amount) => Fraction.of(amount)),
    users: plain.demands.map((row, index) => ({
      name: `u${index}`,
      demand: row.map((amount) => Fraction.of(amount)),
      weight: Fraction.of(plain.weights[index] as number),
      maxTasks: plain.caps?.[index] === undefined ? undefined : Fraction.of(plain.caps[index] as number),
    })),
  };
}

/** Tasks of a user that fit into a bundle. */
export function tasksIn(demand: readonly number[], bundle: readonly number[]): number {
  return Math.min(
    ...demand.map((amount, r) => (amount > 0 ? (bundle[r] as number) / amount : Number.POSITIVE_INFINITY)),
  );
}

/** `after` falls short of `before` beyond rounding. */
export function falls(before: number, after: number): boolean {
  return after < before - 1e-7 * Math.max(1, Math.abs(before));
}

/** Random pools: 2–5 users, 1–4 resources, whole demands from `least` up, weights 1–3 or all 1. */
export function pools(options: { least: 0 | 1; weighted: boolean; resources?: number }): fc.Arbitrary<PlainPool> {
  return fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: options.resources ?? 1, max: options.resources ?? 4 }))
    .chain(([users, resources]) =>
      fc.record({
        capacity: fc.array(fc.integer({ min: 10, max: 120 }), { minLength: resources, maxLength: resources }),
        demands: fc.array(
          fc
            .array(fc.integer({ min: options.least, max: 7 }), { minLength: resources, maxLength: resources })
            .filter((row) => row.some((amount) => amount > 0)),
          { minLength: users, maxLength: users },
        ),
        weights: fc.array(options.weighted ? fc.integer({ min: 1, max: 3 }) : fc.constant(1), {
          minLength: users,
          maxLength: users,
        }),
      }),
    );
}
