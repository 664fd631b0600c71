import { advanceS, bundleCost, type ClearingBid, type ClearingMarket, type ClearingResult } from './clearing-types.js';
import { leontiefEquilibrium } from './fisher-leontief.js';
import { wholeCopies } from './winners.js';

/**
 * Proportional share (Tycoon, Lai et al. 2005): a bid puts price · demand · bundles of money per second on every resource that it
 * needs, cut evenly to what its balance carries, and gets that part of the supply; the price is Σ money / supply. Shares become whole
 * bundles by largest remainder. A bundle's charge never exceeds the bid's money while demand exceeds supply; below, the price is lower.
 */
export function clearProportional(
  market: ClearingMarket,
  money: readonly Float64Array[] = market.bids.map((bid) => moneyOf(market, bid)),
): ClearingResult {
  const totals = market.supply.map((_, r) => money.reduce((sum, row) => sum + (row[r] as number), 0));
  const unitPrices = totals.map((total, r) => {
    const supply = market.supply[r] as number;
    return Math.max(supply > 0 ? total / supply : 0, market.reserve?.[r] ?? 0);
  });
  const shares = Float64Array.from(market.bids, (bid, index) => {
    let bundles = bid.maxBundles;
    bid.demand.forEach((amount, r) => {
      const price = unitPrices[r] as number;
      if (amount > 0) bundles = Math.min(bundles, price > 0 ? (money[index]?.[r] as number) / price / amount : 0);
    });
    return bundles;
  });
  const granted = wholeBundles(
    market,
    shares,
    money.map((row) => row.some((value) => value > 0)),
  );
  const bidPrices = market.bids.map(() => unitPrices);
  return { granted, unitPrices, bidPrices, iterations: 1, converged: true, gap: Number.NaN };
}

/**
 * Fisher market (Eisenberg and Gale 1959) with bundles as Leontief demands: `budgets` is the money per second of each bid (0 = takes
 * no part); equal ones make it CEEI. The fractional equilibrium becomes whole bundles by largest remainder; prices stay as they are.
 */
export function clearFisher(market: ClearingMarket, budgets: Float64Array): ClearingResult {
  const isIn = (index: number): boolean => {
    const bid = market.bids[index] as ClearingBid;
    const fits = bid.demand.every((amount, r) => amount <= (market.supply[r] as number));
    return (budgets[index] as number) > 0 && bid.maxBundles > 0 && fits;
  };
  const rows = market.bids.map((_, index) => index).filter(isIn);
  const goods = [...market.supply.keys()].filter((r) => (market.supply[r] as number) > 0);
  const unitPrices = market.supply.map((_, r) => market.reserve?.[r] ?? 0);
  const none = { granted: new Int32Array(market.bids.length), unitPrices, iterations: 0, converged: true, gap: 0 };
  if (rows.length === 0 || goods.length === 0) return { ...none, bidPrices: market.bids.map(() => unitPrices) };
  const equilibrium = leontiefEquilibrium({
    budgets: rows.map((index) => budgets[index] as number),
    capacity: goods.map((r) => market.supply[r] as number),
    demand: rows.map((index) => goods.map((r) => market.bids[index]?.demand[r] as number)),
    maxTasks: rows.map((index) => market.bids[index]?.maxBundles),
  });
  goods.forEach((r, column) => {
    unitPrices[r] = Math.max(unitPrices[r] as number, equilibrium.prices[column] as number);
  });
  const shares = new Float64Array(market.bids.length);
  rows.forEach((index, row) => {
    shares[index] = equilibrium.tasks[row] as number;
  });
  const granted = wholeBundles(
    market,
    shares,
    Array.from(shares, (share) => share > 0),
  );
  const { iterations, converged, dualityGap } = equilibrium;
  return { granted, unitPrices, bidPrices: market.bids.map(() => unitPrices), iterations, converged, gap: dualityGap };
}

/**
 * Fractional bundles to whole ones: everyone's whole part, then one bundle at a time to the largest remainder that fits, ties to the
 * earlier bid, then whatever still fits in the same order (work conserving). A bundle is never granted beyond the balance.
 */
export function wholeBundles(market: ClearingMarket, shares: Float64Array, takesPart: readonly boolean[]): Int32Array {
  const free = market.supply.slice();
  const granted = new Int32Array(shares.length);
  const order = [...shares.keys()].filter((index) => takesPart[index] === true);
  for (const index of order) give(market, free, granted, index, Math.floor((shares[index] as number) + 1e-9));
  const remainder = shares.map((share, index) => share - (granted[index] as number));
  order.sort((i, j) => (remainder[j] as number) - (remainder[i] as number) || i - j);
  for (const index of order) give(market, free, granted, index, 1);
  for (const index of order) give(market, free, granted, index, Number.MAX_SAFE_INTEGER);
  return granted;
}

/** Adds up to `count` bundles, as far as they fit, are wanted and can be paid at the bid's own price. */
function give(market: ClearingMarket, free: Float64Array, granted: Int32Array, index: number, count: number): void {
  const bid = market.bids[index] as ClearingBid;
  const has = granted[index] as number;
  const cost = bundleCost(bid.demand, bid.unitPrices) * advanceS(bid);
  const paid = cost > 0 ? wholeCopies(bid.balance, cost) : Number.MAX_SAFE_INTEGER;
  let more = Math.min(count, bid.maxBundles - has, paid - has);
  bid.demand.forEach((amount, r) => {
    if (amount > 0) more = Math.min(more, wholeCopies(free[r] as number, amount));
  });
  if (more <= 0) return;
  granted[index] = has + more;
  bid.demand.forEach((amount, r) => {
    free[r] = Math.max(0, (free[r] as number) - more * amount);
  });
}

/** Money per second that a bid puts on each resource: price · demand · bundles, cut evenly to what its balance carries. */
export function moneyOf(market: ClearingMarket, bid: ClearingBid): Float64Array {
  const wish = bundleCost(bid.demand, bid.unitPrices) * bid.maxBundles;
  const carried = bid.balance === Number.POSITIVE_INFINITY ? wish : bid.balance / Math.max(1, advanceS(bid));
  const part = wish > 0 ? Math.min(1, Math.max(0, carried) / wish) : 0;
  return market.supply.map((_, r) => part * (bid.unitPrices[r] as number) * (bid.demand[r] as number) * bid.maxBundles);
}
