import { Fraction } from './fraction.js';

/** Σ C_i / T_i of periodic tasks (worst-case run time, period): Liu and Layland, JACM 20(1), 1973, §5. */
export function utilizationOf(tasks: readonly (readonly [cost: Fraction, period: Fraction])[]): Fraction {
  return tasks.reduce((sum, [cost, period]) => sum.plus(cost.over(period)), Fraction.of(0));
}

/** Earliest deadline first meets all deadlines (each the end of its period) on one processor iff U ≤ 1: there, theorem 7. */
export function edfSchedulable(utilization: Fraction): boolean {
  return utilization.compare(Fraction.of(1)) <= 0;
}

/** Rate monotonic priorities meet them if U ≤ n (2^(1/n) − 1): there, theorem 5. */
export function rateMonotonicBound(taskCount: number): number {
  return taskCount * (2 ** (1 / taskCount) - 1);
}
