import { defineOrder } from '../model/order.js';

export const edf = defineOrder({
  name: 'edf',
  summary: 'earliest deadline first; jobs without a deadline go last, in order of submit time',
  source: 'Liu and Layland, Journal of the ACM 20(1), 1973; Jackson 1955 for Lmax',
  options: {},
  create: () => ({
    isDynamic: false,
    rank: ({ job }) => (job.record.deadlineUs >= 0 ? job.record.deadlineUs : Number.POSITIVE_INFINITY),
  }),
});
