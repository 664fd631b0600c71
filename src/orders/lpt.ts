import { defineOrder } from '../model/order.js';

export const lpt = defineOrder({
  name: 'lpt',
  summary: 'longest estimated task first',
  source: 'Graham, SIAM Journal on Applied Mathematics 17(2), 1969',
  options: {},
  create: () => ({
    isDynamic: false,
    rank: ({ group }) => -(group.estimateUs >= 0 ? group.estimateUs : group.durationUs),
  }),
});
