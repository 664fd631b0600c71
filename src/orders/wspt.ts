import { defineOrder } from '../model/order.js';

export const wspt = defineOrder({
  name: 'wspt',
  summary: 'largest weight over processing time first; the weight is the priority plus one',
  source: 'Smith, Naval Research Logistics Quarterly 3, 1956',
  options: {},
  create: () => ({
    isDynamic: false,
    rank: ({ job, group }) => (group.estimateUs >= 0 ? group.estimateUs : group.durationUs) / (job.record.priority + 1),
  }),
});
