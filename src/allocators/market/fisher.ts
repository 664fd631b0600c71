import { defineAllocator } from '../../model/allocator.js';
import { ADVANCE_LIMIT_S } from '../math/clearing-types.js';
import { clearEquilibrium } from './equilibrium.js';
import { Market } from './market.js';
import type { Round } from './mechanism.js';
import { MARKET_OPTIONS, marketSettings } from './options.js';

export const marketFisher = defineAllocator({
  name: 'market-fisher',
  summary:
    'competitive equilibrium: prices at which everyone spends its budget on what it likes best and everything priced sells out',
  source: 'Eisenberg and Gale 1959; Leontief: Ghodsi et al., NSDI 2011, §5.2',
  options: {
    ...MARKET_OPTIONS,
    utility: {
      type: 'choice',
      choices: ['leontief', 'linear'],
      default: 'leontief',
      help: 'tasks in fixed proportions, or every resource by itself at the price bid for it',
    },
  },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ utility, ...options }, context) => {
    const clear = (round: Round) =>
      clearEquilibrium(round, { isLinear: utility === 'linear', budgetOf: (client) => spendingOf(round, client) });
    return new Market(marketSettings(options, { isCharged: true, clear }), context);
  },
});

/** Currency per second that a client spends: its balance over an hour; without an end to it, its role's weight. */
function spendingOf({ view, balanceOf }: Round, client: number): number {
  const balance = balanceOf(client);
  return balance === Number.POSITIVE_INFINITY ? view.weightOf(client) : Math.max(0, balance) / ADVANCE_LIMIT_S;
}
