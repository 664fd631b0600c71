import {
  averagePrices,
  bundleCost,
  type ClearingBid,
  type ClearingMarket,
  type ClearingResult,
} from './clearing-types.js';
import { ascendingClock, type ClockOptions } from './clock.js';
import type { LpSolver } from './lp-solver.js';
import { uniformPrice } from './uniform-price.js';
import { determineWinners, type WinnerLimits } from './winners.js';

export type { ClearingBid, ClearingMarket, ClearingResult } from './clearing-types.js';

/** `cluster`: Σ_r p_r x_r / q_r, q the cluster's quantities. `bid`: a bid's price for all that it asks, by the part filled. */
export type ScoreRule = 'cluster' | 'bid';

/** How a clearing decides and what it charges. */
export type ClearingRule =
  | { readonly payment: 'first-price'; readonly score: ScoreRule; readonly limits?: WinnerLimits }
  | ({ readonly payment: 'clock' } & ClockOptions)
  | { readonly payment: 'highest-losing' }
  | { readonly payment: 'lowest-winning' };

/** One clearing of the market: what `market-first-price` and `market-uniform` call. Pure and deterministic. */
export function clearMarket(market: ClearingMarket, rule: ClearingRule, solver?: LpSolver): ClearingResult {
  switch (rule.payment) {
    case 'first-price':
      return firstPrice(market, rule.score, solver, rule.limits);
    case 'clock':
      return ascendingClock(market, rule);
    default:
      return uniformPrice(market, rule.payment);
  }
}

/** Score of one bundle of every bid under the base rule; bids below the reserve score 0. */
export function bundleScores(market: ClearingMarket, score: ScoreRule): Float64Array {
  const quantity = market.quantity ?? market.supply;
  return Float64Array.from(market.bids, (bid) => {
    if (!meetsReserve(market, bid)) return 0;
    if (score === 'bid') return bundleCost(bid.demand, bid.unitPrices);
    let sum = 0;
    bid.demand.forEach((amount, resource) => {
      if (amount > 0) sum += ((bid.unitPrices[resource] as number) * amount) / (quantity[resource] as number);
    });
    return sum;
  });
}

/** A bundle's price covers its reserve price. */
export function meetsReserve(market: ClearingMarket, bid: ClearingBid): boolean {
  return (
    market.reserve === undefined || bundleCost(bid.demand, bid.unitPrices) >= bundleCost(bid.demand, market.reserve)
  );
}

/** Base rule R = argmax Σ p_i x_i / q_i, winners pay what they bid. */
function firstPrice(
  market: ClearingMarket,
  score: ScoreRule,
  solver: LpSolver | undefined,
  limits: WinnerLimits | undefined,
): ClearingResult {
  const scores = bundleScores(market, score);
  const winners = determineWinners(market, scores, solver, limits);
  const bidPrices = market.bids.map((bid) => bid.unitPrices);
  return {
    granted: winners.granted,
    unitPrices: averagePrices(market, winners.granted, bidPrices),
    bidPrices,
    iterations: 1,
    converged: !winners.nodeLimitReached,
    gap: winners.bound > 0 ? (winners.bound - winners.value) / winners.bound : 0,
  };
}
