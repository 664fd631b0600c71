import { defineOrder } from '../model/order.js';

export const queued = defineOrder({
  name: 'queued',
  summary: 'in order of entry into the queue; what was preempted goes to the back, behind arrivals of the same instant',
  source: 'round robin with a quantum: Kleinrock, Queueing Systems II, 1976, §4.4',
  options: {},
  // Half a microsecond puts preempted work behind arrivals of its instant; times are whole.
  create: () => ({ isDynamic: false, rank: ({ queuedUs, doneUs }) => (doneUs > 0 ? queuedUs + 0.5 : queuedUs) }),
});
