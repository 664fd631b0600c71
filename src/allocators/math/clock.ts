import { advanceS, bundleCost, type ClearingBid, type ClearingMarket, type ClearingResult } from './clearing-types.js';
import { affordable, fillInOrder } from './winners.js';

/** Price steps of an ascending clock, all per resource. */
export interface ClockOptions {
  /** First price; the reserve where that is higher. */
  readonly startPrice: Float64Array;
  /** Largest rise per round (δ). */
  readonly step: Float64Array;
  /** Rise per unit of excess demand (α); Infinity = always a whole step. */
  readonly slope?: number | Float64Array;
  readonly roundLimit?: number;
  /**
   * Sell at the last price that had excess demand, the best offers per price first, instead of leaving the overshoot unsold. Equal bids
   * drop out together at one step: without rationing nobody buys.
   */
  readonly rations?: boolean;
}

/** One round: the price shown and the demand for it. */
export interface ClockRound {
  readonly prices: Float64Array;
  readonly demand: Float64Array;
}

/**
 * Ascending clock auction with uniform linear prices (Stokely, Winget, Keyes, Grimes, Yolken, IPDPS 2009 §III): every bid demands its
 * bundles while their price is within its limit and its balance; where demand exceeds supply the price rises by min(α · excess, δ).
 * Ends when nothing is in excess; overshoot can leave supply unsold. Pure buyers: it converges once prices pass every limit.
 */
export function ascendingClock(market: ClearingMarket, options: ClockOptions, history?: ClockRound[]): ClearingResult {
  const prices = options.startPrice.map((price, resource) => Math.max(price, market.reserve?.[resource] ?? 0));
  const roundLimit = options.roundLimit ?? 10_000;
  const rises = market.supply.map(() => 0);
  const first = prices.slice();
  const before = prices.slice();
  let iterations = 0;
  for (;;) {
    iterations++;
    const wanted = demandAt(market, prices);
    const demand = totalDemand(market, wanted);
    history?.push({ prices: prices.slice(), demand });
    const excess = demand.map((amount, resource) => amount - (market.supply[resource] as number) * (1 + 1e-12));
    const isCleared = excess.every((amount) => amount <= 0);
    if (isCleared || iterations >= roundLimit) {
      // Without convergence the bids are served in order, as far as the supply goes.
      if (isCleared && iterations > 1 && options.rations === true) return rationed(market, before, iterations);
      const granted = isCleared ? Int32Array.from(wanted) : fillInOrder(market, [...wanted.keys()], wanted);
      const bidPrices = market.bids.map(() => prices);
      return { granted, unitPrices: prices, bidPrices, iterations, converged: isCleared, gap: Number.NaN };
    }
    before.set(prices);
    raise(prices, first, rises, excess, options);
  }
}

/** Whole steps are counted and multiplied, so that a thousand of them end where arithmetic says. */
function raise(
  prices: Float64Array,
  first: Float64Array,
  rises: Float64Array,
  excess: Float64Array,
  options: ClockOptions,
): void {
  for (let resource = 0; resource < prices.length; resource++) {
    if ((excess[resource] as number) <= 0) continue;
    const step = options.step[resource] as number;
    const slope = slopeOf(options, resource);
    rises[resource] = (rises[resource] as number) + Math.min((slope * (excess[resource] as number)) / step, 1);
    prices[resource] = (first[resource] as number) + (rises[resource] as number) * step;
  }
}

function slopeOf({ slope = Number.POSITIVE_INFINITY }: ClockOptions, resource: number): number {
  return typeof slope === 'number' ? slope : (slope[resource] as number);
}

/** Bundles that each bid wants at these prices: all or none by its limit, as many as its bidder's balance carries. */
function demandAt(market: ClearingMarket, prices: Float64Array): Float64Array {
  const spent = new Map<number, number>();
  return Float64Array.from(market.bids, (bid) => {
    const cost = bundleCost(bid.demand, prices);
    // A limit that the price meets exactly still buys, whatever the last bit says.
    if (cost > bundleCost(bid.demand, bid.unitPrices) * (1 + 1e-12)) return 0;
    const balance = bid.balance - (spent.get(bid.bidder) ?? 0);
    const count = Math.min(bid.maxBundles, affordable(balance, bid, prices), fitsAlone(market, bid));
    spent.set(bid.bidder, (spent.get(bid.bidder) ?? 0) + count * cost * advanceS(bid));
    return count;
  });
}

/** A bundle that exceeds the whole supply can never be had and must not drive the price. */
function fitsAlone(market: ClearingMarket, bid: ClearingBid): number {
  const fits = bid.demand.every((amount, resource) => amount <= (market.supply[resource] as number));
  return fits ? Number.MAX_SAFE_INTEGER : 0;
}

function totalDemand(market: ClearingMarket, wanted: Float64Array): Float64Array {
  const demand = market.supply.map(() => 0);
  market.bids.forEach((bid, index) => {
    const count = wanted[index] as number;
    if (count <= 0) return;
    bid.demand.forEach((amount, resource) => {
      demand[resource] = (demand[resource] as number) + amount * count;
    });
  });
  return demand;
}

/** At one price for all: by worth over price, highest first, as far as supply and balances go. */
function rationed(market: ClearingMarket, prices: Float64Array, iterations: number): ClearingResult {
  const atPrice: ClearingMarket = { ...market, bids: market.bids.map((bid) => ({ ...bid, unitPrices: prices })) };
  const worth = market.bids.map((bid) => {
    const cost = bundleCost(bid.demand, prices);
    return cost > 0 ? bundleCost(bid.demand, bid.unitPrices) / cost : Number.POSITIVE_INFINITY;
  });
  const order = [...worth.keys()].filter((index) => (worth[index] as number) >= 1 - 1e-12);
  order.sort((i, j) => compareDown(worth[i] as number, worth[j] as number) || i - j);
  const most = Float64Array.from(market.bids, (bid) => bid.maxBundles);
  const granted = fillInOrder(atPrice, order, most);
  const bidPrices = market.bids.map(() => prices);
  return { granted, unitPrices: prices, bidPrices, iterations, converged: true, gap: Number.NaN };
}

function compareDown(a: number, b: number): number {
  return a > b ? -1 : a < b ? 1 : 0;
}
