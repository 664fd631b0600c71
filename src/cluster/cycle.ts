import { IntList } from '../core/int-list.js';
import { grown } from '../core/rows.js';
import type { RoleState } from './clients.js';
import { FACT_GRANTED, OFFERS } from './kinds.js';
import { AgentShuffle } from './shuffle.js';
import type { World } from './world.js';

/** Second operand of OFFERS for a blanket: everything that is free. */
export const BLANKET = -1;

/**
 * The allocation cycle for plain worlds (one kind per resource, no quota): Mesos's second stage, hierarchical.cpp
 * __generateOffers. Agents in shuffled order; each goes whole to the first framework, in the order of the sorters, that has no
 * filter containing it. Decisions are taken first and offers written afterwards, in order of agent row.
 */
export class AllocationCycle {
  /** Earliest time at which a run may offer what the last one could not; 0 = at once. */
  sleepUntilUs = 0;
  private seenRises = -1;
  private seenActivations = -1;
  /**
   * Per agent: until when no active client can be offered it, as each has a filter that contains what is free; the rises of the agent and
   * the call of `forget` up to which that was seen. Such an agent is passed over without a look.
   */
  private quietUntilUs = new Float64Array(16);
  private quietRise = new Float64Array(16);
  private quietEpoch = new Float64Array(16);
  private epoch = 1;
  private readonly expiry = new Float64Array(1);
  private readonly order = new IntList();
  private readonly shuffle = new AgentShuffle();
  private readonly granted = new IntList();
  /** Per agent: to whom this run has granted it, -1 = to nobody. */
  private grantedTo = new Int32Array(16).fill(-1);
  private readonly grantedSum: Float64Array;
  /** Clients that a policy wants served first on certain agents, in the coming run. */
  private readonly nominated = new Map<number, number>();
  private bulkHead = new Int32Array(16);
  private bulkTail = new Int32Array(16);
  private bulkCount = new Int32Array(16);
  private bulkHash = new Int32Array(16);

  constructor(private readonly world: World) {
    this.grantedSum = new Float64Array(world.width);
  }

  /** Filters have gone before their time, or agents have changed: every agent must be looked at again. */
  forget(): void {
    this.sleepUntilUs = 0;
    this.epoch++;
  }

  /** Offers that expire or are written to a file one by one must exist one by one. */
  private get usesBlankets(): boolean {
    const { settings, facts, clock } = this.world;
    return !clock.isRestricting && !settings.isNaive && settings.offerTimeoutUs < 0 && !facts.wantsOffers;
  }

  /** When a run can next do something: 0 = now, Infinity = not until something happens. */
  wakeUs(): number {
    const { clients, pool } = this.world;
    if (clients.activeCount === 0 || pool.count === 0) return Number.POSITIVE_INFINITY;
    if (pool.riseCount !== this.seenRises || clients.activationCount !== this.seenActivations) return 0;
    return this.sleepUntilUs;
  }

  /** A policy is about to say anew whom it wants served first. */
  forgetNominations(): void {
    this.nominated.clear();
  }

  nominate(agent: number, client: number): void {
    this.nominated.set(agent, client);
  }

  /** A run over the candidates, or over all agents. Returns the number of offers made. */
  run(trigger: number, candidates: IntList | undefined): number {
    const { clients, pool, settings, filters, nowUs } = this.world;
    const isFull = candidates === undefined;
    if (isFull) {
      // Whom a policy wants served first is served whatever it has refused.
      if (this.nominated.size === 0 && this.wakeUs() > nowUs) return settings.isNaive ? this.runIdly(trigger) : 0;
      if (clients.activationCount !== this.seenActivations) this.epoch++;
      this.seenRises = pool.riseCount;
      this.seenActivations = clients.activationCount;
      this.sleepUntilUs = Number.POSITIVE_INFINITY;
    }
    if (clients.activeCount === 0) return 0;
    const sole = this.usesBlankets && isFull ? clients.soleActive() : -1;
    if (sole >= 0 && pool.blanketClient < 0 && pool.count > 0 && !filters.mayFilter(sole, nowUs)) {
      return this.grantBlanket(sole);
    }
    return this.offerTo(candidates, sole < 0, trigger);
  }

  private offerTo(candidates: IntList | undefined, isOrdered: boolean, trigger: number): number {
    this.reserve();
    this.listCandidates(candidates, isOrdered);
    this.decide(trigger, candidates === undefined);
    return this.sendOffers();
  }

