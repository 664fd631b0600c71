import { type BidContext, defineBidder } from './bidder.js';
import { VALUE_OPTIONS, valuation } from './valuation.js';

export const bestResponse = defineBidder({
  name: 'best-response',
  summary:
    'gaming: the part of its worth that would have paid best against the rivals’ last bids, by the market’s own rule',
  source: 'best-response dynamics: Feldman, Lai, Zhang, EC 2005; Ng et al., ACM EC/TAMA 2005',
  options: {
    ...VALUE_OPTIONS,
    grid: { type: 'integer', default: 8, range: [1, 64], help: 'parts of its worth that it tries out' },
  },
  create: ({ grid, ...options }) => {
    const value = valuation(options);
    let triedUs = -1;
    let part = 1;
    /** Once per clearing; equal gains go to the higher bid, which is likelier to win again. */
    const best = (context: BidContext): number => {
      if (context.nowUs === triedUs) return part;
      triedUs = context.nowUs;
      part = 1;
      let most = context.rehearse(1);
      for (let step = grid - 1; step >= 1; step--) {
        const gain = context.rehearse(step / grid);
        if (gain <= most * (1 + 1e-9)) continue;
        most = gain;
        part = step / grid;
      }
      return part;
    };
    return {
      value,
      bid: (entry, context) => Math.min(value(entry), Math.max(context.reserve, best(context) * value(entry))),
    };
  },
});
