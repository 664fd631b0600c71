import type {
  AllocatorContext,
  AllocatorView,
  BidderSettings,
  ClearingAllocator,
  DecisionSink,
  DemandEntry,
  GrantSink,
  GrantTerms,
} from '../../model/allocator.js';
import type { Amounts } from '../../model/resources.js';
import { bundleCost, type ClearingResult } from '../math/clearing-types.js';
import type { BidContext, BidPart } from './bidders/bidder.js';
import { bidderFrom } from './bidders/index.js';
import { BidderBook, type BidLine, clearingBid, inMultiples, LineBook, ownPrices, rivalBids, roomFor } from './bids.js';
import { Budgets } from './budgets.js';
import { cutToAgents, lotsOf, placingOrder } from './feasible.js';
import type { Mechanism, Round } from './mechanism.js';
import { MarketReport } from './report.js';
import { basePrices, type ReserveRule, reservePrices } from './reserve.js';

export interface MarketSettings extends ReserveRule {
  readonly intervalUs: number;
  /** Running tasks of a client without money are ended. */
  readonly evicts: boolean;
  /** Bids count whether or not there is an agent for what they ask. */
  readonly pool: boolean;
  readonly mechanism: Mechanism;
}

const NO_MONEY: BidderSettings = {
  bidder: '',
  endowment: Number.POSITIVE_INFINITY,
  incomePerS: 0,
  cap: Number.POSITIVE_INFINITY,
};

/**
 * A market for each resource type, cleared at intervals: frameworks bid for the tasks that wait, winners get offers of exactly what
 * they won, and pay from launch to release at the price of the launch. One base price = the price at which the whole cluster's quantity
 * of a type costs 1 per second. A bid counts while the balance covers price × amount × min(estimate, 1 h).
 */
export class Market implements ClearingAllocator {
  readonly kind = 'clearing';
  private readonly budgets: Budgets;
  private readonly bidders: BidderBook;
  private readonly report = new MarketReport();
  private nextUs = 0;
  /** The last clearing, which bidders may learn from. */
  private lastLines: readonly BidLine[] = [];
  private lastPrices: Float64Array | undefined;

  constructor(
    private readonly settings: MarketSettings,
    context: AllocatorContext,
  ) {
    const isCharged = settings.mechanism.isCharged;
    this.budgets = new Budgets((client) => (isCharged ? context.bidderOf(client) : NO_MONEY));
    this.settingsOf = (client) => (isCharged ? context.bidderOf(client) : NO_MONEY);
    this.bidders = new BidderBook(context, (text) => bidderFrom(text));
  }
  private readonly settingsOf: (client: number) => BidderSettings;

  nextClearingUs(): number {
    return this.nextUs;
  }

  nextChangeUs(view: AllocatorView): number {
    let nextUs = Number.POSITIVE_INFINITY;
    if (!this.settings.evicts) return nextUs;
    for (let client = 0; client < view.clientCount; client++) {
      nextUs = Math.min(nextUs, this.budgets.exhaustedUs(client, view.nowUs));
    }
    return nextUs;
  }

  change(view: AllocatorView, sink: DecisionSink): void {
    for (let client = 0; client < view.clientCount; client++) {
      for (const task of this.budgets.beyondMeans(client, view.nowUs)) sink.evict(task, 'preempted', 0);
    }
  }

  clear(view: AllocatorView, sink: GrantSink): void {
    const { intervalUs, mechanism, pool } = this.settings;
    this.nextUs = (Math.floor(view.nowUs / intervalUs) + 1) * intervalUs;
    const base = basePrices(view.total);
    const reserve = reservePrices(view, base, this.settings);
    const supply = view.free.slice();
    const all = this.collect(view, base, reserve, supply);
    const admitted = all.filter((line) => isAdmitted(line, reserve));
    const asked = this.roundOf(view, base, { supply, reserve }, admitted);
    const round = pool ? asked : cutToAgents(asked, sink);
    const result = mechanism.clear(round);
    const placed = this.grantAll(round, result, sink);
    this.lastLines = round.lines;
    if (result.granted.some((count) => count > 0)) this.lastPrices = result.unitPrices;
    this.report.clearing({ view, sink, all, round, result, placed, isCharged: mechanism.isCharged });
    this.report.clients({ view, sink, all, round, placed, budgets: this.budgets });
    this.teach(all, round, placed);
  }

  private roundOf(
    view: AllocatorView,
    base: Float64Array,
    { supply, reserve }: { supply: Float64Array; reserve: Float64Array },
    lines: readonly BidLine[],
  ): Round {
    const balanceOf = (client: number): number => this.budgets.balance(client, view.nowUs);
    const bids = lines.map((line) => clearingBid(line, supply, balanceOf(line.client)));
    return { market: { supply, quantity: view.total, reserve, bids }, lines, view, base, balanceOf };
  }

