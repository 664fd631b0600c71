import { IntList } from '../core/int-list.js';
import { grown } from '../core/rows.js';
import { type Amounts, GPUS } from '../model/resources.js';
import type { Answer } from './answers.js';
import type { OfferHoldings } from './engine.js';
import type { HoldingSlots } from './holding-slots.js';
import type { FrameworkState, World } from './world.js';

/** Whether an offer is held by its framework or already answered; 0 = on its way. */
export const HELD = 1;
export const ANSWERED = 2;

const NO_VOLUMES: readonly string[] = [];

/**
 * What one framework holds: offers merged per agent in *slots*, and perhaps the blanket, whose agents get a slot only when they
 * are looked at closely. The view is the framework's own: an offer that the master has rescinded stays until the word arrives.
 */
export class Holdings implements OfferHoldings {
  /** The blanket has arrived and has not been answered. */
  holdsBlanket = false;
  readonly resources;
  /** Agents of the blanket whose part has been neither answered nor peeled off. */
  private partCount = 0;
  /** Agents with a slot, ascending. */
  private readonly rows = new IntList();
  private slotOf = new Int32Array(16);
  private readonly width: number;

  constructor(
    private readonly world: World,
    private readonly framework: number,
    private readonly slots: HoldingSlots,
  ) {
    this.resources = world.resources;
    this.width = world.width;
  }

  get isEmpty(): boolean {
    return this.rows.size === 0 && !(this.holdsBlanket && this.partCount > 0);
  }

  /** True when there is nothing to answer, not even an empty blanket. */
  get isVoid(): boolean {
    return this.rows.size === 0 && !this.holdsBlanket;
  }

  /** A bulk of explicit offers has arrived. */
  receive(bulkHead: number): void {
    const { offers } = this.world;
    for (let offer = bulkHead; offer >= 0; ) {
      const next = offers.nextInBulk[offer] as number;
      this.addOffer(offer);
      offer = next;
    }
  }

  receiveBlanket(): void {
    this.holdsBlanket = true;
    this.partCount = this.world.pool.coveredCount;
    const { pool, agents } = this.world;
    for (let index = 0; index < this.rows.size; index++) {
      const agent = this.rows.at(index);
      const slot = (this.slotOf[agent] as number) - 1;
      if (!pool.isCovered(agent)) continue;
      this.slots.hasBlanketPart[slot] = 1;
      this.addAmounts(slot, agents.free, agent * this.width);
    }
  }

  /** Adds an offer: one that arrived, or a part of the blanket that was peeled off while held. */
  addOffer(offer: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    const slot = this.slot(agent);
    offers.holder[offer] = HELD;
    offers.nextInBulk[offer] = this.slots.head[slot] as number;
    this.slots.head[slot] = offer;
    this.addAmounts(slot, offers.amounts, offer * this.width);
  }

  /** The agent's part of the blanket is named by an answer on its way. */
  isPartAnswered(agent: number): boolean {
    return this.slots.answeredIn(agent) === this.world.pool.blanketSerial;
  }

  /** The covered part of an agent has become an explicit offer. */
  peeled(offer: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    // The agent is still covered here, so a slot made now holds the part already.
    const slot = this.slot(agent);
    this.partCount--;
    if (this.slots.hasBlanketPart[slot] === 1) {
      this.slots.hasBlanketPart[slot] = 0;
      offers.holder[offer] = HELD;
      offers.nextInBulk[offer] = this.slots.head[slot] as number;
      this.slots.head[slot] = offer;
    } else {
      this.addOffer(offer);
    }
  }

  /** The word of a rescind has arrived. */
  drop(offer: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    const slot = (this.slotOf[agent] as number) - 1;
    let previous = -1;
    for (let row = this.slots.head[slot] as number; row !== offer; row = offers.nextInBulk[row] as number)
      previous = row;
    const next = offers.nextInBulk[offer] as number;
    if (previous >= 0) offers.nextInBulk[previous] = next;
    else this.slots.head[slot] = next;
    for (let index = 0; index < this.width; index++) {
      const at = slot * this.width + index;
      this.slots.amounts[at] =
        (this.slots.amounts[at] as number) - (offers.amounts[offer * this.width + index] as number);
    }
    if (this.slots.head[slot] === -1 && this.slots.hasBlanketPart[slot] === 0) this.removeSlot(agent);
  }

