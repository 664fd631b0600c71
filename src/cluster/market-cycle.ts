import { hashAmounts } from '../core/digest.js';
import { IntList } from '../core/int-list.js';
import type {
  AllocatorView,
  BudgetRow,
  ClearingAllocator,
  DemandEntry,
  GrantLot,
  GrantSink,
  GrantTerms,
  MarketRow,
} from '../model/allocator.js';
import type { Placement } from '../model/placement.js';
import { Carver } from './carver.js';
import { FACT_GRANTED, FACT_PRICE, OFFERS } from './kinds.js';
import type { FrameworkState, World } from './world.js';

/**
 * Runs of a clearing allocator: when a clearing is due, or demand was published while the cluster is idle, its grants are carved onto
 * agents by the framework's placement and go out as offers of exactly what was won. What no agent can take is neither offered nor charged.
 */
export class MarketCycle implements GrantSink {
  sleepUntilUs = 0;
  view: AllocatorView | undefined;
  /** Demand was published while nothing ran and nothing was offered. */
  private isUrgent = true;
  private readonly carver: Carver;
  private readonly placements: (Placement | undefined)[] = [];
  /** Offers of this clearing by client, then agent: one per terms. */
  private readonly offersOf: Map<number, number[]>[] = [];
  private readonly clients = new IntList();
  private readonly placed = new IntList();
  private granted = 0;

  /** A clearing keeps nothing about filters. */
  forget(): void {
    this.sleepUntilUs = 0;
  }

  constructor(
    private readonly world: World,
    private readonly allocator: ClearingAllocator,
  ) {
    this.carver = new Carver(world);
  }

  /** Next clearing or change, Infinity while no framework waits for offers and nothing is to be ended. */
  wakeUs(): number {
    return Math.min(this.clearingUs(), this.changeUs());
  }

  private clearingUs(): number {
    if (!this.canClear) return Number.POSITIVE_INFINITY;
    return this.isUrgent ? 0 : this.allocator.nextClearingUs(this.view as AllocatorView);
  }

  private changeUs(): number {
    if (this.view === undefined) return Number.POSITIVE_INFINITY;
    return this.allocator.nextChangeUs?.(this.view) ?? Number.POSITIVE_INFINITY;
  }

  private get canClear(): boolean {
    return this.view !== undefined && this.world.clients.activeCount > 0 && this.world.pool.count > 0;
  }

  /** The queue of an idle cluster has changed: it does not wait for the clock. True when a run should come at once. */
  demandChanged(): boolean {
    const { allocated, offered } = this.world.ledger;
    this.isUrgent ||= allocated.every((amount) => amount === 0) && offered.every((amount) => amount === 0);
    return this.isUrgent;
  }

  run(_trigger: number, candidates: IntList | undefined): number {
    if (candidates !== undefined) return 0;
    if (this.changeUs() <= this.world.nowUs) this.allocator.change?.(this.view as AllocatorView, this);
    if (this.clearingUs() > this.world.nowUs) return 0;
    this.isUrgent = false;
    this.granted = 0;
    this.clients.clear();
    this.offersOf.length = 0;
    this.carver.begin();
    this.allocator.clear(this.view as AllocatorView, this);
    this.send();
    return this.granted;
  }

  /** The run is over. */
  finish(): void {
    if (this.view !== undefined) this.allocator.ended?.(this.view, this);
    this.world.marketCauses.length = 0;
  }

  grant(entry: DemandEntry, count: number, bundle: number, terms: GrantTerms): number {
    if (!this.world.clients.isActive[entry.client]) return 0;
    const { placed } = this;
    placed.clear();
    this.place(entry, count, bundle);
    for (let index = 0; index < placed.size; index++) this.addToOffer(entry, placed.at(index), terms);
    return placed.size;
  }

  placeable(lots: readonly GrantLot[]): number[] {
    const { placed, world } = this;
    placed.clear();
    const counts = lots.map(({ entry, count, bundle }) =>
      world.clients.isActive[entry.client] ? this.place(entry, count, bundle) : 0,
    );
    let at = placed.size;
    for (let lot = lots.length - 1; lot >= 0; lot--) {
      const first = at - (counts[lot] as number);
      this.putBack((lots[lot] as GrantLot).entry, first, at);
      at = first;
    }
    placed.clear();
    return counts;
  }

  /** Takes room for as many whole bundles as there is room for; adds their agents to `placed`. */
  private place(entry: DemandEntry, count: number, bundle: number): number {
    let taken = 0;
    while (taken + bundle <= count && this.placeBundle(entry, bundle)) taken += bundle;
    return taken;
  }

