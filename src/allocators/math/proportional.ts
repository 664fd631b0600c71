import { assert } from '../../core/errors.js';
import { Fraction, sumOf } from './fraction.js';

/** Proportional share (Tycoon's Auction Share): bidder i gets capacity · bid_i / Σ bids; the price per unit is Σ bids / capacity. */
export function proportionalShare(
  capacity: Fraction,
  bids: readonly Fraction[],
): { readonly amounts: Fraction[]; readonly price: Fraction } {
  const total = sumOf(bids);
  if (total.sign === 0) return { amounts: bids.map(() => Fraction.zero), price: Fraction.zero };
  return { amounts: bids.map((bid) => capacity.times(bid).over(total)), price: total.over(capacity) };
}

/** The Nash equilibrium of proportional sharing with quasi-linear bidders. */
export interface KellyEquilibrium {
  readonly price: Fraction;
  /** Parts of the whole capacity. */
  readonly shares: Fraction[];
  readonly bids: Fraction[];
  /** Σ value · share / the largest value: at least 3/4. */
  readonly efficiency: Fraction;
}

/**
 * Nash equilibrium of one divisible resource, values v_i per unit, payoff v_i x_i − bid_i: v_i (1 − s_i) = price for those who bid
 * (Johari and Tsitsiklis 2004, theorem 2). Exact. A bidder without a rival bids nothing and takes all at price 0.
 */
export function kellyEquilibrium(values: readonly Fraction[], capacity: Fraction = Fraction.one): KellyEquilibrium {
  const order = values.map((_, index) => index).filter((index) => (values[index] as Fraction).sign > 0);
  order.sort((i, j) => (values[j] as Fraction).compare(values[i] as Fraction) || i - j);
  const best = order[0];
  if (best === undefined) {
    const none = values.map(() => Fraction.zero);
    return { price: Fraction.zero, shares: none, bids: none, efficiency: Fraction.one };
  }
  let price = Fraction.zero;
  let inverses = Fraction.zero;
  order.forEach((index, rank) => {
    const value = values[index] as Fraction;
    if (value.compare(price) <= 0) return;
    inverses = inverses.plus(Fraction.one.over(value));
    price = Fraction.of(rank).over(inverses);
  });
  const shares = values.map((value) =>
    value.compare(price) > 0 ? Fraction.one.minus(price.over(value)) : Fraction.zero,
  );
  const welfare = sumOf(values.map((value, index) => value.times(shares[index] as Fraction)));
  return {
    price,
    shares,
    bids: shares.map((share) => share.times(price).times(capacity)),
    efficiency: welfare.over(values[best] as Fraction),
  };
}

/** Part of a budget that takes a machine on which nobody else bids: any positive bid would; none would leave it to nobody. */
const TOKEN = 1e-9;

/** Rounds of best answers before the step is halved. */
const ROUNDS_PER_PART = 400;

/** Bids of a price-anticipating equilibrium over machines of capacity 1. */
export interface TycoonEquilibrium {
  readonly bids: number[][];
  /** Σ bids per machine. */
  readonly prices: number[];
  readonly utilities: number[];
  readonly iterations: number;
  readonly converged: boolean;
  /** Largest distance of a bid from its best answer in the last round. */
  readonly residual: number;
}

/**
 * Price-anticipating proportional sharing over several machines (Feldman, Lai, Zhang, EC 2005; Tycoon): utility Σ_j w_ij · bid_ij / price_j.
 * Users answer best in turn until no bid moves; where that runs in circles, they go only part of the way, an ever smaller one. An
 * equilibrium is sure where every machine is wanted by two users at least.
 */
