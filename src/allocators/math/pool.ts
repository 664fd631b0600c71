import { Fraction, largest, sumOf } from './fraction.js';

/** A user of a divisible pool. */
export interface PoolUser {
  readonly name: string;
  /** Per resource, at least one > 0. */
  readonly demand: readonly Fraction[];
  /** Larger = more. */
  readonly weight: Fraction;
  /** Weight per resource (Ghodsi et al. 2011 §4.3) in place of `weight`. */
  readonly weights?: readonly Fraction[];
  /** Tasks that it can use, undefined = no end. */
  readonly maxTasks?: Fraction | undefined;
}

/** One pool of divisible resources and who shares it. Capacities are > 0. */
export interface Pool {
  readonly capacity: readonly Fraction[];
  readonly users: readonly PoolUser[];
}

/** What one task adds to a user's key; the policies differ in nothing else. */
export type SharePerTask = (pool: Pool, user: PoolUser) => Fraction;

/** Dominant share over weight (DRF). With weights per resource: max over r of share_r / weight_r. */
export const weightedDominantShare: SharePerTask = (pool, user) => {
  let share = Fraction.zero;
  user.demand.forEach((amount, resource) => {
    const weight = user.weights?.[resource] ?? user.weight;
    share = largest(share, amount.over(pool.capacity[resource] as Fraction).over(weight));
  });
  return share;
};

/** Sum of the shares over weight (asset fairness, Ghodsi et al. 2011 §5.1). */
export const weightedAssetShare: SharePerTask = (pool, user) =>
  sumOf(user.demand.map((amount, resource) => amount.over(pool.capacity[resource] as Fraction))).over(user.weight);

/** Dominant share of one task, weights aside. */
export function dominantShare(pool: Pool, user: PoolUser): Fraction {
  return user.demand
    .map((amount, resource) => amount.over(pool.capacity[resource] as Fraction))
    .reduce(largest, Fraction.zero);
}
