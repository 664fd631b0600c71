import type { ClearingResult } from '../math/clearing-types.js';
import { leontiefEquilibrium } from '../math/fisher-leontief.js';
import { linearEquilibrium } from '../math/fisher-linear.js';
import { wholeBundles } from '../math/share-clearing.js';
import type { Round } from './mechanism.js';

/** How a client's demand is judged and what it can spend per second. */
export interface EquilibriumRule {
  readonly isLinear: boolean;
  budgetOf(client: number): number;
}

/** A buyer: what it holds, what it waits for, and both together, in thousandths. */
interface Buyer {
  readonly client: number;
  readonly budget: number;
  readonly held: Float64Array;
  readonly pending: Float64Array;
  readonly lines: readonly number[];
}

interface Equilibrium {
  /** What each buyer should hold, per resource. */
  readonly targets: readonly Float64Array[];
  readonly prices: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
  readonly gap: number;
}

/**
 * The Fisher market of the whole cluster: every client with something held or waiting is a buyer, its demand is both together, and what
 * it holds counts as bought. Of its waiting tasks it gets the part that brings it to its equilibrium amounts; parts become whole tasks by
 * largest remainder, then whatever still fits. The gap is the duality gap of the convex program.
 */
export function clearEquilibrium(round: Round, rule: EquilibriumRule): ClearingResult {
  const { market } = round;
  const buyers = buyersOf(round, rule);
  const none = new Float64Array(market.supply.length);
  if (buyers.every((buyer) => buyer.lines.length === 0)) {
    const granted = new Int32Array(market.bids.length);
    return {
      granted,
      unitPrices: none,
      bidPrices: market.bids.map(() => none),
      iterations: 0,
      converged: true,
      gap: 0,
    };
  }
  const { targets, prices, iterations, converged, gap } = rule.isLinear
    ? linear(round, buyers)
    : leontief(round, buyers);
  const shares = new Float64Array(market.bids.length);
  buyers.forEach((buyer, row) => {
    const part = partStillDue(buyer, targets[row] as Float64Array);
    for (const index of buyer.lines) {
      const line = round.lines[index];
      if (line !== undefined) shares[index] = (part * line.taskCount) / line.bundle;
    }
  });
  const unitPrices = prices.map((price, resource) => Math.max(price, market.reserve?.[resource] ?? 0));
  const atPrice = { ...market, bids: market.bids.map((bid) => ({ ...bid, unitPrices })) };
  const granted = wholeBundles(
    atPrice,
    shares,
    market.bids.map((bid) => bid.maxBundles > 0),
  );
  return { granted, unitPrices, bidPrices: market.bids.map(() => unitPrices), iterations, converged, gap };
}

function buyersOf({ view, lines }: Round, rule: EquilibriumRule): Buyer[] {
  const buyers: Buyer[] = [];
  for (let client = 0; client < view.clientCount; client++) {
    const own = lines.map((_, index) => index).filter((index) => lines[index]?.client === client);
    const held = view.allocationOf(client).slice();
    const pending = new Float64Array(held.length);
    for (const index of own) {
      lines[index]?.amounts.forEach((amount, resource) => {
        pending[resource] = (pending[resource] as number) + amount * (lines[index]?.taskCount as number);
      });
    }
    const budget = rule.budgetOf(client);
    if (!(budget > 0) || held.every((amount, resource) => amount + (pending[resource] as number) === 0)) continue;
    buyers.push({ client, budget, held, pending, lines: own });
  }
  return buyers;
}

function leontief({ view }: Round, buyers: readonly Buyer[]): Equilibrium {
  const goods = [...view.total.keys()].filter((resource) => (view.total[resource] as number) > 0);
  const wanted = (buyer: Buyer, resource: number): number =>
    (buyer.held[resource] as number) + (buyer.pending[resource] as number);
  const equilibrium = leontiefEquilibrium({
    budgets: buyers.map((buyer) => buyer.budget),
    capacity: goods.map((resource) => view.total[resource] as number),
    demand: buyers.map((buyer) => goods.map((resource) => wanted(buyer, resource))),
    // Nobody buys more than all it holds and waits for.
    maxTasks: buyers.map(() => 1),
  });
  const prices = new Float64Array(view.total.length);
  goods.forEach((resource, column) => {
    prices[resource] = equilibrium.prices[column] as number;
  });
  return {
    targets: buyers.map((buyer, row) =>
      buyer.held.map((_, resource) => wanted(buyer, resource) * (equilibrium.tasks[row] as number)),
    ),
    prices,
    iterations: equilibrium.iterations,
    converged: equilibrium.converged,
    gap: equilibrium.dualityGap,
  };
}

/** Values per unit: the prices bid, averaged over the waiting tasks; a resource that is only held is worth the base price. */
function linear({ view, lines, base }: Round, buyers: readonly Buyer[]): Equilibrium {
  const goods = [...view.total.keys()].filter((resource) => (view.total[resource] as number) > 0);
  const unitValue = (buyer: Buyer, resource: number): number => {
    const pending = buyer.pending[resource] as number;
    if (pending === 0) return (buyer.held[resource] as number) > 0 ? (base[resource] as number) : 0;
    return buyer.lines.reduce((sum, index) => {
      const line = lines[index];
      if (line === undefined) return sum;
      const amount = (line.amounts[resource] as number) * line.taskCount;
      return sum + (amount / pending) * (line.unitPrices[resource] as number);
    }, 0);
  };
  const equilibrium = linearEquilibrium({
    budgets: buyers.map((buyer) => buyer.budget),
    supply: goods.map((resource) => view.total[resource] as number),
    values: buyers.map((buyer) => goods.map((resource) => unitValue(buyer, resource))),
  });
  const spread = (row: readonly number[]): Float64Array => {
    const amounts = new Float64Array(view.total.length);
    goods.forEach((resource, column) => {
      amounts[resource] = row[column] as number;
    });
    return amounts;
  };
  return {
    targets: equilibrium.allocation.map(spread),
    prices: spread(equilibrium.prices),
    iterations: equilibrium.iterations,
    converged: equilibrium.converged,
    gap: equilibrium.dualityGap,
  };
}

/** Part of the waiting tasks that brings the buyer to its target in every resource that they need. */
function partStillDue({ held, pending }: Buyer, target: Float64Array): number {
  let part = 1;
  pending.forEach((amount, resource) => {
    if (amount > 0) part = Math.min(part, ((target[resource] as number) - (held[resource] as number)) / amount);
  });
  return Math.max(0, part);
}
