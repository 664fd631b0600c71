import { defineAllocator } from '../../model/allocator.js';
import { clearUniform } from './clearing.js';
import { Market } from './market.js';

export const marketUniform = defineAllocator({
  name: 'market-uniform',
  summary: 'one price per resource for all, found by an ascending clock from the reserve',
  source: 'Stokely et al., Using a Market Economy to Provision Compute Resources, IPDPS 2009, §III',
  options: {
    interval: { type: 'duration', default: '60 s', range: [1e3, 86_400e6], help: 'time between clearings' },
    reserve: {
      type: 'number',
      default: 1,
      range: [0, 1e6],
      unit: 'base prices',
      help: 'price at which the clock starts',
    },
    step: {
      type: 'number',
      default: 0.25,
      range: [1e-6, 1e3],
      unit: 'base prices',
      help: 'largest rise of a price in one round',
    },
    ration: {
      type: 'boolean',
      default: true,
      help: 'sell at the last price with excess demand, best bids first; false leaves the overshoot unsold',
    },
    rounds: { type: 'integer', default: 10_000, range: [1, 1e7], help: 'rounds after which the clock gives up' },
  },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ interval, reserve, step, ration, rounds }, context) =>
    new Market(
      {
        intervalUs: interval,
        reserve,
        isUniform: true,
        rule: (bids, supply, _quantity, floor, balances) =>
          clearUniform(bids, supply, floor, balances, { step, maxRounds: rounds, rations: ration }),
      },
      context,
    ),
});
