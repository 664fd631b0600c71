import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.js';
import { fileSafe, MANIFEST } from '../results/folder.js';
import { numberOf, readRows } from '../results/read-csv.js';
import { TableFile } from '../results/table-file.js';
import { loadScenario } from '../scenario/load.js';
import { VERSION } from '../version.js';
import { runAll } from './executor.js';
import { type ParetoFront, paretoOf, writePareto } from './pareto.js';
import { ProgressBoard } from './progress-board.js';
import { identityOf, loadExperiment, type SweepCell, type SweepPlan } from './sweep-plan.js';

export interface SweepOptions {
  readonly experimentFile: string;
  readonly plugins: readonly string[];
  readonly out?: string | undefined;
  /** Runs whose folder is whole are kept; without it they are an error. */
  readonly resume: boolean;
  /** `k/n`: this machine's part of the grid, k from 1. */
  readonly shard: { readonly part: number; readonly of: number };
  readonly jobs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((board: ProgressBoard) => void) | undefined;
}

export interface SweepOutcome {
  readonly folder: string;
  readonly ran: number;
  readonly kept: number;
  /** Cells of the grid that have no result yet (other shards). */
  readonly missing: number;
  /** Where the experiment asks for it. */
  readonly pareto?: ParetoFront | undefined;
}

/** The cells that a shard is to run: every n-th, so that shards are of equal weight along each axis. */
export function cellsOf(plan: SweepPlan, shard: SweepOptions['shard']): SweepCell[] {
  return plan.cells.filter((cell) => cell.index % shard.of === shard.part - 1);
}

/** Runs a grid, or a part of it. Every run appears whole or not at all, so an interrupted sweep goes on where it stopped. */
export async function sweep(options: SweepOptions): Promise<SweepOutcome> {
  const plan = loadExperiment(options.experimentFile);
  const folder = options.out ?? join('results', fileSafe(plan.name), 'sweep');
  // A setting that does not fit the scenario shows before the first run, not after a night.
  for (const cell of plan.cells) loadScenario(plan.scenarioFile, cell.overrides);
  claim(folder, plan, options.resume);
  const cells = cellsOf(plan, options.shard);
  const todo = cells.filter((cell) => !isWhole(folder, cell));
  const board = ProgressBoard.of(Math.max(1, todo.length));
  options.onProgress?.(board);
  const requests = todo.map((cell) => ({
    scenarioFile: plan.scenarioFile,
    overrides: cell.overrides,
    plugins: options.plugins,
    policy: {},
    seed: cell.seed,
    out: join(folder, 'runs', cell.label),
    until: plan.until,
  }));
  const { jobs, signal } = options;
  await runAll(requests, { jobs, board, signal, onProgress: () => options.onProgress?.(board) });
  const missing = await collect(folder, plan);
  return { folder, ran: todo.length, kept: cells.length - todo.length, missing, pareto: await front(folder, plan) };
}

/** Brings the runs of several shards together into the first folder; returns how many cells are still missing. */
export async function merge(folders: readonly string[], out: string): Promise<SweepOutcome> {
  const first = folders[0];
  if (first === undefined) throw new InputError('E_MERGE', 'merge needs at least one folder');
  const plan = planIn(first);
  claim(out, plan, true);
  let ran = 0;
  for (const folder of folders) {
    if (identityOf(planIn(folder)) !== identityOf(plan)) {
      throw new InputError('E_MERGE', 'the folders are of different experiments', { file: folder });
    }
    for (const cell of plan.cells) {
      if (!isWhole(folder, cell) || isWhole(out, cell)) continue;
      renameOrCopy(join(folder, 'runs', cell.label), join(out, 'runs', cell.label));
      ran++;
    }
  }
  const missing = await collect(out, plan);
  return { folder: out, ran, kept: plan.cells.length - missing - ran, missing, pareto: await front(out, plan) };
}

/** Makes the folder ours; an existing one must be of the same experiment, and wanted. */
function claim(folder: string, plan: SweepPlan, resume: boolean): void {
  if (existsSync(folder) && !isBarelyMade(folder)) {
    if (identityOf(planIn(folder)) !== identityOf(plan)) {
      throw new InputError('E_OUT_EXISTS', 'the folder has another experiment, or another version of this one', {
        file: folder,
      });
    }
    if (!resume)
      throw new InputError('E_OUT_EXISTS', 'the output folder exists', { file: folder }, 'use --resume to go on');
  }
  mkdirSync(folder, { recursive: true });
  // Written again when one goes on: the metrics of the Pareto front may have changed.
  const manifest = { tool: 'mesosim', version: VERSION, kind: 'sweep', plan };
  writeFileSync(join(folder, UNFINISHED), `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(join(folder, UNFINISHED), join(folder, MANIFEST));
  mkdirSync(join(folder, 'runs'), { recursive: true });
}

const UNFINISHED = `${MANIFEST}.tmp`;

/** Empty, or a sweep was killed in it before its manifest was whole. */
function isBarelyMade(folder: string): boolean {
  return readdirSync(folder).every((name) => name === UNFINISHED);
}

function planIn(folder: string): SweepPlan {
  const plan = planOf(join(folder, MANIFEST));
  if (plan !== undefined) return plan;
  throw new InputError('E_OUT_FOREIGN', 'the folder was not written by mesosim sweep: it is never overwritten', {
    file: folder,
  });
}

/** Writes pareto.csv over the runs that are there. */
async function front(folder: string, { axes, pareto, cells }: SweepPlan): Promise<ParetoFront | undefined> {
  if (pareto === undefined || pareto.length === 0) return undefined;
  const runs = cells
    .filter((cell) => isWhole(folder, cell))
    .map(({ values, label }) => ({ values, folder: join(folder, 'runs', label) }));
  const result = await paretoOf(axes, pareto, runs, folder);
  writePareto(folder, result);
  return result;
}

/** Undefined when what is there is no sweep of ours. */
function planOf(file: string): SweepPlan | undefined {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { tool?: unknown; kind?: unknown; plan?: SweepPlan };
    return manifest.tool === 'mesosim' && manifest.kind === 'sweep' ? manifest.plan : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(folder: string, cell: SweepCell): boolean {
  return existsSync(join(folder, 'runs', cell.label, MANIFEST));
}

function renameOrCopy(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true });
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}

/** Writes sweep.csv from the runs that are there, in the order of the grid; returns how many are not. */
async function collect(folder: string, plan: SweepPlan): Promise<number> {
  const target = join(folder, 'sweep.csv');
  const table = new TableFile(`${target}.tmp`, [
    'cell',
    ...plan.axes,
    'seed',
    'scope',
    'name',
    'metric',
    'unit',
    'value',
  ]);
  let missing = 0;
  for (const cell of plan.cells) {
    if (!isWhole(folder, cell)) {
      missing++;
      continue;
    }
    const columns = ['scope', 'name', 'metric', 'unit', 'value'];
    for await (const [scope = '', name = '', metric = '', unit = '', value] of readRows(
      join(folder, 'runs', cell.label, 'summary.csv'),
      columns,
    )) {
      table.integer(cell.index);
      for (const setting of cell.values) table.text(setting);
      table.integer(cell.seed).text(scope).text(name).text(metric).text(unit);
      const number = numberOf(value);
      if (Number.isFinite(number)) table.real(number);
      else table.empty();
      table.end();
    }
  }
  table.close();
  renameSync(`${target}.tmp`, target);
  return missing;
}
