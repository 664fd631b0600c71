import { assert } from '../../core/errors.js';
import { choleskySolve } from './linear.js';

/** Buyers with Leontief utilities: tasks of fixed bundles. Budgets > 0, capacities > 0, every demand row has an entry > 0. */
export interface LeontiefMarket {
  readonly budgets: readonly number[];
  readonly capacity: readonly number[];
  readonly demand: readonly (readonly number[])[];
  /** Most tasks per buyer, undefined = no end; money that a capped buyer cannot use stays with it. */
  readonly maxTasks?: readonly (number | undefined)[];
}

/** Competitive equilibrium. */
export interface LeontiefEquilibrium {
  readonly tasks: number[];
  /** Per unit of resource; 0 where a resource is slack. */
  readonly prices: number[];
  /** Money spent per buyer. */
  readonly spent: number[];
  readonly iterations: number;
  /** Upper bound of the optimum of Σ budget · log tasks / Σ budgets minus what is reached. */
  readonly dualityGap: number;
  readonly converged: boolean;
}

/**
 * Fisher market with Leontief utilities (Eisenberg and Gale 1959; equal budgets = CEEI, Ghodsi et al. 2011 §5.2): max Σ B_i log u_i,
 * Σ u_i D_ir ≤ C_r. Solved in the prices: min Σ p_r C_r − Σ B_i log(p · D_i), p ≥ 0, u_i = B_i / (p · D_i), by a log barrier with Newton
 * steps, then once more on the priced resources alone, which makes slack prices exactly 0 and the rest right to rounding.
 */
export function leontiefEquilibrium(market: LeontiefMarket): LeontiefEquilibrium {
  const scaled = scale(market);
  const point = followPath(scaled);
  const active = polish(scaled, point);
  const total = market.budgets.reduce((sum, budget) => sum + budget, 0);
  const rate = scaled.rows.map((row) => dot(row, active.prices));
  const tasks = scaled.budgets.map((budget, buyer) => budget / (rate[buyer] as number));
  const overload = Math.max(...columnLoads(scaled, tasks));
  const money = active.prices.reduce((sum, price) => sum + price, 0);
  const prices = market.capacity.map((capacity, resource) => ((active.prices[resource] as number) * total) / capacity);
  const dualityGap = Math.max(0, money - 1 + Math.log(overload));
  return {
    tasks,
    prices,
    spent: tasks.map((count, buyer) => count * dot(market.demand[buyer] as number[], prices)),
    iterations: point.iterations,
    dualityGap,
    converged: dualityGap < 1e-9,
  };
}

/** Budgets that sum to 1, demands in shares of the capacity; a cap is a private resource of its buyer. */
interface Scaled {
  readonly budgets: number[];
  readonly rows: Float64Array[];
  readonly width: number;
}

function scale(market: LeontiefMarket): Scaled {
  const total = market.budgets.reduce((sum, budget) => sum + budget, 0);
  const capped = market.budgets.map((_, buyer) => buyer).filter((buyer) => market.maxTasks?.[buyer] !== undefined);
  const width = market.capacity.length + capped.length;
  const rows = market.demand.map((demand, buyer) => {
    const row = new Float64Array(width);
    market.capacity.forEach((capacity, resource) => {
      row[resource] = (demand[resource] as number) / capacity;
    });
    const cap = capped.indexOf(buyer);
    if (cap >= 0) row[market.capacity.length + cap] = 1 / (market.maxTasks?.[buyer] as number);
    assert(
      row.some((share) => share > 0),
      'a buyer that needs nothing has no Leontief utility',
    );
    return row;
  });
  return { budgets: market.budgets.map((budget) => budget / total), rows, width };
}

interface Point {
  prices: Float64Array;
  slack: Float64Array;
  iterations: number;
}

const LAST_BARRIER = 1e-13;

/** Newton's method on f(p) − μ Σ log p while μ falls; `slack` tends to 1 − load. */
function followPath(market: Scaled): Point {
  const { width } = market;
  const prices = new Float64Array(width).fill(1 / width);
  const slack = new Float64Array(width).fill(1);
  let barrier = 1 / width;
  let iterations = 0;
  while (iterations < 500) {
    iterations++;
    const error = newtonStep(market, prices, slack, barrier);
    if (error > 0.5 * barrier && iterations < 480) continue;
    if (barrier <= LAST_BARRIER) break;
    barrier = Math.max(LAST_BARRIER, Math.min(0.2 * barrier, barrier ** 1.3));
  }
  return { prices, slack, iterations };
}

