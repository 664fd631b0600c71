import { defineAllocator } from '../../model/allocator.js';
import { clearFirstPrice } from './clearing.js';
import { Market } from './market.js';

export const marketFirstPrice = defineAllocator({
  name: 'market-first-price',
  summary: 'bids by score R = Σ p·x/q, winners pay what they bid',
  source: 'base rule of the market: argmax Σ p_i x_i / q_i; pay as bid: Mirage, Ng et al., ACM EC/TAMA 2005',
  options: {
    interval: { type: 'duration', default: '60 s', range: [1e3, 86_400e6], help: 'time between clearings' },
    reserve: { type: 'number', default: 1, range: [0, 1e6], unit: 'base prices', help: 'least bid that counts' },
  },
  reads: ['demand', 'bids'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ interval, reserve }, context) =>
    new Market(
      {
        intervalUs: interval,
        reserve,
        isUniform: false,
        rule: (bids, supply, quantity, _reserve, balances) => clearFirstPrice(bids, supply, quantity, balances),
      },
      context,
    ),
});
