import type { DemandEntry } from '../../../model/allocator.js';
import { type BidContext, defineBidder } from './bidder.js';
import { VALUE_OPTIONS, valuation } from './valuation.js';

export const sandwich = defineBidder({
  name: 'sandwich',
  summary: 'gaming: a dear slice just large enough that a rival’s bundle no longer fits, and the rest for little',
  source: 'auction sandwich attack: Ng et al., Addressing Strategic Behavior …, ACM EC/TAMA 2005',
  options: {
    ...VALUE_OPTIONS,
    low: { type: 'number', default: 0.25, range: [0, 1], help: 'part of the worth that it bids for the rest' },
  },
  create: ({ low, ...options }) => {
    const value = valuation(options);
    return {
      value,
      bid: (entry, context) => {
        const worth = value(entry);
        const cheap = Math.min(worth, Math.max(context.reserve, low * worth));
        const slice = blockingSlice(entry, context);
        if (slice === 0) return cheap;
        return [
          { count: slice, multiple: worth },
          { count: entry.count - slice, multiple: cheap },
        ].filter((part) => part.count > 0);
      },
    };
  },
});

/** Fewest tasks that leave too little room for the largest rival bundle; 0 when no bundle can be kept out. */
function blockingSlice(entry: DemandEntry, { room, rivals }: BidContext): number {
  if (entry.gang > 1) return 0;
  let largest = 0;
  for (const { amounts, bundle } of rivals()) {
    if (bundle > 1) largest = Math.max(largest, bundleInTasks(amounts, bundle, entry.amounts));
  }
  const slice = Math.floor(room - largest) + 1;
  return largest > 0 && slice >= 1 && slice <= entry.count ? slice : 0;
}

/** A rival's bundle in tasks of one's own, by the resource of which it needs most. */
function bundleInTasks(amounts: Float64Array, bundle: number, own: Float64Array): number {
  let size = 0;
  for (let resource = 0; resource < own.length; resource++) {
    const amount = own[resource] as number;
    if (amount > 0) size = Math.max(size, ((amounts[resource] as number) * bundle) / amount);
  }
  return size;
}
