import { defineOrder } from '../model/order.js';

export const roundRobin = defineOrder({
  name: 'round-robin',
  summary: 'the user who was served least often goes first',
  source: 'Nagle, RFC 970, 1985 (fair queueing by turns over sources)',
  options: {},
  create: () => ({ isDynamic: true, rank: ({ job }, view) => view.servedOfUser(job.record.user) }),
});
