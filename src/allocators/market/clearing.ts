/** One bid: up to `count` bundles of `amounts`, worth `price` base prices each unit, from a bidder with `balance` left. */
export interface Bid {
  readonly amounts: Float64Array;
  readonly count: number;
  /** Offered price per unit and second, per resource. */
  readonly unitPrices: Float64Array;
  /** Seconds that the bidder must be able to pay for. */
  readonly horizonS: number;
  /** Index of the bidder in `balances`. */
  readonly bidder: number;
}

export interface Clearing {
  /** Bundles won by each bid. */
  readonly won: Int32Array;
  readonly prices: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
  /** Share by which the found score may fall short of the best one. */
  readonly gap: number;
}

const perBundle = (amounts: Float64Array, unitPrices: Float64Array): number => {
  let sum = 0;
  for (let index = 0; index < amounts.length; index++)
    sum += ((amounts[index] as number) / 1000) * (unitPrices[index] as number);
  return sum;
};

/**
 * The base rule R = argmax Σ p_i x_i / q_i over feasible x, q_i the cluster's quantity (score=cluster): whole bundles in order of
 * score over dominant size, ties in order of bids. Exact when bundles ask for one resource type each and are alike; otherwise the gap
 * against the least of the fractional single-resource bounds is reported.
 */
export function clearFirstPrice(
  bids: readonly Bid[],
  supply: Float64Array,
  quantity: Float64Array,
  balances: number[],
): Clearing {
  const won = new Int32Array(bids.length);
  const left = supply.slice();
  const scores = bids.map((bid) => scoreOf(bid, quantity));
  const sizes = bids.map((bid) => dominantSize(bid.amounts, quantity));
  const order = bids
    .map((_bid, index) => index)
    .sort((a, b) => density(scores, sizes, b) - density(scores, sizes, a) || a - b);
  let total = 0;
  for (const index of order) {
    const bid = bids[index] as Bid;
    const cost = perBundle(bid.amounts, bid.unitPrices) * bid.horizonS;
    const count = Math.min(
      bid.count,
      bundlesThatFit(bid.amounts, left),
      affordable(balances[bid.bidder] as number, cost),
    );
    if (count <= 0) continue;
    won[index] = count;
    take(left, bid.amounts, count);
    balances[bid.bidder] = (balances[bid.bidder] as number) - cost * count;
    total += (scores[index] as number) * count;
  }
  const bound = upperBound(bids, scores, supply);
  return {
    won,
    prices: new Float64Array(supply.length),
    iterations: 1,
    converged: true,
    gap: bound > 0 ? Math.max(0, (bound - total) / bound) : 0,
  };
}

/**
 * Uniform linear prices by an ascending clock (Stokely et al., IPDPS 2009, §III): bidders drop out when their bundle costs more than
 * it is worth to them; prices of resources in excess demand rise until there is none. Without rationing the overshoot
 * leaves supply unsold, as in the paper.
 */
export function clearUniform(
  bids: readonly Bid[],
  supply: Float64Array,
  reserve: Float64Array,
  balances: number[],
  clock: Clock,
): Clearing {
  const prices = reserve.slice();
  let lastWithExcess = prices.slice();
  const worth = bids.map((bid) => perBundle(bid.amounts, bid.unitPrices));
  let round = 0;
  for (; round < clock.maxRounds; round++) {
    const demand = demandAt(bids, worth, prices, balances);
    const old = prices.slice();
    if (!raise(prices, reserve, demand, supply, clock.step)) break;
    lastWithExcess = old;
  }
  const won = new Int32Array(bids.length);
  const left = supply.slice();
  const sell = (at: Float64Array): void => {
    const order = bids
      .map((_bid, index) => index)
      .sort((a, b) => ratio(worth, bids, at, b) - ratio(worth, bids, at, a) || a - b);
    for (const index of order) {
      const bid = bids[index] as Bid;
      const asked = wanted(bid, worth[index] as number, at, balances[bid.bidder] as number) - (won[index] as number);
      const count = Math.min(asked, bundlesThatFit(bid.amounts, left));
      if (count <= 0) continue;
      won[index] = (won[index] as number) + count;
      take(left, bid.amounts, count);
      balances[bid.bidder] = (balances[bid.bidder] as number) - perBundle(bid.amounts, at) * bid.horizonS * count;
    }
  };
  // Tied bidders drop out together at the last rise: at the price before it they share what there is, in order of worth.
  const final = clock.rations && round > 0 ? lastWithExcess : prices;
  sell(final);
  return { won, prices: final, iterations: round, converged: round < clock.maxRounds, gap: 0 };
}

