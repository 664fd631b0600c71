import { defineOrder } from '../model/order.js';

export const priority = defineOrder({
  name: 'priority',
  summary: 'largest priority first; waiting may raise it',
  source:
    'head-of-the-line priority: Cobham, Operations Research 2(1), 1954; aging: Tanenbaum, Modern Operating Systems, §2.4',
  options: {
    agingPerH: {
      type: 'number',
      default: 0,
      unit: 'priority levels per hour',
      range: [0, 1e6],
      help: 'gain per hour of waiting',
    },
  },
  create: ({ agingPerH }) => ({
    isDynamic: agingPerH > 0,
    rank: ({ job, queuedUs }, view) => -(job.record.priority + (agingPerH * (view.nowUs - queuedUs)) / 3_600_000_000),
  }),
});
