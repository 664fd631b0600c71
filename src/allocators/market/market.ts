import type {
  AllocatorContext,
  AllocatorView,
  ClearingAllocator,
  DemandEntry,
  GrantSink,
} from '../../model/allocator.js';
import type { Amounts } from '../../model/resources.js';
import { type Bidder, bidderFrom } from './bidders.js';
import { Budgets } from './budgets.js';
import type { Bid, Clearing } from './clearing.js';

/** Longest run that a bidder must be able to pay for when it bids. */
const HORIZON_S = 3600;

/** How a market turns bids into winners and prices. `balances` are lowered by what was won. */
export type ClearingRule = (
  bids: readonly Bid[],
  supply: Float64Array,
  quantity: Float64Array,
  reserve: Float64Array,
  balances: number[],
) => Clearing;

interface Settings {
  readonly intervalUs: number;
  readonly reserve: number;
  /** True: everybody pays the market's price; false: what was bid. */
  readonly isUniform: boolean;
  readonly rule: ClearingRule;
}

/**
 * A market for each resource type, cleared at intervals: frameworks bid for the tasks that wait, winners get offers of exactly what
 * they won, and pay from launch to release. One base price = the price at which the whole cluster's quantity of a type costs 1 per
 * second; bids and reserves are multiples of it. A bid counts while the balance covers price × min(estimate, 1 h).
 */
export class Market implements ClearingAllocator {
  readonly kind = 'clearing';
  private readonly budgets: Budgets;
  private readonly bidders = new Map<number, Bidder>();
  private nextUs = 0;

  constructor(
    private readonly settings: Settings,
    private readonly context: AllocatorContext,
  ) {
    this.budgets = new Budgets((client) => context.bidderOf(client));
  }

  nextClearingUs(view: AllocatorView): number {
    // An idle cluster does not wait for the interval.
    return isIdle(view) ? 0 : this.nextUs;
  }

  clear(view: AllocatorView, sink: GrantSink): void {
    const { intervalUs } = this.settings;
    this.nextUs = (Math.floor(view.nowUs / intervalUs) + 1) * intervalUs;
    const base = basePrices(view.total);
    const { bids, entries, multiples } = this.collect(view, base);
    const supply = view.free.slice();
    const reserve = base.map((price) => price * this.settings.reserve);
    const balances = this.balances(view);
    const clearing = this.settings.rule(bids, supply, view.total, reserve, balances);
    const sold = new Float64Array(supply.length);
    let revenue = new Float64Array(supply.length);
    for (const [index, entry] of entries.entries()) {
      const count = clearing.won[index] as number;
      if (count === 0) continue;
      const prices = this.settings.isUniform ? clearing.prices : (bids[index] as Bid).unitPrices;
      sink.grant(entry, count, prices);
      for (let resource = 0; resource < sold.length; resource++) {
        const amount = (entry.amounts[resource] as number) * count;
        sold[resource] = (sold[resource] as number) + amount;
        revenue[resource] = (revenue[resource] as number) + (amount / 1000) * (prices[resource] as number);
      }
    }
    if (bids.length === 0) revenue = new Float64Array(supply.length);
    this.report(view, sink, { bids, supply, sold, revenue, reserve, clearing });
    this.reportBudgets(view, sink, entries, bids, clearing, multiples);
  }

  private collect(
    view: AllocatorView,
    base: Float64Array,
  ): { bids: Bid[]; entries: DemandEntry[]; multiples: number[] } {
    const bids: Bid[] = [];
    const entries: DemandEntry[] = [];
    const multiples: number[] = [];
    for (let client = 0; client < view.clientCount; client++) {
      const balance = this.budgets.balance(client, view.nowUs);
      const settings = this.context.bidderOf(client);
      for (const entry of view.demandOf(client)) {
        const bidContext = {
          nowUs: view.nowUs,
          balance,
          endowment: settings.endowment,
          incomePerS: settings.incomePerS,
        };
        const multiple = this.bidderOf(client)(entry, bidContext);
        if (!(multiple >= this.settings.reserve) || balance <= 0) continue;
        const estimateS = entry.estimateUs >= 0 ? entry.estimateUs / 1e6 : HORIZON_S;
        const unitPrices = base.map((price) => price * multiple);
        bids.push({
          amounts: entry.amounts,
          count: entry.count,
          unitPrices,
          horizonS: Math.min(HORIZON_S, estimateS),
          bidder: client,
        });
        entries.push(entry);
        multiples.push(multiple);
      }
    }
    return { bids, entries, multiples };
  }

