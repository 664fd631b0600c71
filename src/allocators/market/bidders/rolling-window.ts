import { defineBidder } from './bidder.js';
import { VALUE_OPTIONS, valuation } from './valuation.js';

export const rollingWindow = defineBidder({
  name: 'rolling-window',
  summary:
    'gaming: shifts its tasks into the cheap end of a window: bids low until the window closes, then what they are worth',
  source: 'rolling-window manipulation: Ng et al., Addressing Strategic Behavior …, ACM EC/TAMA 2005',
  options: {
    ...VALUE_OPTIONS,
    window: { type: 'duration', default: '30 min', range: [1e6, 30 * 86_400e6], help: 'how long a task can wait' },
    low: { type: 'number', default: 0.25, range: [0, 1], help: 'part of the worth that it bids inside the window' },
  },
  create: ({ window, low, ...options }) => {
    const value = valuation(options);
    return {
      value,
      bid: (entry, { nowUs, reserve }) =>
        nowUs - entry.queuedUs >= window ? value(entry) : Math.min(value(entry), Math.max(reserve, low * value(entry))),
    };
  },
});
