import { defineAllocator } from '../../model/allocator.js';
import { clearEquilibrium } from './equilibrium.js';
import { Market } from './market.js';
import type { Round } from './mechanism.js';
import { MARKET_OPTIONS, marketSettings } from './options.js';

export const ceei = defineAllocator({
  name: 'ceei',
  summary:
    'competitive equilibrium from equal incomes: the Fisher market of the whole cluster with the weights as budgets; nobody pays',
  source: 'Varian 1974; Ghodsi et al., NSDI 2011, §5.2; Eisenberg and Gale 1959',
  options: { interval: MARKET_OPTIONS.interval },
  reads: ['demand'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ interval }, context) => {
    const clear = (round: Round) =>
      clearEquilibrium(round, { isLinear: false, budgetOf: (client) => round.view.weightOf(client) });
    const settings = { interval, reserve: 0, curve: 'flat', steepness: 1, evict: false, pool: false };
    return new Market(marketSettings(settings, { isCharged: false, clear }), context);
  },
});
