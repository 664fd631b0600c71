import { type Candidates, definePlacement } from '../model/placement.js';
import type { Amounts } from '../model/resources.js';

export const locality = definePlacement({
  name: 'locality',
  summary: 'an agent that holds the input data, else one of its rack, else the first that fits',
  source: 'HDFS block placement; Zaharia et al., EuroSys 2010, §2 (node, rack, any)',
  options: {},
  create: () => ({
    keepsCursor: false,
    choose: (demand, candidates, _from, inputs = []) => {
      const copies = copiesByAgent(inputs, candidates);
      const agent = holderOfMost(demand, candidates, copies);
      return agent >= 0 ? agent : nearOrFirst(demand, candidates, copies);
    },
  }),
});

/** How many of the blocks lie on each agent. */
function copiesByAgent(inputs: readonly string[], candidates: Candidates): Map<number, number> {
  const copies = new Map<number, number>();
  for (const block of inputs) {
    for (const agent of candidates.replicasOf(block)) copies.set(agent, (copies.get(agent) ?? 0) + 1);
  }
  return copies;
}

/** The fitting agent with most of the blocks, ties to the lowest row; -1 = none of them fits. */
function holderOfMost(demand: Amounts, candidates: Candidates, copies: ReadonlyMap<number, number>): number {
  const holders = [...copies].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return holders.find(([agent]) => candidates.firstFit(demand, agent) === agent)?.[0] ?? -1;
}

/** The first fitting agent in the rack of a copy, else the first fitting one. */
function nearOrFirst(demand: Amounts, candidates: Candidates, copies: ReadonlyMap<number, number>): number {
  const racks = new Set([...copies.keys()].map((agent) => candidates.attributeOf(agent, 'rack')));
  racks.delete(undefined);
  const first = candidates.firstFit(demand, 0);
  if (racks.size === 0) return first;
  for (let agent = first; agent >= 0; agent = candidates.firstFit(demand, agent + 1)) {
    if (racks.has(candidates.attributeOf(agent, 'rack'))) return agent;
  }
  return first;
}
