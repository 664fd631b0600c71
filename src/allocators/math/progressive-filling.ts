import { fail } from '../../core/errors.js';
import { Fraction, least, sumOf } from './fraction.js';
import { type Pool, type PoolUser, type SharePerTask, weightedDominantShare } from './pool.js';

/** Exact fractional division. */
export interface Filling {
  /** Tasks per user, fractions of tasks allowed. */
  readonly tasks: Fraction[];
  /** Users (by position) frozen in each round, first round first. */
  readonly freezeRounds: number[][];
}

/**
 * Progressive filling (Ghodsi et al., NSDI 2011 §4.1): everyone's key rises at one rate; a user freezes when a resource that it needs
 * is full or its cap is reached. With {@link weightedDominantShare} this is DRF, with the asset share asset fairness, on one resource
 * weighted max-min. The level moves from event to event, so the answer is exact and needs no LP.
 */
export function progressiveFilling(pool: Pool, sharePerTask: SharePerTask = weightedDominantShare): Filling {
  const rates = pool.users.map((user) => Fraction.one.over(sharePerTask(pool, user)));
  const tasks = pool.users.map(() => Fraction.zero);
  const free = [...pool.capacity];
  let active = pool.users.map((_, index) => index);
  let level = Fraction.zero;
  const freezeRounds: number[][] = [];
  while (active.length > 0) {
    const rise = nextRise(pool, active, rates, free, level);
    level = level.plus(rise);
    for (const index of active) {
      const user = pool.users[index] as PoolUser;
      const more = (rates[index] as Fraction).times(rise);
      tasks[index] = (rates[index] as Fraction).times(level);
      user.demand.forEach((amount, resource) => {
        free[resource] = (free[resource] as Fraction).minus(amount.times(more));
      });
    }
    const frozen = active.filter((index) => isFrozen(pool.users[index] as PoolUser, tasks[index] as Fraction, free));
    if (frozen.length === 0) fail('progressive filling froze nobody in a round');
    freezeRounds.push(frozen);
    active = active.filter((index) => !frozen.includes(index));
  }
  return { tasks, freezeRounds };
}

/** Weighted max-min of one resource with demands as caps. */
export function weightedMaxMin(
  capacity: Fraction,
  demands: readonly Fraction[],
  weights: readonly Fraction[],
): Fraction[] {
  const users = demands.map((maxTasks, index) => ({
    name: `${index}`,
    demand: [Fraction.one],
    weight: weights[index] as Fraction,
    maxTasks,
  }));
  return progressiveFilling({ capacity: [capacity], users }).tasks;
}

/** How far the common level can rise until the first resource is full or the first cap reached. */
function nextRise(
  pool: Pool,
  active: readonly number[],
  rates: readonly Fraction[],
  free: readonly Fraction[],
  level: Fraction,
): Fraction {
  let rise: Fraction | undefined;
  const limit = (value: Fraction): void => {
    rise = rise === undefined ? value : least(rise, value);
  };
  free.forEach((amount, resource) => {
    const speed = sumOf(active.map((index) => demandOf(pool, index, resource).times(rates[index] as Fraction)));
    if (speed.sign > 0) limit(amount.over(speed));
  });
  for (const index of active) {
    const cap = pool.users[index]?.maxTasks;
    if (cap !== undefined) limit(cap.over(rates[index] as Fraction).minus(level));
  }
  return rise ?? fail('a user of the pool needs nothing and has no cap');
}

function demandOf(pool: Pool, index: number, resource: number): Fraction {
  return (pool.users[index] as PoolUser).demand[resource] as Fraction;
}

function isFrozen(user: PoolUser, tasks: Fraction, free: readonly Fraction[]): boolean {
  if (user.maxTasks !== undefined && tasks.compare(user.maxTasks) >= 0) return true;
  return user.demand.some((amount, resource) => amount.sign > 0 && (free[resource] as Fraction).sign === 0);
}
