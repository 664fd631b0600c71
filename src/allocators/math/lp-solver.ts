import type { Highs, InitOptions } from 'highs';
import { assert, fail } from '../../core/errors.js';

/** maximize objective · x, rows · x ≤ limits, 0 ≤ x ≤ upper; rows are dense. */
export interface LinearProgram {
  readonly objective: Float64Array;
  readonly rows: readonly Float64Array[];
  readonly limits: Float64Array;
  readonly upper: Float64Array;
  readonly isInteger: boolean;
  /** Branch-and-bound nodes at most: a limit on work, never on time, so that every machine stops at the same point. */
  readonly nodeLimit?: number;
}

/** What the solver found. */
export interface LinearOptimum {
  readonly x: Float64Array;
  readonly value: number;
  /** No feasible x has a higher value than this. */
  readonly bound: number;
  readonly isProven: boolean;
  /** Shadow prices of the rows; empty for an integer program. */
  readonly prices: Float64Array;
}

/** HiGHS behind one synchronous call. */
export interface LpSolver {
  maximize(program: LinearProgram): LinearOptimum;
}

let loading: Promise<LpSolver> | undefined;
let loaded: LpSolver | undefined;

/** The solver, once `loadLpSolver` has been awaited: runs are synchronous and cannot wait for it. */
export function loadedLpSolver(): LpSolver {
  if (loaded === undefined)
    fail('the LP solver is not loaded: await Simulation.prepare(…) before making the simulation');
  return loaded;
}

/** Loads HiGHS (WebAssembly) once; solving is synchronous from then on, so it may happen inside a run. */
export function loadLpSolver(): Promise<LpSolver> {
  loading ??= import('highs').then(async (module) => {
    // The package's types describe CommonJS; the module that Node imports has the loader itself as its default.
    const loadHighs = module.default as unknown as (options?: InitOptions) => Promise<Highs>;
    const highs = await loadHighs();
    loaded = { maximize: (program) => maximize(highs, program) };
    return loaded;
  });
  return loading;
}

const OPTIMAL = 7;

function maximize(highs: Highs, program: LinearProgram): LinearOptimum {
  const columnCount = program.objective.length;
  const rowCount = program.rows.length;
  const model = highs.createModel();
  try {
    const { starts, indices, values } = sparse(program.rows);
    model.passModel({
      numCols: columnCount,
      numRows: rowCount,
      sense: highs.constants.objectiveSense.maximize,
      colCost: program.objective,
      colLower: new Float64Array(columnCount),
      colUpper: program.upper,
      rowLower: new Float64Array(rowCount).fill(Number.NEGATIVE_INFINITY),
      rowUpper: program.limits,
      matrix: { format: 'csr', numRows: rowCount, numCols: columnCount, starts, indices, values },
      ...(program.isInteger ? { integrality: new Int32Array(columnCount).fill(1) } : {}),
    });
    model.options.set('output_flag', false);
    // HiGHS ends an integer program at a relative gap of 1e-4 unless told otherwise: 116283 where 116291 is optimal.
    model.options.set('mip_rel_gap', 0);
    model.options.set('mip_abs_gap', 0);
    if (program.nodeLimit !== undefined) model.options.set('mip_max_nodes', program.nodeLimit);
    model.run();
    const solution = model.getSolution();
    const isProven = model.getModelStatus() === OPTIMAL;
    const x = Float64Array.from(solution.colValue);
    assert(x.length === columnCount, 'the solver found no feasible point of a packing program');
    const value = dot(program.objective, x);
    const bound = program.isInteger ? Number(model.info.get('mip_dual_bound')) : value;
    const prices = program.isInteger
      ? new Float64Array(0)
      : Float64Array.from(solution.rowDual, (price) => Math.abs(price));
    return { x, value, bound: Math.max(bound, value), isProven, prices };
  } finally {
    model.dispose();
  }
}

function sparse(rows: readonly Float64Array[]): { starts: Int32Array; indices: Int32Array; values: Float64Array } {
  const indices: number[] = [];
  const values: number[] = [];
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    row.forEach((value, column) => {
      if (value === 0) return;
      indices.push(column);
      values.push(value);
    });
    starts[index + 1] = indices.length;
  });
  return { starts, indices: Int32Array.from(indices), values: Float64Array.from(values) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
