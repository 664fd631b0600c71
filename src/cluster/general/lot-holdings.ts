import { IntList } from '../../core/int-list.js';
import { Rows } from '../../core/rows.js';
import type { OfferOperation, TaskUse } from '../../model/operations.js';
import { type Amounts, GPUS } from '../../model/resources.js';
import type { Answer } from '../answers.js';
import type { OfferHoldings } from '../engine.js';
import { ANSWERED, HELD } from '../holdings.js';
import type { World } from '../world.js';
import type { GeneralEngine } from './general-engine.js';
import { KindChoice, type KindUse } from './kind-choice.js';
import { KindColumn } from './kind-column.js';
import type { RevocableUse } from './settings.js';

/** The offers of one agent to one client, merged: an ACCEPT may name them together. */
interface Lot {
  readonly client: number;
  /** Row of its amounts. */
  readonly row: number;
  /** First of its offers, linked as in a bulk. */
  head: number;
}

/** What a framework holds, in *lots*: one per agent and role, with amounts by kind. There are no blankets. */
export class LotHoldings implements OfferHoldings {
  readonly holdsBlanket = false;
  readonly resources;
  /** Agents with a lot, ascending. */
  private readonly agentRows = new IntList();
  private readonly lots = new Map<number, Lot[]>();
  private readonly rows = new Rows(() => undefined);
  private readonly amounts: KindColumn;
  private readonly choice: KindChoice;
  private readonly sums: Float64Array;
  private usual: KindUse = { revocable: 'never', volumeKind: -1, reserved: 'allow' };

  constructor(
    private readonly world: World,
    private readonly engine: GeneralEngine,
  ) {
    this.resources = world.resources;
    this.amounts = new KindColumn(engine.kinds);
    this.choice = new KindChoice(engine.kinds);
    this.sums = world.resources.zero();
  }

  /** How tasks of the framework use revocable amounts when nothing else is said. */
  setUsual(revocable: RevocableUse): void {
    this.usual = { revocable, volumeKind: -1, reserved: 'allow' };
  }

  get isEmpty(): boolean {
    return this.agentRows.size === 0;
  }

  get isVoid(): boolean {
    return this.agentRows.size === 0;
  }

  // Offers that come and go -----------------------------------------------------------------------------------------

  receive(bulkHead: number): void {
    const { offers } = this.world;
    for (let offer = bulkHead; offer >= 0; ) {
      const next = offers.nextInBulk[offer] as number;
      this.addOffer(offer);
      offer = next;
    }
  }

  addOffer(offer: number): void {
    const { offers } = this.world;
    const lot = this.lotFor(offers.agent[offer] as number, offers.client[offer] as number);
    offers.holder[offer] = HELD;
    offers.nextInBulk[offer] = lot.head;
    lot.head = offer;
    const { offerKinds } = this.engine;
    const offset = offerKinds.at(offer);
    this.amounts.add(lot.row, offerKinds.amounts, offset, 1);
  }

  drop(offer: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    const lot = this.lotOf(agent, offers.client[offer] as number);
    if (lot === undefined) return;
    let previous = -1;
    for (let row = lot.head; row !== offer; row = offers.nextInBulk[row] as number) previous = row;
    const next = offers.nextInBulk[offer] as number;
    if (previous >= 0) offers.nextInBulk[previous] = next;
    else lot.head = next;
    const { offerKinds } = this.engine;
    const offset = offerKinds.at(offer);
    this.amounts.add(lot.row, offerKinds.amounts, offset, -1);
    if (lot.head === -1) this.remove(agent, lot);
  }

  answerAgent(agent: number, answer: Answer): boolean {
    const lot = this.lotOf(agent, answer.client);
    if (lot === undefined) return false;
    const { offers } = this.world;
    for (let offer = lot.head; offer >= 0; offer = offers.nextInBulk[offer] as number) {
      offers.holder[offer] = ANSWERED;
      answer.offers.push(offer);
    }
    this.remove(agent, lot);
    return true;
  }

