import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.js';
import { MANIFEST } from '../results/folder.js';
import { numberOf, readRows } from '../results/read-csv.js';

/** One run whose files can be read. */
export interface RunFiles {
  readonly folder: string;
  readonly scenario: string;
  readonly policy: string;
  readonly replication: string;
  readonly seed: number;
  readonly digest: string;
}

/** One metric of one policy: mean over replications with its interval (NaN where there is none). */
export interface Stat {
  readonly scenario: string;
  readonly policy: string;
  readonly scope: string;
  readonly name: string;
  readonly metric: string;
  readonly unit: string;
  readonly n: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly diff: number;
  readonly diffLow: number;
  readonly diffHigh: number;
  readonly pAdjusted: number;
}

/** A result folder as figures, tables and the page see it: one run, or a comparison of several. */
export interface ResultSet {
  readonly folder: string;
  readonly title: string;
  readonly version: string;
  /** Empty for a single run. */
  readonly baseline: string;
  readonly notes: readonly string[];
  readonly scenarios: readonly string[];
  readonly policies: readonly string[];
  readonly runs: readonly RunFiles[];
  readonly stats: readonly Stat[];
}

interface AnyManifest {
  readonly tool?: unknown;
  readonly kind?: string;
  readonly version?: string;
  readonly baseline?: string;
  readonly notes?: readonly string[];
  readonly runs?: readonly {
    folder: string;
    scenario: string;
    policy: string;
    replication: string;
    seed: number;
    replay_digest: string;
  }[];
  readonly scenario?: { readonly name?: string };
  readonly policy?: { readonly allocator?: string };
  readonly seed?: number;
  readonly replay_digest?: string;
}

/** Reads what a folder holds. InputError E_RESULT when it is no result folder of mesosim. */
export async function readResultSet(folder: string): Promise<ResultSet> {
  const manifest = manifestOf(folder);
  const isComparison = manifest.kind === 'comparison';
  const runs = isComparison ? comparedRuns(folder, manifest) : [singleRun(folder, manifest)];
  const scenarios = [...new Set(runs.map((run) => run.scenario))];
  return {
    folder,
    title: scenarios.join(', '),
    version: manifest.version ?? '',
    baseline: manifest.baseline ?? '',
    notes: manifest.notes ?? [],
    scenarios,
    policies: [...new Set(runs.map((run) => run.policy))],
    runs,
    stats: isComparison ? await comparedStats(folder) : await singleStats(folder, runs[0] as RunFiles),
  };
}

function manifestOf(folder: string): AnyManifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) throw new InputError('E_RESULT', `the folder has no ${MANIFEST}`, { file: folder });
  let manifest: AnyManifest | null;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as AnyManifest | null;
  } catch (error) {
    throw new InputError('E_MANIFEST', `the manifest cannot be read: ${(error as Error).message}`, { file });
  }
  if (manifest?.tool !== 'mesosim') throw new InputError('E_MANIFEST', 'this is no manifest of mesosim', { file });
  return manifest;
}

function comparedRuns(folder: string, manifest: AnyManifest): RunFiles[] {
  return (manifest.runs ?? []).map((run) => ({
    folder: join(folder, run.folder),
    scenario: run.scenario,
    policy: run.policy,
    replication: run.replication,
    seed: run.seed,
    digest: run.replay_digest,
  }));
}

function singleRun(folder: string, manifest: AnyManifest): RunFiles {
  return {
    folder,
    scenario: manifest.scenario?.name ?? 'run',
    policy: manifest.policy?.allocator ?? '',
    replication: '',
    seed: manifest.seed ?? 0,
    digest: manifest.replay_digest ?? '',
  };
}

const STAT_CELLS = [
  'scenario',
  'policy',
  'scope',
  'name',
  'metric',
  'unit',
  'n',
  'mean',
  'ci95_low',
  'ci95_high',
  'diff',
  'diff_ci95_low',
  'diff_ci95_high',
  'p_adjusted',
];

async function comparedStats(folder: string): Promise<Stat[]> {
  const stats: Stat[] = [];
  for await (const cells of readRows(join(folder, 'comparison_stats.csv'), STAT_CELLS)) {
    const [scenario = '', policy = '', scope = '', name = '', metric = '', unit = '', ...numbers] = cells;
    const [n = 0, mean = 0, low = 0, high = 0, diff = 0, diffLow = 0, diffHigh = 0, pAdjusted = 0] =
      numbers.map(numberOf);
    stats.push({ scenario, policy, scope, name, metric, unit, n, mean, low, high, diff, diffLow, diffHigh, pAdjusted });
  }
  return stats;
}

async function singleStats(folder: string, run: RunFiles): Promise<Stat[]> {
  const none = {
    low: Number.NaN,
    high: Number.NaN,
    diff: Number.NaN,
    diffLow: Number.NaN,
    diffHigh: Number.NaN,
    pAdjusted: Number.NaN,
  };
  const stats: Stat[] = [];
  for await (const [scope = '', name = '', metric = '', unit = '', value] of readRows(join(folder, 'summary.csv'), [
    'scope',
    'name',
    'metric',
    'unit',
    'value',
  ])) {
    stats.push({
      scenario: run.scenario,
      policy: run.policy,
      scope,
      name,
      metric,
      unit,
      n: 1,
      mean: numberOf(value),
      ...none,
    });
  }
  return stats;
}
