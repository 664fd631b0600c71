import { type Candidates, definePlacement } from '../model/placement.js';
import type { Amounts } from '../model/resources.js';

export const locality = definePlacement({
  name: 'locality',
  summary: 'an agent that holds the input data, else one of its rack, else the first that fits',
  source: 'HDFS block placement; Zaharia et al., EuroSys 2010, §2 (node, rack, any)',
  options: {},
  create: () => ({ keepsCursor: false, choose: nearest }),
});

/** The fitting agent with the most of the task's blocks; none: one in the rack of a block; none: first fit. */
function nearest(demand: Amounts, candidates: Candidates, _from: number, inputs: readonly string[] = []): number {
  const copies = new Map<number, number>();
  const racks = new Set<string>();
  for (const block of inputs) {
    for (const agent of candidates.replicasOf(block)) {
      copies.set(agent, (copies.get(agent) ?? 0) + 1);
      const rack = candidates.attributeOf(agent, 'rack');
      if (rack !== undefined) racks.add(rack);
    }
  }
  let chosen = -1;
  for (const [agent, count] of copies) {
    const most = copies.get(chosen) ?? 0;
    if (count < most || (count === most && agent > chosen)) continue;
    if (candidates.firstFit(demand, agent) === agent) chosen = agent;
  }
  if (chosen >= 0 || racks.size === 0) return chosen >= 0 ? chosen : candidates.firstFit(demand, 0);
  for (let agent = candidates.firstFit(demand, 0); agent >= 0; agent = candidates.firstFit(demand, agent + 1)) {
    if (racks.has(candidates.attributeOf(agent, 'rack') ?? '')) return agent;
  }
  return candidates.firstFit(demand, 0);
}
