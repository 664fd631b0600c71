import { fail } from '../../core/errors.js';
import type { Sorter } from '../../model/allocator.js';
import type { ResourceSpace } from '../../model/resources.js';
import type { AgentTraits, Unavailability } from './agent-columns.js';
import { AllocationRun, type AllocationSink } from './allocation-run.js';
import { type AllocationSettings, AllocationState } from './allocation-state.js';
import type { FrameworkSpec, FrameworkState } from './client-table.js';
import type { InverseAnswer } from './inverse-offers.js';
import type { RangeSets } from './offer-filters.js';
import type { KindTable } from './resource-kinds.js';

/** No filter: the resources return and may be offered at once. */
export const NO_FILTER = Number.NEGATIVE_INFINITY;
const DEFAULT_REFUSE_US = 5_000_000;
const MAX_REFUSE_US = 365 * 86_400_000_000;
/** Share of the expected agents that must be back before a recovered allocator with quota goes on. */
const RECOVERY_FACTOR = 0.8;

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

/**
 * Mesos's hierarchical allocator (`src/master/allocator/mesos/hierarchical.cpp`), driven by method calls: no clock, no queue, no
 * message. Its owner gives rows to agents and frameworks (roles get theirs from `role`), asks `isRunWanted` after calls that may
 * trigger a run, and calls `run` when its mailbox has reached it.
 *
 * Amounts are thousandths per resource *kind* (`kinds`); in a world of plain resources a kind's row is the resource's.
 */
export class HierarchicalAllocator {
  readonly state: AllocationState;
  /** A trigger has come since the last run. */
  isRunWanted = false;
  isPaused = false;
  /** Runs so far; orders the shuffled agents. */
  cycle = 0;
  private readonly cycleRun: AllocationRun;
  private expectedAgentCount = -1;
  /** Candidates of the next run. */
  private areAllWanted = false;
  private readonly wanted = new Set<number>();
  private whitelist: ReadonlySet<string> | undefined;
  /** What held agents said of frameworks that have not subscribed yet. */
  private readonly early = new Map<number, Map<number, UsedResources[]>>();
  private quietChange = -1;
  private quietUntilUs = 0;

  constructor(
    resources: ResourceSpace,
    private readonly settings: AllocationSettings,
    makeSorter: (level: 'role' | 'framework') => Sorter,
  ) {
    this.state = new AllocationState(resources, settings, makeSorter);
    this.cycleRun = new AllocationRun(this.state);
  }

  get kinds(): KindTable {
    return this.state.kinds;
  }

  /** Filters made so far: the trigger sequence of a run asked for now. */
  get filterSequence(): number {
    return this.state.filters.sequence;
  }

  /** Row of a role. */
  role(path: string): number {
    return this.state.roles.rowOf(path);
  }

  /** Row of the (framework, role) pair, as framework sorters know it; -1 when there is none. */
  clientOf(framework: number, role: number): number {
    return this.state.clients.frameworks[framework]?.clients.get(role) ?? -1;
  }

  // Runs ------------------------------------------------------------------------------------------------------------

  /** The batch timer: every agent is a candidate. Ignored while paused. */
  trigger(): void {
    if (this.isPaused) return;
    this.areAllWanted = true;
    this.isRunWanted = true;
  }

  /** One agent is a candidate of the next run. */
  triggerAgent(agent: number): void {
    if (this.isPaused) return;
    this.wanted.add(agent);
    this.isRunWanted = true;
  }

  /**
   * One allocation run over the candidates. `triggerSequence` is `filterSequence` at the run's first trigger (for the batch: when
   * its timer was set): a filter that expires now is gone iff it is not younger. Returns the number of offers.
   */
  run(nowUs: number, triggerSequence: number, sink: AllocationSink): number {
    this.isRunWanted = false;
    this.cycle++;
    if (this.isPaused) return 0;
    const isFull = this.areAllWanted;
    const candidates = this.takeCandidates();
    const before = this.state.changeCount;
    const offerCount = this.cycleRun.run(candidates, this.cycle, nowUs, triggerSequence, sink);
    if (isFull && offerCount === 0) {
      this.quietChange = before;
      this.quietUntilUs = this.cycleRun.earliestExpiryUs;
    }
    return offerCount;
  }

