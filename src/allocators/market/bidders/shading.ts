import { defineBidder } from './bidder.js';
import { VALUE_OPTIONS, valuation } from './valuation.js';

export const shading = defineBidder({
  name: 'shading',
  summary: 'gaming: bids a part of what the task is worth, never below the reserve',
  source: 'underbidding on low demand: Ng et al., Addressing Strategic Behavior …, ACM EC/TAMA 2005',
  options: {
    ...VALUE_OPTIONS,
    factor: { type: 'number', default: 0.6, range: [0, 1], help: 'part of the worth that is bid' },
  },
  create: ({ factor, ...options }) => {
    const value = valuation(options);
    return { value, bid: (entry, { reserve }) => Math.min(value(entry), Math.max(reserve, factor * value(entry))) };
  },
});
