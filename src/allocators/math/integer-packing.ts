import { Fraction, sumOf, toWhole } from './fraction.js';
import { solveRoughly } from './simplex.js';

/** maximize Σ value_i x_i, Σ amounts_i x_i ≤ capacity, 0 ≤ x_i ≤ limit_i whole. Values and amounts are ≥ 0. */
export interface PackingProblem {
  readonly capacity: readonly Fraction[];
  readonly items: readonly PackingItem[];
}

/** An item that may be packed up to `limit` times. */
export interface PackingItem {
  readonly amounts: readonly Fraction[];
  readonly value: Fraction;
  /** Undefined = as often as it fits. */
  readonly limit?: number | undefined;
}

/** The best packing found. */
export interface Packing {
  readonly counts: number[];
  readonly value: Fraction;
  /** False when the node limit came first; the value is then a lower bound. */
  readonly isProven: boolean;
  readonly nodeCount: number;
}

/**
 * Multi-dimensional bounded knapsack by branch and bound: exact, deterministic. The bound is Lagrangian, with the shadow prices of the
 * root's linear relaxation; items of large reduced profit come first, so that the tree stays narrow. Amounts are whole numbers after
 * scaling; values are compared exactly at the leaves. Among equal optima the first found counts: ties favour earlier items.
 */
export function packItems(problem: PackingProblem, nodeLimit = 5_000_000): Packing {
  const search = new Search(problem, nodeLimit);
  search.visit(0, 0);
  const counts = problem.items.map(() => 0);
  search.order.forEach((item, depth) => {
    counts[item] = search.bestCounts[depth] as number;
  });
  return { counts, value: packingValue(problem, counts), isProven: !search.isCut, nodeCount: search.nodeCount };
}

/** Σ value_i x_i, exactly. */
export function packingValue(problem: PackingProblem, counts: readonly number[]): Fraction {
  return sumOf(problem.items.map((item, index) => item.value.times(Fraction.of(counts[index] as number))));
}

class Search {
  readonly order: number[];
  bestCounts: number[];
  isCut = false;
  nodeCount = 0;
  private readonly values: number[];
  private readonly wholeValues: bigint[];
  private readonly amounts: number[][];
  private readonly limits: number[];
  private readonly prices: number[];
  private readonly reduced: number[];
  /** Σ over the items from a depth on of the profit that reduced prices leave. */
  private readonly rest: Float64Array;
  private readonly free: number[];
  private readonly counts: number[];
  private best = -1;
  private bestWhole = -1n;

  constructor(
    problem: PackingProblem,
    private readonly nodeLimit: number,
  ) {
    const { amounts, capacity } = wholeAmounts(problem);
    const whole = toWhole(problem.items.map((item) => item.value)).whole;
    const values = whole.map(Number);
    // An item worth nothing stays out: a bid of 0 gets nothing.
    const limits = problem.items.map((item, index) =>
      item.value.sign > 0 ? mostCopies(item.limit, amounts[index] as number[], capacity) : 0,
    );
    const prices = relaxationPrices(values, amounts, limits, capacity);
    const reduced = values.map((value, index) => value - dot(prices, amounts[index] as number[]));
    this.order = problem.items.map((_, index) => index);
    this.order.sort((i, j) => Math.abs(reduced[j] as number) - Math.abs(reduced[i] as number) || i - j);
    this.values = this.order.map((item) => values[item] as number);
    this.wholeValues = this.order.map((item) => whole[item] as bigint);
    this.amounts = this.order.map((item) => amounts[item] as number[]);
    this.limits = this.order.map((item) => limits[item] as number);
    this.reduced = this.order.map((item) => reduced[item] as number);
    this.prices = prices;
    this.rest = new Float64Array(this.order.length + 1);
    for (let depth = this.order.length - 1; depth >= 0; depth--) {
      const gain = Math.max(0, this.reduced[depth] as number) * (this.limits[depth] as number);
      this.rest[depth] = (this.rest[depth + 1] as number) + gain;
    }
    this.free = [...capacity];
    this.counts = this.order.map(() => 0);
    this.bestCounts = this.order.map(() => 0);
  }

