import { IntList } from '../core/int-list.js';
import type { Candidates, Placement } from '../model/placement.js';
import { type Amounts, GPUS, type ResourceSpace } from '../model/resources.js';
import { fitsAt } from './held-agents.js';
import { AgentShuffle } from './shuffle.js';
import type { World } from './world.js';

/**
 * Where the tasks that a market has sold go: first-fit takes the agents in the order of the cycle, every other placement judges all
 * agents with room, by what is free on them.
 */
export class Carver implements Candidates {
  readonly resources: ResourceSpace;
  private readonly order = new IntList();
  private readonly shuffle = new AgentShuffle();
  private isShuffled = false;
  /** First-fit goes on from here while the demand stays the same. */
  private cursor = 0;
  private cursorDemand: Amounts | undefined;

  constructor(private readonly world: World) {
    this.resources = world.resources;
  }

  /** A new clearing: the agents with something free, in the cycle's order. */
  begin(): void {
    const { agents, pool, settings, cycle } = this.world;
    this.cursorDemand = undefined;
    this.isShuffled = settings.agentOrder === 'shuffle';
    if (!this.isShuffled) return;
    this.order.clear();
    for (let agent = 0; agent < agents.count; agent++) if (pool.contributes[agent] === 1) this.order.push(agent);
    this.shuffle.shuffle(this.order.items, this.order.size, settings.seed, 2, cycle);
  }

  /** Something was put back: first-fit starts over. */
  rewind(): void {
    this.cursorDemand = undefined;
  }

  /** Agent for one task, -1 = none. */
  find(demand: Amounts, placement: Placement | undefined): number {
    if (placement !== undefined && !placement.keepsCursor) return placement.choose(demand, this, 0);
    if (this.cursorDemand !== demand) {
      this.cursorDemand = demand;
      this.cursor = 0;
    }
    return this.isShuffled ? this.nextInOrder(demand) : this.nextInRows(demand);
  }

  private nextInOrder(demand: Amounts): number {
    for (; this.cursor < this.order.size; this.cursor++) {
      const agent = this.order.at(this.cursor);
      if (this.fits(demand, agent)) return agent;
    }
    return -1;
  }

  private nextInRows(demand: Amounts): number {
    const agent = this.firstFit(demand, this.cursor);
    this.cursor = agent < 0 ? this.world.agents.count : agent;
    return agent;
  }

  firstFit(demand: Amounts, from: number): number {
    const { index } = this.world.pool;
    index.seek(demand);
    for (let agent = index.next(from); agent >= 0; agent = index.next(agent + 1)) {
      if (this.fits(demand, agent)) return agent;
    }
    return -1;
  }

  private fits(demand: Amounts, agent: number): boolean {
    const { agents, pool, width } = this.world;
    if (pool.contributes[agent] !== 1 || !fitsAt(demand, agents.free, agent * width)) return false;
    const gpus = demand[GPUS] as number;
    return gpus === 0 || agents.gpusFit(agent, gpus);
  }

  heldOn(agent: number): Amounts {
    return this.world.agents.freeOf(agent);
  }

  totalOf(agent: number): Amounts {
    return this.world.agents.totalOf(agent);
  }

  attributeOf(agent: number, name: string): string | undefined {
    return (this.world.agents.attributes[agent] as Readonly<Record<string, string>>)[name];
  }

  taskCountOn(agent: number): number {
    return this.world.agents.taskCount[agent] as number;
  }

  replicasOf(block: string): readonly number[] {
    return this.world.blocks.replicasOf(block);
  }
}
