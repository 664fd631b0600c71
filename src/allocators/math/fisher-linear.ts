import { choleskySolve } from './linear.js';

/** Buyers with linear utilities Σ_j value_ij x_ij. Budgets > 0, supplies > 0; every buyer values something. */
export interface LinearMarket {
  readonly budgets: readonly number[];
  readonly supply: readonly number[];
  readonly values: readonly (readonly number[])[];
}

/** Competitive equilibrium in doubles. */
export interface LinearEquilibrium {
  /** Per unit; 0 for a good that nobody values. */
  readonly prices: number[];
  /** allocation[buyer][good] in units. */
  readonly allocation: number[][];
  readonly utilities: number[];
  readonly iterations: number;
  /** Σ x z, the complementarity left over: the distance from the optimum of Σ budget · log utility / Σ budgets. */
  readonly dualityGap: number;
  readonly converged: boolean;
}

const LAST_GAP = 1e-14;

/**
 * Fisher market with linear utilities (Eisenberg and Gale 1959): max Σ B_i log u_i, Σ_i x_ij = 1, x ≥ 0, by a primal-dual interior
 * point. A buyer's block is diagonal plus rank one, so a step costs buyers × goods² and one goods × goods solve.
 */
export function linearEquilibrium(market: LinearMarket): LinearEquilibrium {
  const goods = market.supply
    .map((_, good) => good)
    .filter((good) => market.values.some((row) => (row[good] as number) > 0));
  const state = new InteriorPoint(market, goods);
  let iterations = 0;
  while (iterations < 200 && state.gap() > LAST_GAP) {
    iterations++;
    state.step();
  }
  const total = market.budgets.reduce((sum, budget) => sum + budget, 0);
  const prices = market.supply.map(() => 0);
  goods.forEach((good, column) => {
    prices[good] = ((state.prices[column] as number) * total) / (market.supply[good] as number);
  });
  const allocation = market.budgets.map((_, buyer) => {
    const row = market.supply.map(() => 0);
    goods.forEach((good, column) => {
      row[good] = state.part(buyer, column) * (market.supply[good] as number);
    });
    return row;
  });
  const utilities = allocation.map((row, buyer) =>
    row.reduce((sum, amount, good) => sum + amount * (market.values[buyer]?.[good] as number), 0),
  );
  const dualityGap = state.gap();
  return { prices, allocation, utilities, iterations, dualityGap, converged: dualityGap < 1e-9 };
}

/** x: parts of each good (supply 1), z: their reduced costs, p: prices; budgets sum to 1. */
class InteriorPoint {
  readonly prices: Float64Array;
  private readonly width: number;
  private readonly budgets: number[];
  private readonly values: Float64Array[];
  private readonly x: Float64Array[];
  private readonly z: Float64Array[];

  constructor(market: LinearMarket, goods: readonly number[]) {
    const total = market.budgets.reduce((sum, budget) => sum + budget, 0);
    this.budgets = market.budgets.map((budget) => budget / total);
    this.width = goods.length;
    this.values = market.values.map((row) => {
      const values = goods.map((good) => (row[good] as number) * (market.supply[good] as number));
      const sum = values.reduce((a, b) => a + b, 0);
      return Float64Array.from(values, (value) => value / sum);
    });
    this.x = this.values.map(() => new Float64Array(this.width).fill(1 / this.values.length));
    this.prices = new Float64Array(this.width);
    this.z = this.values.map(() => new Float64Array(this.width));
    // Equal parts: u_i = 1/n, so that a price above n · max b v leaves every reduced cost positive.
    for (let good = 0; good < this.width; good++) {
      let top = 0;
      this.values.forEach((row, buyer) => {
        top = Math.max(top, (row[good] as number) * (this.budgets[buyer] as number) * this.values.length);
      });
      this.prices[good] = top * 1.5;
      this.z.forEach((row, buyer) => {
        const gain = (this.values[buyer]?.[good] as number) * (this.budgets[buyer] as number) * this.values.length;
        row[good] = top * 1.5 - gain;
      });
    }
  }

  part(buyer: number, good: number): number {
    return this.x[buyer]?.[good] as number;
  }

