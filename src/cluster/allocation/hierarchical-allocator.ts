import type { Sorter } from '../../model/allocator.js';
import type { ResourceSpace } from '../../model/resources.js';
import { AgentBook, type ResourceAmounts, type UsedResources } from './agent-book.js';
import type { AgentTraits, Unavailability } from './agent-columns.js';
import { AllocationRun, type AllocationSink } from './allocation-run.js';
import { type AllocationSettings, AllocationState } from './allocation-state.js';
import type { FrameworkSpec } from './client-table.js';
import { FrameworkBook } from './framework-book.js';
import { Headroom } from './headroom.js';
import type { InverseAnswer } from './inverse-offers.js';
import type { KindTable } from './resource-kinds.js';
import { NOT_FOR_ROLE } from './role-table.js';

/** No filter: the resources return and may be offered at once. */
export const NO_FILTER = Number.NEGATIVE_INFINITY;
const DEFAULT_REFUSE_US = 5_000_000;
const MAX_REFUSE_US = 365 * 86_400_000_000;
/** Share of the expected agents that must be back before a recovered allocator with quota goes on. */
const RECOVERY_FACTOR = 0.8;

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
  private readonly frameworks: FrameworkBook;
  private readonly agents: AgentBook;
  private readonly cycleRun: AllocationRun;
  private readonly headroom: Headroom;
  private expectedAgentCount = -1;
  /** Candidates of the next run. */
  private areAllWanted = false;
  private readonly wanted = new Set<number>();
  private quietChange = -1;
  private quietUntilUs = 0;

  constructor(
    resources: ResourceSpace,
    private readonly settings: AllocationSettings,
    makeSorter: (level: 'role' | 'framework') => Sorter,
  ) {
    this.state = new AllocationState(resources, settings, makeSorter);
    this.frameworks = new FrameworkBook(this.state);
    this.agents = new AgentBook(this.state, this.frameworks);
    this.cycleRun = new AllocationRun(this.state);
    this.headroom = new Headroom(this.state);
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

  /** The policy keeps clients from agents. */
  restrict(mayHave: ((client: number, agent: number) => boolean) | undefined): void {
    this.cycleRun.mayHave = mayHave;
  }

  /** Clients that a policy wants served first in the coming run, by agent. */
  get nominated(): Map<number, number> {
    return this.cycleRun.nominated;
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
    // A run that was known to be idle tells nothing new: the next one is due when it was.
    const isIdle = this.wakeUs() > nowUs;
    const offerCount = this.cycleRun.run(candidates, this.cycle, nowUs, triggerSequence, sink);
    if (isFull && offerCount === 0 && !isIdle) {
      this.quietChange = before;
      this.quietUntilUs = this.cycleRun.earliestExpiryUs;
    }
    return offerCount;
  }

  /** Stands for a run that `wakeUs` has shown to be idle: it counts as a cycle. */
  skipRun(): void {
    this.isRunWanted = false;
    this.cycle++;
    this.areAllWanted = false;
    this.wanted.clear();
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
    this.frameworks.add(row, spec);
    this.agents.claim(row);
    if (spec.isActive ?? true) this.trigger();
  }

  /** UPDATE_FRAMEWORK: replaces roles, suppressed roles, capabilities and filters of the subscription. Triggers nothing. */
  updateFramework(row: number, spec: FrameworkSpec): void {
    this.frameworks.update(row, spec);
  }

  /** TEARDOWN, or the failover timeout has passed: what it holds is free, without a filter. Triggers nothing. */
  removeFramework(row: number): void {
    this.frameworks.remove(row);
  }

  /** Re-subscribed: active in all roles that are not suppressed. Triggers a run over all agents. */
  activateFramework(row: number): void {
    this.frameworks.activate(row);
    this.trigger();
  }

  /** Disconnected: gets no offers; all of its filters end. Triggers nothing. */
  deactivateFramework(row: number): void {
    this.frameworks.deactivate(row);
  }

  /** SUPPRESS; no roles = all. Filters stay. Triggers nothing. */
  suppress(row: number, roles: readonly number[] = []): void {
    this.frameworks.suppress(row, roles);
  }

  /** REVIVE; no roles = all: the roles' filters end. Triggers a run over all agents. */
  revive(row: number, roles: readonly number[] = []): void {
    this.frameworks.revive(row, roles);
    this.trigger();
  }

  // Agents ----------------------------------------------------------------------------------------------------------

  /**
   * An agent registers. `used` is what it runs already; entries of frameworks that have not subscribed are charged when they do.
   * Triggers a run on the agent.
   */
  addAgent(agent: number, traits: AgentTraits, total: ResourceAmounts, used: readonly UsedResources[] = []): void {
    this.agents.add(agent, traits, total, used);
    const { knownCount } = this.state.agents;
    if (this.isPaused && this.expectedAgentCount >= 0 && knownCount >= this.expectedAgentCount) {
      this.expectedAgentCount = -1;
      this.resume();
    }
    this.triggerAgent(agent);
  }

  /** Lost or removed: its total shrinks, its allocations leave every sorter, its filters vanish. Triggers nothing. */
  removeAgent(agent: number): void {
    this.agents.remove(agent);
    this.wanted.delete(agent);
  }

  /** A changed total; what is offered or allocated stays so. Triggers a run on the agent if anything changed. */
  updateAgent(agent: number, total: ResourceAmounts): void {
    if (this.agents.setTotal(agent, total)) this.triggerAgent(agent);
  }

  /** Re-registered with other attributes or capabilities; changed attributes end its filters. Triggers a run on it if anything changed. */
  updateAgentTraits(agent: number, traits: AgentTraits): void {
    if (this.agents.setTraits(agent, traits)) this.triggerAgent(agent);
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
    this.agents.setWhitelist(hostnames);
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
    if (refuseUs !== NO_FILTER && refuseUs !== 0) inverse.filter(agent, framework, nowUs + refusalUs(refuseUs));
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
    this.frameworks.leaveIfDone(client);
    // Also in a role that the framework has left: the filter is there when it comes back in time.
    this.addFilter(client, agent, resources, refuseUs, nowUs);
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
    const lifetimeUs = Math.max(refusalUs(refuseUs), this.settings.allocationIntervalUs);
    this.state.filters.add(client, agent, nowUs + lifetimeUs, resources.amounts, resources.offset, resources.ranges);
  }

  /**
   * An operation on what nobody holds (RESERVE, CREATE … by an operator): `from` becomes `to` in the agent's total. False, and
   * nothing done, when not all of it is free. Triggers nothing.
   */
  convertAvailable(agent: number, from: Float64Array, to: Float64Array): boolean {
    return this.agents.convertAvailable(agent, from, to);
  }

  /**
   * An operation in an ACCEPT (RESERVE, CREATE …): what the framework holds and the agent's total change alike; the client's count of
   * grants does not. Triggers nothing.
   */
  convertAllocated(framework: number, role: number, agent: number, from: Float64Array, to: Float64Array): void {
    this.agents.convertAllocated(framework, role, agent, from, to);
  }

  // Roles -----------------------------------------------------------------------------------------------------------

  /** Guarantees (0 = none) and limits (Infinity = none) per resource of a top-level role; both undefined = no quota. Triggers nothing. */
  setQuota(role: number, guarantees: Float64Array | undefined, limits: Float64Array | undefined): void {
    this.state.roles.setQuota(role, guarantees, limits);
    this.state.changeCount++;
  }

  /** Which part of quota keeps a demand of the client from being met as things stand, undefined = none. */
  quotaVerdict(client: number, demand: Float64Array): 'quota-limit' | 'headroom' | undefined {
    const { state, headroom } = this;
    headroom.begin();
    if (!headroom.isActive) return undefined;
    const payer = state.payerOf(state.roles.of(state.clients.roleOf[client] as number));
    const room = state.resources.zero();
    if (payer?.limits !== undefined) {
      headroom.roomUnder(payer, undefined, room);
      if (exceeds(demand, room)) return 'quota-limit';
    }
    return headroom.isRequired && exceeds(demand, headroom.surplusNow()) ? 'headroom' : undefined;
  }

  /** True when capabilities, region, constraints and reservations of others let the client have so much of the agent. */
  mayReceive(client: number, agent: number, demand: Float64Array): boolean {
    const { agents, kinds, roles, clients } = this.state;
    if (!this.cycleRun.mayReceive(client, agent)) return false;
    const use = roles.kindUseOf(roles.of(clients.roleOf[client] as number));
    const left = demand.slice();
    for (let kind = 0; kind < kinds.count; kind++) {
      const name = kinds.nameRows[kind] as number;
      const isUsable = use[kind] !== NOT_FOR_ROLE && kinds.isIndivisible[kind] === 0 && name < left.length;
      if (isUsable) left[name] = (left[name] as number) - (agents.free[agent * kinds.stride + kind] as number);
    }
    return left.every((amount) => amount <= 0);
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

function exceeds(demand: Float64Array, room: Float64Array): boolean {
  return demand.some((amount, name) => amount > (room[name] as number));
}

/** What the framework asked for, within Mesos's bounds. */
function refusalUs(refuseUs: number): number {
  return refuseUs < 0 ? DEFAULT_REFUSE_US : Math.min(refuseUs, MAX_REFUSE_US);
}
