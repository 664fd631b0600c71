/** One bid: the same price for every bundle of one shape. Amounts and prices are per resource. */
export interface ClearingBid {
  /** Row of the bidder; bids of one bidder share its balance. Ties go to the earlier bid in the list. */
  readonly bidder: number;
  /** Of one bundle, ≥ 0, at least one > 0. */
  readonly demand: Float64Array;
  /** Whole bundles wanted. */
  readonly maxBundles: number;
  /** Money per unit and second. */
  readonly unitPrices: Float64Array;
  /** Money of the bidder; Infinity = does not bind. */
  readonly balance: number;
  /** Seconds that a bundle is expected to run; above 1 h only 1 h is asked for in advance, unknown (< 0) counts as 1 h. */
  readonly estimateS: number;
}

/** Supply, totals for the score, reserve prices. */
export interface ClearingMarket {
  /** Units for sale per resource. */
  readonly supply: Float64Array;
  /** Cluster quantity per resource (q of the base rule); the supply where absent. */
  readonly quantity?: Float64Array;
  /** Least price per unit and second; 0 where absent. */
  readonly reserve?: Float64Array;
  readonly bids: readonly ClearingBid[];
}

/** Outcome of a clearing. */
export interface ClearingResult {
  /** Whole bundles granted per bid. */
  readonly granted: Int32Array;
  /** Price per unit and second of each resource: the uniform price, else the average paid (the reserve where nothing was sold). */
  readonly unitPrices: Float64Array;
  /** What each bid pays per unit and second of each resource. */
  readonly bidPrices: readonly Float64Array[];
  readonly iterations: number;
  readonly converged: boolean;
  /** (bound − value) / bound of the winner determination, 0 = proven best; NaN where the rule optimizes nothing. */
  readonly gap: number;
}

/** Longest run charged in advance when a bid's feasibility is checked. */
export const ADVANCE_LIMIT_S = 3600;

/** Seconds of a bundle that the balance must cover. */
export function advanceS(bid: ClearingBid): number {
  return bid.estimateS < 0 ? ADVANCE_LIMIT_S : Math.min(bid.estimateS, ADVANCE_LIMIT_S);
}

/** Σ_r price_r · demand_r of one bundle. */
export function bundleCost(demand: Float64Array, prices: Float64Array): number {
  let cost = 0;
  for (let resource = 0; resource < demand.length; resource++) {
    cost += (demand[resource] as number) * (prices[resource] as number);
  }
  return cost;
}

/** Price vectors per bid → average price per unit sold of each resource. */
export function averagePrices(
  market: ClearingMarket,
  granted: Int32Array,
  bidPrices: readonly Float64Array[],
): Float64Array {
  return market.supply.map((_, resource) => {
    let revenue = 0;
    let sold = 0;
    market.bids.forEach((bid, index) => {
      const amount = (granted[index] as number) * (bid.demand[resource] as number);
      sold += amount;
      revenue += amount * (bidPrices[index]?.[resource] as number);
    });
    return sold > 0 ? revenue / sold : (market.reserve?.[resource] ?? 0);
  });
}