  firstFit(demand: Amounts, from: number): number {
    const explicit = this.firstSlotFit(demand, from);
    if (!this.holdsBlanket) return explicit;
    const covered = this.firstCoveredFit(demand, from, explicit);
    return covered >= 0 ? covered : explicit;
  }

  countFits(demand: Amounts, limit: number, allows?: (agent: number) => boolean): number {
    let count = 0;
    for (let agent = this.firstFit(demand, 0); agent >= 0 && count < limit; agent = this.firstFit(demand, agent + 1)) {
      if (allows === undefined || allows(agent)) count += this.fitsOn(agent, demand);
    }
    return Math.min(count, limit);
  }

  nextAgent(after: number): number {
    const index = this.lowerBound(after + 1);
    const explicit = index < this.rows.size ? this.rows.at(index) : -1;
    if (!this.holdsBlanket) return explicit;
    const covered = this.firstCoveredFit(this.world.zero, after + 1, explicit);
    return covered >= 0 ? covered : explicit;
  }

  heldOn(agent: number): Amounts {
    const slot = (this.slotOf[agent] as number) - 1;
    if (slot >= 0) return this.slots.amounts.subarray(slot * this.width, slot * this.width + this.width);
    return this.world.agents.freeOf(agent);
  }

  totalOf(agent: number): Amounts {
    return this.world.agents.totalOf(agent);
  }

  reservedOn(): Amounts {
    return this.world.zero;
  }

  revocableOn(): Amounts {
    return this.world.zero;
  }

  volumesOn(): readonly string[] {
    return NO_VOLUMES;
  }

  attributeOf(agent: number, name: string): string | undefined {
    const { attributes, names } = this.world.agents;
    const value = (attributes[agent] as Readonly<Record<string, string>>)[name];
    // Offers carry the agent's host name beside its attributes.
    return value === undefined && name === 'hostname' ? names[agent] : value;
  }

  taskCountOn(agent: number): number {
    return this.world.agents.taskCount[agent] as number;
  }

  replicasOf(block: string): readonly number[] {
    return this.world.blocks.replicasOf(block);
  }

  take(agent: number, demand: Amounts): number {
    if (!this.isHeld(agent)) return -1;
    const slot = this.slot(agent);
    if (!this.slotFits(slot, demand) || !this.devicesFit(agent, demand)) return -1;
    for (let index = 0; index < this.width; index++) {
      const at = slot * this.width + index;
      this.slots.amounts[at] = (this.slots.amounts[at] as number) - (demand[index] as number);
    }
    return (this.world.frameworks[this.framework] as FrameworkState).client;
  }

  operate(): number {
    return -1;
  }

  bind(): void {
    // Amounts of one kind need no names.
  }

  answerAgent(agent: number, answer: Answer): boolean {
    if (!this.isHeld(agent)) return false;
    const { offers, pool } = this.world;
    const slot = this.slot(agent);
    for (let offer = this.slots.head[slot] as number; offer >= 0; offer = offers.nextInBulk[offer] as number) {
      offers.holder[offer] = ANSWERED;
      answer.offers.push(offer);
    }
    if (this.slots.hasBlanketPart[slot] === 1) {
      answer.agents.push(agent);
      this.partCount--;
      this.slots.noteAnswered(agent, pool.blanketSerial);
    }
    this.removeSlot(agent);
    return true;
  }

  answerAll(answer: Answer): boolean {
    if (this.isVoid) return false;
    const { offers, pool } = this.world;
    for (let index = 0; index < this.rows.size; index++) {
      const agent = this.rows.at(index);
      const slot = (this.slotOf[agent] as number) - 1;
      for (let offer = this.slots.head[slot] as number; offer >= 0; offer = offers.nextInBulk[offer] as number) {
        offers.holder[offer] = ANSWERED;
        answer.offers.push(offer);
      }
      this.slotOf[agent] = 0;
      this.slots.give(slot);
    }
    this.rows.clear();
    answer.blanketSerial = this.holdsBlanket ? pool.blanketSerial : 0;
    this.holdsBlanket = false;
    return true;
  }

