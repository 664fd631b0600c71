import { advanceS, bundleCost, type ClearingBid, type ClearingMarket } from './clearing-types.js';
import type { LpSolver } from './lp-solver.js';

/** Which whole bundles win, and how good that is proven to be. */
export interface Winners {
  readonly granted: Int32Array;
  readonly value: number;
  readonly bound: number;
  readonly nodeLimitReached: boolean;
}

/** How much work a clearing may take: counts, never time, so that every machine stops at the same point. */
export interface WinnerLimits {
  /** Bids up to which the integer program is solved; beyond, rounding and greedy with the bound of the linear relaxation. */
  readonly integerBids: number;
  /** Branch-and-bound nodes of one integer program. */
  readonly nodeLimit: number;
}

/** 60 bids × 8 resources take about 0.1 s, a linear relaxation of 1,000 bids 0.03 s. */
export const WINNER_LIMITS: WinnerLimits = { integerBids: 60, nodeLimit: 500 };

/**
 * Winner determination: maximize Σ score_i x_i over whole bundles within supply and balances. Greedy by score where that is provably
 * exact (at most one scarce resource per bid, bundles of one size on it); else HiGHS, linear and then integer under a node limit; for many
 * bids or without a solver, greedy by score per scarce unit with the bound of the linear relaxation. Equal bids are filled in bid order.
 */
export function determineWinners(
  market: ClearingMarket,
  scores: Float64Array,
  solver: LpSolver | undefined,
  limits: WinnerLimits = WINNER_LIMITS,
): Winners {
  const most = mostBundles(market, scores);
  const scarce = scarceResources(market, most);
  if (!sharesBalances(market, most) && isSeparable(market, most, scarce)) {
    const granted = fillInOrder(market, byScore(scores), most);
    const value = total(scores, granted);
    return { granted, value, bound: value, nodeLimitReached: false };
  }
  if (solver === undefined) {
    const prices = market.supply.map((supply) => (supply > 0 ? 1 / supply : 0));
    const granted = fillInOrder(market, byDensity(market, scores, prices), most);
    const bound = surrogateBound(market, scores, most, prices);
    return { granted, value: total(scores, granted), bound, nodeLimitReached: true };
  }
  return solveProgram(market, scores, most, scarce, solver, limits);
}

/** Linear relaxation first: its rounding or the greedy by its prices may already be proven best; if not, the integer program. */
function solveProgram(
  market: ClearingMarket,
  scores: Float64Array,
  most: Float64Array,
  scarce: readonly number[],
  solver: LpSolver,
  limits: WinnerLimits,
): Winners {
  const program = buildProgram(market, most, scarce);
  // The solver's tolerances are absolute: the best score is made 1.
  const unit = Math.max(...scores);
  const objective = scores.map((score) => score / unit);
  const relaxed = solver.maximize({ ...program, objective, isInteger: false });
  const prices = shadowPrices(market, scarce, relaxed.prices);
  const candidates = [
    roundedFill(market, scores, most, relaxed.x),
    fillInOrder(market, byDensity(market, scores, prices), most),
  ];
  let bound = relaxed.bound * unit;
  let nodeLimitReached = false;
  if (market.bids.length <= limits.integerBids && !isTight(bestOf(scores, candidates), scores, bound)) {
    const integer = solver.maximize({ ...program, objective, isInteger: true, nodeLimit: limits.nodeLimit });
    candidates.unshift(roundedFill(market, scores, most, integer.x));
    bound = Math.min(bound, integer.bound * unit);
    nodeLimitReached = !integer.isProven;
  }
  const best = bestOf(scores, candidates);
  const granted = fillEqualsInOrder(market, scores, best, most);
  const value = total(scores, granted);
  return { granted, value, bound: isTight(best, scores, bound) ? value : bound, nodeLimitReached };
}

/** The first of the largest value. */
function bestOf(scores: Float64Array, candidates: readonly Int32Array[]): Int32Array {
  return candidates.reduce((best, other) => (total(scores, other) > total(scores, best) ? other : best));
}

/** The value reaches the bound up to the solver's rounding. */
function isTight(granted: Int32Array, scores: Float64Array, bound: number): boolean {
  return bound - total(scores, granted) <= 1e-9 * Math.abs(bound);
}

/** Bundles that a bid could win alone: wanted, affordable at its own price, within the supply. */
export function mostBundles(market: ClearingMarket, scores: Float64Array): Float64Array {
  return Float64Array.from(market.bids, (bid, index) => {
    if (!((scores[index] as number) > 0)) return 0;
    let most = Math.min(bid.maxBundles, affordable(bid.balance, bid, bid.unitPrices));
    bid.demand.forEach((amount, resource) => {
      if (amount > 0) most = Math.min(most, wholeCopies(market.supply[resource] as number, amount));
    });
    return Math.max(0, most);
  });
}