  /** When a run over all agents can next make an offer: now (0), at a filter's end, or not until something changes (Infinity). */
  wakeUs(): number {
    if (this.state.changeCount !== this.quietChange) return 0;
    return this.quietUntilUs;
  }

  private takeCandidates(): Int32Array {
    const { agents } = this.state;
    let rows: number[];
    if (this.areAllWanted) {
      rows = [];
      for (let agent = 0; agent < agents.end; agent++) if (agents.isKnown[agent] === 1) rows.push(agent);
    } else {
      rows = [...this.wanted].filter((agent) => agents.isKnown[agent] === 1).sort((a, b) => a - b);
    }
    this.areAllWanted = false;
    this.wanted.clear();
    return Int32Array.from(rows);
  }

  // Master failover -------------------------------------------------------------------------------------------------

  /**
   * A new master with quotas set waits for `floor(0.8 × expected)` agents (hierarchical.cpp recover); its owner calls `resume` when
   * 10 minutes have passed. Set the quotas first.
   */
  recover(expectedAgentCount: number): void {
    if (this.state.roles.withQuota.length === 0) return;
    this.expectedAgentCount = Math.floor(expectedAgentCount * RECOVERY_FACTOR);
    this.isPaused = this.expectedAgentCount > 0;
  }

  resume(): void {
    this.isPaused = false;
  }

  // Frameworks ------------------------------------------------------------------------------------------------------

  /** SUBSCRIBE for the first time. Triggers a run over all agents when active. */
  addFramework(row: number, spec: FrameworkSpec): void {
    const { state } = this;
    if (state.clients.frameworks[row] !== undefined) fail(`framework ${spec.id} is added to the allocator twice`);
    const framework: FrameworkState = {
      row,
      id: spec.id,
      isActive: spec.isActive ?? true,
      capabilities: spec.capabilities,
      roles: new Set(spec.roles),
      suppressed: new Set(spec.suppressed ?? []),
      clients: new Map(),
      minAllocatable: spec.minAllocatable ?? new Map(),
      constraints: spec.constraints ?? new Map(),
    };
    state.clients.frameworks[row] = framework;
    for (const role of framework.roles) {
      const client = state.track(framework, role);
      state.setActive(client, framework.isActive && !framework.suppressed.has(role));
    }
    for (const [agent, used] of this.early.get(row) ?? []) for (const part of used) this.use(agent, part);
    this.early.delete(row);
    if (framework.isActive) this.trigger();
  }

  /** UPDATE_FRAMEWORK: replaces roles, suppressed roles, capabilities and filters of the subscription. Triggers nothing. */
  updateFramework(row: number, spec: FrameworkSpec): void {
    const { state } = this;
    const framework = state.clients.framework(row);
    const roles = new Set(spec.roles);
    const suppressed = new Set(spec.suppressed ?? []);
    for (const role of roles) {
      if (!framework.roles.has(role)) state.setActive(state.track(framework, role), framework.isActive);
    }
    for (const role of framework.roles) if (!roles.has(role)) this.leaveRole(framework, role);
    framework.roles = roles;
    framework.capabilities = spec.capabilities;
    framework.minAllocatable = spec.minAllocatable ?? new Map();
    framework.constraints = spec.constraints ?? new Map();
    for (const client of framework.clients.values()) state.clients.classify(client);
    const revived = [...framework.suppressed].filter((role) => roles.has(role) && !suppressed.has(role));
    this.suppressRoles(
      framework,
      [...suppressed].filter((role) => roles.has(role) && !framework.suppressed.has(role)),
    );
    this.reviveRoles(framework, revived);
    state.changeCount++;
  }

  private leaveRole(framework: FrameworkState, role: number): void {
    const { state } = this;
    const client = framework.clients.get(role);
    framework.suppressed.delete(role);
    if (client === undefined) return;
    state.setActive(client, false);
    state.filters.clearClient(client);
    if (!this.holdsAnything(client)) state.untrack(framework, role);
  }

