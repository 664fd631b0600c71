import { AgentShuffle } from '../shuffle.js';
import type { AllocationState } from './allocation-state.js';
import type { ClientClass } from './client-table.js';
import { GrantLog } from './grant-log.js';
import { Headroom } from './headroom.js';
import { NOTHING_LEFT, OFFERABLE, OfferComposer, REJECTED } from './offer-composer.js';
import type { RangeSets } from './offer-filters.js';
import type { RoleState } from './role-table.js';

/** Where a run reports. Amounts are per kind and not to be kept; `ranges` likewise. */
export interface AllocationSink {
  offer(
    framework: number,
    role: number,
    agent: number,
    amounts: Float64Array,
    offset: number,
    ranges: RangeSets | undefined,
  ): void;
  /** The framework is asked to give up the agent, unavailable from `startUs` on for `durationUs` (-1 = for good). */
  inverseOffer(framework: number, agent: number, startUs: number, durationUs: number): void;
}

/**
 * One allocation run (hierarchical.cpp __generateOffers, generateInverseOffers): guarantees first, then fair share; agents in order,
 * roles and frameworks in the order of their sorters. What an offer would hold depends on the client only through its class
 * (capabilities, minimum, constraints), so it is worked out once per agent, role and class until something is granted.
 */
export class AllocationRun {
  /** Earliest end of a filter met in the last run. */
  earliestExpiryUs = Number.POSITIVE_INFINITY;
  /** Keeps clients from agents; set when the policy does. */
  mayHave: ((client: number, agent: number) => boolean) | undefined;
  /** Clients that a policy wants served first, by agent. */
  readonly nominated = new Map<number, number>();
  private readonly headroom: Headroom;
  private readonly composer: OfferComposer;
  private readonly log: GrantLog;
  private nowUs = 0;
  private trigger = 0;
  /** What a class can take is known for this state of agent and role. */
  private serial = 0;
  private offerClass = -1;
  private offerSerial = -1;
  private rejectedSerial = new Int32Array(16);
  /** `stamps[client]` = the serial of the offer that one of its filters holds back. */
  private stamps = new Int32Array(16);
  private markSerial = 0;
  private order = new Int32Array(0);
  private readonly shuffle = new AgentShuffle();

  constructor(private readonly state: AllocationState) {
    this.headroom = new Headroom(state);
    this.composer = new OfferComposer(state, this.headroom);
    this.log = new GrantLog(state.kinds);
  }

  /** A run over these agents (ascending rows). Returns the number of offers. */
  run(candidates: Int32Array, cycle: number, nowUs: number, trigger: number, sink: AllocationSink): number {
    const { state, log } = this;
    this.nowUs = nowUs;
    this.trigger = trigger;
    this.earliestExpiryUs = state.agents.unavailability.size > 0 ? 0 : Number.POSITIVE_INFINITY;
    this.reserve();
    log.begin();
    state.syncTotals();
    const count = this.selectAgents(candidates);
    if (count > 0) {
      // Mesos sorts roles for every agent, which also fixes the weights of roles seen for the first time.
      state.roleSorter.refresh();
      this.headroom.begin();
      if (state.roles.hasGuarantees) {
        this.arrange(count, 1, cycle);
        for (let index = 0; index < count; index++) this.guarantee(this.order[index] as number);
      }
      this.arrange(count, 2, cycle);
      for (let index = 0; index < count; index++) this.share(this.order[index] as number);
    }
    this.report(sink);
    this.inviteBack(candidates, sink);
    return log.count;
  }

  /** True when capabilities, region and constraints let the client have the agent. */
  mayReceive(client: number, agent: number): boolean {
    const { clients, roles } = this.state;
    const traits = clients.classes[clients.classOf[client] as number] as ClientClass;
    return this.composer.mayReceive(traits, agent, roles.of(clients.roleOf[client] as number));
  }