/** Bundles that a balance can carry at these prices (a free bundle always). */
export function affordable(balance: number, bid: ClearingBid, prices: Float64Array): number {
  const cost = bundleCost(bid.demand, prices) * advanceS(bid);
  return cost > 0 ? Math.max(0, wholeCopies(balance, cost)) : Number.MAX_SAFE_INTEGER;
}

/** How often an amount fits; 0.3 holds 0.1 three times although the quotient of the doubles is just below. */
export function wholeCopies(room: number, amount: number): number {
  return Math.floor(room / amount + 1e-9);
}

/** Fills bids in an order, each with as many bundles as still fit and its bidder can still pay. */
export function fillInOrder(market: ClearingMarket, order: readonly number[], most: Float64Array): Int32Array {
  const granted = new Int32Array(market.bids.length);
  const free = market.supply.slice();
  const spent = new Map<number, number>();
  for (const index of order) {
    const bid = market.bids[index] as ClearingBid;
    let count = Math.min(
      most[index] as number,
      affordable(bid.balance - (spent.get(bid.bidder) ?? 0), bid, bid.unitPrices),
    );
    for (let resource = 0; resource < free.length; resource++) {
      const amount = bid.demand[resource] as number;
      if (amount > 0) count = Math.min(count, wholeCopies(free[resource] as number, amount));
    }
    if (count <= 0) continue;
    take(free, bid, count);
    granted[index] = count;
    spent.set(
      bid.bidder,
      (spent.get(bid.bidder) ?? 0) + count * bundleCost(bid.demand, bid.unitPrices) * advanceS(bid),
    );
  }
  return granted;
}

/** Bids by score per unit of scarce resources at these prices, highest first, ties by bid order. */
export function byDensity(market: ClearingMarket, scores: Float64Array, prices: Float64Array): number[] {
  const density = market.bids.map((bid, index) => {
    const weight = bundleCost(bid.demand, prices);
    return weight > 0 ? (scores[index] as number) / weight : Number.POSITIVE_INFINITY;
  });
  const order = market.bids.map((_, index) => index);
  return order.sort((i, j) => compareDown(density[i] as number, density[j] as number) || i - j);
}

function byScore(scores: Float64Array): number[] {
  return Array.from(scores.keys()).sort((i, j) => compareDown(scores[i] as number, scores[j] as number) || i - j);
}

function compareDown(a: number, b: number): number {
  return a > b ? -1 : a < b ? 1 : 0;
}

/** Resources that all wanted bundles together would overfill; the others constrain nobody. */
function scarceResources(market: ClearingMarket, most: Float64Array): number[] {
  const wanted = market.supply.map(() => 0);
  market.bids.forEach((bid, index) => {
    const count = most[index] as number;
    bid.demand.forEach((amount, resource) => {
      if (count > 0) wanted[resource] = (wanted[resource] as number) + amount * count;
    });
  });
  return Array.from(market.supply.keys()).filter((r) => (wanted[r] as number) > (market.supply[r] as number));
}

/** Several bids draw on one balance that could bind. */
function sharesBalances(market: ClearingMarket, most: Float64Array): boolean {
  const wanted = new Map<number, { count: number; cost: number; balance: number }>();
  market.bids.forEach((bid, index) => {
    if ((most[index] as number) <= 0) return;
    const entry = wanted.get(bid.bidder) ?? { count: 0, cost: 0, balance: bid.balance };
    entry.count++;
    entry.cost += (most[index] as number) * bundleCost(bid.demand, bid.unitPrices) * advanceS(bid);
    wanted.set(bid.bidder, entry);
  });
  return [...wanted.values()].some((entry) => entry.count > 1 && entry.cost > entry.balance);
}

/** Every bid needs one scarce resource at most, and all that need it need the same amount: the best bids come first, exactly. */
function isSeparable(market: ClearingMarket, most: Float64Array, scarce: readonly number[]): boolean {
  const size = new Map<number, number>();
  return market.bids.every((bid, index) => {
    if ((most[index] as number) <= 0) return true;
    const needed = scarce.filter((resource) => (bid.demand[resource] as number) > 0);
    const resource = needed[0];
    if (resource === undefined) return true;
    const known = size.get(resource) ?? (bid.demand[resource] as number);
    size.set(resource, known);
    return needed.length === 1 && known === bid.demand[resource];
  });
}

