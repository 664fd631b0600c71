import { defineOrder } from '../model/order.js';

export const fifo = defineOrder({
  name: 'fifo',
  summary: 'in order of submit time',
  source: 'first come, first served; Kleinrock, Queueing Systems I, 1975, §1.3',
  options: {},
  create: () => ({ isDynamic: false, rank: (pending) => pending.job.submitUs }),
});
