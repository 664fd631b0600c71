import { shuffleKey } from '../../core/digest.js';
import { AGENT_HIERARCHICAL_ROLE, AGENT_MULTI_ROLE } from './agent-columns.js';
import type { AllocationState } from './allocation-state.js';
import {
  type ClientClass,
  GPU_RESOURCES,
  MULTI_ROLE,
  REGION_AWARE,
  RESERVATION_REFINEMENT,
  REVOCABLE_RESOURCES,
  SHARED_RESOURCES,
} from './client-table.js';
import { GrantLog } from './grant-log.js';
import { Headroom } from './headroom.js';
import type { IntervalSet } from './interval-set.js';
import { constraintsAllow } from './offer-constraints.js';
import type { RangeSets } from './offer-filters.js';
import { NOT_FOR_ROLE, OWN_RESERVATION, type RoleState } from './role-table.js';

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

/** Why a class of clients gets nothing of an agent in a role now. */
const REJECTED = 0;
const NOTHING_LEFT = 1;
const OFFERABLE = 2;

/**
 * One allocation run (hierarchical.cpp __generateOffers, generateInverseOffers): guarantees first, then fair share; agents in order,
 * roles and frameworks in the order of their sorters. What an offer would hold depends on the client only through its class
 * (capabilities, minimum, constraints), so it is worked out once per agent, role and class until something is granted.
 */
export class AllocationRun {
  /** Earliest end of a filter met in the last run. */
  earliestExpiryUs = Number.POSITIVE_INFINITY;
  private readonly headroom: Headroom;
  private readonly log: GrantLog;
  private nowUs = 0;
  private trigger = 0;
  /** Scratch by kind. */
  private available = new Float64Array(0);
  private offer = new Float64Array(0);
  private extra = new Float64Array(0);
  private offerRanges: Map<number, IntervalSet> | undefined;
  /** Scratch by resource name. */
  private readonly guaranteed: Float64Array;
  private readonly taken: Float64Array;
  private readonly unsatisfied: Float64Array;
  private readonly target: Float64Array;
  private sums = new Float64Array(0);
  /** What a class can take is known for this state of agent and role. */
  private serial = 0;
  private offerClass = -1;
  private offerSerial = -1;
  private rejectedSerial = new Int32Array(16);
  /** `stamps[client]` = the serial of the offer that one of its filters holds back. */
  private stamps = new Int32Array(16);
  /** Shared kinds that an agent has offered in this run. */
  private readonly offeredShared = new Map<number, Set<number>>();
  private order = new Int32Array(0);
  private keys = new Float64Array(0);

  constructor(private readonly state: AllocationState) {
    this.headroom = new Headroom(state);
    this.log = new GrantLog(state.kinds);
    this.guaranteed = state.resources.zero();
    this.taken = state.resources.zero();
    this.unsatisfied = state.resources.zero();
    this.target = state.resources.zero();
  }

  /** A run over these agents (ascending rows). Returns the number of offers. */
  run(candidates: Int32Array, cycle: number, nowUs: number, trigger: number, sink: AllocationSink): number {
    const { state, log } = this;
    this.nowUs = nowUs;
    this.trigger = trigger;
    this.earliestExpiryUs = state.agents.unavailability.size > 0 ? 0 : Number.POSITIVE_INFINITY;
    this.reserve();
    log.begin();
    this.offeredShared.clear();
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

  private reserve(): void {
    const { kinds, clients } = this.state;
    if (this.available.length !== kinds.stride) {
      this.available = new Float64Array(kinds.stride);
      this.offer = new Float64Array(kinds.stride);
      this.extra = new Float64Array(kinds.stride);
    }
    if (this.sums.length < kinds.nameCount) this.sums = new Float64Array(kinds.nameCount);
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
    if (this.keys.length < count) this.keys = new Float64Array(count * 2);
    const keys = this.keys.subarray(0, count);
    // 32-bit key and 21-bit row in one double: rows break ties, and the sort needs no comparator.
    for (let index = 0; index < count; index++) {
      const row = this.order[index] as number;
      keys[index] = shuffleKey(seed, stage, cycle, row) * 0x200000 + row;
    }
    keys.sort();
    for (let index = 0; index < count; index++) {
      const key = keys[index] as number;
      this.order[index] = key - Math.floor(key / 0x200000) * 0x200000;
    }
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
      if (this.headroom.unsatisfied(role, this.unsatisfied)) this.guaranteeRole(agent, role);
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
      this.commit(agent, role, client);
      this.headroom.consume(role.row, this.taken);
      this.headroom.met(this.guaranteed);
      this.headroom.took(this.taken);
      if (!this.headroom.unsatisfied(role, this.unsatisfied)) return;
    }
  }

