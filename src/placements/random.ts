import { definePlacement } from '../model/placement.js';

export const random = definePlacement({
  name: 'random',
  summary: 'a fitting agent picked at random',
  source: 'randomized first fit of the Omega simulator (Schwarzkopf et al., EuroSys 2013)',
  options: {},
  create: (_options, context) => {
    const uniform = context.random('placement');
    return {
      keepsCursor: false,
      choose: (demand, candidates) => {
        let count = 0;
        let chosen = -1;
        // Reservoir sampling: each of the k fitting agents is kept with probability 1/k.
        for (let agent = candidates.firstFit(demand, 0); agent >= 0; agent = candidates.firstFit(demand, agent + 1)) {
          count++;
          if (uniform() * count < 1) chosen = agent;
        }
        return chosen;
      },
    };
  },
});
