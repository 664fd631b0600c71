import { defineAllocator } from '../../model/allocator.js';
import type { ClearingResult } from '../math/clearing-types.js';
import { ascendingClock } from '../math/clock.js';
import { uniformPrice } from '../math/uniform-price.js';
import { Market } from './market.js';
import type { Round } from './mechanism.js';
import { MARKET_OPTIONS, marketSettings } from './options.js';

export const marketUniform = defineAllocator({
  name: 'market-uniform',
  summary:
    'one price per resource for all: an ascending clock from the reserve, or the highest losing or lowest winning bid',
  source: 'Stokely et al., Using a Market Economy to Provision Compute Resources, IPDPS 2009, §III; Krishna, ch. 12',
  options: {
    ...MARKET_OPTIONS,
    rule: {
      type: 'choice',
      choices: ['clock', 'highest-losing', 'lowest-winning'],
      default: 'clock',
      help: 'how the price is found',
    },
    step: {
      type: 'number',
      default: 0.25,
      range: [1e-6, 1e3],
      unit: 'base prices',
      help: 'clock: rise of the price of a resource in excess demand in one round (δ)',
    },
    slope: {
      type: 'number',
      default: 0,
      range: [0, 1e9],
      unit: 'base prices',
      help: 'clock: rise per supply of excess demand, at most a step (α); 0 = always a step',
    },
    ration: {
      type: 'boolean',
      default: true,
      help: 'clock: sell at the last price with excess demand, best bids first; false leaves the overshoot unsold (as published)',
    },
    rounds: { type: 'integer', default: 10_000, range: [1, 1e7], help: 'clock: rounds after which it gives up' },
  },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ rule, step, slope, ration, rounds, ...options }, context) => {
    const clock = { step, slope, rations: ration, roundLimit: rounds };
    const clear = (round: Round): ClearingResult =>
      rule === 'clock'
        ? clearByClock(round, clock)
        : uniformPrice(round.market, rule as 'highest-losing' | 'lowest-winning');
    return new Market(marketSettings(options, { isCharged: true, clear }), context);
  },
});

/** Steps in base prices become prices per thousandth of each resource. */
function clearByClock(
  { market, base }: Round,
  { step, slope, rations, roundLimit }: { step: number; slope: number; rations: boolean; roundLimit: number },
): ClearingResult {
  const startPrice = market.reserve ?? new Float64Array(base.length);
  return ascendingClock(market, {
    startPrice,
    step: base.map((price) => Math.max(price * step, Number.MIN_VALUE)),
    ...(slope > 0 ? { slope: base.map((price, r) => (price * slope) / Math.max(1, market.supply[r] as number)) } : {}),
    rations,
    roundLimit,
  });
}
