import { assert } from '../../core/errors.js';
import { compareBytes } from '../../core/text-order.js';
import { Fraction, toWhole } from './fraction.js';
import { type Pool, type PoolUser, type SharePerTask, weightedDominantShare } from './pool.js';

/** Whole tasks and the order in which they were granted. */
export interface WholeTasks {
  readonly tasks: number[];
  /** Users by position, first grant first. */
  readonly grants: number[];
  /** Agent of every grant, by position in name order as given; empty for one pool. */
  readonly agents: number[];
  /** Left over, per agent and resource (one agent = the pool). */
  readonly free: Fraction[][];
}

/** What happens when the least-share user's next task does not fit: try the next user, or end (Algorithm 1 of the paper). */
export type WholeTaskRule = 'skip' | 'stop';

/** A separate agent. */
export interface PoolAgent {
  readonly name: string;
  readonly capacity: readonly Fraction[];
}

/**
 * DRF Algorithm 1 (Ghodsi et al., NSDI 2011 §4.2) in whole tasks: repeatedly one task to the user with the least key, ties by name.
 * Keys are compared as whole numbers: accumulated floats would break ties the wrong way.
 */
export function wholeTasks(
  pool: Pool,
  rule: WholeTaskRule,
  sharePerTask: SharePerTask = weightedDominantShare,
): WholeTasks {
  return grantAll(pool, [{ name: '', capacity: pool.capacity }], rule, sharePerTask);
}

/**
 * The same greedy on separate agents: shares are of the cluster total; a task goes to the first agent by name that fits it; a user
 * that fits nowhere is skipped.
 */
export function wholeTasksOnAgents(
  agents: readonly PoolAgent[],
  users: readonly PoolUser[],
  sharePerTask: SharePerTask = weightedDominantShare,
): WholeTasks {
  const capacity = (agents[0]?.capacity ?? []).map((_, resource) =>
    agents
      .map((agent) => agent.capacity[resource] as Fraction)
      .reduce((sum, amount) => sum.plus(amount), Fraction.zero),
  );
  return grantAll({ capacity, users }, agents, 'skip', sharePerTask);
}

function grantAll(
  pool: Pool,
  agents: readonly PoolAgent[],
  rule: WholeTaskRule,
  sharePerTask: SharePerTask,
): WholeTasks {
  const scaled = scale(pool, agents);
  const keySteps = toWhole(pool.users.map((user) => sharePerTask(pool, user))).whole;
  const keys = pool.users.map(() => 0n);
  const tasks = pool.users.map(() => 0);
  const agentOrder = agents.map((_, index) => index).sort((i, j) => byName(agents, i, j));
  const grants: number[] = [];
  const grantAgents: number[] = [];
  let active = pool.users.map((_, index) => index).sort((i, j) => byName(pool.users, i, j));
  while (active.length > 0) {
    const index = leastKey(active, keys);
    const user = pool.users[index] as PoolUser;
    const isCapped = user.maxTasks !== undefined && BigInt(tasks[index] as number) >= user.maxTasks.floor();
    const demand = scaled.demand[index] as bigint[];
    const agent = isCapped ? undefined : agentOrder.find((row) => fits(demand, scaled.free[row] as bigint[]));
    if (agent === undefined) {
      if (rule === 'stop' && !isCapped) break;
      active = active.filter((other) => other !== index);
      continue;
    }
    take(demand, scaled.free[agent] as bigint[]);
    keys[index] = (keys[index] as bigint) + (keySteps[index] as bigint);
    tasks[index] = (tasks[index] as number) + 1;
    grants.push(index);
    grantAgents.push(agent);
  }
  const free = scaled.free.map((row) =>
    row.map((amount, resource) => Fraction.of(amount).times(scaled.units[resource] as Fraction)),
  );
  return { tasks, grants, agents: agents.length > 1 ? grantAgents : [], free };
}

/** The position with the least key; `active` is in name order, so the first of equals wins. */
function leastKey(active: readonly number[], keys: readonly bigint[]): number {
  let best = active[0] as number;
  for (const index of active) {
    if ((keys[index] as bigint) < (keys[best] as bigint)) best = index;
  }
  return best;
}

/** Demands and capacities in whole numbers, with one unit per resource. */
function scale(pool: Pool, agents: readonly PoolAgent[]): { demand: bigint[][]; free: bigint[][]; units: Fraction[] } {
  const demand: bigint[][] = pool.users.map(() => []);
  const free: bigint[][] = agents.map(() => []);
  const units: Fraction[] = [];
  for (let resource = 0; resource < pool.capacity.length; resource++) {
    const { whole, unit } = toWhole([
      ...pool.users.map((user) => user.demand[resource] as Fraction),
      ...agents.map((agent) => agent.capacity[resource] as Fraction),
    ]);
    whole.forEach((amount, index) => {
      const row = index < pool.users.length ? demand[index] : free[index - pool.users.length];
      row?.push(amount);
    });
    units.push(unit);
  }
  return { demand, free, units };
}

function fits(demand: readonly bigint[], free: readonly bigint[]): boolean {
  return demand.every((amount, resource) => amount <= (free[resource] as bigint));
}

function take(demand: readonly bigint[], free: bigint[]): void {
  demand.forEach((amount, resource) => {
    free[resource] = (free[resource] as bigint) - amount;
    assert((free[resource] as bigint) >= 0n, 'an agent was overcommitted');
  });
}

function byName(entries: readonly { readonly name: string }[], i: number, j: number): number {
  return compareBytes((entries[i] as { name: string }).name, (entries[j] as { name: string }).name) || i - j;
}