  /** Tries every count of the item at `depth` that can still beat the best, the most promising first. */
  visit(depth: number, value: number): void {
    if (depth === this.order.length) {
      this.accept(value);
      return;
    }
    if (++this.nodeCount > this.nodeLimit) {
      this.isCut = true;
      return;
    }
    const amounts = this.amounts[depth] as number[];
    const most = Math.min(this.limits[depth] as number, mostCopies(undefined, amounts, this.free));
    const isGain = (this.reduced[depth] as number) >= 0;
    for (let step = 0; step <= most && !this.isCut; step++) {
      const count = isGain ? most - step : step;
      this.move(depth, count, -1);
      const next = value + count * (this.values[depth] as number);
      const canWin = this.canWin(next + dot(this.prices, this.free) + (this.rest[depth + 1] as number));
      if (canWin) {
        this.counts[depth] = count;
        this.visit(depth + 1, next);
      }
      this.move(depth, count, 1);
      if (!canWin) break; // The bound only falls along the steps.
    }
  }

  /** Doubles carry the bound; the slack covers their rounding, so that no better packing is cut off. */
  private canWin(bound: number): boolean {
    return bound + 1e-12 * Math.abs(bound) + 1e-6 >= this.best + 1;
  }

  private accept(value: number): void {
    if (value < this.best - 1e-9 * Math.abs(this.best)) return;
    let whole = 0n;
    this.counts.forEach((count, depth) => {
      whole += BigInt(count) * (this.wholeValues[depth] as bigint);
    });
    if (whole <= this.bestWhole) return;
    this.best = value;
    this.bestWhole = whole;
    this.bestCounts = [...this.counts];
  }

  private move(depth: number, count: number, sign: number): void {
    const amounts = this.amounts[depth] as number[];
    for (let resource = 0; resource < amounts.length; resource++) {
      this.free[resource] = (this.free[resource] as number) + sign * count * (amounts[resource] as number);
    }
  }
}

function wholeAmounts(problem: PackingProblem): { amounts: number[][]; capacity: number[] } {
  const amounts: number[][] = problem.items.map(() => []);
  const capacity: number[] = [];
  problem.capacity.forEach((total, resource) => {
    const { whole } = toWhole([total, ...problem.items.map((item) => item.amounts[resource] as Fraction)]);
    capacity.push(Number(whole[0]));
    amounts.forEach((row, index) => {
      row.push(Number(whole[index + 1]));
    });
  });
  return { amounts, capacity };
}

/** How often amounts fit into what is free; a thing that needs nothing fits as often as its limit says. */
function mostCopies(limit: number | undefined, amounts: readonly number[], free: readonly number[]): number {
  let most = limit ?? Number.MAX_SAFE_INTEGER;
  amounts.forEach((amount, resource) => {
    if (amount > 0) most = Math.min(most, Math.floor((free[resource] as number) / amount));
  });
  return most;
}

/** Shadow prices of the capacities in the linear relaxation, in scaled units near 1. Any prices ≥ 0 give a valid bound. */
function relaxationPrices(
  values: readonly number[],
  amounts: readonly (readonly number[])[],
  limits: readonly number[],
  capacity: readonly number[],
): number[] {
  const used = values.map((_, index) => index).filter((index) => (limits[index] as number) > 0);
  const top = Math.max(1, ...used.map((index) => (values[index] as number) * (limits[index] as number)));
  // Variables are filled parts of the limits, so the bounds are rows x ≤ 1.
  const part = (index: number, resource: number): number =>
    ((amounts[index]?.[resource] as number) * (limits[index] as number)) / Math.max(1, capacity[resource] as number);
  const { prices } = solveRoughly({
    objective: used.map((index) => ((values[index] as number) * (limits[index] as number)) / top),
    rows: [
      ...capacity.map((_, resource) => used.map((index) => part(index, resource))),
      ...used.map((_, row) => used.map((_, column) => (row === column ? 1 : 0))),
    ],
    limits: [...capacity.map((total) => Math.min(1, total)), ...used.map(() => 1)],
  });
  return capacity.map((total, resource) => Math.max(0, ((prices[resource] as number) * top) / Math.max(1, total)));
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
