import { definePlacement } from '../model/placement.js';
import { leastOf } from './measure.js';

export const leastLoaded = definePlacement({
  name: 'least-loaded',
  summary: 'the agent with the fewest running tasks',
  source: 'join the shortest queue: Winston, Journal of Applied Probability 14(1), 1977',
  options: {},
  create: () => ({
    keepsCursor: false,
    choose: (demand, candidates) => leastOf(demand, candidates, (agent) => candidates.taskCountOn(agent)),
  }),
});
