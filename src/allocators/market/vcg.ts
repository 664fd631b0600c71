import { defineAllocator } from '../../model/allocator.js';
import { loadedLpSolver, loadLpSolver } from '../math/lp-solver.js';
import { clearVcg } from '../math/vcg.js';
import { Market } from './market.js';
import type { Round } from './mechanism.js';
import { MARKET_OPTIONS, marketSettings, SOLVER_OPTIONS } from './options.js';

export const marketVcg = defineAllocator({
  name: 'market-vcg',
  summary:
    'the bids of the greatest worth together win, each pays what the others lose by it; not proven best = greedy with critical values',
  source: 'Vickrey 1961, Clarke 1971, Groves 1973; fallback: Lehmann, O’Callaghan, Shoham, JACM 49(5), 2002',
  options: { ...MARKET_OPTIONS, ...SOLVER_OPTIONS },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  load: loadLpSolver,
  create: ({ exactBids, nodes, ...options }, context) => {
    const solver = loadedLpSolver();
    const limits = { integerBids: exactBids, nodeLimit: nodes };
    const clear = ({ market }: Round) => clearVcg(market, solver, limits);
    return new Market(marketSettings(options, { isCharged: true, clear }), context);
  },
});
