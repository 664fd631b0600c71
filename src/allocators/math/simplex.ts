import { fail } from '../../core/errors.js';
import { Fraction } from './fraction.js';

/** maximize objective · x subject to rows · x ≤ limits, x ≥ 0, with every limit ≥ 0: x = 0 is feasible. */
export interface PackingLp<T> {
  readonly objective: readonly T[];
  readonly rows: readonly (readonly T[])[];
  readonly limits: readonly T[];
}

/** An optimum at a corner, and the shadow price of each row (≥ 0). */
export interface LpOptimum<T> {
  readonly value: T;
  readonly x: T[];
  readonly prices: T[];
}

/** Arithmetic of the tableau; `sign` says what counts as zero. */
interface Field<T> {
  readonly zero: T;
  readonly one: T;
  minus(a: T, b: T): T;
  times(a: T, b: T): T;
  over(a: T, b: T): T;
  sign(a: T): number;
}

const EXACT: Field<Fraction> = {
  zero: Fraction.zero,
  one: Fraction.one,
  minus: (a, b) => a.minus(b),
  times: (a, b) => a.times(b),
  over: (a, b) => a.over(b),
  sign: (a) => a.sign,
};

const FLOAT: Field<number> = {
  zero: 0,
  one: 1,
  minus: (a, b) => a - b,
  times: (a, b) => a * b,
  over: (a, b) => a / b,
  sign: (a) => (Math.abs(a) < 1e-11 ? 0 : Math.sign(a)),
};

/** Exact optimum in fractions, for the small programs of a static division. */
export function solveExactly(lp: PackingLp<Fraction>): LpOptimum<Fraction> {
  return solve(lp, EXACT);
}

/** Optimum in doubles for programs whose entries are near 1: bounds, never final answers. */
export function solveRoughly(lp: PackingLp<number>): LpOptimum<number> {
  return solve(lp, FLOAT);
}

/**
 * Dense tableau simplex from the slack basis with Bland's rule, which cannot cycle. Row 0 … m−1: constraints, last row: reduced costs
 * (negated); last column: right-hand sides.
 */
function solve<T>(lp: PackingLp<T>, field: Field<T>): LpOptimum<T> {
  const rowCount = lp.rows.length;
  const columnCount = lp.objective.length;
  const table = startTable(lp, field);
  const basis = lp.rows.map((_, row) => columnCount + row);
  const costs = table[rowCount] as T[];
  for (let step = 0; ; step++) {
    if (step > 100_000) fail('the simplex method did not end');
    const entering = costs.findIndex((cost, column) => column < columnCount + rowCount && field.sign(cost) < 0);
    if (entering < 0) break;
    const leaving = leavingRow(table, basis, entering, field);
    if (leaving < 0) fail('an unbounded linear program');
    pivot(table, leaving, entering, field);
    basis[leaving] = entering;
  }
  const x = lp.objective.map(() => field.zero);
  basis.forEach((column, row) => {
    if (column < columnCount) x[column] = last(table[row] as T[]);
  });
  return { value: last(costs), x, prices: costs.slice(columnCount, columnCount + rowCount) };
}

function startTable<T>(lp: PackingLp<T>, field: Field<T>): T[][] {
  const table = lp.rows.map((row, index) => [
    ...row,
    ...lp.rows.map((_, slack) => (slack === index ? field.one : field.zero)),
    lp.limits[index] as T,
  ]);
  const costs = lp.objective.map((value) => field.minus(field.zero, value));
  table.push([...costs, ...lp.rows.map(() => field.zero), field.zero]);
  return table;
}

/** Least ratio, ties to the least basic variable (Bland). */
function leavingRow<T>(table: T[][], basis: readonly number[], entering: number, field: Field<T>): number {
  let best = -1;
  let bestRatio = field.zero;
  for (let row = 0; row < basis.length; row++) {
    const entry = table[row]?.[entering] as T;
    if (field.sign(entry) <= 0) continue;
    const ratio = field.over(last(table[row] as T[]), entry);
    const order = best < 0 ? -1 : field.sign(field.minus(ratio, bestRatio));
    if (order < 0 || (order === 0 && (basis[row] as number) < (basis[best] as number))) {
      best = row;
      bestRatio = ratio;
    }
  }
  return best;
}

function pivot<T>(table: T[][], leaving: number, entering: number, field: Field<T>): void {
  const source = table[leaving] as T[];
  const divisor = source[entering] as T;
  for (let column = 0; column < source.length; column++) source[column] = field.over(source[column] as T, divisor);
  table.forEach((row, index) => {
    const factor = row[entering] as T;
    if (index === leaving || field.sign(factor) === 0) return;
    for (let column = 0; column < row.length; column++) {
      const entry = source[column] as T;
      if (field.sign(entry) !== 0) row[column] = field.minus(row[column] as T, field.times(factor, entry));
    }
    row[entering] = field.zero;
  });
}

function last<T>(row: readonly T[]): T {
  return row[row.length - 1] as T;
}
