import { defineBidder } from './bidder.js';

export const valueDensity = defineBidder({
  name: 'value-density',
  summary: 'one base price per priority level, plus one: what the task is worth, the same for every size',
  source: 'value per unit of resource: Lehmann, O’Callaghan, Shoham, JACM 49(5), 2002',
  options: {
    base: { type: 'number', default: 1, range: [0, 1e9], unit: 'base prices', help: 'bid of priority 0' },
    perPriority: {
      type: 'number',
      default: 1,
      range: [0, 1e9],
      unit: 'base prices',
      help: 'added per level of priority',
    },
  },
  create: ({ base, perPriority }) => {
    const value = (entry: { readonly priority: number }): number => base + perPriority * Math.max(0, entry.priority);
    return { value, bid: value };
  },
});
