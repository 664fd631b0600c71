import type { GrantLot, GrantSink } from '../../model/allocator.js';
import { bundleCost } from '../math/clearing-types.js';
import type { BidLine } from './bids.js';
import type { Round } from './mechanism.js';

/**
 * In which order winners are put on agents: the highest bid in base prices first, so that who bids more is not kept out by who bids
 * less; among equals (and where nobody pays) the largest task first, which fits the fewest agents.
 */
export function placingOrder({ lines, base }: Round, isCharged: boolean): number[] {
  const size = lines.map(({ amounts }) => bundleCost(amounts, base));
  const density = lines.map(({ amounts, unitPrices }, index) =>
    isCharged ? bundleCost(amounts, unitPrices) / (size[index] as number) : 1,
  );
  return [...lines.keys()].sort(
    (i, j) =>
      compareDown(density[i] as number, density[j] as number) ||
      compareDown(size[i] as number, size[j] as number) ||
      i - j,
  );
}

function compareDown(a: number, b: number): number {
  return a > b ? -1 : a < b ? 1 : 0;
}

/**
 * A mechanism sells the cluster as one pool, but a task needs one agent: every bid is cut to what the agents could take of it, were it
 * the only one. Else tasks that fit nowhere would win, drive the price, keep out what fits, and the supply would stand idle. Who is kept
 * out by higher bids still bids, so that it still drives the price.
 */
export function cutToAgents(round: Round, sink: GrantSink): Round {
  const bids = round.market.bids.map((bid, index) => {
    const line = round.lines[index] as BidLine;
    const lots = lotsOf(line, bid.maxBundles);
    const room = sink.placeable(lots).reduce((sum, count) => sum + count, 0);
    return { ...bid, maxBundles: Math.floor(room / line.bundle) };
  });
  return { ...round, market: { ...round.market, bids } };
}

/** Won bundles of a line by the entries that they are tasks of, first come first. */
export function lotsOf({ parts, bundle }: BidLine, bundles: number): GrantLot[] {
  const lots: GrantLot[] = [];
  let left = bundles * bundle;
  for (const { entry, count } of parts) {
    const asked = Math.min(left, count);
    if (asked > 0) lots.push({ entry, count: asked, bundle });
    left -= asked;
  }
  return lots;
}