  private reserve(): void {
    const { clients } = this.state;
    this.composer.reserve();
    if (this.stamps.length < clients.count) this.stamps = new Int32Array(clients.count * 2);
    if (this.rejectedSerial.length < clients.classes.length) {
      this.rejectedSerial = new Int32Array(clients.classes.length * 2);
    }
  }

  private selectAgents(candidates: Int32Array): number {
    const { agents } = this.state;
    if (this.order.length < candidates.length) this.order = new Int32Array(candidates.length * 2);
    let count = 0;
    for (let index = 0; index < candidates.length; index++) {
      const agent = candidates[index] as number;
      if (agents.isActive[agent] === 1 && agents.isWhitelisted[agent] === 1) this.order[count++] = agent;
    }
    return count;
  }

  /** Orders the agents by hash(seed, stage, cycle, row): skipped cycles and other candidates leave no trace. */
  private arrange(count: number, stage: number, cycle: number): void {
    const { agentOrder, seed } = this.state.settings;
    if (agentOrder === 'id' || count < 2) return;
    this.shuffle.shuffle(this.order, count, seed, stage, cycle);
  }

  // Stage 1 ---------------------------------------------------------------------------------------------------------

  private guarantee(agent: number): void {
    const { state } = this;
    const { roleSorter, roles } = state;
    roleSorter.refresh();
    const { order, activeCount } = roleSorter;
    for (let index = 0; index < activeCount; index++) {
      const role = roles.of(order[index] as number);
      if (role.guarantees === undefined || role.clientCount === 0) continue;
      if (!this.hasFree(agent)) return;
      if (this.headroom.unsatisfied(role, this.composer.unsatisfied)) this.guaranteeRole(agent, role);
    }
  }

  private guaranteeRole(agent: number, role: RoleState): void {
    const sorter = this.state.sorterOf(role);
    sorter.refresh();
    const { order, activeCount } = sorter;
    this.serial++;
    for (let index = 0; index < activeCount; index++) {
      const client = order[index] as number;
      const verdict = this.consider(agent, role, client, 1);
      if (verdict === NOTHING_LEFT) return;
      if (verdict === REJECTED) continue;
      this.commit(agent, client);
      this.headroom.consume(role.row, this.composer.taken);
      this.headroom.met(this.composer.guaranteed);
      this.headroom.took(this.composer.taken);
      if (!this.headroom.unsatisfied(role, this.composer.unsatisfied)) return;
    }
  }

  // Stage 2 ---------------------------------------------------------------------------------------------------------

  private share(agent: number): void {
    const { roleSorter, roles } = this.state;
    if (!this.hasFree(agent)) return;
    if (this.nominated.size > 0) this.shareWithNominee(agent);
    roleSorter.refresh();
    const { order, activeCount } = roleSorter;
    for (let index = 0; index < activeCount; index++) {
      this.shareRole(agent, roles.of(order[index] as number));
      if (!this.hasFree(agent)) return;
    }
  }

  /** Whom the policy wants served first on the agent: its filters do not count, all else does. */
  private shareWithNominee(agent: number): void {
    const { clients, roles } = this.state;
    const client = this.nominated.get(agent);
    if (client === undefined || clients.isActive[client] !== 1) return;
    const role = roles.of(clients.roleOf[client] as number);
    this.serial++;
    this.consider(agent, role, client, 2);
    const isOffer = this.offerSerial === this.serial && this.offerClass === clients.classOf[client];
    if (isOffer) this.grantShare(agent, role, client);
  }

  private grantShare(agent: number, role: RoleState, client: number): void {
    this.commit(agent, client);
    if (!this.headroom.isActive) return;
    const payer = this.state.payerOf(role);
    if (payer !== undefined) this.headroom.consume(payer.row, this.composer.taken);
    this.headroom.took(this.composer.taken);
  }

