import { type Amounts, GPUS } from '../model/resources.js';
import type { Answer } from './answers.js';
import type { OfferHoldings } from './engine.js';
import { fitsAt, HeldAgents } from './held-agents.js';
import type { HoldingSlots } from './holding-slots.js';
import type { FrameworkState, World } from './world.js';

/** Whether an offer is held by its framework or already answered; 0 = on its way. */
export const HELD = 1;
export const ANSWERED = 2;

const NO_VOLUMES: readonly string[] = [];

/**
 * What one framework holds: per agent one offer, or several merged in a *slot*, and perhaps the blanket. A slot is made only where
 * amounts are added up or taken from. The view is the framework's own: an offer that the master has rescinded stays until the word arrives.
 */
export class Holdings implements OfferHoldings {
  /** The blanket has arrived and has not been answered. */
  holdsBlanket = false;
  readonly resources;
  /** Agents of the blanket whose part has been neither answered nor peeled off. */
  private partCount = 0;
  private entries = new HeldAgents();
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
    return this.entries.size === 0 && !(this.holdsBlanket && this.partCount > 0);
  }

  get isVoid(): boolean {
    return this.entries.size === 0 && !this.holdsBlanket;
  }

  /** A bulk of explicit offers has arrived; where it is in order of its agents it is merged with what is held in one go. */
  receive(bulkHead: number): void {
    if (this.holdsBlanket) return this.receiveEach(bulkHead);
    const { entries } = this;
    const { spare } = this.slots;
    const { nextInBulk } = this.world.offers;
    spare.clear();
    let index = 0;
    let last = -1;
    for (let offer = bulkHead, next = -1; offer >= 0; offer = next) {
      next = nextInBulk[offer] as number;
      const agent = this.world.offers.agent[offer] as number;
      if (agent <= last) {
        this.mergeRest(index);
        this.receiveEach(offer);
        return;
      }
      last = agent;
      index = spare.takeBelow(agent, entries, index);
      this.world.offers.holder[offer] = HELD;
      if (index === entries.size || entries.agentAt(index) !== agent) spare.push(agent, ~offer);
      else spare.push(agent, this.joined(entries.refAt(index++), offer));
    }
    this.mergeRest(index);
  }

  private receiveEach(head: number): void {
    const { nextInBulk } = this.world.offers;
    for (let offer = head, next = -1; offer >= 0; offer = next) {
      next = nextInBulk[offer] as number;
      this.addOffer(offer);
    }
  }

  /** The merged list takes the place of the old one. */
  private mergeRest(from: number): void {
    const { entries } = this;
    const { spare } = this.slots;
    spare.takeBelow(Number.POSITIVE_INFINITY, entries, from);
    this.entries = spare;
    this.slots.spare = entries;
  }

  receiveBlanket(): void {
    const { pool, agents } = this.world;
    const { entries } = this;
    this.holdsBlanket = true;
    this.partCount = pool.coveredCount;
    for (let index = 0; index < entries.size; index++) {
      const agent = entries.agentAt(index);
      if (!pool.isCovered(agent)) continue;
      const slot = this.slotAt(index);
      this.slots.hasBlanketPart[slot] = 1;
      this.addAmounts(slot, agents.free, agent * this.width);
    }
  }

  /** Adds an offer: one that arrived, or a part of the blanket that was peeled off while held. */
  addOffer(offer: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    const { entries } = this;
    const index = entries.indexOf(agent);
    offers.holder[offer] = HELD;
    if (index >= 0) entries.setRef(index, this.joined(entries.refAt(index), offer));
    else entries.add(agent, this.hasCoveredPart(agent) ? this.joined(this.coveredSlot(agent), offer) : ~offer);
  }

  /** The slot of an entry with one more offer. */
  private joined(ref: number, offer: number): number {
    const { offers } = this.world;
    const slot = this.slotOf(ref);
    offers.nextInBulk[offer] = this.slots.head[slot] as number;
    this.slots.head[slot] = offer;
    this.addAmounts(slot, offers.amounts, offer * this.width);
    return slot;
  }

  /** The agent's part of the blanket is named by an answer on its way. */
  isPartAnswered(agent: number): boolean {
    return this.slots.answeredIn(agent) === this.world.pool.blanketSerial;
  }

  /** The covered part of an agent has become an explicit offer. */
  peeled(offer: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    const index = this.entries.indexOf(agent);
    this.partCount--;
    // The agent is still covered here: what is held on it contains the part already.
    const slot = index < 0 ? -1 : this.entries.refAt(index);
    if (slot < 0 || this.slots.hasBlanketPart[slot] === 0) {
      offers.holder[offer] = HELD;
      if (index < 0) this.entries.add(agent, ~offer);
      else this.entries.setRef(index, this.joined(slot, offer));
      return;
    }
    this.slots.hasBlanketPart[slot] = 0;
    offers.holder[offer] = HELD;
    offers.nextInBulk[offer] = this.slots.head[slot] as number;
    this.slots.head[slot] = offer;
  }

  /** The word of a rescind has arrived. */
  drop(offer: number): void {
    const { offers } = this.world;
    const index = this.entries.indexOf(offers.agent[offer] as number);
    if (this.entries.refAt(index) === ~offer) {
      this.entries.remove(index);
      return;
    }
    const slot = this.entries.refAt(index);
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
    if (this.slots.head[slot] === -1 && this.slots.hasBlanketPart[slot] === 0) this.removeAt(index);
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
    const index = this.entries.lowerBound(after + 1);
    const explicit = index < this.entries.size ? this.entries.agentAt(index) : -1;
    if (!this.holdsBlanket) return explicit;
    const covered = this.firstCoveredFit(this.world.zero, after + 1, explicit);
    return covered >= 0 ? covered : explicit;
  }

  heldOn(agent: number): Amounts {
    const index = this.entries.indexOf(agent);
    if (index < 0) return this.world.agents.freeOf(agent);
    const ref = this.entries.refAt(index);
    const [amounts, row] = ref < 0 ? [this.world.offers.amounts, ~ref] : [this.slots.amounts, ref];
    return amounts.subarray(row * this.width, row * this.width + this.width);
  }

  offersOn(agent: number): readonly Amounts[] {
    return [this.heldOn(agent)];
  }

  totalOf(agent: number): Amounts {
    return this.world.agents.totalOf(agent);
  }

  // The plain engine knows neither reservations nor revocable amounts.
  readonly reservedOn = (): Amounts => this.world.zero;
  readonly revocableOn = (): Amounts => this.world.zero;
  readonly volumesOn = (): readonly string[] => NO_VOLUMES;

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
    const held = this.entries.indexOf(agent);
    if (held < 0 && !this.hasCoveredPart(agent)) return -1;
    if (!this.devicesFit(agent, demand)) return -1;
    if (held < 0 && !fitsAt(demand, this.world.agents.free, agent * this.width)) return -1;
    if (held >= 0 && !this.entryFits(held, demand)) return -1;
    const slot = held >= 0 ? this.slotAt(held) : this.coveredSlot(agent);
    if (held < 0) this.entries.add(agent, slot);
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
    const index = this.entries.indexOf(agent);
    if (index < 0) return this.answerCovered(agent, answer);
    const ref = this.entries.refAt(index);
    this.answerEntry(ref, answer);
    if (ref >= 0 && this.slots.hasBlanketPart[ref] === 1) this.answerPart(agent, answer);
    this.removeAt(index);
    return true;
  }

  private answerCovered(agent: number, answer: Answer): boolean {
    const isHeld = this.hasCoveredPart(agent);
    if (isHeld) this.answerPart(agent, answer);
    return isHeld;
  }

  private answerPart(agent: number, answer: Answer): void {
    answer.agents.push(agent);
    this.partCount--;
    this.slots.noteAnswered(agent, this.world.pool.blanketSerial);
  }

  private answerEntry(ref: number, answer: Answer): void {
    const { holder, nextInBulk } = this.world.offers;
    if (ref < 0) {
      holder[~ref] = ANSWERED;
      answer.offers.push(~ref);
      return;
    }
    for (let offer = this.slots.head[ref] as number; offer >= 0; offer = nextInBulk[offer] as number) {
      holder[offer] = ANSWERED;
      answer.offers.push(offer);
    }
  }

  answerAll(answer: Answer): boolean {
    if (this.isVoid) return false;
    const { entries } = this;
    for (let index = 0; index < entries.size; index++) {
      const ref = entries.refAt(index);
      this.answerEntry(ref, answer);
      if (ref >= 0) this.slots.give(ref);
    }
    this.entries = this.slots.lend(entries);
    answer.blanketSerial = this.holdsBlanket ? this.world.pool.blanketSerial : 0;
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
    const { entries } = this;
    for (let index = entries.lowerBound(from); index < entries.size; index++) {
      const agent = entries.agentAt(index);
      if (this.entryFits(index, demand) && this.devicesFit(agent, demand)) return agent;
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

  /** Held through the blanket alone. */
  private isUnderBlanket(agent: number): boolean {
    return this.hasCoveredPart(agent) && this.entries.indexOf(agent) < 0;
  }

  private hasCoveredPart(agent: number): boolean {
    const { pool } = this.world;
    return this.holdsBlanket && pool.isCovered(agent) && this.slots.answeredIn(agent) !== pool.blanketSerial;
  }

  private devicesFit(agent: number, demand: Amounts): boolean {
    const gpus = demand[GPUS] as number;
    return gpus === 0 || this.world.agents.gpusFit(agent, gpus);
  }

  private entryFits(index: number, demand: Amounts): boolean {
    const ref = this.entries.refAt(index);
    if (ref < 0) return fitsAt(demand, this.world.offers.amounts, ~ref * this.width);
    return fitsAt(demand, this.slots.amounts, ref * this.width);
  }

  private addAmounts(slot: number, amounts: Float64Array, offset: number): void {
    const base = slot * this.width;
    for (let index = 0; index < this.width; index++) {
      this.slots.amounts[base + index] =
        (this.slots.amounts[base + index] as number) + (amounts[offset + index] as number);
    }
  }

  /** Slot of the entry, made of its one offer where it has none. */
  private slotAt(index: number): number {
    const slot = this.slotOf(this.entries.refAt(index));
    this.entries.setRef(index, slot);
    return slot;
  }

  private slotOf(ref: number): number {
    if (ref >= 0) return ref;
    const { offers } = this.world;
    const slot = this.newSlot(~ref, false);
    offers.nextInBulk[~ref] = -1;
    this.addAmounts(slot, offers.amounts, ~ref * this.width);
    return slot;
  }

  /** A slot with the agent's part of the blanket. */
  private coveredSlot(agent: number): number {
    const slot = this.newSlot(-1, true);
    this.addAmounts(slot, this.world.agents.free, agent * this.width);
    return slot;
  }

  private newSlot(head: number, hasBlanketPart: boolean): number {
    const slot = this.slots.take();
    this.slots.head[slot] = head;
    this.slots.hasBlanketPart[slot] = hasBlanketPart ? 1 : 0;
    this.slots.amounts.fill(0, slot * this.width, slot * this.width + this.width);
    return slot;
  }

  private removeAt(index: number): void {
    const ref = this.entries.refAt(index);
    if (ref >= 0) this.slots.give(ref);
    this.entries.remove(index);
  }
}