/** How the ascending clock runs. */
export interface Clock {
  /** Largest rise in one round, in reserve prices. */
  readonly step: number;
  readonly maxRounds: number;
  /** Sell at the last price with excess demand, in order of worth, instead of leaving the overshoot unsold. */
  readonly rations: boolean;
}

function demandAt(
  bids: readonly Bid[],
  worth: readonly number[],
  prices: Float64Array,
  balances: readonly number[],
): Float64Array {
  const demand = new Float64Array(prices.length);
  for (const [index, bid] of bids.entries()) {
    const count = wanted(bid, worth[index] as number, prices, balances[bid.bidder] as number);
    for (let resource = 0; resource < demand.length; resource++) {
      demand[resource] = (demand[resource] as number) + (bid.amounts[resource] as number) * count;
    }
  }
  return demand;
}

/** Bundles that a bidder asks for at these prices. */
function wanted(bid: Bid, worth: number, prices: Float64Array, balance: number): number {
  const cost = perBundle(bid.amounts, prices);
  return worth + 1e-12 >= cost ? Math.min(bid.count, affordable(balance, cost * bid.horizonS)) : 0;
}

/** Raises the prices of what is asked for beyond supply, in proportion and by at most one step; false when nothing is. */
function raise(
  prices: Float64Array,
  reserve: Float64Array,
  demand: Float64Array,
  supply: Float64Array,
  step: number,
): boolean {
  let moved = false;
  for (let resource = 0; resource < prices.length; resource++) {
    const excess = (demand[resource] as number) - (supply[resource] as number);
    if (excess <= 0) continue;
    moved = true;
    const share = Math.min(1, excess / Math.max(1, supply[resource] as number));
    prices[resource] = (prices[resource] as number) + (reserve[resource] as number) * step * Math.max(0.1, share);
  }
  return moved;
}

function ratio(worth: readonly number[], bids: readonly Bid[], prices: Float64Array, index: number): number {
  const cost = perBundle((bids[index] as Bid).amounts, prices);
  return cost > 0 ? (worth[index] as number) / cost : Number.MAX_VALUE;
}

function scoreOf(bid: Bid, quantity: Float64Array): number {
  let score = 0;
  for (let index = 0; index < quantity.length; index++) {
    const total = quantity[index] as number;
    if (total > 0) score += ((bid.unitPrices[index] as number) * (bid.amounts[index] as number)) / total;
  }
  return score;
}

function dominantSize(amounts: Float64Array, quantity: Float64Array): number {
  let size = 0;
  for (let index = 0; index < quantity.length; index++) {
    const total = quantity[index] as number;
    if (total > 0) size = Math.max(size, (amounts[index] as number) / total);
  }
  return size;
}

function density(scores: readonly number[], sizes: readonly number[], index: number): number {
  const size = sizes[index] as number;
  return size > 0 ? (scores[index] as number) / size : Number.MAX_VALUE;
}

/** The least over resources of the fractional knapsack on that resource alone: no feasible choice scores more. */
function upperBound(bids: readonly Bid[], scores: readonly number[], supply: Float64Array): number {
  let bound = Number.POSITIVE_INFINITY;
  for (let resource = 0; resource < supply.length; resource++) {
    const order = bids
      .map((_bid, index) => index)
      .filter((index) => ((bids[index] as Bid).amounts[resource] as number) > 0);
    if (order.length === 0) continue;
    const per = (index: number): number =>
      (scores[index] as number) / ((bids[index] as Bid).amounts[resource] as number);
    order.sort((a, b) => per(b) - per(a) || a - b);
    let left = supply[resource] as number;
    let sum = 0;
    for (const [index, bid] of bids.entries())
      if ((bid.amounts[resource] as number) === 0) sum += (scores[index] as number) * bid.count;
    for (const index of order) {
      const bid = bids[index] as Bid;
      const part = Math.min(left, (bid.amounts[resource] as number) * bid.count);
      sum += per(index) * part;
      left -= part;
    }
    bound = Math.min(bound, sum);
  }
  return Number.isFinite(bound) ? bound : 0;
}

function bundlesThatFit(amounts: Float64Array, left: Float64Array): number {
  let count = Number.MAX_SAFE_INTEGER;
  for (let index = 0; index < amounts.length; index++) {
    const amount = amounts[index] as number;
    if (amount > 0) count = Math.min(count, Math.floor((left[index] as number) / amount));
  }
  return count;
}

function affordable(balance: number, cost: number): number {
  if (cost <= 0 || balance === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
  return Math.max(0, Math.floor(balance / cost));
}

function take(left: Float64Array, amounts: Float64Array, count: number): void {
  for (let index = 0; index < left.length; index++)
    left[index] = (left[index] as number) - (amounts[index] as number) * count;
}
