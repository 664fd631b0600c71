import { hashAmounts } from '../core/digest.js';
import { IntList } from '../core/int-list.js';
import type {
  AllocatorView,
  BudgetRow,
  ClearingAllocator,
  DemandEntry,
  GrantSink,
  MarketRow,
} from '../model/allocator.js';
import { FACT_GRANTED, FACT_PRICE, OFFERS } from './kinds.js';
import type { World } from './world.js';

/**
 * Runs of a clearing allocator: when a clearing is due, its grants are carved onto agents in order of agent row, first fit, and go
 * out as offers of exactly what was won. What no agent can take is unplaced and not charged.
 */
export class MarketCycle implements GrantSink {
  sleepUntilUs = 0;
  view: AllocatorView | undefined;
  private readonly unplaced: Float64Array;
  private readonly rows: MarketRow[] = [];
  private readonly offerOf: Map<number, number>[] = [];
  private readonly clients = new IntList();
  private granted = 0;

  constructor(
    private readonly world: World,
    private readonly allocator: ClearingAllocator,
  ) {
    this.unplaced = new Float64Array(world.width);
  }

  /** Next clearing, Infinity while no framework waits for offers. */
  wakeUs(): number {
    const { view, world } = this;
    if (view === undefined || world.clients.activeCount === 0 || world.pool.count === 0)
      return Number.POSITIVE_INFINITY;
    return this.allocator.nextClearingUs(view);
  }

  run(_trigger: number, candidates: IntList | undefined): number {
    const { world, view } = this;
    if (view === undefined || candidates !== undefined || world.clients.activeCount === 0 || world.pool.count === 0)
      return 0;
    if (this.allocator.nextClearingUs(view) > world.nowUs) return 0;
    this.granted = 0;
    this.unplaced.fill(0);
    this.rows.length = 0;
    this.clients.clear();
    this.offerOf.length = 0;
    this.allocator.clear(view, this);
    for (const row of this.rows) this.tellMarket(row);
    this.send();
    return this.granted;
  }

  grant(entry: DemandEntry, count: number, unitPrices: Float64Array): void {
    const { world } = this;
    if (!world.clients.isActive[entry.client]) return this.miss(entry, count);
    world.unitPrices[entry.client] = unitPrices;
    let agent = 0;
    for (let left = count; left > 0; left--) {
      agent = this.find(entry.amounts, agent);
      if (agent < 0) return this.miss(entry, left);
      this.carve(entry, agent);
    }
  }

  private miss(entry: DemandEntry, count: number): void {
    for (let resource = 0; resource < this.unplaced.length; resource++) {
      this.unplaced[resource] = (this.unplaced[resource] as number) + (entry.amounts[resource] as number) * count;
    }
  }

  private find(demand: Float64Array, from: number): number {
    const { pool, agents, width } = this.world;
    pool.index.seek(demand);
    for (let agent = pool.index.next(from); agent >= 0; agent = pool.index.next(agent + 1)) {
      let fits = true;
      for (let resource = 0; resource < width && fits; resource++) {
        fits = (demand[resource] as number) <= (agents.free[agent * width + resource] as number);
      }
      if (fits) return agent;
    }
    return -1;
  }

  /** Adds one task's amounts to the client's offer on the agent. */
  private carve(entry: DemandEntry, agent: number): void {
    const { world } = this;
    const { offers, pool, ledger, clients, width } = world;
    let byAgent = this.offerOf[entry.client];
    if (byAgent === undefined) {
      byAgent = new Map();
      this.offerOf[entry.client] = byAgent;
      this.clients.push(entry.client);
    }
    let offer = byAgent.get(agent);
    if (offer === undefined) {
      offer = offers.take(entry.client, agent, world.cycle);
      offers.amounts.fill(0, offer * width, offer * width + width);
      offers.createdUs[offer] = world.nowUs;
      offers.number[offer] = world.offerCount + this.granted++;
      byAgent.set(agent, offer);
    }
    for (let resource = 0; resource < width; resource++) {
      const at = offer * width + resource;
      offers.amounts[at] = (offers.amounts[at] as number) + (entry.amounts[resource] as number);
    }
    pool.fall(agent, entry.amounts);
    ledger.addOffered(entry.amounts, 0, 1);
    clients.charge(entry.client, entry.amounts, 0, 1);
  }

  /** One message per client, offers in order of agent row. */
  private send(): void {
    const { world } = this;
    const { offers, facts, width } = world;
    this.clients.sortAscending();
    for (let index = 0; index < this.clients.size; index++) {
      const client = this.clients.at(index);
      const byAgent = this.offerOf[client] as Map<number, number>;
      const agents = [...byAgent.keys()].sort((a, b) => a - b);
      let hash = 0;
      let next = -1;
      for (const agent of agents.reverse()) {
        const offer = byAgent.get(agent) as number;
        offers.nextInBulk[offer] = next;
        next = offer;
        hash = (hash + hashAmounts(agent, offers.amounts, offer * width, width)) | 0;
      }
      facts.record(FACT_GRANTED, world.nowUs, client, agents.length, hash);
      world.send(OFFERS, client, next);
    }
    world.offerCount += this.granted;
  }

  evict(): void {
    // Markets end nothing; an exhausted budget only stops bidding.
  }

  reportMarket(row: MarketRow): void {
    this.rows.push(row);
  }

  private tellMarket(row: MarketRow): void {
    const { facts, nowUs } = this.world;
    facts.record(FACT_PRICE, nowUs, row.resource, row.soldMilli, Math.round(row.price * 1e9));
    facts.marketCleared({ ...row, unplacedMilli: this.unplaced[row.resource] as number });
  }

  reportBudget(row: BudgetRow): void {
    const { client, ...rest } = row;
    this.world.facts.budgetChanged({ ...rest, framework: this.world.clients.framework[client] as number });
  }
}
