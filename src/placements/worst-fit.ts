import { definePlacement } from '../model/placement.js';
import { leastOf, slackAfter } from './measure.js';

export const worstFit = definePlacement({
  name: 'worst-fit',
  summary: 'the agent with the most left over, by the largest relative slack',
  source: 'Johnson et al., SIAM Journal on Computing 3(4), 1974',
  options: {},
  create: () => ({
    keepsCursor: false,
    choose: (demand, candidates) => leastOf(demand, candidates, (agent) => -slackAfter(demand, candidates, agent)),
  }),
});
