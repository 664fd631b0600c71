import type { AllocatorContext, AllocatorView, DemandEntry } from '../../model/allocator.js';
import { bundleCost, type ClearingBid } from '../math/clearing-types.js';
import { wholeCopies } from '../math/winners.js';
import type { Bidder, BidPart, RivalBid } from './bidders/bidder.js';

/** Waiting tasks of one client that are alike in shape, price, worth and what they must be able to pay: one bid of the market. */
export interface BidLine {
  readonly client: number;
  /** In order of the client's queue, with the tasks of each that are bid for. */
  readonly parts: { readonly entry: DemandEntry; readonly count: number }[];
  /** Tasks that must be won together: a gang's, else 1. */
  readonly bundle: number;
  /** Of one task, in thousandths. */
  readonly amounts: Float64Array;
  taskCount: number;
  readonly multiple: number;
  /** Per thousandth and second. */
  readonly unitPrices: Float64Array;
  readonly unitValues: Float64Array;
  readonly estimateUs: number;
}

/** A client's prices for multiple 1, per thousandth and second. */
export function ownPrices(view: AllocatorView, bidder: Bidder, base: Float64Array): Float64Array {
  const { prices } = bidder;
  if (prices === undefined) return base;
  return Float64Array.from(view.resources.names, (name) => (prices[name] ?? 0) / 1000);
}

/** Gathers bids into lines. Estimates matter only to a bidder whose balance is finite. */
export class LineBook {
  readonly lines: BidLine[] = [];
  private readonly byKey = new Map<string, BidLine>();
  /** Alike jobs share their amounts: they are spelled out once. */
  private readonly shapes = new Map<Float64Array, string>();

  add(entry: DemandEntry, part: BidPart, value: number, own: Float64Array, isRich: boolean): void {
    const isGang = entry.gang > 1;
    const bundle = isGang ? entry.count : 1;
    const estimateUs = isRich ? 0 : entry.estimateUs;
    const key = isGang
      ? `gang ${entry.client} ${entry.id}`
      : `${entry.client}|${this.shapeOf(entry.amounts)}|${part.multiple}|${value}|${estimateUs}`;
    let line = this.byKey.get(key);
    if (line === undefined) {
      line = {
        client: entry.client,
        parts: [],
        bundle,
        amounts: entry.amounts,
        taskCount: 0,
        multiple: part.multiple,
        unitPrices: own.map((price) => price * part.multiple),
        unitValues: own.map((price) => price * value),
        estimateUs,
      };
      this.byKey.set(key, line);
      this.lines.push(line);
    }
    line.parts.push({ entry, count: part.count });
    line.taskCount += part.count;
  }

  private shapeOf(amounts: Float64Array): string {
    const known = this.shapes.get(amounts);
    if (known !== undefined) return known;
    const text = amounts.join();
    this.shapes.set(amounts, text);
    return text;
  }
}

/** A line as the mathematics of markets sees it. It never bids for more than is for sale: nobody outbids itself. */
export function clearingBid(line: BidLine, supply: Float64Array, balance: number): ClearingBid {
  const demand = line.bundle === 1 ? line.amounts : line.amounts.map((amount) => amount * line.bundle);
  let maxBundles = line.taskCount / line.bundle;
  demand.forEach((amount, resource) => {
    if (amount > 0) maxBundles = Math.min(maxBundles, wholeCopies(supply[resource] as number, amount));
  });
  const estimateS = line.estimateUs < 0 ? -1 : line.estimateUs / 1e6;
  return { bidder: line.client, demand, maxBundles, unitPrices: line.unitPrices, balance, estimateS };
}

/** What a task would cost at some prices, in multiples of the client's own; undefined when it asks for nothing that has a price. */
export function inMultiples(amounts: Float64Array, prices: Float64Array, own: Float64Array): number | undefined {
  const unit = bundleCost(amounts, own);
  return unit > 0 ? bundleCost(amounts, prices) / unit : undefined;
}

/** Tasks of this shape that would fit what is for sale. */
export function roomFor(amounts: Float64Array, supply: Float64Array): number {
  let room = Number.MAX_SAFE_INTEGER;
  amounts.forEach((amount, resource) => {
    if (amount > 0) room = Math.min(room, wholeCopies(supply[resource] as number, amount));
  });
  return room;
}

/** What the others bid. */
export function rivalBids(lines: readonly BidLine[], client: number): RivalBid[] {
  return lines
    .filter((line) => line.client !== client)
    .map(({ amounts, bundle, taskCount, multiple }) => ({ amounts, bundle, count: taskCount, multiple }));
}

/** Bidders of the clients, made when they first bid. */
export class BidderBook {
  private readonly bidders: (Bidder | undefined)[] = [];

  constructor(
    private readonly context: AllocatorContext,
    private readonly make: (text: string) => Bidder,
  ) {}

  of(client: number): Bidder {
    const known = this.bidders[client];
    if (known !== undefined) return known;
    const bidder = this.make(this.context.bidderOf(client).bidder);
    this.bidders[client] = bidder;
    return bidder;
  }
}
