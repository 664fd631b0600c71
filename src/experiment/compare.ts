import { join } from 'node:path';
import { fileSafe, MANIFEST, ResultFolder } from '../results/folder.js';
import { loadScenario, type Scenario } from '../scenario/load.js';
import type { RunResult } from '../scenario/run.js';
import { VERSION } from '../version.js';
import { COMPARISON_COLUMNS, STATS_COLUMNS, writeComparison, writeStats } from './comparison-files.js';
import { type ComparisonRow, comparisonStats, type StatsRow } from './comparison-stats.js';
import { runAll } from './executor.js';
import { baselineOf, type Cell, type PolicyEntry, policiesOf, scenarioNames } from './matrix.js';
import { ProgressBoard } from './progress-board.js';
import { planReplications } from './replications.js';
import type { RunRequest } from './run-request.js';

export interface CompareOptions {
  readonly scenarioFiles: readonly string[];
  readonly overrides: readonly string[];
  readonly plugins: readonly string[];
  /** Empty = the scenario's `compare:`. */
  readonly allocators: readonly string[];
  /** Empty = the scenario's seed. */
  readonly seeds: readonly number[];
  readonly replicate: string;
  readonly baseline?: string | undefined;
  readonly jobs: number;
  readonly out?: string | undefined;
  readonly force: boolean;
  readonly extraMetrics: readonly string[];
  readonly checksInvariants: boolean;
  readonly until?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the board once it is known, and whenever there is something new on it. */
  readonly onProgress?: ((board: ProgressBoard) => void) | undefined;
  /** Adds figures and tables to the folder before it is put in its place. */
  readonly finish?: ((folder: string) => Promise<void>) | undefined;
}

export interface Comparison {
  readonly folder: string;
  readonly policies: readonly PolicyEntry[];
  readonly baseline: string;
  readonly scenarios: readonly string[];
  readonly rows: readonly ComparisonRow[];
  readonly stats: readonly StatsRow[];
  readonly runs: readonly ComparedRun[];
  readonly notes: readonly string[];
}

/** One run of a comparison with its place in it. */
export interface ComparedRun {
  readonly cell: Cell;
  readonly result: RunResult;
  /** Folder of its results, relative to the comparison's. */
  readonly folder: string;
}

/** Runs every policy on the same workloads and writes what is needed to set them side by side. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const scenarios = options.scenarioFiles.map((file) => loadScenario(file, options.overrides));
  const names = scenarioNames(scenarios);
  const plan = planCells(scenarios, names, options);
  const target = options.out ?? join('results', fileSafe(names.join('+')), 'compare');
  const folder = new ResultFolder(target, { isExplicit: options.out !== undefined, force: options.force });
  try {
    const board = ProgressBoard.of(plan.cells.length);
    options.onProgress?.(board);
    const requests = plan.cells.map((cell) => requestOf(cell, options, folder.pathOf(runFolder(cell))));
    const results = await runAll(requests, {
      jobs: options.jobs,
      board,
      signal: options.signal,
      onProgress: () => options.onProgress?.(board),
    });
    const runs = plan.cells.map((cell, index) => ({
      cell,
      result: results[index] as RunResult,
      folder: runFolder(cell),
    }));
    const rows = runs.flatMap(({ cell, result }) => rowsOf(cell, result));
    const stats = comparisonStats(rows, plan.baseline.label);
    writeComparison(rows, folder.table('comparison.csv', COMPARISON_COLUMNS));
    writeStats(stats, folder.table('comparison_stats.csv', STATS_COLUMNS));
    folder.write(MANIFEST, manifestOf(runs, plan));
    folder.flush();
    await options.finish?.(folder.path);
    folder.commit();
    const { policies, baseline, notes } = plan;
    return { folder: target, policies, baseline: baseline.label, scenarios: names, rows, stats, runs, notes };
  } finally {
    folder.discard();
  }
}

interface Plan {
  readonly cells: readonly Cell[];
  readonly policies: readonly PolicyEntry[];
  readonly baseline: PolicyEntry;
  readonly notes: readonly string[];
}

/** Scenario by scenario, policy by policy, replication by replication. */
function planCells(scenarios: readonly Scenario[], names: readonly string[], options: CompareOptions): Plan {
  const cells: Cell[] = [];
  const notes = new Set<string>();
  const policies: PolicyEntry[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    const seeds = options.seeds.length > 0 ? options.seeds : [scenario.document.seed];
    const { replications, note } = planReplications(scenario, options.replicate, seeds);
    if (note !== '') notes.add(note);
    for (const policy of policiesOf(scenario.document, options.allocators)) {
      if (!policies.some((known) => known.label === policy.label)) policies.push(policy);
      for (const replication of replications) {
        cells.push({ scenario, scenarioName: names[index] as string, policy, replication });
      }
    }
  }
  return { cells, policies, baseline: baselineOf(policies, options.baseline), notes: [...notes] };
}

/** `runs/<scenario>/<policy>-s<seed>`, or the name of the window or resample. */
function runFolder({ scenarioName, policy, replication }: Cell): string {
  const repetition = replication.label.replace(/^seed-/, 's');
  return join('runs', fileSafe(scenarioName), `${fileSafe(policy.label)}-${repetition}`);
}

function requestOf({ scenario, policy, replication }: Cell, options: CompareOptions, out: string): RunRequest {
  const { allocator, order, placement } = policy;
  return {
    scenarioFile: join(scenario.folder, scenario.file),
    overrides: [...options.overrides, ...replication.overrides],
    plugins: options.plugins,
    policy: { allocator, order, placement },
    seed: replication.seed,
    out,
    extraMetrics: options.extraMetrics,
    checksInvariants: options.checksInvariants,
    until: options.until,
  };
}

function rowsOf({ scenarioName, policy, replication }: Cell, result: RunResult): ComparisonRow[] {
  return result.summary.map(({ scope, name, metric, unit, value }) => ({
    scenario: scenarioName,
    policy: policy.label,
    allocator: policy.allocator,
    replication: replication.label,
    seed: replication.seed,
    scope,
    name,
    metric,
    unit,
    value,
  }));
}

function manifestOf(runs: readonly ComparedRun[], plan: Plan): string {
  const manifest = {
    tool: 'mesosim',
    version: VERSION,
    kind: 'comparison',
    baseline: plan.baseline.label,
    notes: plan.notes,
    runs: runs.map(({ cell, result, folder }) => ({
      folder,
      scenario: cell.scenarioName,
      policy: cell.policy.label,
      allocator: cell.policy.allocator,
      replication: cell.replication.label,
      seed: cell.replication.seed,
      replay_digest: result.digest,
      arrivals_digest: result.arrivalsDigest,
    })),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