  private shareRole(agent: number, role: RoleState): void {
    const sorter = this.state.sorterOf(role);
    sorter.refresh();
    const { order, activeCount } = sorter;
    this.serial++;
    for (let index = 0; index < activeCount; index++) {
      const client = order[index] as number;
      const verdict = this.consider(agent, role, client, 2);
      if (verdict === NOTHING_LEFT) return;
      if (verdict === OFFERABLE) this.grantShare(agent, role, client);
    }
  }

  // What a client may be offered ------------------------------------------------------------------------------------

  /** Leaves the offer in `offer`, `offerRanges`, `taken` and `guaranteed` when it is OFFERABLE. */
  private consider(agent: number, role: RoleState, client: number, stage: 1 | 2): number {
    if (this.mayHave?.(client, agent) === false) return REJECTED;
    const row = this.state.clients.classOf[client] as number;
    if (this.rejectedSerial[row] === this.serial) return REJECTED;
    if (this.offerSerial !== this.serial || this.offerClass !== row) {
      this.offerClass = -1;
      const verdict = this.composer.compose(agent, role, this.state.clients.classes[row] as ClientClass, stage);
      if (verdict === REJECTED) this.rejectedSerial[row] = this.serial;
      if (verdict !== OFFERABLE) return verdict;
      this.offerSerial = this.serial;
      this.offerClass = row;
      this.markFiltered(agent);
    }
    return this.stamps[client] === this.markSerial ? REJECTED : OFFERABLE;
  }

  private markFiltered(agent: number): void {
    this.markSerial++;
    const { filters } = this.state;
    if (!filters.hasAny(agent)) return;
    const { nowUs, trigger, stamps, markSerial } = this;
    const { offer, ranges } = this.composer;
    const endUs = filters.mark(agent, offer, ranges, nowUs, trigger, stamps, markSerial);
    if (endUs < this.earliestExpiryUs) this.earliestExpiryUs = endUs;
  }

  // Grants ----------------------------------------------------------------------------------------------------------

  private hasFree(agent: number): boolean {
    const { stride } = this.state.kinds;
    const { free } = this.state.agents;
    const end = (agent + 1) * stride;
    for (let cell = agent * stride; cell < end; cell++) if ((free[cell] as number) > 0) return true;
    return false;
  }

  private commit(agent: number, client: number): void {
    const { state } = this;
    const { offer, ranges } = this.composer;
    this.serial++;
    this.log.add(client, agent, offer, ranges);
    state.charge(client, agent, offer, 0, ranges, 1);
    if (state.kinds.hasShared) this.composer.noteShared(agent);
  }

  private report(sink: AllocationSink): void {
    const { log, state } = this;
    const { clients, kinds } = state;
    for (let row = 0; row < log.count; row++) {
      const client = log.clients[row] as number;
      const ranges = kinds.hasRange ? log.ranges.get(row) : undefined;
      sink.offer(
        clients.frameworkOf[client] as number,
        clients.roleOf[client] as number,
        log.agents[row] as number,
        log.amounts,
        row * kinds.stride,
        ranges,
      );
    }
  }

  /** Asks every active framework with something on an agent under maintenance to give it up (generateInverseOffers). */
  private inviteBack(candidates: Int32Array, sink: AllocationSink): void {
    const { agents, holdings, clients, inverse } = this.state;
    if (agents.unavailability.size === 0) return;
    for (let index = 0; index < candidates.length; index++) {
      const agent = candidates[index] as number;
      const when = agents.unavailability.get(agent);
      if (when === undefined) continue;
      const holders = new Set<number>();
      for (let row = agents.firstHolding[agent] as number; row >= 0; row = holdings.next[row] as number) {
        holders.add(clients.frameworkOf[holdings.clients[row] as number] as number);
      }
      for (const framework of [...holders].sort((a, b) => a - b)) {
        if (!clients.framework(framework).isActive || !inverse.begin(agent, framework, this.nowUs)) continue;
        sink.inverseOffer(framework, agent, when.startUs, when.durationUs);
      }
    }
  }
}