  /** A run that is passed over unless all are wanted: it must find nothing to do, and leaves no trace in what later runs go by. */
  private runIdly(trigger: number): number {
    const { sleepUntilUs } = this;
    if (this.world.clients.activeCount === 0) return 0;
    const offerCount = this.offerTo(undefined, true, trigger);
    this.sleepUntilUs = sleepUntilUs;
    return offerCount;
  }

  private grantBlanket(client: number): number {
    const { world } = this;
    const { pool, clients, ledger, facts } = world;
    const count = pool.count;
    pool.beginBlanket(client);
    clients.charge(client, pool.sum, 0, count);
    ledger.addOffered(pool.sum, 0, 1);
    facts.record(FACT_GRANTED, world.nowUs, client, count, pool.hash);
    world.offerCount += count;
    world.send(OFFERS, client, BLANKET);
    return count;
  }

  /** Agents that have something uncovered to offer, in the order of the run. The order matters only with several clients. */
  private listCandidates(candidates: IntList | undefined, isOrdered: boolean): void {
    const { pool, agents, settings } = this.world;
    const { order } = this;
    order.clear();
    if (candidates !== undefined) {
      for (let index = 0; index < candidates.size; index++) {
        const agent = candidates.at(index);
        if (pool.contributes[agent] === 1 && !pool.isCovered(agent)) order.push(agent);
      }
    } else if (pool.blanketClient >= 0) {
      for (let index = 0; index < pool.uncovered.size; index++) {
        const agent = pool.uncovered.at(index);
        if (pool.contributes[agent] === 1 && !this.isQuiet(agent)) order.push(agent);
      }
      order.sortAscending();
    } else {
      for (let agent = 0; agent < agents.count; agent++) {
        if (pool.contributes[agent] === 1 && !this.isQuiet(agent)) order.push(agent);
      }
    }
    if (isOrdered && settings.agentOrder === 'shuffle')
      this.shuffle.shuffle(order.items, order.size, settings.seed, 2, this.world.cycle);
  }

  /** Nothing has changed since the last look that could end one of the filters. Keeps the run's own sleep short enough for it. */
  private isQuiet(agent: number): boolean {
    const { pool, settings, nowUs } = this.world;
    const untilUs = this.quietUntilUs[agent] as number;
    const isSame = this.quietEpoch[agent] === this.epoch && this.quietRise[agent] === pool.riseOf[agent];
    if (!isSame || untilUs <= nowUs || settings.isNaive || this.nominated.has(agent)) return false;
    if (untilUs < this.sleepUntilUs) this.sleepUntilUs = untilUs;
    return true;
  }

  private reserve(): void {
    const { count } = this.world.agents;
    if (this.grantedTo.length >= count) return;
    const known = this.grantedTo.length;
    this.grantedTo = grown(this.grantedTo, count);
    this.grantedTo.fill(-1, known);
    this.quietUntilUs = grown(this.quietUntilUs, count);
    this.quietRise = grown(this.quietRise, count);
    this.quietEpoch = grown(this.quietEpoch, count);
  }

  private decide(trigger: number, isFull: boolean): void {
    const { world } = this;
    this.granted.clear();
    this.grantedSum.fill(0);
    const { roles } = world.clients;
    const single = roles.length === 1 ? (roles[0] as RoleState) : undefined;
    for (let index = 0; index < this.order.size; index++) {
      const agent = this.order.at(index);
      this.expiry[0] = Number.POSITIVE_INFINITY;
      const client = this.clientOn(agent, trigger, single);
      if (client < 0) {
        const expiryUs = this.expiry[0] as number;
        if (isFull && expiryUs < this.sleepUntilUs) this.sleepUntilUs = expiryUs;
        this.quietUntilUs[agent] = expiryUs;
        this.quietRise[agent] = world.pool.riseOf[agent] as number;
        this.quietEpoch[agent] = this.epoch;
        continue;
      }
      this.grantedTo[agent] = client;
      this.granted.push(agent);
      this.addGranted(agent);
      if (single === undefined) world.clients.charge(client, world.agents.free, agent * world.width, 1);
      else world.clients.chargeClient(client, world.agents.free, agent * world.width, 1);
    }
    // Nobody asks for the rank of the only role.
    if (single !== undefined && this.granted.size > 0)
      world.clients.chargeRole(single.row, this.grantedSum, 0, this.granted.size);
  }