  private holdsAnything(client: number): boolean {
    const { agents, holdings } = this.state;
    for (let agent = 0; agent < agents.end; agent++) {
      if (agents.isKnown[agent] === 1 && holdings.find(agent, client) >= 0) return true;
    }
    return false;
  }

  /** TEARDOWN, or the failover timeout has passed: what it holds is free, without a filter. */
  removeFramework(row: number): void {
    const { state } = this;
    const framework = state.clients.framework(row);
    for (let agent = 0; agent < state.agents.end; agent++) {
      if (state.agents.isKnown[agent] === 1) this.dropHoldings(agent, row);
    }
    for (const role of [...framework.clients.keys()]) state.untrack(framework, role);
    state.inverse.clearFramework(row);
    state.clients.frameworks[row] = undefined;
    state.changeCount++;
  }

  /** Takes back everything on the agent from one framework, or from all (-1). */
  private dropHoldings(agent: number, framework: number): void {
    const { agents, holdings, clients } = this.state;
    for (let row = agents.firstHolding[agent] as number; row >= 0; ) {
      const next = holdings.next[row] as number;
      if (framework < 0 || clients.frameworkOf[holdings.clients[row] as number] === framework) {
        this.creditRow(agent, row);
      }
      row = next;
    }
  }

  private creditRow(agent: number, row: number): void {
    const { holdings, kinds } = this.state;
    const client = holdings.clients[row] as number;
    const amounts = holdings.amounts.slice(row * kinds.stride, (row + 1) * kinds.stride);
    const ranges = holdings.rangesOf(row);
    this.state.credit(client, agent, row, amounts, 0, ranges === undefined ? undefined : new Map(ranges));
    this.leaveIfDone(client);
  }

  /** A client of a role that its framework has left goes when it holds nothing any more. */
  private leaveIfDone(client: number): void {
    const { clients } = this.state;
    const framework = clients.framework(clients.frameworkOf[client] as number);
    const role = clients.roleOf[client] as number;
    if (!framework.roles.has(role) && !this.holdsAnything(client)) this.state.untrack(framework, role);
  }

  /** Re-subscribed: active in all roles that are not suppressed. Triggers a run over all agents. */
  activateFramework(row: number): void {
    const framework = this.state.clients.framework(row);
    framework.isActive = true;
    for (const role of framework.roles) {
      if (!framework.suppressed.has(role)) this.state.setActive(this.state.track(framework, role), true);
    }
    this.trigger();
  }

  /** Disconnected: gets no offers; all of its filters end. */
  deactivateFramework(row: number): void {
    const { state } = this;
    const framework = state.clients.framework(row);
    framework.isActive = false;
    for (const client of framework.clients.values()) {
      state.setActive(client, false);
      state.filters.clearClient(client);
    }
    state.inverse.clearFilters(row);
  }

  /** SUPPRESS; no roles = all. Filters stay. Triggers nothing. */
  suppress(row: number, roles: readonly number[] = []): void {
    const framework = this.state.clients.framework(row);
    this.suppressRoles(framework, roles.length === 0 ? [...framework.roles] : roles);
  }

  private suppressRoles(framework: FrameworkState, roles: readonly number[]): void {
    for (const role of roles) {
      const client = framework.clients.get(role);
      if (client === undefined) continue;
      this.state.setActive(client, false);
      framework.suppressed.add(role);
    }
  }

  /** REVIVE; no roles = all: the roles' filters end. Triggers a run over all agents. */
  revive(row: number, roles: readonly number[] = []): void {
    const framework = this.state.clients.framework(row);
    this.reviveRoles(framework, roles.length === 0 ? [...framework.roles] : roles);
    this.state.changeCount++;
    this.trigger();
  }

  private reviveRoles(framework: FrameworkState, roles: readonly number[]): void {
    const { state } = this;
    state.inverse.clearFilters(framework.row);
    for (const role of roles) {
      const client = framework.clients.get(role);
      if (client === undefined) continue;
      state.filters.clearClient(client);
      framework.suppressed.delete(role);
      if (framework.isActive || this.settings.quirks.reviveActivates) state.setActive(client, true);
    }
  }

