import type { Candidates } from '../model/placement.js';
import type { Amounts } from '../model/resources.js';

/** Largest share of an agent's total that would stay free of any resource after the task: small = a tight fit. */
export function slackAfter(demand: Amounts, candidates: Candidates, agent: number): number {
  const total = candidates.totalOf(agent);
  const held = candidates.heldOn(agent);
  let slack = 0;
  for (let resource = 0; resource < demand.length; resource++) {
    const amount = total[resource] as number;
    if (amount === 0 || demand[resource] === 0) continue;
    slack = Math.max(slack, ((held[resource] as number) - (demand[resource] as number)) / amount);
  }
  return slack;
}

/** The fitting agent with the least score; ties go to the lower row. */
export function leastOf(demand: Amounts, candidates: Candidates, score: (agent: number) => number): number {
  let best = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  for (let agent = candidates.firstFit(demand, 0); agent >= 0; agent = candidates.firstFit(demand, agent + 1)) {
    const value = score(agent);
    if (value < bestScore) {
      best = agent;
      bestScore = value;
    }
  }
  return best;
}
