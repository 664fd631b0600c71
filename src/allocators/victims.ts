import type { AllocatorView, DemandEntry, RunningTask } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import { Guard, type Protection } from './guard.js';
import { add, fitsIn, type Room } from './room.js';

/** A running task that may be ended for more urgent work. */
export interface Candidate {
  readonly task: RunningTask;
  readonly urgency: number;
  /** Work lost × CPUs. */
  readonly cost: number;
  /** Place among the candidates of its agent. */
  rank?: number;
}

/** Who goes first: who loses least work, or who is least urgent. */
export type VictimChoice = 'least-lost' | 'least-urgent';

/** Work may end that is less urgent than `below`, and at most `atMost`. */
export interface Bound {
  readonly below: number;
  readonly atMost: number;
}

/** Candidates by agent, first victim first. */
export function rankVictims(candidates: Candidate[], choice: VictimChoice): Map<number, Candidate[]> {
  const byLoss = (a: Candidate, b: Candidate): number => a.cost - b.cost || a.urgency - b.urgency;
  const byUrgency = (a: Candidate, b: Candidate): number => a.urgency - b.urgency || a.cost - b.cost;
  const first = choice === 'least-lost' ? byLoss : byUrgency;
  candidates.sort((a, b) => first(a, b) || a.task.agent - b.task.agent || a.task.task - b.task.task);
  const byAgent = new Map<number, Candidate[]>();
  for (const [rank, candidate] of candidates.entries()) {
    candidate.rank = rank;
    const list = byAgent.get(candidate.task.agent);
    if (list === undefined) byAgent.set(candidate.task.agent, [candidate]);
    else list.push(candidate);
  }
  return byAgent;
}

/**
 * The least costly victims on one agent that make room for one task: in their order until it fits, then without those that turn out
 * not to be needed, the last taken spared first. Agents are compared by what all victims lose, or by the most urgent victim.
 */
export function cheapestVictims(
  entry: DemandEntry,
  bound: Bound,
  byAgent: ReadonlyMap<number, readonly Candidate[]>,
  room: Room,
  settings: { readonly victims: VictimChoice } & Protection,
  view: AllocatorView,
): Candidate[] | undefined {
  let best: Score | undefined;
  for (const [agent, candidates] of byAgent) {
    if (entry.allows?.(agent) === false) continue;
    const chosen = victimsOn(entry, bound, candidates, room, agent, new Guard(settings, entry, room, view));
    if (chosen === undefined) continue;
    const score = scoreOf(chosen, settings.victims);
    if (best === undefined || isLess(score.keys, best.keys)) best = score;
  }
  return best?.victims;
}

interface Score {
  readonly victims: Candidate[];
  readonly keys: readonly number[];
}

/** Smaller keys are better; the highest rank among the victims, unique to one agent, ends every tie. */
function scoreOf(victims: Candidate[], choice: VictimChoice): Score {
  let cost = 0;
  let rank = -1;
  for (const victim of victims) {
    cost += victim.cost;
    rank = Math.max(rank, victim.rank ?? 0);
  }
  return { victims, keys: choice === 'least-lost' ? [cost, victims.length, rank] : [rank] };
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((key, index) => key !== b[index]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
}

function victimsOn(
  entry: DemandEntry,
  bound: Bound,
  candidates: readonly Candidate[],
  room: Room,
  agent: number,
  guard: Guard,
): Candidate[] | undefined {
  const left = room.of(agent).slice();
  const chosen: Candidate[] = [];
  for (const candidate of candidates) {
    if (fitsIn(entry.amounts, left)) break;
    if (candidate.urgency >= bound.below || candidate.urgency > bound.atMost) continue;
    if (!helps(candidate.task.amounts, entry.amounts, left)) continue;
    if (!guard.allows(candidate.task)) continue;
    add(left, candidate.task.amounts, 1);
    chosen.push(candidate);
  }
  if (!fitsIn(entry.amounts, left) || chosen.length === 0) return undefined;
  reprieve(chosen, left, entry.amounts);
  return chosen;
}

/** Takes out victims without which the task still fits. */
function reprieve(chosen: Candidate[], left: Amounts, wanted: Amounts): void {
  for (let index = chosen.length - 1; index >= 0; index--) {
    const { amounts } = (chosen[index] as Candidate).task;
    add(left, amounts, -1);
    if (fitsIn(wanted, left)) chosen.splice(index, 1);
    else add(left, amounts, 1);
  }
}

/** It holds something of what is still missing. */
function helps(amounts: Amounts, wanted: Amounts, left: Amounts): boolean {
  for (let resource = 0; resource < wanted.length; resource++) {
    if ((wanted[resource] as number) > (left[resource] as number) && (amounts[resource] as number) > 0) return true;
  }
  return false;
}