  // Agents ----------------------------------------------------------------------------------------------------------

  /**
   * An agent registers. `used` is what it runs already; entries of frameworks that have not subscribed are charged when they do.
   * Triggers a run on the agent.
   */
  addAgent(agent: number, traits: AgentTraits, total: ResourceAmounts, used: readonly UsedResources[] = []): void {
    const { state } = this;
    state.agents.add(agent, traits);
    state.agents.isWhitelisted[agent] = this.isWhitelisted(traits) ? 1 : 0;
    state.agents.setTotal(agent, total.amounts, total.offset, total.ranges);
    state.countTotal(agent, 1);
    for (const part of used) this.use(agent, part);
    if (this.isPaused && this.expectedAgentCount >= 0 && state.agents.knownCount >= this.expectedAgentCount) {
      this.expectedAgentCount = -1;
      this.resume();
    }
    this.triggerAgent(agent);
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

  /** Lost or removed: its total shrinks, its allocations leave every sorter, its filters vanish. Triggers nothing. */
  removeAgent(agent: number): void {
    const { state } = this;
    this.dropHoldings(agent, -1);
    state.countTotal(agent, -1);
    state.filters.clearAgent(agent);
    state.inverse.clearAgent(agent);
    state.agents.remove(agent);
    for (const byAgent of this.early.values()) byAgent.delete(agent);
    this.wanted.delete(agent);
  }

  /** A changed total; what is offered or allocated stays so. Triggers a run on the agent if anything changed. */
  updateAgent(agent: number, total: ResourceAmounts): void {
    if (this.replaceTotal(agent, total)) this.triggerAgent(agent);
  }

  private replaceTotal(agent: number, total: ResourceAmounts): boolean {
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

  /** Re-registered with other attributes or capabilities. Changed attributes end its filters. Triggers a run on it if anything changed. */
  updateAgentTraits(agent: number, traits: AgentTraits): void {
    const { agents, filters, inverse } = this.state;
    const old = agents.traitsOf(agent);
    if (JSON.stringify(old) === JSON.stringify(traits)) return;
    if (JSON.stringify(old.attributes) !== JSON.stringify(traits.attributes)) {
      filters.clearAgent(agent);
      inverse.clearAgent(agent);
    }
    agents.traits[agent] = traits;
    agents.capabilities[agent] = traits.capabilities;
    agents.isWhitelisted[agent] = this.isWhitelisted(traits) ? 1 : 0;
    this.state.changeCount++;
    this.triggerAgent(agent);
  }

  /** May be offered again. Triggers nothing. */
  activateAgent(agent: number): void {
    this.state.agents.isActive[agent] = 1;
    this.state.changeCount++;
  }

  /** Gets no offers until it is activated. */
  deactivateAgent(agent: number): void {
    this.state.agents.isActive[agent] = 0;
  }

  /** Host names that may be offered; undefined = all. Triggers nothing. */
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

  /** Maintenance is scheduled (or called off: undefined). Inverse offers start anew. Triggers a run on the agent. */
  setUnavailability(agent: number, unavailability: Unavailability | undefined): void {
    const { agents, inverse } = this.state;
    inverse.clearAgent(agent);
    if (unavailability === undefined) agents.unavailability.delete(agent);
    else agents.unavailability.set(agent, unavailability);
    this.state.changeCount++;
    this.triggerAgent(agent);
  }

  /** A framework's reply to an inverse offer; undefined = it timed out or was rescinded. `refuseUs` NO_FILTER = no filter. */
  answerInverse(
    agent: number,
    framework: number,
    answer: InverseAnswer | undefined,
    refuseUs: number,
    nowUs: number,
  ): void {
    const { inverse } = this.state;
    inverse.answered(agent, framework, answer);
    if (refuseUs > 0) inverse.filter(agent, framework, nowUs + Math.min(refuseUs, MAX_REFUSE_US));
    this.state.changeCount++;
  }

  // Resources -------------------------------------------------------------------------------------------------------

  /**
   * Resources return: decline, unused part of an accept, task end, rescind. `refuseUs` NO_FILTER or 0 = no filter, other
   * negative values = the default of 5 s; a filter lives at least one allocation interval. Triggers nothing.
   */
  recoverResources(
    framework: number,
    role: number,
    agent: number,
    resources: ResourceAmounts,
    refuseUs: number,
    nowUs: number,
  ): void {
    const { state } = this;
    const client = this.clientOf(framework, role);
    if (client < 0 || state.agents.isKnown[agent] !== 1 || isEmpty(resources, state.kinds.stride)) return;
    const row = state.holdings.find(agent, client);
    if (row < 0) return;
    const { amounts, offset, ranges } = resources;
    state.credit(client, agent, row, amounts, offset, ranges);
    this.addFilter(client, agent, resources, refuseUs, nowUs);
    this.leaveIfDone(client);
  }

  /** Everything that the framework holds on the agent in the role returns; nothing held = nothing done. */
  recoverAll(framework: number, role: number, agent: number, refuseUs: number, nowUs: number): void {
    const { holdings, kinds } = this.state;
    const client = this.clientOf(framework, role);
    const row = client < 0 ? -1 : holdings.find(agent, client);
    if (row < 0) return;
    const amounts = holdings.amounts.slice(row * kinds.stride, (row + 1) * kinds.stride);
    const ranges = holdings.rangesOf(row);
    const copy = ranges === undefined ? undefined : new Map(ranges);
    this.recoverResources(framework, role, agent, { amounts, offset: 0, ranges: copy }, refuseUs, nowUs);
  }

  private addFilter(client: number, agent: number, resources: ResourceAmounts, refuseUs: number, nowUs: number): void {
    if (refuseUs === NO_FILTER || refuseUs === 0) return;
    const wantedUs = refuseUs < 0 ? DEFAULT_REFUSE_US : Math.min(refuseUs, MAX_REFUSE_US);
    const lifetimeUs = Math.max(wantedUs, this.settings.allocationIntervalUs);
    this.state.filters.add(client, agent, nowUs + lifetimeUs, resources.amounts, resources.offset, resources.ranges);
  }

  /**
   * An operation on what nobody holds (RESERVE, CREATE … by an operator): `from` becomes `to` in the agent's total. False, and
   * nothing done, when not all of it is free (updateAvailable). Triggers nothing.
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
    this.replaceTotal(agent, { amounts, offset: 0, ranges: agents.totalRanges(agent) });
    return true;
  }

  /**
   * An operation in an ACCEPT (RESERVE, CREATE …): what the framework holds and the agent's total change alike; the client's count of
   * grants does not (updateAllocation).
   */
  convertAllocated(framework: number, role: number, agent: number, from: Float64Array, to: Float64Array): void {
    const { state } = this;
    const client = this.clientOf(framework, role);
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
    this.replaceTotal(agent, { amounts, offset: 0, ranges: state.agents.totalRanges(agent) });
    state.charge(client, agent, given, 0, undefined, 0);
  }

  // Roles -----------------------------------------------------------------------------------------------------------

  /** Guarantees (0 = none) and limits (Infinity = none) per resource of a top-level role; both undefined = no quota. Triggers nothing. */
  setQuota(role: number, guarantees: Float64Array | undefined, limits: Float64Array | undefined): void {
    this.state.roles.setQuota(role, guarantees, limits);
    this.state.changeCount++;
  }

  /** Weight of a role, which need not exist yet. Triggers nothing. */
  setWeight(path: string, weight: number): void {
    this.state.roleSorter.setWeight(path, weight);
    this.state.changeCount++;
  }
}

function isEmpty({ amounts, offset }: ResourceAmounts, stride: number): boolean {
  for (let kind = 0; kind < stride; kind++) if ((amounts[offset + kind] ?? 0) > 0) return false;
  return true;
}

function wide(amounts: Float64Array, stride: number): Float64Array {
  const wider = new Float64Array(stride);
  wider.set(amounts);
  return wider;
}
