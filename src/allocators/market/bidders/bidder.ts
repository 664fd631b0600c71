import type { DemandEntry } from '../../../model/allocator.js';
import type { OptionSpecs, OptionValues } from '../../../model/options.js';
import type { PluginDefinition } from '../../../model/plugin.js';

/** A part of an entry's waiting tasks and the price bid for each, in multiples of the bidder's prices. */
export interface BidPart {
  readonly count: number;
  readonly multiple: number;
}

/** A bid of somebody else in the last clearing. */
export interface RivalBid {
  readonly amounts: Float64Array;
  /** Tasks that must be won together. */
  readonly bundle: number;
  readonly count: number;
  /** Its price in multiples of base prices. */
  readonly multiple: number;
}

/** What a bidder may go by. Prices are multiples of its own prices for the entry's task. */
export interface BidContext {
  readonly nowUs: number;
  readonly balance: number;
  readonly endowment: number;
  readonly incomePerS: number;
  /** The least price that counts for this task now. */
  readonly reserve: number;
  /** What this task would have cost at the last clearing's prices; undefined before the first one that sold something. */
  readonly lastPrice: number | undefined;
  /** Tasks of this shape that would fit what is for sale. */
  readonly room: number;
  /** Others' bids in the last clearing (markets that publish outstanding bids, as Mirage did). */
  rivals(): readonly RivalBid[];
  /**
   * What would be won, less what would be paid, per second, had the last clearing's rivals met all own bids at this part of their
   * worth: the market's own rule, tried out.
   */
  rehearse(partOfValue: number): number;
}

/** What became of a bidder's bids in one clearing. */
export interface BidOutcome {
  readonly askedTasks: number;
  readonly wonTasks: number;
}

/** How a framework values its waiting tasks and what it bids for them. */
export interface Bidder {
  /** Prices per unit and second that stand for multiple 1, by resource; the market's base prices where undefined. */
  readonly prices?: Readonly<Record<string, number>>;
  /** What a running task of the entry is worth to the framework per second, in multiples of the prices. */
  value(entry: DemandEntry): number;
  /** One multiple for all tasks of the entry, or parts with a multiple each. */
  bid(entry: DemandEntry, context: BidContext): number | readonly BidPart[];
  /** After each clearing in which it bid. */
  learn?(outcome: BidOutcome): void;
}

/** A bidder: one file in this folder and one line in its registry. */
export interface BidderDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  create(options: OptionValues<O>): Bidder;
}

export function defineBidder<const O extends OptionSpecs>(definition: BidderDefinition<O>): BidderDefinition {
  return definition as unknown as BidderDefinition;
}
