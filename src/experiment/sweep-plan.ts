import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../core/errors.js';
import { fileSafe } from '../results/folder.js';
import { checked } from '../scenario/explain.js';
import { type Places, readDocument, readText } from '../scenario/text-document.js';
import type { Objective } from './pareto.js';

const value = z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown())]);

const metricName = z
  .string()
  .regex(
    /^(?:[a-z-]+:\S+ )?\w+$/,
    'must be a metric of summary.csv such as "wait_s_mean" or "framework:web wait_s_mean"',
  );
const objective = z.union([
  metricName,
  z.strictObject({ metric: metricName, better: z.enum(['less', 'more']).optional() }),
]);

/** An experiment: a grid of settings over a scenario, each point run with every seed. */
const experimentSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'must be letters, digits, dots, dashes and underscores')
    .describe('names the result folder'),
  scenario: z.string().describe('scenario file, relative to this one'),
  axes: z
    .record(z.string(), z.array(value).min(1))
    .describe('values to try by path of the scenario, such as "workload.load": [0.5, 1]'),
  seeds: z
    .union([z.array(z.int().min(0)).min(1), z.string()])
    .optional()
    .describe('such as [1, 2] or "1..10"'),
  until: z.union([z.string(), z.number()]).optional().describe('end of every run'),
  pareto: z
    .array(objective)
    .min(2, 'must have two entries or more: a front needs two metrics')
    .optional()
    .describe('metrics of the Pareto front; less is better unless `better: more`'),
});

/** One run of a sweep. */
export interface SweepCell {
  /** Position in the grid; the same whatever shard runs it. */
  readonly index: number;
  readonly label: string;
  /** Value of each axis, as text. */
  readonly values: readonly string[];
  readonly overrides: readonly string[];
  readonly seed: number;
}

export interface SweepPlan {
  readonly name: string;
  readonly scenarioFile: string;
  /** SHA-256 of the scenario's text: runs of another scenario are not mixed in. */
  readonly scenarioSha256: string;
  readonly axes: readonly string[];
  readonly until: string | undefined;
  readonly cells: readonly SweepCell[];
  /** What the Pareto front is of; none when empty. Absent in folders of earlier versions. */
  readonly pareto?: readonly Objective[];
}

const DIALECT = {
  whole: 'the experiment',
  unknownKey: 'E_EXPERIMENT',
  missingKey: 'E_EXPERIMENT',
  wrongValue: 'E_EXPERIMENT',
};

/** Reads an experiment file (YAML or JSON) and lays out its grid: the last axis changes fastest, seeds faster still. */
export function loadExperiment(file: string): SweepPlan {
  const written = readDocument(readText(file, 'experiment'), file);
  const { name, scenario, axes, seeds, until, pareto } = checked(experimentSchema, written, DIALECT);
  return {
    name,
    scenarioFile: join(dirname(file), scenario),
    scenarioSha256: createHash('sha256')
      .update(readText(join(dirname(file), scenario), 'scenario'))
      .digest('hex'),
    axes: Object.keys(axes),
    until: until === undefined ? undefined : String(until),
    cells: grid(axes, seedsOf(seeds, written.places)),
    pareto: (pareto ?? []).map((entry) => {
      const { metric, better } = typeof entry === 'string' ? { metric: entry, better: undefined } : entry;
      return { metric, better: better ?? 'less' };
    }),
  };
}

/** What makes two plans one experiment, wherever their files are and whatever is read out of the runs. */
export function identityOf({ name, scenarioSha256, axes, until, cells }: SweepPlan): string {
  return JSON.stringify({ name, scenarioSha256, axes, until, cells });
}

function grid(axes: Readonly<Record<string, readonly unknown[]>>, seeds: readonly number[]): SweepCell[] {
  const names = Object.keys(axes);
  const points = names.reduce<unknown[][]>(
    (all, name) => all.flatMap((point) => (axes[name] ?? []).map((entry) => [...point, entry])),
    [[]],
  );
  return points.flatMap((point, row) =>
    seeds.map((seed, column) => {
      const values = point.map((entry) => (typeof entry === 'object' ? JSON.stringify(entry) : String(entry)));
      const parts = names.map((name, axis) => `${name.split('.').at(-1)}=${values[axis]}`);
      return {
        index: row * seeds.length + column,
        label: fileSafe(`${String(row).padStart(4, '0')}-${parts.join(',')}-s${seed}`),
        values,
        overrides: names.map((name, axis) => `${name}=${JSON.stringify(point[axis])}`),
        seed,
      };
    }),
  );
}

function seedsOf(seeds: readonly number[] | string | undefined, places: Places): number[] {
  if (seeds === undefined) return [1];
  if (typeof seeds !== 'string') return [...seeds];
  const match = /^\s*(\d+)\.\.(\d+)\s*$/.exec(seeds);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || to < from || to - from >= 10_000) {
    throw new InputError(
      'E_EXPERIMENT',
      `seeds must be a list or a range such as "1..10", got "${seeds}"`,
      places.ofValue(['seeds']),
    );
  }
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
