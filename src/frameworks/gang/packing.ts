import type { SchedulerDriver } from '../../model/framework.js';
import type { Amounts } from '../../model/resources.js';

/** How members are spread over agents. */
export type Packing = 'pack' | 'spread' | 'first-fit';

/** Where a gang stands: on one agent, in one rack, or across racks. */
export const LEVELS = ['agent', 'rack', 'cross'] as const;
export type Level = (typeof LEVELS)[number];

/** A set of agents with what is held on each, copied: planning takes from it. */
export class Room {
  readonly agents: readonly number[];
  private readonly free = new Map<number, Float64Array>();
  private readonly takenCounts = new Map<number, number>();

  constructor(
    private readonly driver: SchedulerDriver,
    agents: readonly number[],
    private readonly rackAttribute: string,
    /** What is reserved already is somebody's: only the rest is free. */
    isUnreserved = false,
  ) {
    this.agents = agents;
    for (const agent of agents) {
      const free = Float64Array.from(driver.offers.heldOn(agent));
      const reserved = isUnreserved ? driver.offers.reservedOn(agent) : driver.resources.zero();
      this.free.set(
        agent,
        free.map((amount, index) => amount - (reserved[index] as number)),
      );
    }
  }

  fits(agent: number, demand: Amounts): boolean {
    const free = this.free.get(agent);
    if (free === undefined) return false;
    for (let index = 0; index < demand.length; index++) {
      if ((demand[index] as number) > (free[index] as number)) return false;
    }
    return true;
  }

  /** How many tasks of this shape fit on the agent. */
  count(agent: number, demand: Amounts): number {
    const free = this.free.get(agent) as Float64Array;
    let count = Number.POSITIVE_INFINITY;
    for (let index = 0; index < demand.length; index++) {
      const amount = demand[index] as number;
      if (amount > 0) count = Math.min(count, Math.floor((free[index] as number) / amount));
    }
    return count;
  }

  take(agent: number, demand: Amounts): void {
    const free = this.free.get(agent) as Float64Array;
    for (let index = 0; index < demand.length; index++) {
      free[index] = (free[index] as number) - (demand[index] as number);
    }
    this.takenCounts.set(agent, this.taken(agent) + 1);
  }

  taken(agent: number): number {
    return this.takenCounts.get(agent) ?? 0;
  }

  rackOf(agent: number): string {
    return rackOf(this.driver, agent, this.rackAttribute);
  }
}

export function rackOf(driver: SchedulerDriver, agent: number, attribute: string): string {
  return driver.attributes(agent)[attribute] ?? '';
}

/** The worst distance between any two of the agents. */
export function levelOf(driver: SchedulerDriver, agents: readonly number[], rackAttribute: string): Level {
  const first = agents[0] ?? -1;
  if (agents.every((agent) => agent === first)) return 'agent';
  const rack = rackOf(driver, first, rackAttribute);
  return agents.every((agent) => rackOf(driver, agent, rackAttribute) === rack) ? 'rack' : 'cross';
}

/**
 * Agents in the order in which members of this shape should go there. `pack`: the tightest agent that takes them all, else the fewest
 * agents of one rack, else the fewest anywhere; agents that hold members already (`near`) and their racks come first.
 */
export function ranked(
  room: Room,
  demand: Amounts,
  wanted: number,
  packing: Packing,
  near: readonly number[],
): readonly number[] {
  if (packing === 'first-fit') return room.agents;
  const counts = new Map(room.agents.map((agent) => [agent, room.count(agent, demand)]));
  const countOf = (agent: number): number => counts.get(agent) as number;
  const ranks = packing === 'spread' ? spreadRanks(countOf, near) : packRanks(room, countOf, wanted, near);
  return [...room.agents].sort((a, b) => {
    const [first, second] = [ranks(a), ranks(b)];
    for (let index = 0; index < first.length; index++) {
      const difference = (first[index] as number) - (second[index] as number);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}

function packRanks(room: Room, countOf: (agent: number) => number, wanted: number, near: readonly number[]) {
  const nearRacks = new Set(near.map((agent) => room.rackOf(agent)));
  const rackCounts = new Map<string, number>();
  for (const agent of room.agents) {
    const rack = room.rackOf(agent);
    rackCounts.set(rack, (rackCounts.get(rack) ?? 0) + Math.min(wanted, countOf(agent)));
  }
  return (agent: number): readonly number[] => {
    const count = countOf(agent);
    const rack = room.rackOf(agent);
    const inRack = rackCounts.get(rack) as number;
    return [
      near.includes(agent) ? 0 : 1,
      nearRacks.has(rack) ? 0 : 1,
      count >= wanted ? 0 : 1,
      inRack >= wanted ? 0 : 1,
      // Enough on one agent, in one rack: the tightest. Else the most at once.
      count >= wanted ? count : inRack >= wanted ? inRack : -inRack,
      -Math.min(count, wanted),
    ];
  };
}

function spreadRanks(countOf: (agent: number) => number, near: readonly number[]) {
  return (agent: number): readonly number[] => [near.filter((other) => other === agent).length, -countOf(agent)];
}
