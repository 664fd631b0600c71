import { CPUS } from '../../model/resources.js';
import type { TaskConfig } from './job.js';
import type { AuroraTask } from './task.js';

/** A place that can be made for a group by evicting tasks. */
export interface Slot {
  readonly agent: number;
  readonly untilUs: number;
}

/** What an agent's victims make room in. */
export interface AgentRoom {
  /** What is held of the agent, revocable amounts left out; undefined = nothing. */
  readonly held: Float64Array | undefined;
  /** Tasks on revocable CPUs give back memory and disk, but no ordinary CPUs. */
  runsOnRevocable(task: AuroraTask): boolean;
}

const isPreemptible = ({ tier }: TaskConfig): boolean => tier !== 'preferred';

/**
 * May a pending task evict another (`preemptor/PreemptionVictimFilter.java`)? Tiers decide across roles: preferred evicts preemptible and
 * revocable of any role. Within a tier only the own role's tasks of lower priority go; priorities never compare across roles.
 */
export function mayEvict(pending: TaskConfig, victim: TaskConfig): boolean {
  if (!isPreemptible(pending) && isPreemptible(victim)) return true;
  const isSameTier = isPreemptible(pending) === isPreemptible(victim);
  return isSameTier && pending.role === victim.role && pending.priority > victim.priority;
}

/** Largest first by cpus, ram, disk, gpus; ties by id. */
function isLarger(a: AuroraTask, b: AuroraTask): number {
  for (let index = 0; index < a.config.amounts.length; index++) {
    const difference = (b.config.amounts[index] as number) - (a.config.amounts[index] as number);
    if (difference !== 0) return difference;
  }
  return a.id < b.id ? -1 : 1;
}

/**
 * Victims on one agent whose resources, with what is held of it, make room for the task: added largest first until it fits. Not the
 * fewest, as the real one; undefined when all of them are not enough.
 */
export function victimsOn(
  config: TaskConfig,
  tasks: readonly AuroraTask[],
  agent: AgentRoom,
): AuroraTask[] | undefined {
  const room = agent.held === undefined ? new Float64Array(config.amounts.length) : Float64Array.from(agent.held);
  const fits = (): boolean => config.amounts.every((amount, index) => amount <= (room[index] as number));
  const victims: AuroraTask[] = [];
  for (const task of tasks.filter((other) => other.isActive && mayEvict(config, other.config)).sort(isLarger)) {
    if (fits()) break;
    const isRevocable = agent.runsOnRevocable(task);
    for (let index = 0; index < room.length; index++) {
      if (isRevocable && index === CPUS) continue;
      room[index] = (room[index] as number) + (task.config.amounts[index] as number);
    }
    victims.push(task);
  }
  return fits() && victims.length > 0 ? victims : undefined;
}

/** Groups with so many due tasks each, in the order in which slots are looked for: five of each in turn (getPreemptionSequence). */
export function preemptionSequence<T>(groups: readonly (readonly [T, number])[], batchSize = 5): T[] {
  const left = groups.map(([group, count]) => ({ group, count }));
  const sequence: T[] = [];
  for (let isMore = left.length > 0; isMore; ) {
    isMore = false;
    for (const entry of left) {
      const count = Math.min(batchSize, entry.count);
      for (let index = 0; index < count; index++) sequence.push(entry.group);
      entry.count -= count;
      isMore ||= entry.count > 0;
    }
  }
  return sequence;
}