  answerAll(answer: Answer): boolean {
    let isAny = false;
    for (const agent of this.agentRows.items.slice(0, this.agentRows.size)) {
      if (this.answerAgent(agent, answer)) isAny = true;
    }
    return isAny;
  }

  // What fits -------------------------------------------------------------------------------------------------------

  firstFit(demand: Amounts, from: number): number {
    for (let index = this.lowerBound(from); index < this.agentRows.size; index++) {
      const agent = this.agentRows.at(index);
      if (this.devicesFit(agent, demand) && this.fittingLot(agent, demand, this.usual) !== undefined) return agent;
    }
    return -1;
  }

  countFits(demand: Amounts, limit: number, allows?: (agent: number) => boolean): number {
    let count = 0;
    const gpus = demand[GPUS] as number;
    for (let index = 0; index < this.agentRows.size && count < limit; index++) {
      const agent = this.agentRows.at(index);
      if (allows !== undefined && !allows(agent)) continue;
      let onAgent = 0;
      for (const lot of this.lots.get(agent) ?? []) {
        const offset = this.amounts.at(lot.row);
        onAgent += this.choice.count(this.amounts.amounts, offset, demand, this.usual);
      }
      count += gpus > 0 ? Math.min(onAgent, this.world.agents.gpuSlots(agent, gpus)) : onAgent;
    }
    return Math.min(count, limit);
  }

  nextAgent(after: number): number {
    const index = this.lowerBound(after + 1);
    return index < this.agentRows.size ? this.agentRows.at(index) : -1;
  }

  take(agent: number, demand: Amounts, use?: TaskUse): number {
    if (!this.devicesFit(agent, demand)) return -1;
    const lot = this.fittingLot(agent, demand, use === undefined ? this.usual : this.kindUse(use), use?.role);
    if (lot === undefined) return -1;
    this.amounts.add(lot.row, this.choice.chosen, 0, -1);
    return lot.client;
  }

  bind(task: number): void {
    this.engine.taskKinds.set(task, this.choice.chosen, 0);
  }

  private kindUse(use: TaskUse): KindUse {
    const revocable = use.revocable ?? this.usual.revocable;
    const volume = use.volume === undefined ? undefined : this.engine.operations.volumes.get(use.volume);
    const reserved = use.reserved ?? 'allow';
    if (volume === undefined) return { revocable, volumeKind: -1, reserved };
    return { revocable, volumeKind: this.engine.operations.volumeKind(volume.role, volume.slot), reserved };
  }

  /** The first lot of the agent that can serve the demand; the choice then says how. */
  private fittingLot(agent: number, demand: Amounts, use: KindUse, role?: string): Lot | undefined {
    for (const lot of this.lots.get(agent) ?? []) {
      if (role !== undefined && this.engine.roleOf(lot.client) !== role) continue;
      const offset = this.amounts.at(lot.row);
      if (this.choice.choose(this.amounts.amounts, offset, demand, use)) return lot;
    }
    return undefined;
  }

  private devicesFit(agent: number, demand: Amounts): boolean {
    const gpus = demand[GPUS] as number;
    return gpus === 0 || this.world.agents.gpusFit(agent, gpus);
  }

  operate(operation: OfferOperation): number {
    const { operations } = this.engine;
    const lot = this.lots.get(operation.agent)?.find(({ client }) => this.engine.roleOf(client) === operation.role);
    if (lot === undefined || !operations.plan(operation)) return -1;
    const change = operations.changeOf(operation);
    if (change === undefined || !this.amounts.contains(lot.row, change.from, 0)) {
      operations.settle(operation, false);
      return -1;
    }
    this.amounts.add(lot.row, change.from, 0, -1);
    this.amounts.add(lot.row, change.to, 0, 1);
    return lot.client;
  }

  // Looking at an agent ---------------------------------------------------------------------------------------------

  heldOn(agent: number): Amounts {
    this.sums.fill(0);
    for (const lot of this.lots.get(agent) ?? []) {
      const offset = this.amounts.at(lot.row);
      this.choice.sums(this.amounts.amounts, offset, this.sums);
    }
    return this.sums;
  }

