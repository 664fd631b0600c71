import { bundleScores } from './clearing.js';
import { averagePrices, bundleCost, type ClearingMarket, type ClearingResult } from './clearing-types.js';
import type { LpSolver } from './lp-solver.js';
import { byDensity, determineWinners, fillInOrder, freeAfter, mostBundles, type WinnerLimits } from './winners.js';

/** A VCG clearing also says whether its payments are Clarke's or, not converged, the critical values of the greedy rule. */
export interface VcgClearing extends ClearingResult {
  readonly method: 'vcg' | 'greedy-critical';
  /** Payment per second of each bid for all that it won. */
  readonly payments: Float64Array;
}

/** Bids up to which every winner's absence is solved anew, and nodes per solution; beyond, greedy with critical values. */
export const VCG_LIMITS: WinnerLimits = { integerBids: 40, nodeLimit: 500 };

/**
 * VCG (Clarke pivot per bidder) where every winner determination is proven best; else the greedy rule with critical-value payments
 * (Lehmann, O'Callaghan, Shoham, JACM 2002), which stays truthful for bidders with one bid. Payments are per second, spread over the
 * resources as the bid's own prices are.
 */
export function clearVcg(
  market: ClearingMarket,
  solver: LpSolver | undefined,
  limits: WinnerLimits = VCG_LIMITS,
): VcgClearing {
  // Values count above the reserve, which every winner pays in any case.
  const reserve = market.bids.map((bid) => (market.reserve === undefined ? 0 : bundleCost(bid.demand, market.reserve)));
  const values = bundleScores(market, 'bid').map((value, index) => Math.max(0, value - (reserve[index] as number)));
  const exact = market.bids.length <= limits.integerBids ? clarke(market, values, solver, limits) : undefined;
  return settle(market, exact ?? greedyCritical(market, values, solver), reserve);
}

function clarke(
  market: ClearingMarket,
  values: Float64Array,
  solver: LpSolver | undefined,
  limits: WinnerLimits,
): Unsettled | undefined {
  const best = determineWinners(market, values, solver, limits);
  if (best.bound > best.value) return undefined;
  const payments = new Float64Array(market.bids.length);
  let solveCount = 1;
  for (const bidder of new Set(market.bids.map((bid) => bid.bidder))) {
    const own = market.bids.map((_, index) => index).filter((index) => market.bids[index]?.bidder === bidder);
    const won = own.reduce((sum, index) => sum + (best.granted[index] as number) * (values[index] as number), 0);
    if (won === 0) continue;
    const without = determineWinners(
      market,
      values.map((value, index) => (own.includes(index) ? 0 : value)),
      solver,
      limits,
    );
    if (without.bound > without.value) return undefined;
    solveCount++;
    const payment = Math.min(won, Math.max(0, without.value - (best.value - won)));
    for (const index of own) {
      payments[index] = (payment * (best.granted[index] as number) * (values[index] as number)) / won;
    }
  }
  return { granted: best.granted, payments, method: 'vcg', iterations: solveCount, gap: 0 };
}

/** Greedy by value per share of the supply; a winner pays the density at which it would no longer get its bundles. */
function greedyCritical(market: ClearingMarket, values: Float64Array, solver: LpSolver | undefined): Unsettled {
  const shares = market.supply.map((supply) => (supply > 0 ? 1 / supply : 0));
  const order = byDensity(market, values, shares);
  const most = mostBundles(market, values);
  const granted = fillInOrder(market, order, most);
  const payments = new Float64Array(market.bids.length);
  for (let index = 0; index < payments.length; index++) {
    const count = granted[index] as number;
    if (count === 0) continue;
    const weight = bundleCost((market.bids[index] as { demand: Float64Array }).demand, shares);
    payments[index] = count * weight * criticalDensity(market, values, { order, most, shares }, index, count);
  }
  const { bound } = determineWinners(market, values, solver, { integerBids: 0, nodeLimit: 0 });
  const reached = values.reduce((sum, value, index) => sum + value * (granted[index] as number), 0);
  const gap = bound > 0 ? Math.max(0, (bound - reached) / bound) : 0;
  return { granted, payments, method: 'greedy-critical', iterations: 1, gap };
}

/** Density of the first bid (in greedy order without this one) after which `count` bundles of this bid no longer fit. */
function criticalDensity(
  market: ClearingMarket,
  values: Float64Array,
  { order, most, shares }: { order: readonly number[]; most: Float64Array; shares: Float64Array },
  index: number,
  count: number,
): number {
  const bid = market.bids[index] as { demand: Float64Array };
  const others = fillInOrder(
    market,
    order,
    most.map((value, other) => (other === index ? 0 : value)),
  );
  const free = market.supply.slice();
  for (const other of order) {
    const taken = others[other] as number;
    if (taken === 0) continue;
    const rival = market.bids[other] as { demand: Float64Array };
    for (let resource = 0; resource < free.length; resource++) {
      free[resource] = (free[resource] as number) - taken * (rival.demand[resource] as number);
    }
    const stillFits = bid.demand.every(
      (amount, resource) => count * amount <= (free[resource] as number) * (1 + 1e-12) + 1e-9,
    );
    if (!stillFits) return (values[other] as number) / bundleCost(rival.demand, shares);
  }
  return 0;
}

/** Winners and what they pay above the reserve. */
type Unsettled = Pick<VcgClearing, 'granted' | 'payments' | 'method' | 'iterations' | 'gap'>;

function settle(market: ClearingMarket, outcome: Unsettled, reserve: readonly number[]): VcgClearing {
  const granted = withIndifferent(market, outcome.granted, reserve);
  const payments = outcome.payments.map(
    (value, index) => value + (granted[index] as number) * (reserve[index] as number),
  );
  const bidPrices = market.bids.map((bid, index) => {
    const value = (granted[index] as number) * bundleCost(bid.demand, bid.unitPrices);
    const part = value > 0 ? (payments[index] as number) / value : 0;
    return bid.unitPrices.map((price) => price * part);
  });
  const unitPrices = averagePrices(market, granted, bidPrices);
  return { ...outcome, granted, payments, bidPrices, unitPrices, converged: outcome.method === 'vcg' };
}

/** Bids at exactly the reserve add nothing to the surplus, but what is left is theirs at that price; ties by bid order. */
function withIndifferent(market: ClearingMarket, granted: Int32Array, reserve: readonly number[]): Int32Array {
  const isIndifferent = Float64Array.from(market.bids, (bid, index) => {
    const price = bundleCost(bid.demand, bid.unitPrices);
    return price > 0 && price === reserve[index] ? 1 : 0;
  });
  if (isIndifferent.every((value) => value === 0)) return granted;
  const left = { ...market, supply: freeAfter(market, granted) };
  const more = fillInOrder(left, [...granted.keys()], mostBundles(left, isIndifferent));
  return granted.map((count, index) => count + (more[index] as number));
}
