import { compareBytes } from '../../core/text-order.js';
import { Fraction, least, sumOf } from './fraction.js';
import { type PackingProblem, packItems } from './integer-packing.js';
import { type LpOptimum, type PackingLp, solveExactly } from './simplex.js';

/** Reading MKT-R: a bid for `quantity` > 0 of one resource at `price` ≥ 0 for all of it. */
export interface QuantityBid {
  readonly name: string;
  readonly quantity: Fraction;
  readonly price: Fraction;
}

/** Amounts given and R = Σ p_i x_i / q_i. */
export interface QuantityGrant {
  readonly amounts: Fraction[];
  readonly revenue: Fraction;
}

/** MKT-R, divisible: fill by p_i/q_i, highest first, ties by name; at most one bidder is partly filled. A bid of 0 gets nothing. */
export function fillByDensity(capacity: Fraction, bids: readonly QuantityBid[]): QuantityGrant {
  const density = bids.map((bid) => bid.price.over(bid.quantity));
  const order = bids.map((_, index) => index).filter((index) => bids[index]?.price.sign === 1);
  order.sort(
    (i, j) =>
      (density[j] as Fraction).compare(density[i] as Fraction) ||
      compareBytes((bids[i] as QuantityBid).name, (bids[j] as QuantityBid).name) ||
      i - j,
  );
  const amounts = bids.map(() => Fraction.zero);
  let free = capacity;
  for (const index of order) {
    const amount = least(free, (bids[index] as QuantityBid).quantity);
    amounts[index] = amount;
    free = free.minus(amount);
  }
  return { amounts, revenue: sumOf(amounts.map((amount, index) => amount.times(density[index] as Fraction))) };
}

/** MKT-R, all or nothing: x_i ∈ {0, q_i}, a 0/1 knapsack. */
export function fillAllOrNothing(
  capacity: Fraction,
  bids: readonly QuantityBid[],
): QuantityGrant & { isProven: boolean } {
  const items = bids.map((bid) => ({ amounts: [bid.quantity], value: bid.price, limit: 1 }));
  const packing = packItems({ capacity: [capacity], items });
  const amounts = bids.map((bid, index) => bid.quantity.times(Fraction.of(packing.counts[index] as number)));
  return { amounts, revenue: packing.value, isProven: packing.isProven };
}

/** Reading MKT-S: a bidder names a unit price per resource type and a demand per task. */
export interface ScoreBid {
  readonly unitPrices: readonly Fraction[];
  readonly demand: readonly Fraction[];
  /** Undefined = no end. */
  readonly maxTasks?: Fraction | undefined;
}

/** MKT-S: score of one task, Σ_r p_r x_r / q_r with q = the total of each resource type. */
export function taskScore(total: readonly Fraction[], bid: ScoreBid): Fraction {
  return sumOf(
    bid.demand.map((amount, resource) =>
      (bid.unitPrices[resource] as Fraction).times(amount).over(total[resource] as Fraction),
    ),
  );
}

/** MKT-S, divisible tasks: the LP optimum with shadow prices per resource, exact. */
export function scoreDivisible(total: readonly Fraction[], bids: readonly ScoreBid[]): LpOptimum<Fraction> {
  const capped = bids.map((_, index) => index).filter((index) => bids[index]?.maxTasks !== undefined);
  const lp: PackingLp<Fraction> = {
    objective: bids.map((bid) => taskScore(total, bid)),
    rows: [
      ...total.map((_, resource) => bids.map((bid) => bid.demand[resource] as Fraction)),
      ...capped.map((row) => bids.map((_, index) => (index === row ? Fraction.one : Fraction.zero))),
    ],
    limits: [...total, ...capped.map((index) => bids[index]?.maxTasks as Fraction)],
  };
  const optimum = solveExactly(lp);
  return { ...optimum, prices: optimum.prices.slice(0, total.length) };
}

/** MKT-S, whole tasks as a packing problem: {@link packItems} gives the argmax, {@link bundleVcg} the payments. */
export function scorePacking(total: readonly Fraction[], bids: readonly ScoreBid[]): PackingProblem {
  const items = bids.map((bid) => ({
    amounts: bid.demand,
    value: taskScore(total, bid),
    limit: bid.maxTasks === undefined ? undefined : Number(bid.maxTasks.floor()),
  }));
  return { capacity: total, items };
}

/** MKT-S, greedy: one task at a time to the highest score that still fits, ties by position. Not the argmax in general. */
export function scoreGreedy(
  total: readonly Fraction[],
  bids: readonly ScoreBid[],
): { readonly tasks: number[]; readonly value: Fraction } {
  const scores = bids.map((bid) => taskScore(total, bid));
  const order = bids.map((_, index) => index).filter((index) => (scores[index] as Fraction).sign > 0);
  order.sort((i, j) => (scores[j] as Fraction).compare(scores[i] as Fraction) || i - j);
  const free = [...total];
  const tasks = bids.map(() => 0);
  // What does not fit now never will again, so every bidder is filled at once.
  for (const index of order) {
    const bid = bids[index] as ScoreBid;
    const fit = bid.demand
      .map((amount, resource) => ({ amount, left: free[resource] as Fraction }))
      .filter(({ amount }) => amount.sign > 0)
      .map(({ amount, left }) => left.over(amount));
    const most = [...fit, ...(bid.maxTasks === undefined ? [] : [bid.maxTasks])].reduce(least);
    const count = Fraction.of(most.floor());
    tasks[index] = Number(count.floor());
    bid.demand.forEach((amount, resource) => {
      free[resource] = (free[resource] as Fraction).minus(amount.times(count));
    });
  }
  const value = sumOf(tasks.map((count, index) => Fraction.of(count).times(scores[index] as Fraction)));
  return { tasks, value };
}
