import { definePlacement } from '../model/placement.js';
import { leastOf } from './measure.js';

export const tetris = definePlacement({
  name: 'tetris',
  summary: 'the agent whose free vector is best aligned with the demand: largest dot product of the normalized vectors',
  source: 'Grandl et al., Multi-Resource Packing for Cluster Schedulers, SIGCOMM 2014, §3.2',
  options: {},
  create: () => ({
    keepsCursor: false,
    choose: (demand, candidates) =>
      leastOf(demand, candidates, (agent) => {
        const total = candidates.totalOf(agent);
        const held = candidates.heldOn(agent);
        let dot = 0;
        for (let resource = 0; resource < demand.length; resource++) {
          const amount = total[resource] as number;
          if (amount > 0) dot += ((demand[resource] as number) / amount) * ((held[resource] as number) / amount);
        }
        return -dot;
      }),
  }),
});