  offersOn(agent: number): readonly Amounts[] {
    return (this.lots.get(agent) ?? []).map((lot) => {
      const sums = this.world.resources.zero();
      this.choice.sums(this.amounts.amounts, this.amounts.at(lot.row), sums);
      return sums;
    });
  }

  reservedOn(agent: number): Amounts {
    return this.sumWhere(agent, this.engine.kinds.isReserved);
  }

  revocableOn(agent: number): Amounts {
    return this.sumWhere(agent, this.engine.kinds.isRevocable);
  }

  /** Sums by name of the kinds that have the trait, volumes and other indivisible amounts left out. */
  private sumWhere(agent: number, trait: ArrayLike<number>): Amounts {
    const { kinds } = this.engine;
    const sums = this.world.resources.zero();
    for (const lot of this.lots.get(agent) ?? []) {
      const offset = this.amounts.at(lot.row);
      for (let kind = 0; kind < kinds.count; kind++) {
        if (trait[kind] !== 1 || kinds.isIndivisible[kind] === 1) continue;
        const name = kinds.nameRows[kind] as number;
        sums[name] = (sums[name] as number) + (this.amounts.amounts[offset + kind] as number);
      }
    }
    return sums;
  }

  volumesOn(agent: number): readonly string[] {
    const { kinds } = this.engine;
    const volumes: string[] = [];
    for (const lot of this.lots.get(agent) ?? []) {
      const offset = this.amounts.at(lot.row);
      for (let kind = 0; kind < kinds.count; kind++) {
        const slot = kinds.traitsOf(kind).volume;
        if (slot === undefined || (this.amounts.amounts[offset + kind] as number) === 0) continue;
        const volume = this.engine.operations.volumes.on(agent, slot);
        if (volume !== undefined) volumes.push(volume.id);
      }
    }
    return volumes;
  }

  totalOf(agent: number): Amounts {
    return this.world.agents.totalOf(agent);
  }

  attributeOf(agent: number, name: string): string | undefined {
    const { attributes, names } = this.world.agents;
    const value = (attributes[agent] as Readonly<Record<string, string>>)[name];
    return value === undefined && name === 'hostname' ? names[agent] : value;
  }

  taskCountOn(agent: number): number {
    return this.world.agents.taskCount[agent] as number;
  }

  replicasOf(block: string): readonly number[] {
    return this.world.blocks.replicasOf(block);
  }

  // Lots ------------------------------------------------------------------------------------------------------------

  private lotOf(agent: number, client: number): Lot | undefined {
    return this.lots.get(agent)?.find((lot) => lot.client === client);
  }

  private lotFor(agent: number, client: number): Lot {
    const known = this.lotOf(agent, client);
    if (known !== undefined) return known;
    const lot: Lot = { client, row: this.rows.take(), head: -1 };
    this.amounts.clear(lot.row);
    const list = this.lots.get(agent);
    if (list === undefined) {
      this.lots.set(agent, [lot]);
      this.insertAgent(agent);
    } else {
      list.push(lot);
      list.sort((a, b) => a.client - b.client);
    }
    return lot;
  }

  private remove(agent: number, lot: Lot): void {
    this.rows.release(lot.row);
    const list = this.lots.get(agent) as Lot[];
    list.splice(list.indexOf(lot), 1);
    if (list.length > 0) return;
    this.lots.delete(agent);
    const { agentRows } = this;
    const at = this.lowerBound(agent);
    agentRows.items.copyWithin(at, at + 1, agentRows.size--);
  }

  private insertAgent(agent: number): void {
    const { agentRows } = this;
    const at = this.lowerBound(agent);
    agentRows.push(agent);
    agentRows.items.copyWithin(at + 1, at, agentRows.size - 1);
    agentRows.items[at] = agent;
  }

  private lowerBound(agent: number): number {
    const { agentRows } = this;
    let low = 0;
    let high = agentRows.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (agentRows.at(middle) < agent) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The blanket -----------------------------------------------------------------------------------------------------

  receiveBlanket(): void {
    // The general engine makes none.
  }

  isPartAnswered(): boolean {
    return false;
  }

  peeled(offer: number): void {
    this.addOffer(offer);
  }
}