/** One damped step; gives the largest |p · ∂| of the barrier function before it. */
function newtonStep(market: Scaled, prices: Float64Array, slack: Float64Array, barrier: number): number {
  const { width } = market;
  const { gradient, hessian } = derivatives(market, prices);
  let error = 0;
  for (let r = 0; r < width; r++) {
    const price = prices[r] as number;
    error = Math.max(error, Math.abs(price * (gradient[r] as number) - barrier));
    gradient[r] = barrier / price - (gradient[r] as number);
    hessian[r * width + r] = (hessian[r * width + r] as number) + (slack[r] as number) / price;
  }
  const step = choleskySolve(hessian, gradient, width);
  let length = 1;
  for (let r = 0; r < width; r++) {
    const move = step[r] as number;
    if (move < 0) length = Math.min(length, (-0.99 * (prices[r] as number)) / move);
  }
  const slope = -dot(gradient, step);
  const start = barrierValue(market, prices, barrier);
  const next = new Float64Array(width);
  for (let halving = 0; halving < 40; halving++) {
    for (let r = 0; r < width; r++) next[r] = (prices[r] as number) + length * (step[r] as number);
    // Near the end the drop is below rounding: a full step is then as good as any.
    if (barrierValue(market, next, barrier) <= start + 1e-4 * length * slope + 1e-13) break;
    length /= 2;
  }
  for (let r = 0; r < width; r++) {
    const middle = barrier / (next[r] as number);
    const moved =
      middle - ((slack[r] as number) / (prices[r] as number)) * ((next[r] as number) - (prices[r] as number));
    slack[r] = Math.min(Math.max(moved, middle / 10), middle * 10);
    prices[r] = next[r] as number;
  }
  return error;
}

/** Gradient 1 − load and Hessian Σ b a aᵀ / (a · p)² of f. */
function derivatives(market: Scaled, prices: Float64Array): { gradient: Float64Array; hessian: Float64Array } {
  const { width } = market;
  const gradient = new Float64Array(width).fill(1);
  const hessian = new Float64Array(width * width);
  for (let buyer = 0; buyer < market.rows.length; buyer++) {
    const row = market.rows[buyer] as Float64Array;
    const budget = market.budgets[buyer] as number;
    const rate = dot(row, prices);
    for (let r = 0; r < width; r++) {
      const share = row[r] as number;
      if (share === 0) continue;
      gradient[r] = (gradient[r] as number) - (budget * share) / rate;
      const factor = (budget * share) / (rate * rate);
      for (let s = 0; s <= r; s++) {
        hessian[r * width + s] = (hessian[r * width + s] as number) + factor * (row[s] as number);
      }
    }
  }
  return { gradient, hessian };
}

function barrierValue(market: Scaled, prices: Float64Array, barrier: number): number {
  let value = 0;
  for (let r = 0; r < market.width; r++) {
    const price = prices[r] as number;
    if (price <= 0) return Number.POSITIVE_INFINITY;
    value += price - barrier * Math.log(price);
  }
  for (let buyer = 0; buyer < market.rows.length; buyer++) {
    value -= (market.budgets[buyer] as number) * Math.log(dot(market.rows[buyer] as Float64Array, prices));
  }
  return value;
}

/** Newton's method on "load = 1" over the priced resources alone; a price that falls to 0 leaves them. */
function polish(market: Scaled, point: Point): { prices: Float64Array } {
  let active = [...point.prices.keys()].filter((r) => (point.prices[r] as number) > (point.slack[r] as number));
  for (let attempt = 0; attempt <= market.width; attempt++) {
    const prices = new Float64Array(market.width);
    for (const r of active) prices[r] = point.prices[r] as number;
    refine(market, prices, active);
    const kept = active.filter((r) => (prices[r] as number) > 1e-14);
    if (kept.length === active.length && market.rows.every((row) => dot(row, prices) > 0)) {
      const loads = columnLoads(
        market,
        market.rows.map((row, buyer) => (market.budgets[buyer] as number) / dot(row, prices)),
      );
      if (loads.every((load) => load <= 1 + 1e-9)) return { prices };
    }
    if (kept.length === active.length) break;
    active = kept;
  }
  return { prices: point.prices };
}

function refine(market: Scaled, prices: Float64Array, active: readonly number[]): void {
  for (let step = 0; step < 8; step++) {
    const { gradient, hessian } = derivatives(market, prices);
    const size = active.length;
    const matrix = new Float64Array(size * size);
    const right = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      right[i] = -(gradient[active[i] as number] as number);
      for (let j = 0; j <= i; j++) {
        matrix[i * size + j] = hessian[(active[i] as number) * market.width + (active[j] as number)] as number;
      }
      // Resources that all buyers need in one ratio leave the matrix singular: the ridge then keeps the prices where they are.
      matrix[i * size + i] = (matrix[i * size + i] as number) * (1 + 1e-13);
    }
    const move = choleskySolve(matrix, right, size);
    let length = 1;
    for (let i = 0; i < size; i++) {
      const price = prices[active[i] as number] as number;
      if ((move[i] as number) < -price) length = Math.min(length, 1 / 2);
    }
    for (let i = 0; i < size; i++) {
      const r = active[i] as number;
      prices[r] = Math.max(0, (prices[r] as number) + length * (move[i] as number));
    }
  }
}

function columnLoads(market: Scaled, tasks: readonly number[]): number[] {
  const loads = new Array<number>(market.width).fill(0);
  market.rows.forEach((row, buyer) => {
    row.forEach((share, r) => {
      loads[r] = (loads[r] as number) + share * (tasks[buyer] as number);
    });
  });
  return loads;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < b.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
