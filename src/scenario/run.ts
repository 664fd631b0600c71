import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { allocators } from '../allocators/index.js';
import { InputError, InvariantError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import { metrics as metricRegistry } from '../metrics/index.js';
import { emptyReport, type SourceReport } from '../model/job.js';
import type { MetricDefinition, RowWriter, SummaryRow } from '../model/metric.js';
import type { ClusterObserver, ClusterView } from '../model/observer.js';
import { resolveOptions } from '../model/options.js';
import type { Prices } from '../model/prices.js';
import { parseDurationUs } from '../model/units.js';
import { sha256OfFile } from '../results/file-hash.js';
import { fileSafe, MANIFEST, ResultFolder } from '../results/folder.js';
import { VERSION } from '../version.js';
import { parsedCheck } from './check-scenario.js';
import type { Fork } from './fork.js';
import { guarded, type StopSignal } from './interruption.js';
import type { Scenario } from './load.js';
import { loadedPlugins } from './plugins.js';
import type { PolicyText } from './policies.js';
import { readPrices } from './prices.js';
import { type RunProgress, Simulation, type SimulationOptions } from './simulation.js';

export interface RunOptions extends SimulationOptions {
  /** Folder for results; undefined = nothing is written. */
  readonly out?: string | undefined;
  readonly isExplicitOut?: boolean | undefined;
  readonly force?: boolean | undefined;
  /** Metrics to run besides the default ones (`offers`, `events`). */
  readonly extraMetrics?: readonly string[] | undefined;
  /** False: no metric at all. */
  readonly withMetrics?: boolean | undefined;
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: StopSignal | undefined;
}

export interface RunResult {
  readonly scenario: string;
  readonly policy: PolicyText;
  readonly seed: number;
  readonly summary: readonly SummaryRow[];
  readonly digest: string;
  readonly arrivalsDigest: string;
  readonly folder: string;
  readonly reports: readonly SourceReport[];
  readonly otherFrameworks: number;
  readonly endS: number;
  readonly isStalled: boolean;
  /** Checks of the scenario that failed. */
  readonly failedChecks: readonly string[];
}

const SUMMARY_COLUMNS = ['scope', 'name', 'metric', 'unit', 'value', 'n', 'n_censored'];

/** Runs a scenario once and, when a folder is named, writes its results there. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<RunResult> {
  const folder =
    options.out === undefined
      ? undefined
      : new ResultFolder(options.out, { isExplicit: options.isExplicitOut ?? false, force: options.force ?? false });
  try {
    return await runInto(scenario, options, folder);
  } finally {
    folder?.discard();
  }
}

async function runInto(scenario: Scenario, options: RunOptions, folder: ResultFolder | undefined): Promise<RunResult> {
  const summary: SummaryRow[] = [];
  const prices = readPrices(scenario);
  await Simulation.prepare(scenario, options);
  const observe = (cluster: ClusterView): ClusterObserver[] =>
    makeObservers(scenario, options, { folder, summary, prices: prices?.prices }, cluster);
  const simulation = guarded(options.signal, () => new Simulation(scenario, { ...options, observe }));
  try {
    await simulation.runPolitely({ onProgress: options.onProgress, signal: options.signal });
  } catch (error) {
    throw error instanceof InvariantError
      ? new InvariantError(`${error.message}\n${placeOf(scenario, simulation)}`)
      : error;
  } finally {
    simulation.close();
  }
  const result: RunResult = {
    scenario: scenario.document.name,
    policy: simulation.policy,
    seed: simulation.seed,
    summary,
    digest: simulation.digest,
    arrivalsDigest: simulation.arrivalsDigest,
    folder: options.out ?? '',
    reports: [...simulation.reports, ...(prices === undefined ? [] : [prices.report])],
    otherFrameworks: simulation.plan.otherCount,
    endS: simulation.nowUs / 1e6,
    isStalled: simulation.cluster.isStalled,
    failedChecks: failedChecks(scenario, summary),
  };
  if (folder !== undefined) {
    folder.write('summary.csv', summaryCsv(summary));
    folder.write(MANIFEST, `${JSON.stringify(manifestOf(scenario, simulation, result, folder, options), null, 2)}\n`);
    folder.commit();
  }
  return result;
}

/** Where a broken invariant showed, and how to come back to it. */
function placeOf(scenario: Scenario, simulation: Simulation): string {
  const { policy, seed } = simulation;
  const command = `mesosim run ${join(scenario.folder, scenario.file)} --seed ${seed} --allocator '${policy.allocator}' --order '${policy.order}' --placement '${policy.placement}'`;
  const { factCount } = simulation.cluster.world.facts.digest;
  return `  at fact ${factCount}, simulated time ${simulation.nowUs} us, seed ${seed}\n  replay: ${command} --invariants`;
}

function makeObservers(
  scenario: Scenario,
  options: RunOptions,
  sinks: { folder: ResultFolder | undefined; summary: SummaryRow[]; prices: Prices | undefined },
  cluster: ClusterView,
): ClusterObserver[] {
  const { folder, summary, prices } = sinks;
  if (options.withMetrics === false) return [];
  const { metrics } = scenario.document;
  const off = new Set(metrics?.off ?? []);
  const wanted = metricRegistry
    .list()
    .filter(
      (metric) => !off.has(metric.name) && (metric.isDefault || (options.extraMetrics ?? []).includes(metric.name)),
    );
  const context = {
    cluster,
    prices,
    warmupUs: metrics?.warmup === undefined ? 0 : parseDurationUs(String(metrics.warmup), 'metrics.warmup'),
    table: (file: string, columns: readonly string[]): RowWriter => folder?.table(file, columns) ?? new NoTable(),
    summary: (row: SummaryRow): void => void summary.push(row),
    policyComplexity:
      1 + allocators.resolve(options.allocator ?? scenario.document.policy?.allocator ?? 'drf').definition.reads.length,
  };
  // A run without a folder needs no tables: only what fills the summary runs.
  const useful = folder === undefined ? wanted.filter((metric) => !TABLE_ONLY.has(metric.name)) : wanted;
  return useful.map((metric: MetricDefinition) =>
    metric.create(resolveOptions(metric.name, metric.options, {}), context),
  );
}

const TABLE_ONLY = new Set(['jobs', 'tasks', 'offers', 'events']);

/** Metrics that write nothing still want a writer. */
class NoTable implements RowWriter {
  text(): RowWriter {
    return this;
  }
  integer(): RowWriter {
    return this;
  }
  seconds(): RowWriter {
    return this;
  }
  milli(): RowWriter {
    return this;
  }
  real(): RowWriter {
    return this;
  }
  empty(): RowWriter {
    return this;
  }
  end(): void {
    // Nothing is kept.
  }
}

function summaryCsv(rows: readonly SummaryRow[]): string {
  const cells = rows.map((row) => [
    row.scope,
    row.name,
    row.metric,
    row.unit,
    Number.isFinite(row.value) ? String(row.value) : '',
    row.n === undefined ? '' : String(row.n),
    row.nCensored === undefined ? '' : String(row.nCensored),
  ]);
  return stringify([SUMMARY_COLUMNS, ...cells]);
}

/** `results/<scenario>/<policy>-s<seed>`. */
export function defaultFolder(scenario: Scenario, policy: string, seed: number): string {
  return join('results', fileSafe(scenario.document.name), `${fileSafe(policy)}-s${seed}`);
}

function manifestOf(
  scenario: Scenario,
  simulation: Simulation,
  result: RunResult,
  folder: ResultFolder,
  options: RunOptions,
): Record<string, unknown> {
  const inputs = [];
  const plugins = loadedPlugins().map((file) => emptyReport('plugin', [file]));
  for (const report of [...result.reports, ...plugins]) {
    const files = [];
    for (const file of report.files)
      files.push({ path: relative(scenario.folder, file), sha256: existsSync(file) ? sha256OfFile(file) : '' });
    inputs.push({
      format: report.format,
      files,
      rows_read: report.rowsRead,
      rows_kept: report.rowsKept,
      skipped: Object.fromEntries(report.skipped),
      repaired: Object.fromEntries(report.repaired),
    });
  }
  const countRows = result.summary.filter((row) => row.scope === 'cluster' && row.metric.startsWith('jobs_'));
  return {
    tool: 'mesosim',
    version: VERSION,
    scenario: scenario.document,
    scenario_file: scenario.file,
    scenario_folder: relative(process.cwd(), scenario.folder),
    policy: simulation.policy,
    seed: simulation.seed,
    until_s: options.untilUs === undefined ? null : options.untilUs / 1e6,
    fork: options.fork === undefined ? null : forkRecord(options.fork),
    agents: agentsOf(simulation),
    inputs,
    replay_digest: result.digest,
    arrivals_digest: result.arrivalsDigest,
    stream_digests: simulation.streamDigests(),
    facts: simulation.cluster.world.facts.digest.factCount,
    counts: Object.fromEntries(countRows.map((row) => [row.metric.slice(5), row.value])),
    end_s: result.endS,
    stalled: result.isStalled,
    rows: folder.rowCounts(),
  };
}

/** What a repetition needs of a fork. */
function forkRecord({ atUs, scenario, overrides }: Fork): Record<string, unknown> {
  return { at_s: atUs / 1e6, overrides, scenario: scenario.document };
}

/** How many agents there have been, and the most of each resource that one has: exports number and normalize by them. */
function agentsOf({ view }: Simulation): Record<string, unknown> {
  const largest: Record<string, number> = {};
  for (const [resource, column] of view.resources.columns().entries()) {
    let most = 0;
    for (let agent = 0; agent < view.agentCount; agent++) most = Math.max(most, view.agentTotal(agent, resource));
    largest[column] = most / 1000;
  }
  return { count: view.agentCount, largest };
}

/** The checks that do not hold. InputError E_CHECK for one on a metric that the summary has not. */
function failedChecks({ document, file, places }: Scenario, summary: readonly SummaryRow[]): string[] {
  return (document.checks ?? []).filter((text, index) => {
    const check = parsedCheck(text);
    const row = summary.find(
      ({ metric, scope, name }) => metric === check?.metric && scope === check.scope && name === check.name,
    );
    if (check !== undefined && row !== undefined) return !holds(row.value, check.operator, check.bound);
    const position = places?.ofValue(['checks', index]) ?? { file };
    const known = [...new Set(summary.map(({ metric }) => metric))];
    const near = nearestName(check?.metric ?? '', known);
    const hint =
      near === undefined ? 'summary.csv of a run without this check has them all' : `did you mean "${near}"?`;
    throw new InputError('E_CHECK', `the summary has no such metric, got "${text}"`, position, hint);
  });
}

function holds(value: number, operator: string, bound: number): boolean {
  if (operator === '<') return value < bound;
  if (operator === '<=') return value <= bound;
  if (operator === '>') return value > bound;
  if (operator === '>=') return value >= bound;
  return value === bound;
}