  private bidderOf(client: number): Bidder {
    let bidder = this.bidders.get(client);
    if (bidder === undefined) {
      bidder = bidderFrom(this.context.bidderOf(client).bidder);
      this.bidders.set(client, bidder);
    }
    return bidder;
  }

  private balances(view: AllocatorView): number[] {
    return Array.from({ length: view.clientCount }, (_, client) => this.budgets.balance(client, view.nowUs));
  }

  private report(
    view: AllocatorView,
    sink: GrantSink,
    state: {
      bids: readonly Bid[];
      supply: Float64Array;
      sold: Float64Array;
      revenue: Float64Array;
      reserve: Float64Array;
      clearing: Clearing;
    },
  ): void {
    for (let resource = 0; resource < view.total.length; resource++) {
      if (view.total[resource] === 0) continue;
      const soldMilli = state.sold[resource] as number;
      const revenue = state.revenue[resource] as number;
      // Pay-as-bid has no one price: the average that was paid stands for it.
      const average = soldMilli > 0 ? revenue / (soldMilli / 1000) : 0;
      sink.reportMarket({
        resource,
        supplyMilli: state.supply[resource] as number,
        demandMilli: state.bids.reduce((sum, bid) => sum + (bid.amounts[resource] as number) * bid.count, 0),
        soldMilli,
        reservePrice: state.reserve[resource] as number,
        price: this.settings.isUniform ? (state.clearing.prices[resource] as number) : average,
        revenue,
        iterations: state.clearing.iterations,
        converged: state.clearing.converged,
        optimalityGap: state.clearing.gap,
      });
    }
  }

  private reportBudgets(
    view: AllocatorView,
    sink: GrantSink,
    entries: readonly DemandEntry[],
    bids: readonly Bid[],
    clearing: Clearing,
    multiples: readonly number[],
  ): void {
    for (let client = 0; client < view.clientCount; client++) {
      const { spent, income } = this.budgets.takeFlows(client, view.nowUs);
      let bidTotal = 0;
      let asked = 0;
      let won = 0;
      let utility = 0;
      for (const [index, entry] of entries.entries()) {
        if (entry.client !== client) continue;
        const bid = bids[index] as Bid;
        const cost = bid.amounts.reduce(
          (sum, amount, resource) => sum + (amount / 1000) * (bid.unitPrices[resource] as number),
          0,
        );
        bidTotal += cost * bid.count;
        asked += entry.count;
        won += clearing.won[index] as number;
        utility += (multiples[index] as number) * (clearing.won[index] as number);
      }
      const balance = this.budgets.balance(client, view.nowUs);
      sink.reportBudget({ client, balance, income, bidTotal, spent, wonShare: asked > 0 ? won / asked : 0, utility });
    }
  }

  launched(client: number, task: number, amounts: Amounts, unitPrices: Float64Array, nowUs: number): void {
    let pricePerS = 0;
    for (let index = 0; index < amounts.length; index++)
      pricePerS += ((amounts[index] as number) / 1000) * (unitPrices[index] as number);
    this.budgets.begin(client, task, pricePerS, nowUs);
  }

  released(client: number, task: number, nowUs: number): void {
    this.budgets.end(client, task, nowUs);
  }
}

/** Per unit and second: the whole cluster's quantity of a type costs 1 per second. */
function basePrices(total: Float64Array): Float64Array {
  return total.map((amount) => (amount > 0 ? 1000 / amount : 0));
}

function isIdle(view: AllocatorView): boolean {
  for (let resource = 0; resource < view.total.length; resource++)
    if (view.free[resource] !== view.total[resource]) return false;
  return true;
}
