import { defineMetric } from '../model/metric.js';

export const offers = defineMetric({
  name: 'offers',
  summary: 'offers.csv: one row per offer, when it has been answered',
  source: 'Mesos scheduler API: OFFERS, ACCEPT, DECLINE, RESCIND',
  options: {},
  isDefault: false,
  create: (_options, { cluster, table }) => {
    const rows = table('offers.csv', [
      'offer_id',
      'cycle',
      'framework',
      'role',
      'agent',
      ...cluster.resources.columns(),
      'created_s',
      'answered_s',
      'answer',
      'launched_tasks',
      'think_s',
      'filter_s',
    ]);
    return {
      offerAnswered: (offer) => {
        rows.integer(offer.offer).integer(offer.cycle).text(cluster.frameworkName(offer.framework)).text(offer.role);
        rows.text(cluster.agentName(offer.agent));
        for (const amount of offer.amounts) rows.milli(amount);
        rows.seconds(offer.createdUs);
        if (offer.answeredUs >= 0) rows.seconds(offer.answeredUs);
        else rows.empty();
        rows.text(offer.answer).integer(offer.launchedTasks);
        rows.seconds(offer.thinkUs).seconds(offer.filterUs).end();
      },
    };
  },
});
