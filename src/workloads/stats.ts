import { ksDistance } from '../core/ks-distance.js';
import { type Quantity, type TraceProfile, tellQuantity } from './profile.js';

/** One quantity of two traces. */
export interface QuantityPair {
  readonly a: Quantity;
  readonly b: Quantity;
  /** Kolmogorov–Smirnov distance: 0 the same distribution, 1 nothing in common; NaN when one has no values. */
  readonly ks: number;
}

/** Two traces side by side. */
export class TraceComparison {
  readonly pairs: readonly QuantityPair[];
  /** Half the sum of the differences of the shares of jobs by hour of the day: 0 the same shape, 1 no hour in common. */
  readonly dayDistance: number;

  constructor(
    readonly a: TraceProfile,
    readonly b: TraceProfile,
  ) {
    this.pairs = a.quantities.map((quantity, row) => {
      const other = b.quantities[row] ?? quantity;
      return { a: quantity, b: other, ks: ksDistance(quantity.values, other.values) };
    });
    this.dayDistance = a.byHour.reduce(
      (sum, jobs, hour) => sum + Math.abs(jobs / a.jobs - (b.byHour[hour] ?? 0) / b.jobs) / 2,
      0,
    );
  }

  /** As `trace stats --format json` writes it. */
  tell(): Record<string, unknown> {
    return {
      jobs: [this.a.jobs, this.b.jobs],
      tasks: [this.a.tasks, this.b.tasks],
      span_s: [this.a.spanS, this.b.spanS],
      users: [this.a.users.size, this.b.users.size],
      cpu_s: [this.a.cpuS, this.b.cpuS],
      dispersion: [this.a.dispersion, this.b.dispersion],
      day_distance: this.dayDistance,
      quantities: Object.fromEntries(
        this.pairs.map(({ a, b, ks }) => [
          a.name,
          { ks, is_exact: a.values.isExact && b.values.isExact, a: tellQuantity(a), b: tellQuantity(b) },
        ]),
      ),
    };
  }
}
