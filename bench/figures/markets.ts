import { bundleScores } from '../../src/allocators/math/clearing.js';
import type { ClearingBid, ClearingMarket } from '../../src/allocators/math/clearing-types.js';
import { leontiefEquilibrium } from '../../src/allocators/math/fisher-leontief.js';
import { linearEquilibrium } from '../../src/allocators/math/fisher-linear.js';
import { loadLpSolver } from '../../src/allocators/math/lp-solver.js';
import { clearVcg } from '../../src/allocators/math/vcg.js';
import { determineWinners } from '../../src/allocators/math/winners.js';
import { Streams } from '../../src/core/random.js';
import { cpuSecondsOf, type Figure, median } from '../figure.js';

const RESOURCES = 8;

/** Bids for up to 5 bundles of 8 resources, supply for about a tenth of them. */
function bidMarket(bidCount: number, supply: number): ClearingMarket {
  const random = new Streams(9).stream('bids');
  const bids = Array.from({ length: bidCount }, (_, bidder): ClearingBid => {
    const demand = Float64Array.from({ length: RESOURCES }, () => Math.floor(random() * 6));
    demand[0] = (demand[0] as number) + 1;
    const unitPrices = Float64Array.from({ length: RESOURCES }, () => random() * 10);
    const maxBundles = 1 + Math.floor(random() * 5);
    return { bidder, demand, maxBundles, unitPrices, balance: Number.POSITIVE_INFINITY, estimateS: -1 };
  });
  return { supply: new Float64Array(RESOURCES).fill(supply), bids };
}

function fisherMarket(): { budgets: number[]; capacity: number[]; rows: number[][] } {
  const random = new Streams(1).stream('market');
  const numbers = (count: number, scale: number): number[] => Array.from({ length: count }, () => 1 + random() * scale);
  return {
    budgets: numbers(100, 5),
    capacity: numbers(RESOURCES, 1000),
    rows: Array.from({ length: 100 }, () => numbers(RESOURCES, 8)),
  };
}

/** Median CPU milliseconds of a call, warm. */
function warmMs(work: () => void): number {
  work();
  return median([1, 2, 3, 4, 5].map(() => cpuSecondsOf(work) * 1000));
}

export const marketFigures: readonly Figure[] = [
  {
    name: 'Fisher equilibrium, Leontief, 100 buyers × 8',
    unit: 'ms',
    better: 'less',
    floor: 50,
    measure: () => {
      const { budgets, capacity, rows } = fisherMarket();
      return warmMs(() => void leontiefEquilibrium({ budgets, capacity, demand: rows }));
    },
  },
  {
    name: 'Fisher equilibrium, linear, 100 buyers × 8',
    unit: 'ms',
    better: 'less',
    floor: 50,
    measure: () => {
      const { budgets, capacity, rows } = fisherMarket();
      return warmMs(() => void linearEquilibrium({ budgets, supply: capacity, values: rows }));
    },
  },
  {
    name: 'LP clearing, 1,000 bids × 8',
    unit: 'ms',
    better: 'less',
    floor: 200,
    measure: async () => {
      const solver = await loadLpSolver();
      const market = bidMarket(1000, 2000);
      const scores = bundleScores(market, 'cluster');
      return warmMs(() => void determineWinners(market, scores, solver));
    },
  },
  {
    name: 'VCG clearing, 30 bids × 8, proven',
    unit: 'ms',
    better: 'less',
    measure: async () => {
      const solver = await loadLpSolver();
      const market = bidMarket(30, 60);
      return warmMs(() => void clearVcg(market, solver));
    },
  },
];
