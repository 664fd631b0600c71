import { defineBidder } from './bidder.js';

export const deadlineUrgency = defineBidder({
  name: 'deadline-urgency',
  summary: 'bids more as the slack before the deadline runs out',
  source: 'Nimrod-G deadline and budget constraints: Buyya et al., CCPE 14:1507–1542, 2002',
  options: {
    base: { type: 'number', default: 1, range: [0, 1e9], unit: 'base prices', help: 'bid with ample slack' },
    most: {
      type: 'number',
      default: 10,
      range: [0, 1e9],
      unit: 'base prices',
      help: 'worth of a task, and bid when the deadline is reached',
    },
  },
  create: ({ base, most }) => ({
    value: (entry) => (entry.deadlineUs < 0 ? base : Math.max(base, most)),
    bid: (entry, context) => {
      if (entry.deadlineUs < 0) return base;
      const spanUs = Math.max(1, entry.deadlineUs - entry.submitUs);
      const passed = Math.min(1, Math.max(0, (context.nowUs - entry.submitUs) / spanUs));
      return base + (most - base) * passed;
    },
  }),
});
