import { definePlacement } from '../model/placement.js';
import { leastOf, slackAfter } from './measure.js';

export const bestFit = definePlacement({
  name: 'best-fit',
  summary: 'the agent with the least left over: the largest relative slack over the resources asked for is smallest',
  source:
    'Johnson et al., SIAM Journal on Computing 3(4), 1974; vectors by the largest coordinate: Kou, Markowsky, IBM J. R&D 21(5), 1977',
  options: {},
  create: () => ({
    keepsCursor: false,
    choose: (demand, candidates) => leastOf(demand, candidates, (agent) => slackAfter(demand, candidates, agent)),
  }),
});
