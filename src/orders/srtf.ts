import { defineOrder } from '../model/order.js';

export const srtf = defineOrder({
  name: 'srtf',
  summary: 'least remaining work of the job first: estimate times waiting tasks',
  source: 'Schrage, A proof of the optimality of SRPT, Operations Research 16(3), 1968',
  options: {},
  create: () => ({
    isDynamic: true,
    rank: ({ group, pendingCount, doneUs }) =>
      (group.estimateUs >= 0 ? group.estimateUs : group.durationUs) * pendingCount - doneUs,
  }),
});
