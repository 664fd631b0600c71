import { definePlacement } from '../model/placement.js';

export const roundRobin = definePlacement({
  name: 'round-robin',
  summary: 'the next fitting agent after the one used last',
  source: 'next fit: Johnson, Journal of Computer and System Sciences 8(3), 1974',
  options: {},
  create: () => {
    let last = -1;
    return {
      keepsCursor: false,
      choose: (demand, candidates) => {
        const after = candidates.firstFit(demand, last + 1);
        const agent = after >= 0 ? after : candidates.firstFit(demand, 0);
        if (agent >= 0) last = agent;
        return agent;
      },
    };
  },
});
