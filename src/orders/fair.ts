import { defineOrder } from '../model/order.js';

export const fair = defineOrder({
  name: 'fair',
  summary: 'the user with the fewest running tasks goes first',
  source: 'Hadoop Fair Scheduler: Zaharia et al., EuroSys 2010, §2',
  options: {},
  create: () => ({ isDynamic: true, rank: ({ job }, view) => view.runningOfUser(job.record.user) }),
});
