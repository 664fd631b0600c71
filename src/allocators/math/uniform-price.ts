import { bundleCost, type ClearingMarket, type ClearingResult } from './clearing-types.js';
import { fillInOrder, mostBundles } from './winners.js';

/**
 * Sealed-bid uniform price (Krishna, Auction Theory, ch. 12), carried over to bundles: a bundle's size is its sum of shares of the
 * supply, its offer the surplus over the reserve per size. The best offers win while they fit. One offer level π clears each group of
 * resources that bundles tie together (a resource of its own is a market of its own): the best losing offer, or the least winning one.
 * Unit price = reserve + π / quantity, so a winner never pays more than it bid; where a large bundle lost to packing although it
 * offered more than a winner, the least winning offer is the price.
 */
export function uniformPrice(market: ClearingMarket, rule: 'highest-losing' | 'lowest-winning'): ClearingResult {
  const quantity = market.quantity ?? market.supply;
  const reserve = market.reserve ?? new Float64Array(market.supply.length);
  const perSize = quantity.map((amount) => (amount > 0 ? 1 / amount : 0));
  const offers = Float64Array.from(market.bids, (bid) => {
    const surplus = bundleCost(bid.demand, bid.unitPrices) - bundleCost(bid.demand, reserve);
    return surplus / bundleCost(bid.demand, perSize);
  });
  const isAdmitted = Float64Array.from(market.bids, (bid, index) =>
    (offers[index] as number) >= 0 && bundleCost(bid.demand, bid.unitPrices) > 0 ? 1 : 0,
  );
  const most = mostBundles(market, isAdmitted);
  const order = [...offers.keys()].sort((i, j) => (offers[j] as number) - (offers[i] as number) || i - j);
  const granted = fillInOrder(market, order, most);
  const group = groupsOf(market, most);
  const unitPrices = market.supply.map((_, resource) => {
    const level = levelOf(market, group[resource] as number, group, { offers, granted, most }, rule);
    return (reserve[resource] as number) + level * (perSize[resource] as number);
  });
  const bidPrices = market.bids.map(() => unitPrices);
  return { granted, unitPrices, bidPrices, iterations: 1, converged: true, gap: Number.NaN };
}

interface Outcome {
  readonly offers: Float64Array;
  readonly granted: Int32Array;
  readonly most: Float64Array;
}

function levelOf(
  market: ClearingMarket,
  label: number,
  group: readonly number[],
  { offers, granted, most }: Outcome,
  rule: 'highest-losing' | 'lowest-winning',
): number {
  let leastWinning = Number.POSITIVE_INFINITY;
  let bestLosing = 0;
  market.bids.forEach((bid, index) => {
    const first = bid.demand.findIndex((amount) => amount > 0);
    if ((most[index] as number) <= 0 || group[first] !== label) return;
    if ((granted[index] as number) > 0) leastWinning = Math.min(leastWinning, offers[index] as number);
    if ((granted[index] as number) < (most[index] as number))
      bestLosing = Math.max(bestLosing, offers[index] as number);
  });
  if (leastWinning === Number.POSITIVE_INFINITY) return 0;
  return rule === 'lowest-winning' ? leastWinning : Math.min(bestLosing, leastWinning);
}

/** Label per resource: resources that one live bid needs together share a label. */
function groupsOf(market: ClearingMarket, most: Float64Array): number[] {
  const label = [...market.supply.keys()];
  market.bids.forEach((bid, index) => {
    if ((most[index] as number) <= 0) return;
    const needed = label.map((_, resource) => resource).filter((resource) => (bid.demand[resource] as number) > 0);
    const target = label[needed[0] as number] as number;
    for (const resource of needed) {
      const old = label[resource] as number;
      label.forEach((value, other) => {
        if (value === old) label[other] = target;
      });
    }
  });
  return label;
}
