import { defineOrder } from '../model/order.js';

export const sjf = defineOrder({
  name: 'sjf',
  summary: 'shortest estimated task first; the actual run time stands in where no estimate is known',
  source: 'Conway, Maxwell, Miller, Theory of Scheduling, 1967, §8-6; M/G/1 under SJF: validation catalogue §4',
  options: {},
  create: () => ({
    isDynamic: false,
    rank: ({ group }) => (group.estimateUs >= 0 ? group.estimateUs : group.durationUs),
  }),
});
