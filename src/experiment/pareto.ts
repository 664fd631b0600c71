import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import { numberOf, readRows } from '../results/read-csv.js';
import { TableFile } from '../results/table-file.js';

/** One metric that a point of a sweep is judged by. */
export interface Objective {
  /** As written: `wait_s_mean` of the cluster, or `framework:big wait_s_mean`. */
  readonly metric: string;
  readonly better: 'less' | 'more';
}

/** One setting of the axes, over the seeds of it that have run. */
export interface ParetoPoint {
  readonly values: readonly string[];
  /** Mean over the seeds of each objective; NaN where no run has it. */
  readonly means: readonly number[];
  readonly runs: number;
  /** On the front; undefined where an objective has no value. */
  readonly isOnFront: boolean | undefined;
  /** Position of the first point of the front that is as good in everything and better in something, -1 = none. */
  readonly dominatedBy: number;
}

export interface ParetoFront {
  readonly axes: readonly string[];
  readonly objectives: readonly Objective[];
  readonly points: readonly ParetoPoint[];
}

/**
 * For each point the first on the front that dominates it: at least as good in every objective and better in one (Pareto dominance,
 * Deb et al., IEEE Trans. Evol. Comput. 6(2), 2002, §III-A); -1 = none. Whatever is dominated is so by a point of the front. A point with a missing value neither dominates nor is
 * dominated. Equal points do not dominate each other: all of them are on the front.
 */
export function dominators(points: readonly (readonly number[])[], better: readonly Objective['better'][]): number[] {
  const costs = points.map((point) => point.map((value, at) => (better[at] === 'more' ? -value : value)));
  const isOnFront = costs.map((point) => isComplete(point) && !costs.some((other) => dominates(other, point)));
  return costs.map((point) => costs.findIndex((other, at) => isOnFront[at] === true && dominates(other, point)));
}

function isComplete(point: readonly number[]): boolean {
  return !point.some(Number.isNaN);
}

function dominates(one: readonly number[], other: readonly number[]): boolean {
  let isLess = false;
  for (const [at, cost] of one.entries()) {
    const rival = other[at] as number;
    // NaN is not at most anything.
    if (!(cost <= rival)) return false;
    isLess ||= cost < rival;
  }
  return isLess;
}

/** A run of the sweep: its place in the grid and the folder of its results. */
interface Run {
  readonly values: readonly string[];
  readonly folder: string;
}

/** The front over the runs that are there; runs of one point differ in the seed alone. `file` is named in mistakes. */
export async function paretoOf(
  axes: readonly string[],
  objectives: readonly Objective[],
  runs: readonly Run[],
  file: string,
): Promise<ParetoFront> {
  const points = new Map<string, { values: readonly string[]; samples: number[][]; runs: number }>();
  const known = new Set<string>();
  for (const { values, folder } of runs) {
    const key = JSON.stringify(values);
    const point = points.get(key) ?? { values, samples: objectives.map(() => []), runs: 0 };
    points.set(key, point);
    point.runs++;
    const summary = await summaryOf(folder);
    for (const metric of summary.keys()) known.add(metric);
    for (const [at, { metric }] of objectives.entries()) {
      const value = summary.get(metric) ?? Number.NaN;
      if (!Number.isNaN(value)) point.samples[at]?.push(value);
    }
  }
  const unknown = objectives.find(({ metric }) => runs.length > 0 && !known.has(metric));
  if (unknown !== undefined) {
    const near = nearestName(unknown.metric, known);
    throw new InputError(
      'E_EXPERIMENT',
      `pareto: no run has this metric, got "${unknown.metric}"`,
      { file },
      `${near === undefined ? 'summary.csv has their names.' : `did you mean "${near}"?`} The runs are kept: correct it and go on with --resume`,
    );
  }
  const list = [...points.values()].map((point) => ({ ...point, means: point.samples.map(mean) }));
  const dominatedBy = dominators(
    list.map(({ means }) => means),
    objectives.map(({ better }) => better),
  );
  return {
    axes,
    objectives,
    points: list.map(({ values, means, runs: count }, at) => {
      const by = dominatedBy[at] as number;
      return { values, means, runs: count, isOnFront: isComplete(means) ? by < 0 : undefined, dominatedBy: by };
    }),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The summary of a run by selector: `metric` of the cluster, `scope:name metric` of others. */
async function summaryOf(folder: string): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  const columns = ['scope', 'name', 'metric', 'value'];
  for await (const [scope = '', name = '', metric = '', value] of readRows(join(folder, 'summary.csv'), columns)) {
    values.set(scope === 'cluster' ? metric : `${scope}:${name} ${metric}`, numberOf(value));
  }
  return values;
}

/** Writes pareto.csv: one row per point in the order of the grid; `point` and `dominated_by` count from 0. */
export function writePareto(folder: string, { axes, objectives, points }: ParetoFront): void {
  const target = join(folder, 'pareto.csv');
  const names = objectives.map(({ metric }) => metric);
  const table = new TableFile(`${target}.tmp`, ['point', ...axes, 'runs', ...names, 'on_front', 'dominated_by']);
  for (const [index, { values, runs, means, isOnFront, dominatedBy }] of points.entries()) {
    table.integer(index);
    for (const value of values) table.text(value);
    table.integer(runs);
    for (const value of means) {
      if (Number.isFinite(value)) table.real(value);
      else table.empty();
    }
    if (isOnFront === undefined) table.empty();
    else table.integer(isOnFront ? 1 : 0);
    if (dominatedBy < 0) table.empty();
    else table.integer(dominatedBy);
    table.end();
  }
  table.close();
  renameSync(`${target}.tmp`, target);
}
