import { defineBidder } from './bidder.js';

const HOUR_S = 3600;

export const budgetPaced = defineBidder({
  name: 'budget-paced',
  summary: 'scales its worth down as the balance falls below a target of hours of income',
  source: 'budget pacing: Balseiro and Gur, Management Science 65(9), 2019',
  options: {
    base: {
      type: 'number',
      default: 2,
      range: [0, 1e9],
      unit: 'base prices',
      help: 'worth, and bid with a full balance',
    },
    hours: {
      type: 'number',
      default: 1,
      range: [0.001, 1e6],
      unit: 'hours',
      help: 'balance that counts as full, in hours of income',
    },
  },
  create: ({ base, hours }) => ({
    value: () => base,
    bid: (_entry, { balance, endowment, incomePerS }) => {
      const full = Math.min(endowment, incomePerS * HOUR_S * hours) || endowment;
      const level = Number.isFinite(full) && full > 0 ? Math.min(1, Math.max(0, balance / full)) : 1;
      return base * level;
    },
  }),
});
