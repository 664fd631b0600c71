import { defineBidder } from './bidder.js';
import { VALUE_OPTIONS, valuation } from './valuation.js';

export const iterative = defineBidder({
  name: 'iterative',
  summary: 'gaming: starts low, raises its bid after every clearing that it lost, lowers it after one that it won',
  source: 'iterative bidding: Ng et al., Addressing Strategic Behavior …, ACM EC/TAMA 2005',
  options: {
    ...VALUE_OPTIONS,
    from: { type: 'number', default: 0.25, range: [0, 1], help: 'part of the worth that it bids first' },
    step: { type: 'number', default: 0.1, range: [0.001, 1], help: 'part of the worth by which it moves' },
  },
  create: ({ from, step, ...options }) => {
    const value = valuation(options);
    let level = from;
    return {
      value,
      bid: (entry, { reserve }) => Math.min(value(entry), Math.max(reserve, level * value(entry))),
      learn: ({ askedTasks, wonTasks }) => {
        level = wonTasks < askedTasks ? Math.min(1, level + step) : Math.max(from, level - step);
      },
    };
  },
});
