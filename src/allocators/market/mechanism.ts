import type { AllocatorView } from '../../model/allocator.js';
import { advanceS, bundleCost, type ClearingMarket, type ClearingResult } from '../math/clearing-types.js';
import type { BidLine } from './bids.js';

/** One clearing as a mechanism sees it: amounts in thousandths, prices per thousandth and second. `market.bids[i]` is `lines[i]`. */
export interface Round {
  readonly market: ClearingMarket;
  readonly lines: readonly BidLine[];
  readonly view: AllocatorView;
  readonly base: Float64Array;
  balanceOf(client: number): number;
}

/** How bids become winners and prices: score, payment, and whether the winners pay in money at all. */
export interface Mechanism {
  readonly isCharged: boolean;
  clear(round: Round): ClearingResult;
}

/** A client could not have paid for one more bundle, though it bid enough. */
export function isOutOfMoney(round: Round, index: number): boolean {
  const bid = round.market.bids[index];
  if (bid === undefined) return false;
  return bundleCost(bid.demand, bid.unitPrices) * advanceS(bid) > bid.balance;
}
