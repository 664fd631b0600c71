import { defineAllocator } from '../../model/allocator.js';
import type { ClearingResult } from '../math/clearing-types.js';
import { tycoonEquilibrium } from '../math/proportional.js';
import { clearProportional, moneyOf } from '../math/share-clearing.js';
import { Market } from './market.js';
import type { Round } from './mechanism.js';
import { MARKET_OPTIONS, marketSettings } from './options.js';

export const marketProportional = defineAllocator({
  name: 'market-proportional',
  summary: "everyone's part of a resource is its money over all money on it; the price is all money over the supply",
  source: 'Tycoon, Auction Share: Lai et al. 2005; best response: Feldman, Lai, Zhang, EC 2005',
  options: {
    ...MARKET_OPTIONS,
    split: {
      type: 'choice',
      choices: ['need', 'best-response'],
      default: 'need',
      help: 'money over resources: by what the tasks need, or the equilibrium of best responses',
    },
  },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ split, ...options }, context) => {
    const clear = split === 'need' ? ({ market }: Round) => clearProportional(market) : clearAtEquilibrium;
    return new Market(marketSettings(options, { isCharged: true, clear }), context);
  },
});

/**
 * Every bidder moves its money between the resources until no one gains by moving more: a resource of which it gets a part is worth
 * its own price for that part.
 */
function clearAtEquilibrium(round: Round): ClearingResult {
  const { market } = round;
  const asked = market.bids.map((bid) => moneyOf(market, bid));
  const bidders = [...new Set(market.bids.map((bid) => bid.bidder))];
  const rows = bidders.map((bidder) => market.bids.map((_, i) => i).filter((i) => market.bids[i]?.bidder === bidder));
  const money = (row: readonly number[], resource: number): number =>
    row.reduce((sum, index) => sum + (asked[index]?.[resource] as number), 0);
  const resources = [...market.supply.keys()];
  const budgets = rows.map((row) => resources.reduce((sum, resource) => sum + money(row, resource), 0));
  const weights = rows.map((row) =>
    resources.map((resource) => {
      if (money(row, resource) === 0) return 0;
      const price = Math.max(...row.map((index) => market.bids[index]?.unitPrices[resource] as number));
      return price * (market.supply[resource] as number);
    }),
  );
  const { bids, iterations, converged } = tycoonEquilibrium(budgets, weights);
  // A bidder's money on a resource is shared among its bids as they asked for it.
  const moved = asked.map((row) => row.slice());
  rows.forEach((row, user) => {
    for (const resource of resources) {
      const total = money(row, resource);
      for (const index of row) {
        const part = total > 0 ? (asked[index]?.[resource] as number) / total : 0;
        (moved[index] as Float64Array)[resource] = part * (bids[user]?.[resource] as number);
      }
    }
  });
  return { ...clearProportional(market, moved), iterations, converged };
}