  /** Σ x z. */
  gap(): number {
    let sum = 0;
    this.x.forEach((row, buyer) => {
      sum += dot(row, this.z[buyer] as Float64Array);
    });
    return sum;
  }

  /** One Newton step towards a tenth (near the end a hundredth) of the gap. */
  step(): void {
    const { width } = this;
    const gap = this.gap();
    const target = (gap * (gap < 1e-4 ? 0.01 : 0.1)) / (this.x.length * width);
    const schur = new Float64Array(width * width);
    const right = new Float64Array(width).fill(-1);
    const blocks = this.x.map((_, buyer) => this.block(buyer, target));
    for (const { inverse, own, coupling, answer } of blocks) {
      for (let r = 0; r < width; r++) {
        right[r] = (right[r] as number) + (answer[r] as number);
        schur[r * width + r] = (schur[r * width + r] as number) + (inverse[r] as number);
        for (let s = 0; s <= r; s++) {
          schur[r * width + s] = (schur[r * width + s] as number) - coupling * (own[r] as number) * (own[s] as number);
        }
      }
    }
    this.x.forEach((row) => {
      for (let r = 0; r < width; r++) right[r] = (right[r] as number) + (row[r] as number);
    });
    const priceStep = choleskySolve(schur, right, width);
    this.move(blocks, priceStep, target);
  }

  /** K⁻¹ of a buyer in parts (diagonal, then own ownᵀ · coupling off it) and K⁻¹ times its right side. */
  private block(buyer: number, target: number): Block {
    const { width } = this;
    const [values, x, z] = [this.values[buyer], this.x[buyer], this.z[buyer]] as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const utility = dot(values, x);
    const budget = this.budgets[buyer] as number;
    const inverse = new Float64Array(width);
    const own = new Float64Array(width);
    const residual = new Float64Array(width);
    let curvature = 0;
    for (let r = 0; r < width; r++) {
      const value = values[r] as number;
      inverse[r] = (x[r] as number) / (z[r] as number);
      own[r] = (inverse[r] as number) * value;
      curvature += value * (own[r] as number);
      residual[r] = (budget * value) / utility - (this.prices[r] as number) + target / (x[r] as number);
    }
    const beta = budget / (utility * utility);
    const coupling = beta / (1 + beta * curvature);
    const along = dot(own, residual);
    const answer = inverse.map((part, r) => part * (residual[r] as number) - coupling * along * (own[r] as number));
    return { inverse, own, coupling, answer };
  }

  private move(blocks: readonly Block[], priceStep: Float64Array, target: number): void {
    let length = 1;
    const steps = blocks.map(({ inverse, own, coupling, answer }, buyer) => {
      const along = dot(own, priceStep);
      const x = this.x[buyer] as Float64Array;
      const z = this.z[buyer] as Float64Array;
      const dx = answer.map(
        (value, r) => value - (inverse[r] as number) * (priceStep[r] as number) + coupling * along * (own[r] as number),
      );
      const dz = dx.map(
        (value, r) => target / (x[r] as number) - (z[r] as number) - ((z[r] as number) / (x[r] as number)) * value,
      );
      length = Math.min(length, reach(x, dx), reach(z, dz));
      return { dx, dz };
    });
    advance(this.prices, priceStep, length);
    steps.forEach(({ dx, dz }, buyer) => {
      advance(this.x[buyer] as Float64Array, dx, length);
      advance(this.z[buyer] as Float64Array, dz, length);
    });
  }
}

interface Block {
  readonly inverse: Float64Array;
  readonly own: Float64Array;
  readonly coupling: number;
  readonly answer: Float64Array;
}

/** Part of a step that keeps every entry positive. */
function reach(values: Float64Array, step: Float64Array): number {
  let length = 1;
  for (let r = 0; r < values.length; r++) {
    if ((step[r] as number) < 0) length = Math.min(length, (-0.995 * (values[r] as number)) / (step[r] as number));
  }
  return length;
}

function advance(values: Float64Array, step: Float64Array, length: number): void {
  for (let r = 0; r < values.length; r++) values[r] = (values[r] as number) + length * (step[r] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let r = 0; r < a.length; r++) sum += (a[r] as number) * (b[r] as number);
  return sum;
}
