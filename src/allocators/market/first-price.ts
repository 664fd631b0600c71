import { defineAllocator } from '../../model/allocator.js';
import { clearMarket, type ScoreRule } from '../math/clearing.js';
import { loadedLpSolver, loadLpSolver } from '../math/lp-solver.js';
import { Market } from './market.js';
import type { Round } from './mechanism.js';
import { MARKET_OPTIONS, marketSettings, SOLVER_OPTIONS } from './options.js';

export const marketFirstPrice = defineAllocator({
  name: 'market-first-price',
  summary: 'the bids with the best score R = Σ p·x/q win, winners pay what they bid',
  source: 'base rule of the market: argmax Σ p_i x_i / q_i; pay as bid: Mirage, Ng et al., ACM EC/TAMA 2005',
  options: {
    ...MARKET_OPTIONS,
    score: {
      type: 'choice',
      choices: ['cluster', 'bid'],
      default: 'cluster',
      help: "cluster: Σ price · amount / the cluster's quantity; bid: a bid's price for all it asks, by the part filled",
    },
    ...SOLVER_OPTIONS,
  },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  load: loadLpSolver,
  create: ({ score, exactBids, nodes, ...options }, context) => {
    const solver = loadedLpSolver();
    const limits = { integerBids: exactBids, nodeLimit: nodes };
    const rule = { payment: 'first-price', score: score as ScoreRule, limits } as const;
    const clear = ({ market }: Round) => clearMarket(market, rule, solver);
    return new Market(marketSettings(options, { isCharged: true, clear }), context);
  },
});