  private fitsOn(agent: number, demand: Amounts): number {
    const held = this.heldOn(agent);
    let count = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.width; index++) {
      const amount = demand[index] as number;
      if (amount > 0) count = Math.min(count, Math.floor((held[index] as number) / amount));
    }
    const gpus = demand[GPUS] as number;
    return gpus > 0 ? Math.min(count, this.world.agents.gpuSlots(agent, gpus)) : count;
  }

  private firstSlotFit(demand: Amounts, from: number): number {
    for (let index = this.lowerBound(from); index < this.rows.size; index++) {
      const agent = this.rows.at(index);
      if (this.slotFits((this.slotOf[agent] as number) - 1, demand) && this.devicesFit(agent, demand)) return agent;
    }
    return -1;
  }

  /** First agent under the blanket, below `before` when that is not negative. */
  private firstCoveredFit(demand: Amounts, from: number, before: number): number {
    const { pool, agents } = this.world;
    const { index } = pool;
    index.seek(demand);
    for (let agent = index.next(from); agent >= 0; agent = index.next(agent + 1)) {
      if (before >= 0 && agent > before) return -1;
      if (!this.isUnderBlanket(agent)) continue;
      if (fitsAt(demand, agents.free, agent * this.width) && this.devicesFit(agent, demand)) return agent;
    }
    return -1;
  }

  /** Held through the blanket alone, without a slot. */
  private isUnderBlanket(agent: number): boolean {
    return (this.slotOf[agent] ?? 0) === 0 && this.hasCoveredPart(agent);
  }

  private hasCoveredPart(agent: number): boolean {
    const { pool } = this.world;
    return this.holdsBlanket && pool.isCovered(agent) && this.slots.answeredIn(agent) !== pool.blanketSerial;
  }

  private isHeld(agent: number): boolean {
    return (this.slotOf[agent] ?? 0) > 0 || this.isUnderBlanket(agent);
  }

  private devicesFit(agent: number, demand: Amounts): boolean {
    const gpus = demand[GPUS] as number;
    return gpus === 0 || this.world.agents.gpusFit(agent, gpus);
  }

  private slotFits(slot: number, demand: Amounts): boolean {
    return fitsAt(demand, this.slots.amounts, slot * this.width);
  }

  private addAmounts(slot: number, amounts: Float64Array, offset: number): void {
    const base = slot * this.width;
    for (let index = 0; index < this.width; index++) {
      this.slots.amounts[base + index] =
        (this.slots.amounts[base + index] as number) + (amounts[offset + index] as number);
    }
  }

  /** The agent's slot, made when it has none, with its part of the blanket in it. */
  private slot(agent: number): number {
    if (agent >= this.slotOf.length) this.growAgents(agent);
    const known = (this.slotOf[agent] as number) - 1;
    if (known >= 0) return known;
    const isCovered = this.hasCoveredPart(agent);
    const slot = this.slots.take();
    this.slots.head[slot] = -1;
    this.slots.hasBlanketPart[slot] = isCovered ? 1 : 0;
    this.slots.amounts.fill(0, slot * this.width, slot * this.width + this.width);
    if (isCovered) this.addAmounts(slot, this.world.agents.free, agent * this.width);
    this.slotOf[agent] = slot + 1;
    this.insertRow(agent);
    return slot;
  }

  private removeSlot(agent: number): void {
    const slot = (this.slotOf[agent] as number) - 1;
    this.slotOf[agent] = 0;
    this.slots.give(slot);
    const at = this.lowerBound(agent);
    this.rows.items.copyWithin(at, at + 1, this.rows.size--);
  }

  private insertRow(agent: number): void {
    const { rows } = this;
    rows.push(agent);
    if (rows.size < 2 || rows.at(rows.size - 2) < agent) return;
    rows.size--;
    const at = this.lowerBound(agent);
    rows.items.copyWithin(at + 1, at, rows.size);
    rows.items[at] = agent;
    rows.size++;
  }

  private lowerBound(agent: number): number {
    const { rows } = this;
    let low = 0;
    let high = rows.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rows.at(middle) < agent) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private growAgents(agent: number): void {
    const capacity = Math.max(this.slotOf.length * 2, agent + 1, this.world.agents.count);
    this.slotOf = grown(this.slotOf, capacity);
  }
}

/** True when the demand fits the amounts at an offset. */
export function fitsAt(demand: Amounts, amounts: Float64Array, offset: number): boolean {
  for (let index = 0; index < demand.length; index++) {
    if ((demand[index] as number) > (amounts[offset + index] as number)) return false;
  }
  return true;
}
