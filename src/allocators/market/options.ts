import type { OptionValues } from '../../model/options.js';
import type { MarketSettings } from './market.js';
import type { Mechanism } from './mechanism.js';
import { RESERVE_OPTIONS } from './reserve.js';

/** Options of every market that is cleared by bids. */
export const MARKET_OPTIONS = {
  interval: { type: 'duration', default: '60 s', range: [1e3, 86_400e6], help: 'time between clearings' },
  ...RESERVE_OPTIONS,
  pool: {
    type: 'boolean',
    default: false,
    help: 'sell the cluster as one pool: bids for tasks that no agent has room for count too, and may win and stay unplaced',
  },
  evict: {
    type: 'boolean',
    default: false,
    help: 'end running tasks, newest first, when their framework has no money left',
  },
} as const;

/** How much work the search for the best winners may take: counts, never time, so that every machine stops at the same point. */
export const SOLVER_OPTIONS = {
  exactBids: {
    type: 'integer',
    default: 40,
    range: [0, 100_000],
    help: 'bids up to which the integer program is solved; beyond, the best of LP rounding and greedy, with the gap stated',
  },
  nodes: {
    type: 'integer',
    default: 500,
    range: [1, 1e9],
    unit: 'nodes',
    help: 'branch-and-bound nodes of one program',
  },
} as const;

/** Settings of a market from its options. */
export function marketSettings(options: OptionValues<typeof MARKET_OPTIONS>, mechanism: Mechanism): MarketSettings {
  const { interval, reserve, curve, steepness, evict, pool } = options;
  return { intervalUs: interval, reserve, curve, steepness, evicts: evict, pool, mechanism };
}