  /** Asks the bidders of the clients that wait for offers. Who has no money does not bid. */
  private collect(view: AllocatorView, base: Float64Array, reserve: Float64Array, supply: Float64Array): BidLine[] {
    const book = new LineBook();
    for (let client = 0; client < view.clientCount; client++) {
      const balance = this.budgets.balance(client, view.nowUs);
      if (!view.isActive(client) || !(balance > 0)) continue;
      const bidder = this.bidders.of(client);
      const own = ownPrices(view, bidder, base);
      const entries = view.demandOf(client);
      const rehearse = this.rehearsal(view, client, entries, { base, reserve, supply });
      const rivals = (): ReturnType<typeof rivalBids> => rivalBids(this.lastLines, client);
      const { endowment, incomePerS } = this.settingsOf(client);
      for (const entry of entries) {
        const { amounts } = entry;
        const context: BidContext = {
          nowUs: view.nowUs,
          balance,
          endowment,
          incomePerS,
          reserve: inMultiples(amounts, reserve, own) ?? 0,
          lastPrice: this.lastPrices === undefined ? undefined : inMultiples(amounts, this.lastPrices, own),
          room: roomFor(amounts, supply),
          rivals,
          rehearse,
        };
        const isRich = balance === Number.POSITIVE_INFINITY;
        const value = bidder.value(entry);
        for (const part of partsOf(entry, bidder.bid(entry, context))) book.add(entry, part, value, own, isRich);
      }
    }
    return book.lines;
  }

  /** The market's rule, tried out with the last clearing's rivals: utility per second by part of the own worth. */
  private rehearsal(
    view: AllocatorView,
    client: number,
    entries: readonly DemandEntry[],
    { base, reserve, supply }: { base: Float64Array; reserve: Float64Array; supply: Float64Array },
  ): (part: number) => number {
    return (part) => {
      const bidder = this.bidders.of(client);
      const own = ownPrices(view, bidder, base);
      const isRich = this.budgets.balance(client, view.nowUs) === Number.POSITIVE_INFINITY;
      const book = new LineBook();
      for (const entry of entries) {
        const value = bidder.value(entry);
        const least = inMultiples(entry.amounts, reserve, own) ?? 0;
        const multiple = Math.min(value, Math.max(least, value * part));
        book.add(entry, { count: entry.count, multiple }, value, own, isRich);
      }
      const rivals = this.lastLines.filter((line) => line.client !== client);
      const lines = [...rivals, ...book.lines].filter((line) => isAdmitted(line, reserve));
      const round = this.roundOf(view, base, { supply, reserve }, lines);
      const { granted, bidPrices } = this.settings.mechanism.clear(round);
      return lines.reduce((sum, line, index) => {
        const bid = round.market.bids[index];
        if (line.client !== client || bid === undefined) return sum;
        const gain = bundleCost(bid.demand, line.unitValues) - bundleCost(bid.demand, bidPrices[index] as Float64Array);
        return sum + gain * (granted[index] as number);
      }, 0);
    };
  }

  /** Hands out what was won; tasks of each line that agents could take. */
  private grantAll(round: Round, { granted, bidPrices }: ClearingResult, sink: GrantSink): number[] {
    const termsOf = new Map<string, GrantTerms>();
    const placedBy = round.lines.map(() => 0);
    for (const index of placingOrder(round, this.settings.mechanism.isCharged)) {
      const line = round.lines[index] as BidLine;
      const lots = lotsOf(line, granted[index] as number);
      if (lots.length === 0) continue;
      const terms = this.termsFor(line, bidPrices[index] as Float64Array, termsOf);
      for (const { entry, count, bundle } of lots) {
        placedBy[index] = (placedBy[index] as number) + sink.grant(entry, count, bundle, terms);
      }
    }
    return placedBy;
  }

  /** Grants of one client at the same terms share one offer per agent. */
  private termsFor(line: BidLine, prices: Float64Array, known: Map<string, GrantTerms>): GrantTerms {
    const perUnit = (rate: number): number => rate * 1000;
    const unitPrices = this.settings.mechanism.isCharged ? prices.map(perUnit) : new Float64Array(prices.length);
    const unitValues = line.unitValues.map(perUnit);
    const key = `${line.client}|${unitPrices.join()}|${unitValues.join()}`;
    const terms = known.get(key) ?? { unitPrices, unitValues };
    known.set(key, terms);
    return terms;
  }

  private teach(all: readonly BidLine[], round: Round, placed: readonly number[]): void {
    const outcomes = new Map<number, { askedTasks: number; wonTasks: number }>();
    const of = (client: number) => {
      const outcome = outcomes.get(client) ?? { askedTasks: 0, wonTasks: 0 };
      outcomes.set(client, outcome);
      return outcome;
    };
    for (const line of all) of(line.client).askedTasks += line.taskCount;
    round.lines.forEach((line, index) => {
      of(line.client).wonTasks += placed[index] as number;
    });
    for (const [client, outcome] of outcomes) this.bidders.of(client).learn?.(outcome);
  }

  launched(client: number, task: number, amounts: Amounts, terms: GrantTerms, nowUs: number): void {
    const price = bundleCost(amounts, terms.unitPrices) / 1000;
    this.budgets.begin(client, task, price, bundleCost(amounts, terms.unitValues) / 1000, nowUs);
  }

  released(client: number, task: number, nowUs: number): void {
    this.budgets.end(client, task, nowUs);
  }

  ended(view: AllocatorView, sink: GrantSink): void {
    this.report.final(view, sink, this.budgets);
  }
}

/** A line's price covers its reserve; what asks for nothing that is for sale is no bid. */
function isAdmitted(line: BidLine, reserve: Float64Array): boolean {
  const price = bundleCost(line.amounts, line.unitPrices);
  return price >= bundleCost(line.amounts, reserve) * (1 - 1e-12) && line.amounts.some((amount) => amount > 0);
}

/** A gang bids as one. */
function partsOf(entry: DemandEntry, bid: number | readonly BidPart[]): readonly BidPart[] {
  const parts = typeof bid === 'number' ? [{ count: entry.count, multiple: bid }] : bid;
  const [first] = parts;
  if (entry.gang > 1 && first !== undefined) return [{ count: entry.count, multiple: first.multiple }];
  return parts;
}
