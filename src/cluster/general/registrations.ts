import type { UsedResources } from '../allocation/agent-book.js';
import { AGENT_ALL } from '../allocation/agent-columns.js';
import type { FrameworkSpec } from '../allocation/client-table.js';
import type { HierarchicalAllocator } from '../allocation/hierarchical-allocator.js';
import type { FrameworkState, World } from '../world.js';
import type { AgentKinds } from './agent-kinds.js';
import { specOf } from './framework-spec.js';
import type { KindColumn } from './kind-column.js';
import type { Oversubscription } from './oversubscription.js';

/** How agents and frameworks come to the allocator, leave it, and come back to the allocator of a new leading master. */
export class Registrations {
  /** Totals by kind of agents that the new leader does not know yet. */
  private readonly forgotten = new Map<number, Float64Array>();

  constructor(
    private readonly world: World,
    private readonly allocator: HierarchicalAllocator,
    private readonly agentKinds: AgentKinds,
    private readonly roleRows: readonly number[],
    private readonly oversubscription: Oversubscription | undefined,
  ) {}

  /** A copy of the agent's total by kind. */
  totalOf(agent: number): Float64Array {
    const { stride } = this.allocator.kinds;
    return this.allocator.state.agents.total.slice(agent * stride, (agent + 1) * stride);
  }

  joined(agent: number): void {
    this.register(agent, this.agentKinds.joined(agent), []);
  }

  left(agent: number): void {
    const total = this.takeForgotten(agent);
    if (total === undefined) {
      this.agentKinds.left(agent, this.totalOf(agent));
      this.oversubscription?.agentLeft(agent, this.totalOf(agent));
      this.allocator.removeAgent(agent);
    } else {
      this.agentKinds.left(agent, total);
      this.oversubscription?.agentLeft(agent, total);
    }
  }

  /** The leader that knew the agent is gone; reservations, volumes and what it runs stay on it. */
  forget(agent: number): void {
    this.forgotten.set(agent, this.totalOf(agent));
    this.allocator.removeAgent(agent);
  }

  /** The agent tells a new leader what it has and runs. */
  returned(agent: number, taskKinds: KindColumn): void {
    const total = this.takeForgotten(agent);
    if (total !== undefined) this.register(agent, total, this.usedOn(agent, taskKinds));
  }

  /** Kinds that came up meanwhile are none of the agent's. */
  private takeForgotten(agent: number): Float64Array | undefined {
    const known = this.forgotten.get(agent);
    if (known === undefined) return undefined;
    this.forgotten.delete(agent);
    const total = new Float64Array(this.allocator.kinds.stride);
    total.set(known);
    return total;
  }

  private register(agent: number, amounts: Float64Array, used: readonly UsedResources[]): void {
    const { agents, maintenance } = this.world;
    const { region, zone } = agents.domainOf(agent);
    const traits = {
      hostname: agents.names[agent] as string,
      attributes: agents.attributes[agent] ?? {},
      capabilities: AGENT_ALL,
      region,
      zone,
    };
    this.allocator.addAgent(agent, traits, { amounts, offset: 0 }, used);
    const window = maintenance.windowOf(agent);
    if (window !== undefined) this.allocator.setUnavailability(agent, window);
  }

  /** Amounts by kind of the agent's tasks, one entry per framework and role. */
  private usedOn(agent: number, taskKinds: KindColumn): UsedResources[] {
    const { agents, tasks, bundles, clients } = this.world;
    const byClient = new Map<number, UsedResources>();
    for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
      const client = bundles.client[tasks.bundle[task] as number] as number;
      const base = taskKinds.at(task);
      let used = byClient.get(client);
      if (used === undefined) {
        const amounts = new Float64Array(this.allocator.kinds.stride);
        used = {
          framework: clients.framework[client] as number,
          role: this.roleRows[client] as number,
          amounts,
          offset: 0,
        };
        byClient.set(client, used);
      }
      for (let kind = 0; kind < this.allocator.kinds.count; kind++) {
        used.amounts[kind] = (used.amounts[kind] as number) + (taskKinds.amounts[base + kind] as number);
      }
    }
    return [...byClient].sort(([a], [b]) => a - b).map(([, used]) => used);
  }

  subscribed(framework: number): void {
    this.allocator.addFramework(framework, this.specOf(framework));
  }

  /** A new leader knows frameworks from what agents tell: their use counts, and they are offered nothing until they subscribe. */
  renew(): void {
    for (const { row } of this.world.frameworks) {
      this.allocator.removeFramework(row);
      this.allocator.addFramework(row, { ...this.specOf(row), isActive: false });
    }
  }

  private specOf(framework: number): FrameworkSpec {
    const { traits, clients } = this.world.frameworks[framework] as FrameworkState;
    const roles = clients.map((client) => this.roleRows[client] as number);
    return specOf(this.allocator, this.world.clients.idOf(framework), traits, roles);
  }
}
