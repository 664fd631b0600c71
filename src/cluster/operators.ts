import type { Amounts } from '../model/resources.js';
import type { RoleQuota } from './engine.js';
import { FACT_OPERATION, FACT_QUOTA } from './kinds.js';
import type { Membership } from './membership.js';
import type { World } from './world.js';

/** Operations of an operator in facts; those of frameworks have the numbers below. */
const OPERATOR_RESERVE = 10;
const OPERATOR_UNRESERVE = 11;

/** What operators do to allocation while a cluster runs: quota, reservations, draining, maintenance. */
export class Operators {
  constructor(
    private readonly world: World,
    private readonly membership: Membership,
  ) {}

  /**
   * UPDATE_QUOTA (semantics §11, docs/quota.md): refused when more than the new limit is in use, unless forced; offers are taken back
   * until the role can no longer exceed its limit. Triggers no run.
   */
  setQuota(role: string, quota: RoleQuota, isForced: boolean): void {
    const { world } = this;
    const { engine, facts, nowUs } = world;
    if (!isForced && this.exceeds(role, quota.limit)) {
      this.note('set-quota', -1, `role=${role} refused=in-use`);
      facts.record(FACT_QUOTA, nowUs, world.clients.rowOfRole(role), 0);
      return;
    }
    engine.setQuota(role, quota);
    if (quota.limit !== undefined) this.rescindAbove(role, quota.limit);
    this.note('set-quota', -1, `role=${role}`);
    facts.record(FACT_QUOTA, nowUs, world.clients.rowOfRole(role), 1);
  }

  /** Tasks of the role's subtree hold more than the limit. */
  private exceeds(role: string, limit: Amounts | undefined): boolean {
    if (limit === undefined) return false;
    const used = this.heldBy(role, false);
    return used.some((amount, resource) => amount > (limit[resource] as number));
  }

  private rescindAbove(role: string, limit: Amounts): void {
    const { offers, master, width } = this.world;
    const held = this.heldBy(role, true);
    for (let offer = 0; offer < offers.rows.end; offer++) {
      if (offers.isOut[offer] !== 1 || !this.isWithin(offers.client[offer] as number, role)) continue;
      if (held.every((amount, resource) => amount <= (limit[resource] as number))) return;
      for (let resource = 0; resource < width; resource++) {
        held[resource] = (held[resource] as number) - (offers.amounts[offer * width + resource] as number);
      }
      master.rescind(offer, true);
    }
  }

  /** What the role's subtree holds in tasks, and in offers where asked. */
  private heldBy(role: string, withOffers: boolean): Float64Array {
    const { clients, offers, resources, width } = this.world;
    const sum = resources.zero();
    for (let client = 0; client < clients.count; client++) {
      if (!this.isWithin(client, role)) continue;
      const held = clients.held[client] as Float64Array;
      for (let resource = 0; resource < width; resource++) {
        sum[resource] = (sum[resource] as number) + (held[resource] as number);
      }
    }
    if (withOffers) return sum;
    for (let offer = 0; offer < offers.rows.end; offer++) {
      if (offers.isOut[offer] !== 1 || !this.isWithin(offers.client[offer] as number, role)) continue;
      for (let resource = 0; resource < width; resource++) {
        sum[resource] = (sum[resource] as number) - (offers.amounts[offer * width + resource] as number);
      }
    }
    return sum;
  }

  private isWithin(client: number, role: string): boolean {
    const { clients } = this.world;
    const path = clients.roles[clients.role[client] as number]?.path ?? '';
    return path === role || path.startsWith(`${role}/`);
  }

  /** RESERVE_RESOURCES and UNRESERVE_RESOURCES: on free amounts; offers of the agent are taken back to free them. */
  reserve(agent: number, role: string, amounts: Amounts, isUndone = false): void {
    const { engine, offers, master, facts, nowUs } = this.world;
    let isDone = engine.reserve(agent, role, amounts, isUndone);
    for (let offer = offers.firstOnAgent[agent] ?? -1; !isDone && offer >= 0; ) {
      const next = offers.nextOnAgent[offer] as number;
      master.rescind(offer, true);
      isDone = engine.reserve(agent, role, amounts, isUndone);
      offer = next;
    }
    const type = isUndone ? OPERATOR_UNRESERVE : OPERATOR_RESERVE;
    facts.record(FACT_OPERATION, nowUs, -1, type, agent, isDone ? 1 : 0);
    this.note(isUndone ? 'unreserve' : 'reserve', agent, `role=${role}${isDone ? '' : ' refused=conflict'}`);
  }

  /** DRAIN_AGENT: no more offers of it, and its tasks are killed after the grace period and tried elsewhere. */
  drain(agent: number, graceUs: number): void {
    const { agents, tasks, lifecycle } = this.world;
    this.membership.deactivate(agent);
    const stop = { reason: 'agent-draining', state: 'killed' as const, isRetried: true };
    for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
      lifecycle.kill(task, stop, graceUs);
    }
    this.note('drain-agent', agent, '');
  }

  /** A maintenance window: inverse offers go out from now on. */
  scheduleMaintenance(agents: readonly number[], startUs: number, durationUs: number): void {
    for (const agent of agents) {
      this.world.maintenance.schedule(agent, { startUs, durationUs });
      this.note('maintenance-scheduled', agent, `start_s=${startUs / 1e6}`);
    }
  }

  /** The window begins: the machines are down, their tasks lost. */
  machinesDown(agents: readonly number[]): void {
    for (const agent of agents) {
      this.note('machine-down', agent, '');
      this.membership.leave(agent);
    }
  }

  /** It is over: they come back as they were. */
  machinesUp(agents: readonly number[]): void {
    const { world } = this;
    for (const agent of agents) {
      world.maintenance.schedule(agent, undefined);
      if (world.agents.isUp[agent] === 1) continue;
      const id = world.agents.names[agent] as string;
      const attributes = world.agents.attributes[agent] ?? {};
      this.membership.join({ id, amounts: world.agents.totalOf(agent).slice(), attributes }, true);
      this.note('machine-up', agent, '');
    }
  }

  private note(event: string, agent: number, detail: string): void {
    this.world.facts.event({ event, framework: -1, job: '', task: '', agent, offer: -1, detail });
  }
}
