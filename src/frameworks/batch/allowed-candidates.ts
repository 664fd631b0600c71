import type { Candidates } from '../../model/placement.js';
import type { Amounts } from '../../model/resources.js';

/** What is held, on the agents that a task may use: constraints come first, and then any placement. */
export class AllowedCandidates implements Candidates {
  private allows: (agent: number) => boolean = () => true;

  constructor(private readonly held: Candidates) {}

  get resources() {
    return this.held.resources;
  }

  /** The same object for every task: valid until the next call. */
  where(allows: (agent: number) => boolean): Candidates {
    this.allows = allows;
    return this;
  }

  firstFit(demand: Amounts, from: number): number {
    let agent = this.held.firstFit(demand, from);
    while (agent >= 0 && !this.allows(agent)) agent = this.held.firstFit(demand, agent + 1);
    return agent;
  }

  heldOn(agent: number): Amounts {
    return this.held.heldOn(agent);
  }

  totalOf(agent: number): Amounts {
    return this.held.totalOf(agent);
  }

  attributeOf(agent: number, name: string): string | undefined {
    return this.held.attributeOf(agent, name);
  }

  taskCountOn(agent: number): number {
    return this.held.taskCountOn(agent);
  }

  replicasOf(block: string): readonly number[] {
    return this.held.replicasOf(block);
  }
}