export function tycoonEquilibrium(
  budgets: readonly number[],
  weights: readonly (readonly number[])[],
  roundLimit = 3000,
): TycoonEquilibrium {
  const bids = weights.map((row, user) => {
    const total = row.reduce((sum, weight) => sum + weight, 0);
    return row.map((weight) => (total > 0 ? ((budgets[user] as number) * weight) / total : 0));
  });
  const machineCount = weights[0]?.length ?? 0;
  const scale = Math.max(...budgets, 0);
  let residual = Number.POSITIVE_INFINITY;
  let iterations = 0;
  while (iterations < roundLimit && residual > 4e-15 * scale) {
    iterations++;
    residual = 0;
    const part = 2 ** -Math.floor(iterations / ROUNDS_PER_PART);
    for (let user = 0; user < bids.length; user++) {
      const others = othersBids(bids, user, machineCount);
      const answer = bestResponse(budgets[user] as number, weights[user] as number[], others);
      const own = bids[user] as number[];
      for (let machine = 0; machine < machineCount; machine++) {
        const change = (answer[machine] as number) - (own[machine] as number);
        residual = Math.max(residual, Math.abs(change));
        own[machine] = part === 1 ? (answer[machine] as number) : (own[machine] as number) + part * change;
      }
    }
  }
  const prices = Array.from({ length: machineCount }, (_, machine) =>
    bids.reduce((sum, row) => sum + (row[machine] as number), 0),
  );
  const utilities = weights.map((row, user) =>
    row.reduce(
      (sum, weight, machine) => sum + weight * shareOf(bids[user]?.[machine] as number, prices[machine] as number),
      0,
    ),
  );
  return { bids, prices, utilities, iterations, converged: residual <= 1e-12 * scale, residual };
}

/**
 * The bids over machines that maximize Σ w_j x_j / (x_j + y_j) under Σ x_j = budget, y_j = the others' bids:
 * x_j = √(w_j y_j) / Σ_S √(w y) · (budget + Σ_S y) − y_j over the longest prefix S by w_j / y_j that leaves every bid positive.
 * Where nobody else bids the least money takes all: such a machine gets a token, as the supremum is not attained.
 */
export function bestResponse(budget: number, weights: readonly number[], others: readonly number[]): number[] {
  assert(weights.length === others.length, 'a bidder needs one weight per machine');
  const bids = weights.map(() => 0);
  const order = weights.map((_, machine) => machine).filter((machine) => (weights[machine] as number) > 0);
  // Compared crosswise: y = 0 ranks first, and two such machines tie.
  order.sort(
    (i, j) => (weights[j] as number) * (others[i] as number) - (weights[i] as number) * (others[j] as number) || i - j,
  );
  const isUncontested = (machine: number): boolean => (others[machine] as number) === 0;
  const uncontested = order.filter(isUncontested);
  if (uncontested.length === order.length) {
    // Any split wins everything wanted; an even one is as good as another.
    for (const machine of order) bids[machine] = budget / order.length;
    return bids;
  }
  for (const machine of uncontested) bids[machine] = TOKEN * budget;
  const rest = budget * (1 - TOKEN * uncontested.length);
  let roots = 0;
  let rivals = 0;
  let scale = 0;
  const chosen: number[] = [];
  for (const machine of order.slice(uncontested.length)) {
    const rival = others[machine] as number;
    const root = Math.sqrt((weights[machine] as number) * rival);
    const nextScale = (rest + rivals + rival) / (roots + root);
    if (root * nextScale <= rival) break;
    roots += root;
    rivals += rival;
    scale = nextScale;
    chosen.push(machine);
  }
  for (const machine of chosen) {
    const rival = others[machine] as number;
    bids[machine] = Math.max(0, Math.sqrt((weights[machine] as number) * rival) * scale - rival);
  }
  return bids;
}

function othersBids(bids: readonly (readonly number[])[], user: number, machineCount: number): number[] {
  const sums = new Array<number>(machineCount).fill(0);
  for (let other = 0; other < bids.length; other++) {
    if (other === user) continue;
    for (let machine = 0; machine < machineCount; machine++) {
      sums[machine] = (sums[machine] as number) + (bids[other]?.[machine] as number);
    }
  }
  return sums;
}

function shareOf(bid: number, price: number): number {
  return price > 0 ? bid / price : 0;
}