  // Stage 2 ---------------------------------------------------------------------------------------------------------

  private share(agent: number): void {
    const { roleSorter, roles } = this.state;
    if (!this.hasFree(agent)) return;
    roleSorter.refresh();
    const { order, activeCount } = roleSorter;
    for (let index = 0; index < activeCount; index++) {
      this.shareRole(agent, roles.of(order[index] as number));
      if (!this.hasFree(agent)) return;
    }
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
      if (verdict === REJECTED) continue;
      this.commit(agent, role, client);
      if (!this.headroom.isActive) continue;
      const payer = this.payerOf(role);
      if (payer !== undefined) this.headroom.consume(payer.row, this.taken);
      this.headroom.took(this.taken);
    }
  }

  /** The role whose quota binds and is charged in the fair-share stage. */
  private payerOf(role: RoleState): RoleState | undefined {
    const { roles, settings } = this.state;
    const payer = role.isNested && !settings.quirks.childrenEscapeLimits ? roles.of(role.top) : role;
    return payer.guarantees !== undefined || payer.limits !== undefined ? payer : undefined;
  }

  // What a client may be offered ------------------------------------------------------------------------------------

  /** Leaves the offer in `offer`, `offerRanges`, `taken` and `guaranteed` when it is OFFERABLE. */
  private consider(agent: number, role: RoleState, client: number, stage: 1 | 2): number {
    const row = this.state.clients.classOf[client] as number;
    if (this.rejectedSerial[row] === this.serial) return REJECTED;
    if (this.offerSerial !== this.serial || this.offerClass !== row) {
      const verdict = this.compose(agent, role, row, stage);
      if (verdict === REJECTED) this.rejectedSerial[row] = this.serial;
      if (verdict !== OFFERABLE) return verdict;
      this.offerSerial = this.serial;
      this.offerClass = row;
      this.markFiltered(agent);
    }
    return this.stamps[client] === this.markSerial ? REJECTED : OFFERABLE;
  }

  private markSerial = 0;

  private markFiltered(agent: number): void {
    this.markSerial++;
    const { filters } = this.state;
    if (!filters.hasAny(agent)) return;
    const { offer, offerRanges, nowUs, trigger, stamps, markSerial } = this;
    const endUs = filters.mark(agent, offer, offerRanges, nowUs, trigger, stamps, markSerial);
    if (endUs < this.earliestExpiryUs) this.earliestExpiryUs = endUs;
  }

  private compose(agent: number, role: RoleState, classRow: number, stage: 1 | 2): number {
    const client = this.state.clients.classes[classRow] as ClientClass;
    if (!this.findAvailable(agent, role)) return NOTHING_LEFT;
    if (!this.mayReceive(client, agent, role) || !this.isAllocatable(this.available, client)) return REJECTED;
    this.strip(client);
    const isOffer = stage === 1 ? this.composeGuarantee(role) : this.composeShare(role);
    if (!isOffer || !this.isAllocatable(this.offer, client)) return REJECTED;
    this.offerRanges = this.state.kinds.hasRange ? this.rangesOf(agent) : undefined;
    return OFFERABLE;
  }

  /** What the role may use of the agent's free resources, into `available`; false when nothing. */
  private findAvailable(agent: number, role: RoleState): boolean {
    const { kinds, agents, roles } = this.state;
    const { available } = this;
    const base = agent * kinds.stride;
    if (kinds.isPlain) {
      let isAny = false;
      for (let kind = 0; kind < available.length; kind++) {
        const amount = agents.free[base + kind] as number;
        available[kind] = amount;
        if (amount > 0) isAny = true;
      }
      return isAny;
    }
    const use = roles.kindUseOf(role);
    const offered = kinds.hasShared ? this.offeredShared.get(agent) : undefined;
    let isAny = false;
    for (let kind = 0; kind < kinds.count; kind++) {
      const isOut = use[kind] === NOT_FOR_ROLE || (offered !== undefined && offered.has(kind));
      const amount = isOut ? 0 : (agents.free[base + kind] as number);
      available[kind] = amount;
      if (amount > 0) isAny = true;
    }
    return isAny;
  }

  /** Constraints, GPUs, regions, and what old agents do not understand (isCapableOfReceivingAgent, isFiltered). */
  private mayReceive(client: ClientClass, agent: number, role: RoleState): boolean {
    const { agents, settings } = this.state;
    const { capabilities } = client;
    const has = agents.capabilities[agent] as number;
    if (settings.filterGpuResources && agents.hasGpu[agent] === 1 && (capabilities & GPU_RESOURCES) === 0) return false;
    if ((capabilities & MULTI_ROLE) !== 0 && (has & AGENT_MULTI_ROLE) === 0) return false;
    if (role.isNested && (has & AGENT_HIERARCHICAL_ROLE) === 0) return false;
    if (settings.region !== undefined && (capabilities & REGION_AWARE) === 0) {
      const { region } = agents.traitsOf(agent);
      if (region !== undefined && region !== settings.region) return false;
    }
    return client.constraints === undefined || constraintsAllow(client.constraints, agents.traitsOf(agent));
  }

  /** Not empty, and at least one of the alternatives is contained (allocatable). */
  private isAllocatable(amounts: Float64Array, client: ClientClass): boolean {
    const { kinds } = this.state;
    const { sums } = this;
    let isAny = false;
    if (kinds.isPlain) {
      for (let kind = 0; kind < amounts.length; kind++) {
        sums[kind] = amounts[kind] as number;
        if ((amounts[kind] as number) > 0) isAny = true;
      }
    } else {
      sums.fill(0);
      for (let kind = 0; kind < kinds.count; kind++) {
        const amount = amounts[kind] as number;
        if (amount <= 0) continue;
        isAny = true;
        const name = kinds.nameRows[kind] as number;
        sums[name] = (sums[name] as number) + amount;
      }
    }
    if (!isAny) return false;
    const alternatives = client.minAllocatable;
    for (let index = 0; index < alternatives.length; index++) {
      if (contains(sums, alternatives[index] as readonly number[])) return true;
    }
    return alternatives.length === 0;
  }

  private strip(client: ClientClass): void {
    const { kinds } = this.state;
    if (kinds.isPlain) return;
    const { available } = this;
    const { capabilities } = client;
    for (let kind = 0; kind < kinds.count; kind++) {
      const isOut =
        (kinds.isShared[kind] === 1 && (capabilities & SHARED_RESOURCES) === 0) ||
        (kinds.isRevocable[kind] === 1 && (capabilities & REVOCABLE_RESOURCES) === 0) ||
        (kinds.isRefined[kind] === 1 && (capabilities & RESERVATION_REFINEMENT) === 0);
      if (isOut) available[kind] = 0;
    }
  }

  /** Stage 1: something for the guarantee, with it the role's own reservations and what it has no guarantee for. */
  private composeGuarantee(role: RoleState): boolean {
    const { kinds, settings, width } = this.state;
    const { available, offer, extra, guaranteed, taken, target, headroom } = this;
    const { quirks } = settings;
    target.set(this.unsatisfied);
    if (!quirks.guaranteesFirst) {
      // Others' guarantees are left possible.
      for (let name = 0; name < width; name++) {
        const others = (headroom.required[name] as number) - (this.unsatisfied[name] as number);
        const spare = Math.max(0, (headroom.available[name] as number) - Math.max(0, others));
        target[name] = Math.min(target[name] as number, spare);
      }
    }
    if (!this.cut(available, target, offer)) return false;
    this.sumQuota(offer, guaranteed);
    for (let kind = 0; kind < kinds.count; kind++) {
      const isQuota = kinds.isQuota[kind] === 1;
      extra[kind] = isQuota && quirks.takesUnguaranteed ? (available[kind] as number) - (offer[kind] as number) : 0;
    }
    if (role.limits !== undefined) {
      headroom.roomUnder(role, guaranteed, target);
      this.cut(extra, target, extra);
    }
    if (headroom.isRequired) this.leaveHeadroom();
    const use = kinds.isPlain ? undefined : this.state.roles.kindUseOf(role);
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isQuota[kind] === 1) offer[kind] = (offer[kind] as number) + (extra[kind] as number);
      else {
        const isOwn = use?.[kind] === OWN_RESERVATION || kinds.isScalar[kind] === 0 || kinds.isRevocable[kind] === 1;
        offer[kind] = isOwn ? (available[kind] as number) : 0;
      }
    }
    this.sumQuota(offer, taken);
    return true;
  }

  /** Stage 2: all reservations, ranges and revocable resources, and what limits and headroom leave of the rest. */
  private composeShare(role: RoleState): boolean {
    const { kinds } = this.state;
    const { available, offer, extra, headroom } = this;
    if (!headroom.isActive) {
      offer.set(available);
      return true;
    }
    const payer = this.payerOf(role);
    for (let kind = 0; kind < kinds.count; kind++) {
      const isQuota = kinds.isQuota[kind] === 1;
      extra[kind] = isQuota ? (available[kind] as number) : 0;
      offer[kind] = isQuota ? 0 : (available[kind] as number);
    }
    if (payer?.limits !== undefined) {
      headroom.roomUnder(payer, undefined, this.target);
      this.cut(extra, this.target, extra);
    }
    if (headroom.isRequired) this.leaveHeadroom();
    for (let kind = 0; kind < kinds.count; kind++) offer[kind] = (offer[kind] as number) + (extra[kind] as number);
    this.sumQuota(extra, this.taken);
    return true;
  }

  /** Cuts `extra` to what is available beyond the required headroom. */
  private leaveHeadroom(): void {
    const { extra, target, headroom } = this;
    target.set(headroom.surplusNow());
    const { offersRemainders } = this.state.settings.quirks;
    const before = offersRemainders ? undefined : extra.slice();
    this.cut(extra, target, extra);
    if (before?.some((amount, kind) => amount > (extra[kind] as number))) extra.fill(0);
  }

  /**
   * Quota amounts of `from` cut to the target per name, into `to` (shrinkResources). Kinds of one name draw on it in order of row;
   * what is indivisible and does not fit is dropped. False when nothing is left.
   */
  private cut(from: Float64Array, target: Float64Array, to: Float64Array): boolean {
    const { kinds } = this.state;
    let isAny = false;
    for (let kind = 0; kind < kinds.count; kind++) {
      const amount = kinds.isQuota[kind] === 1 ? (from[kind] as number) : 0;
      if (amount === 0) {
        to[kind] = 0;
        continue;
      }
      const name = kinds.nameRows[kind] as number;
      const room = target[name] as number;
      const kept = amount <= room ? amount : kinds.isIndivisible[kind] === 1 ? 0 : room;
      to[kind] = kept;
      target[name] = room - kept;
      if (kept > 0) isAny = true;
    }
    return isAny;
  }

  private sumQuota(amounts: Float64Array, sums: Float64Array): void {
    const { kinds } = this.state;
    sums.fill(0);
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isQuota[kind] === 0) continue;
      const name = kinds.nameRows[kind] as number;
      sums[name] = (sums[name] as number) + (amounts[kind] as number);
    }
  }

  private rangesOf(agent: number): Map<number, IntervalSet> | undefined {
    const free = this.state.agents.freeRanges(agent);
    if (free === undefined) return undefined;
    for (const [kind, set] of free) if ((this.offer[kind] as number) <= 0 || set.length === 0) free.delete(kind);
    return free;
  }

  // Grants ----------------------------------------------------------------------------------------------------------

  private hasFree(agent: number): boolean {
    const { stride } = this.state.kinds;
    const { free } = this.state.agents;
    const end = (agent + 1) * stride;
    for (let cell = agent * stride; cell < end; cell++) if ((free[cell] as number) > 0) return true;
    return false;
  }

  private commit(agent: number, role: RoleState, client: number): void {
    const { state, offer, offerRanges } = this;
    this.serial++;
    this.log.add(client, agent, offer, offerRanges);
    state.charge(client, agent, offer, 0, offerRanges, 1);
    if (state.kinds.hasShared) this.noteShared(agent);
    if (role.clientCount === 0) throw new Error('a grant to a role without frameworks');
  }

  private noteShared(agent: number): void {
    const { kinds } = this.state;
    const offered = this.offeredShared.get(agent) ?? new Set<number>();
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isShared[kind] === 1 && (this.offer[kind] as number) > 0) offered.add(kind);
    }
    this.offeredShared.set(agent, offered);
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

function contains(sums: Float64Array, wanted: readonly number[]): boolean {
  for (let name = 0; name < wanted.length; name++) {
    if ((wanted[name] as number) > (sums[name] ?? 0)) return false;
  }
  return true;
}
