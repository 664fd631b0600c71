import type { AllocatorView, DemandEntry, RunningTask } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import { fitsIn, type Room } from './room.js';

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
  settings: { readonly victims: VictimChoice; readonly protectsShares: boolean },
  view: AllocatorView,
): Candidate[] | undefined {
  let best: Score | undefined;
  const protectIn = settings.protectsShares ? view : undefined;
  for (const [agent, candidates] of byAgent) {
    if (entry.allows?.(agent) === false) continue;
    const chosen = victimsOn(entry, bound, candidates, room, agent, protectIn);
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
  protectIn: AllocatorView | undefined,
): Candidate[] | undefined {
  const left = room.of(agent).slice();
  const chosen: Candidate[] = [];
  const taken = new Map<number, Amounts>();
  for (const candidate of candidates) {
    if (fitsIn(entry.amounts, left)) break;
    if (candidate.urgency >= bound.below || candidate.urgency > bound.atMost) continue;
    if (!helps(candidate.task.amounts, entry.amounts, left)) continue;
    if (protectIn !== undefined && !isAboveShare(candidate.task, room, taken, protectIn)) continue;
    shift(left, candidate.task.amounts, 1);
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
    shift(left, amounts, -1);
    if (fitsIn(wanted, left)) chosen.splice(index, 1);
    else shift(left, amounts, 1);
  }
}

/** It holds something of what is still missing. */
function helps(amounts: Amounts, wanted: Amounts, left: Amounts): boolean {
  for (let resource = 0; resource < wanted.length; resource++) {
    if ((wanted[resource] as number) > (left[resource] as number) && (amounts[resource] as number) > 0) return true;
  }
  return false;
}

/** The client would still hold its weighted share of the cluster (by dominant share) without the task. */
function isAboveShare(task: RunningTask, room: Room, taken: Map<number, Amounts>, view: AllocatorView): boolean {
  const held = taken.get(task.client) ?? room.heldBy(task.client).slice();
  taken.set(task.client, held);
  let weightSum = 0;
  for (let client = 0; client < view.clientCount; client++) weightSum += view.weightOf(client);
  const guaranteed = view.weightOf(task.client) / weightSum;
  let share = 0;
  for (let resource = 0; resource < held.length; resource++) {
    const total = view.total[resource] as number;
    const rest = (held[resource] as number) - (task.amounts[resource] as number);
    if (total > 0) share = Math.max(share, rest / total);
  }
  if (share < guaranteed) return false;
  shift(held, task.amounts, -1);
  return true;
}

function shift(to: Amounts, amounts: Amounts, sign: number): void {
  for (let resource = 0; resource < to.length; resource++) {
    to[resource] = (to[resource] as number) + sign * (amounts[resource] as number);
  }
}