  private addGranted(agent: number): void {
    const { grantedSum } = this;
    const { free } = this.world.agents;
    const base = agent * grantedSum.length;
    for (let index = 0; index < grantedSum.length; index++)
      grantedSum[index] = (grantedSum[index] as number) + (free[base + index] as number);
  }

  private clientOn(agent: number, trigger: number, single: RoleState | undefined): number {
    const first = this.nominated.size === 0 ? undefined : this.nominated.get(agent);
    if (first !== undefined && this.world.clients.isActive[first] === true) return first;
    return single === undefined ? this.clientFor(agent, trigger) : this.clientOfRole(single, agent, trigger);
  }

  private clientFor(agent: number, trigger: number): number {
    const { clients } = this.world;
    const { roleSorter, roles } = clients;
    roleSorter.refresh();
    for (let index = 0; index < roleSorter.activeCount; index++) {
      const client = this.clientOfRole(roles[roleSorter.order[index] as number] as RoleState, agent, trigger);
      if (client >= 0) return client;
    }
    return -1;
  }

  private clientOfRole(role: RoleState, agent: number, trigger: number): number {
    const { sorter } = role;
    const { filters, agents, width, nowUs } = this.world;
    sorter.refresh();
    const { clock } = this.world;
    const { isRestricting } = clock;
    if (!isRestricting && !filters.hasAny(agent)) return sorter.activeCount > 0 ? (sorter.order[0] as number) : -1;
    for (let index = 0; index < sorter.activeCount; index++) {
      const client = sorter.order[index] as number;
      if (isRestricting && !clock.mayHave(client, agent)) continue;
      if (!filters.suppresses(client, agent, agents.free, agent * width, nowUs, trigger, this.expiry)) return client;
    }
    return -1;
  }

  /** Writes the offers in order of agent row, one message per client. */
  private sendOffers(): number {
    const { world, granted } = this;
    if (granted.size === 0) return 0;
    const { clients, pool } = world;
    this.sortGranted();
    world.ledger.addOffered(this.grantedSum, 0, 1);
    this.clearBulks(clients.count);
    // A run with one active client prefers nobody: what it gives, nobody else could have had.
    const hasOthers = clients.activeCount > 1;
    for (let index = 0; index < granted.size; index++) {
      const agent = granted.at(index);
      const client = this.grantedTo[agent] as number;
      this.writeOffer(client, agent, index);
      if (hasOthers) world.offers.preferred(client, agent, world.cycle);
      this.grantedTo[agent] = -1;
      pool.clear(agent);
    }
    for (let client = 0; client < clients.count; client++) {
      const count = this.bulkCount[client] as number;
      if (count === 0) continue;
      world.facts.record(FACT_GRANTED, world.nowUs, client, count, this.bulkHash[client] as number);
      world.send(OFFERS, client, this.bulkHead[client] as number);
    }
    world.offerCount += granted.size;
    return granted.size;
  }

  /** By row; a long list is read off the agents. */
  private sortGranted(): void {
    const { granted, grantedTo } = this;
    const { count } = this.world.agents;
    if (granted.size * 8 < count) return granted.sortAscending();
    granted.clear();
    for (let agent = 0; agent < count; agent++) if ((grantedTo[agent] as number) >= 0) granted.push(agent);
  }

  private writeOffer(client: number, agent: number, number: number): void {
    const { world } = this;
    const { offers, agents, pool, width } = world;
    const offer = offers.take(client, agent, world.cycle);
    const base = agent * width;
    for (let index = 0; index < width; index++)
      offers.amounts[offer * width + index] = agents.free[base + index] as number;
    offers.createdUs[offer] = world.nowUs;
    offers.number[offer] = world.offerCount + number;
    const tail = this.bulkTail[client] as number;
    if (tail >= 0) offers.nextInBulk[tail] = offer;
    else this.bulkHead[client] = offer;
    this.bulkTail[client] = offer;
    this.bulkCount[client] = (this.bulkCount[client] as number) + 1;
    this.bulkHash[client] = ((this.bulkHash[client] as number) + pool.hashOf(agent)) | 0;
  }

  private clearBulks(count: number): void {
    if (this.bulkHead.length < count) {
      this.bulkHead = new Int32Array(count * 2);
      this.bulkTail = new Int32Array(count * 2);
      this.bulkCount = new Int32Array(count * 2);
      this.bulkHash = new Int32Array(count * 2);
    }
    this.bulkTail.fill(-1, 0, count);
    this.bulkCount.fill(0, 0, count);
    this.bulkHash.fill(0, 0, count);
  }
}
