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
import type { Headroom } from './headroom.js';
import type { IntervalSet } from './interval-set.js';
import { constraintsAllow } from './offer-constraints.js';
import { NOT_FOR_ROLE, OWN_RESERVATION, type RoleState } from './role-table.js';

/** A class of clients gets nothing of the agent in the role now. */
export const REJECTED = 0;
/** Nobody of the role does. */
export const NOTHING_LEFT = 1;
export const OFFERABLE = 2;

/**
 * Works out what a client may be offered of an agent (the bodies of both stages of hierarchical.cpp __generateOffers). The answer
 * depends on the client only through its class.
 */
export class OfferComposer {
  /** The offer, by kind. */
  offer = new Float64Array(0);
  ranges: Map<number, IntervalSet> | undefined;
  /** Per resource name: what it adds to the use of quota; what of that is guaranteed. */
  readonly taken: Float64Array;
  readonly guaranteed: Float64Array;
  /** What the role's guarantees lack: an input of stage 1. */
  readonly unsatisfied: Float64Array;
  private readonly target: Float64Array;
  private available = new Float64Array(0);
  private extra = new Float64Array(0);
  private sums = new Float64Array(0);
  /** Shared kinds that an agent has offered in this run. */
  private readonly offeredShared = new Map<number, Set<number>>();

  constructor(
    private readonly state: AllocationState,
    private readonly headroom: Headroom,
  ) {
    this.taken = state.resources.zero();
    this.guaranteed = state.resources.zero();
    this.unsatisfied = state.resources.zero();
    this.target = state.resources.zero();
  }

  /** Makes room for a run. */
  reserve(): void {
    const { kinds } = this.state;
    this.offeredShared.clear();
    if (this.sums.length < kinds.nameCount) this.sums = new Float64Array(kinds.nameCount);
    if (this.available.length === kinds.stride) return;
    this.available = new Float64Array(kinds.stride);
    this.offer = new Float64Array(kinds.stride);
    this.extra = new Float64Array(kinds.stride);
  }

  /** A shared volume is offered once per run. */
  noteShared(agent: number): void {
    const { kinds } = this.state;
    const offered = this.offeredShared.get(agent) ?? new Set<number>();
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isShared[kind] === 1 && (this.offer[kind] as number) > 0) offered.add(kind);
    }
    this.offeredShared.set(agent, offered);
  }

  /** Leaves the offer in `offer`, `ranges`, `taken` and (stage 1) `guaranteed` when it is OFFERABLE. */
  compose(agent: number, role: RoleState, client: ClientClass, stage: 1 | 2): number {
    if (!this.findAvailable(agent, role)) return NOTHING_LEFT;
    if (!this.mayReceive(client, agent, role) || !this.isAllocatable(this.available, client)) return REJECTED;
    this.strip(client);
    const isOffer = stage === 1 ? this.composeGuarantee(role) : this.composeShare(role);
    if (!isOffer || !this.isAllocatable(this.offer, client)) return REJECTED;
    this.ranges = this.state.kinds.hasRange ? this.rangesOf(agent) : undefined;
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
      const isOut = use[kind] === NOT_FOR_ROLE || offered?.has(kind) === true;
      const amount = isOut ? 0 : (agents.free[base + kind] as number);
      available[kind] = amount;
      if (amount > 0) isAny = true;
    }
    return isAny;
  }

  /** Constraints, GPUs, regions, and what old agents do not understand (isCapableOfReceivingAgent, isFiltered). */
  mayReceive(client: ClientClass, agent: number, role: RoleState): boolean {
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
    if (!this.sumNames(amounts)) return false;
    const alternatives = client.minAllocatable;
    for (let index = 0; index < alternatives.length; index++) {
      if (contains(this.sums, alternatives[index] as readonly number[])) return true;
    }
    return alternatives.length === 0;
  }

  /** Sums per name, ranges included; false when there is nothing. */
  private sumNames(amounts: Float64Array): boolean {
    const { sums } = this;
    const { isPlain, count, nameRows } = this.state.kinds;
    let isAny = false;
    if (!isPlain) sums.fill(0);
    for (let kind = 0; kind < count; kind++) {
      const amount = amounts[kind] as number;
      if (amount > 0) isAny = true;
      const name = isPlain ? kind : (nameRows[kind] as number);
      sums[name] = isPlain ? amount : (sums[name] as number) + amount;
    }
    return isAny;
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
    const { kinds, settings } = this.state;
    const { available, offer, extra, guaranteed, target, headroom } = this;
    target.set(this.unsatisfied);
    if (!settings.quirks.guaranteesFirst) this.leaveOthersGuarantees();
    if (!this.cut(available, target, offer)) return false;
    this.sumQuota(offer, guaranteed);
    for (let kind = 0; kind < kinds.count; kind++) {
      const isMore = kinds.isQuota[kind] === 1 && settings.quirks.takesUnguaranteed;
      extra[kind] = isMore ? (available[kind] as number) - (offer[kind] as number) : 0;
    }
    if (role.limits !== undefined) {
      headroom.roomUnder(role, guaranteed, target);
      this.cut(extra, target, extra);
    }
    if (headroom.isRequired) this.leaveHeadroom();
    this.addUncounted(role);
    this.sumQuota(offer, this.taken);
    return true;
  }

  /** Completes a stage 1 offer: extra amounts, the role's own reservations, ranges and revocable resources. */
  private addUncounted(role: RoleState): void {
    const { kinds } = this.state;
    const { available, offer, extra } = this;
    const use = this.state.roles.kindUseOf(role);
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isQuota[kind] === 1) offer[kind] = (offer[kind] as number) + (extra[kind] as number);
      else {
        const isOwn = use[kind] === OWN_RESERVATION || kinds.isScalar[kind] === 0 || kinds.isRevocable[kind] === 1;
        offer[kind] = isOwn ? (available[kind] as number) : 0;
      }
    }
  }

  /** Where guarantees do not come first: cuts the target to what the guarantees of others can spare. */
  private leaveOthersGuarantees(): void {
    const { target, headroom, unsatisfied } = this;
    for (let name = 0; name < target.length; name++) {
      const others = Math.max(0, (headroom.required[name] as number) - (unsatisfied[name] as number));
      const spare = Math.max(0, (headroom.available[name] as number) - others);
      target[name] = Math.min(target[name] as number, spare);
    }
  }

  /** Stage 2: all reservations, ranges and revocable resources, and what limits and headroom leave of the rest. */
  private composeShare(role: RoleState): boolean {
    const { kinds } = this.state;
    const { available, offer, extra, headroom } = this;
    if (!headroom.isActive) {
      offer.set(available);
      return true;
    }
    const payer = this.state.payerOf(role);
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
}

function contains(sums: Float64Array, wanted: readonly number[]): boolean {
  for (let name = 0; name < wanted.length; name++) {
    if ((wanted[name] as number) > (sums[name] ?? 0)) return false;
  }
  return true;
}
