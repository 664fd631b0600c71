import { fail } from '../../core/errors.js';
import type { AgentTraits } from './agent-columns.js';
import type { AllocationState } from './allocation-state.js';
import type { FrameworkBook } from './framework-book.js';
import type { RangeSets } from './offer-filters.js';

/** Amounts by kind, and the interval sets of those kinds that are ranges. */
export interface ResourceAmounts {
  readonly amounts: Float64Array;
  readonly offset: number;
  readonly ranges?: RangeSets | undefined;
}

/** Something that an agent holds on behalf of a framework when it registers. */
export interface UsedResources extends ResourceAmounts {
  readonly framework: number;
  readonly role: number;
}

/** How agents come, change and go (hierarchical.cpp addSlave … updateAvailable); its owner triggers the runs. */
export class AgentBook {
  private whitelist: ReadonlySet<string> | undefined;
  /** What agents said of frameworks that have not subscribed yet: by framework, by agent. */
  private readonly early = new Map<number, Map<number, UsedResources[]>>();

  constructor(
    private readonly state: AllocationState,
    private readonly frameworks: FrameworkBook,
  ) {}

  /** An agent registers. `used` is what it runs already; entries of frameworks that have not subscribed are charged when they do. */
  add(agent: number, traits: AgentTraits, total: ResourceAmounts, used: readonly UsedResources[] = []): void {
    const { state } = this;
    state.agents.add(agent, traits);
    state.agents.isWhitelisted[agent] = this.isWhitelisted(traits) ? 1 : 0;
    state.agents.setTotal(agent, total.amounts, total.offset, total.ranges);
    state.countTotal(agent, 1);
    for (const part of used) this.use(agent, part);
  }

  /** A framework has subscribed: what agents said of it is charged now. */
  claim(framework: number): void {
    for (const [agent, used] of this.early.get(framework) ?? []) for (const part of used) this.use(agent, part);
    this.early.delete(framework);
  }

  private use(agent: number, part: UsedResources): void {
    const { state } = this;
    const framework = state.clients.frameworks[part.framework];
    if (framework === undefined) {
      const byAgent = this.early.get(part.framework) ?? new Map<number, UsedResources[]>();
      byAgent.set(agent, [...(byAgent.get(agent) ?? []), part]);
      this.early.set(part.framework, byAgent);
      // Nobody is charged yet, but the agent has it no more.
      state.agents.hold(agent, part.amounts, part.offset, 1, part.ranges);
      return;
    }
    if (this.early.get(part.framework)?.get(agent)?.includes(part)) {
      state.agents.hold(agent, part.amounts, part.offset, -1, part.ranges);
    }
    const client = state.track(framework, part.role);
    state.charge(client, agent, part.amounts, part.offset, part.ranges, 1);
  }

  /** Lost or removed: its total shrinks, its allocations leave every sorter, its filters vanish. */
  remove(agent: number): void {
    const { state } = this;
    this.frameworks.dropHoldings(agent, -1);
    state.countTotal(agent, -1);
    state.filters.clearAgent(agent);
    state.inverse.clearAgent(agent);
    state.agents.remove(agent);
    for (const byAgent of this.early.values()) byAgent.delete(agent);
  }

  /** Replaces the total; what is offered or allocated stays so. False when nothing changed. */
  setTotal(agent: number, total: ResourceAmounts): boolean {
    const { agents, kinds } = this.state;
    const base = agent * kinds.stride;
    let isSame = true;
    for (let kind = 0; kind < kinds.count; kind++) {
      if (agents.total[base + kind] !== (total.amounts[total.offset + kind] ?? 0)) isSame = false;
    }
    const ranges = agents.totalRanges(agent);
    for (const [kind, set] of total.ranges ?? []) {
      if (String(ranges?.get(kind) ?? []) !== String(set)) isSame = false;
    }
    if (isSame) return false;
    this.state.countTotal(agent, -1);
    agents.setTotal(agent, total.amounts, total.offset, total.ranges);
    this.state.countTotal(agent, 1);
    return true;
  }

  /** Re-registered with other attributes or capabilities; changed attributes end its filters. False when nothing changed. */
  setTraits(agent: number, traits: AgentTraits): boolean {
    const { agents, filters, inverse } = this.state;
    const old = agents.traitsOf(agent);
    if (JSON.stringify(old) === JSON.stringify(traits)) return false;
    if (JSON.stringify(old.attributes) !== JSON.stringify(traits.attributes)) {
      filters.clearAgent(agent);
      inverse.clearAgent(agent);
    }
    agents.traits[agent] = traits;
    agents.capabilities[agent] = traits.capabilities;
    agents.isWhitelisted[agent] = this.isWhitelisted(traits) ? 1 : 0;
    this.state.changeCount++;
    return true;
  }

  /** Host names that may be offered; undefined = all. */
  setWhitelist(hostnames: readonly string[] | undefined): void {
    const { agents } = this.state;
    this.whitelist = hostnames === undefined ? undefined : new Set(hostnames);
    for (let agent = 0; agent < agents.end; agent++) {
      const traits = agents.traits[agent];
      if (traits !== undefined) agents.isWhitelisted[agent] = this.isWhitelisted(traits) ? 1 : 0;
    }
    this.state.changeCount++;
  }

  private isWhitelisted(traits: AgentTraits): boolean {
    return this.whitelist === undefined || this.whitelist.has(traits.hostname);
  }

  /**
   * An operation on what nobody holds (RESERVE, CREATE … by an operator): `from` becomes `to` in the agent's total. False, and
   * nothing done, when not all of it is free (updateAvailable).
   */
  convertAvailable(agent: number, from: Float64Array, to: Float64Array): boolean {
    const { agents, kinds } = this.state;
    const base = agent * kinds.stride;
    for (let kind = 0; kind < from.length; kind++) {
      if ((from[kind] as number) > (agents.free[base + kind] as number)) return false;
    }
    const amounts = agents.total.slice(base, base + kinds.stride);
    for (let kind = 0; kind < kinds.count; kind++) {
      amounts[kind] = (amounts[kind] as number) - (from[kind] ?? 0) + (to[kind] ?? 0);
    }
    this.setTotal(agent, { amounts, offset: 0, ranges: agents.totalRanges(agent) });
    return true;
  }

  /**
   * An operation in an ACCEPT (RESERVE, CREATE …): what the framework holds and the agent's total change alike; the client's count of
   * grants does not (updateAllocation).
   */
  convertAllocated(framework: number, role: number, agent: number, from: Float64Array, to: Float64Array): void {
    const { state } = this;
    const client = state.clients.frameworks[framework]?.clients.get(role) ?? -1;
    const row = client < 0 ? -1 : state.holdings.find(agent, client);
    if (row < 0) fail('an operation on resources that the framework does not hold');
    const { stride } = state.kinds;
    const taken = wide(from, stride);
    const given = wide(to, stride);
    state.credit(client, agent, row, taken, 0, undefined);
    const base = agent * stride;
    const amounts = state.agents.total.slice(base, base + stride);
    for (let kind = 0; kind < stride; kind++) {
      amounts[kind] = (amounts[kind] as number) - (taken[kind] as number) + (given[kind] as number);
    }
    this.setTotal(agent, { amounts, offset: 0, ranges: state.agents.totalRanges(agent) });
    state.charge(client, agent, given, 0, undefined, 0);
  }
}

function wide(amounts: Float64Array, stride: number): Float64Array {
  const wider = new Float64Array(stride);
  wider.set(amounts);
  return wider;
}