  /** All tasks of a bundle or none. */
  private placeBundle(entry: DemandEntry, bundle: number): boolean {
    const { world, placed } = this;
    const placement = this.placementOf(world.frameworkOf(entry.client));
    const first = placed.size;
    for (let task = 0; task < bundle; task++) {
      const agent = this.carver.find(entry.amounts, placement);
      if (agent < 0) {
        this.putBack(entry, first, placed.size);
        placed.truncate(first);
        return false;
      }
      world.pool.fall(agent, entry.amounts);
      placed.push(agent);
    }
    return true;
  }

  /** Undoes `placed[from … to)` of an entry. */
  private putBack(entry: DemandEntry, from: number, to: number): void {
    for (let index = to - 1; index >= from; index--) {
      this.world.pool.rise(this.placed.at(index), entry.amounts, 0);
    }
    if (to > from) this.carver.rewind();
  }

  private placementOf({ row, makePlacement }: FrameworkState): Placement | undefined {
    if (makePlacement !== undefined) this.placements[row] ??= makePlacement();
    return this.placements[row];
  }

  /** Adds one task's amounts to the client's offer of these terms on the agent. */
  private addToOffer(entry: DemandEntry, agent: number, terms: GrantTerms): void {
    const { world } = this;
    const { offers, ledger, clients, width } = world;
    const offer = this.offerFor(entry.client, agent, terms);
    for (let resource = 0; resource < width; resource++) {
      const at = offer * width + resource;
      offers.amounts[at] = (offers.amounts[at] as number) + (entry.amounts[resource] as number);
    }
    ledger.addOffered(entry.amounts, 0, 1);
    clients.charge(entry.client, entry.amounts, 0, 1);
  }

  private offerFor(client: number, agent: number, terms: GrantTerms): number {
    const { world } = this;
    const { offers, width } = world;
    let byAgent = this.offersOf[client];
    if (byAgent === undefined) {
      byAgent = new Map();
      this.offersOf[client] = byAgent;
      this.clients.push(client);
    }
    const list = byAgent.get(agent) ?? [];
    const known = list.find((offer) => offers.terms[offer] === terms);
    if (known !== undefined) return known;
    const offer = offers.take(client, agent, world.cycle);
    if (world.clients.activeCount > 1) offers.preferred(client, agent, world.cycle);
    offers.amounts.fill(0, offer * width, offer * width + width);
    offers.createdUs[offer] = world.nowUs;
    offers.number[offer] = world.offerCount + this.granted++;
    offers.terms[offer] = terms;
    list.push(offer);
    byAgent.set(agent, list);
    return offer;
  }

  /** One message per client, offers in order of agent row. */
  private send(): void {
    const { world } = this;
    const { offers, facts, width } = world;
    this.clients.sortAscending();
    for (let index = 0; index < this.clients.size; index++) {
      const client = this.clients.at(index);
      const byAgent = this.offersOf[client] as Map<number, number[]>;
      const bulk = [...byAgent.keys()].sort((a, b) => a - b).flatMap((agent) => byAgent.get(agent) as number[]);
      let hash = 0;
      let next = -1;
      for (const offer of bulk.reverse()) {
        offers.nextInBulk[offer] = next;
        next = offer;
        hash = (hash + hashAmounts(offers.agent[offer] as number, offers.amounts, offer * width, width)) | 0;
      }
      facts.record(FACT_GRANTED, world.nowUs, client, bulk.length, hash);
      world.send(OFFERS, client, next);
    }
    world.offerCount += this.granted;
  }

  /** Ended by the market (no money left, a lease is over); the task is tried again. */
  evict(task: number, reason: string, graceUs: number): void {
    this.world.lifecycle.kill(task, { reason, state: 'killed', isRetried: true }, graceUs);
  }

  explain(client: number, cause: 'budget' | 'lower-share' | undefined): void {
    this.world.waits.touch(this.world.clients.framework[client] as number);
    this.world.marketCauses[client] = cause;
  }

  forgetNominations(): void {
    // There are none.
  }

  nominate(): void {
    // Grants name their agents already.
  }

  reportMarket(row: MarketRow): void {
    const { facts, nowUs } = this.world;
    facts.record(FACT_PRICE, nowUs, row.resource, row.soldMilli, Math.round(row.price * 1e9));
    facts.marketCleared(row);
  }

  reportBudget(row: BudgetRow): void {
    const { client, ...rest } = row;
    this.world.facts.budgetChanged({ ...rest, framework: this.world.clients.framework[client] as number });
  }
}