/** Rows: scarce resources in shares of the supply, then shared balances. */
function buildProgram(
  market: ClearingMarket,
  most: Float64Array,
  scarce: readonly number[],
): { rows: Float64Array[]; limits: Float64Array; upper: Float64Array } {
  const rows = scarce.map((resource) =>
    Float64Array.from(market.bids, (bid) => (bid.demand[resource] as number) / (market.supply[resource] as number)),
  );
  const bidders = new Map<number, number[]>();
  market.bids.forEach((bid, index) => {
    if ((most[index] as number) > 0) bidders.set(bid.bidder, [...(bidders.get(bid.bidder) ?? []), index]);
  });
  for (const members of bidders.values()) {
    const balance = (market.bids[members[0] as number] as ClearingBid).balance;
    if (members.length < 2 || !(balance > 0) || balance === Number.POSITIVE_INFINITY) continue;
    const row = new Float64Array(market.bids.length);
    for (const index of members) {
      const bid = market.bids[index] as ClearingBid;
      row[index] = (bundleCost(bid.demand, bid.unitPrices) * advanceS(bid)) / balance;
    }
    rows.push(row);
  }
  return { rows, limits: new Float64Array(rows.length).fill(1), upper: most };
}

/** Shadow prices per unit of every resource, 0 where it is not scarce. */
function shadowPrices(market: ClearingMarket, scarce: readonly number[], prices: Float64Array): Float64Array {
  const perUnit = new Float64Array(market.supply.length);
  scarce.forEach((resource, row) => {
    perUnit[resource] = (prices[row] as number) / (market.supply[resource] as number);
  });
  return perUnit;
}

/** The whole part of a solution (which rounding may have pushed over by a hair), then what still fits by score. */
function roundedFill(market: ClearingMarket, scores: Float64Array, most: Float64Array, x: Float64Array): Int32Array {
  const whole = x.map((value, index) => Math.min(most[index] as number, Math.floor(value + 1e-6)));
  const order = byScore(scores);
  const base = fillInOrder(market, order, whole);
  const rest = most.map((count, index) => count - (base[index] as number));
  const left: ClearingMarket = { ...market, supply: freeAfter(market, base), bids: afterSpending(market, base) };
  const more = fillInOrder(left, order, rest);
  return base.map((count, index) => count + (more[index] as number));
}

function afterSpending(market: ClearingMarket, granted: Int32Array): ClearingBid[] {
  const spent = new Map<number, number>();
  market.bids.forEach((bid, index) => {
    const cost = (granted[index] as number) * bundleCost(bid.demand, bid.unitPrices) * advanceS(bid);
    spent.set(bid.bidder, (spent.get(bid.bidder) ?? 0) + cost);
  });
  return market.bids.map((bid) => ({ ...bid, balance: bid.balance - (spent.get(bid.bidder) ?? 0) }));
}

/** What is left of the supply. */
export function freeAfter(market: ClearingMarket, granted: Int32Array): Float64Array {
  const free = market.supply.slice();
  market.bids.forEach((bid, index) => {
    take(free, bid, granted[index] as number);
  });
  return free;
}

function take(free: Float64Array, bid: ClearingBid, count: number): void {
  for (let resource = 0; resource < free.length; resource++) {
    // Sums of decimals may end a hair below nothing.
    free[resource] = Math.max(0, (free[resource] as number) - count * (bid.demand[resource] as number));
  }
}

/** Among bids of equal shape and score the earlier is filled first; only bidders with a single bid take part. */
function fillEqualsInOrder(
  market: ClearingMarket,
  scores: Float64Array,
  granted: Int32Array,
  most: Float64Array,
): Int32Array {
  const bidsOf = new Map<number, number>();
  for (const bid of market.bids) bidsOf.set(bid.bidder, (bidsOf.get(bid.bidder) ?? 0) + 1);
  const groups = new Map<string, number[]>();
  market.bids.forEach((bid, index) => {
    if (bidsOf.get(bid.bidder) !== 1 || (most[index] as number) <= 0) return;
    const key = `${scores[index]}|${bid.demand.join(',')}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  const ordered = granted.slice();
  for (const members of groups.values()) {
    let left = members.reduce((sum, index) => sum + (granted[index] as number), 0);
    for (const index of members) {
      ordered[index] = Math.min(left, most[index] as number);
      left -= ordered[index] as number;
    }
  }
  return ordered;
}

/** Fractional knapsack on the one constraint Σ prices · demand ≤ Σ prices · supply: an upper bound for any prices ≥ 0. */
function surrogateBound(
  market: ClearingMarket,
  scores: Float64Array,
  most: Float64Array,
  prices: Float64Array,
): number {
  let room = bundleCost(market.supply, prices);
  let bound = 0;
  for (const index of byDensity(market, scores, prices)) {
    const weight = bundleCost((market.bids[index] as ClearingBid).demand, prices);
    const count = weight > 0 ? Math.min(most[index] as number, room / weight) : (most[index] as number);
    if (count <= 0) continue;
    bound += count * (scores[index] as number);
    room -= count * weight;
  }
  return bound;
}

function total(scores: Float64Array, granted: Int32Array): number {
  let sum = 0;
  for (let index = 0; index < granted.length; index++) {
    if ((granted[index] as number) > 0) sum += (scores[index] as number) * (granted[index] as number);
  }
  return sum;
}
