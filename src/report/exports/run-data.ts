import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../core/errors.js';
import { MANIFEST } from '../../results/folder.js';
import { numberOf, readRows } from '../../results/read-csv.js';

/** One job of jobs.csv; NaN = not applicable. */
export interface JobRow {
  readonly id: string;
  readonly framework: string;
  readonly user: string;
  readonly priority: number;
  readonly tasks: number;
  readonly submitS: number;
  readonly estimateS: number;
  readonly startS: number;
  readonly finishS: number;
  readonly waitS: number;
  readonly state: string;
}

/** One task attempt of tasks.csv. */
export interface TaskRow {
  readonly id: string;
  readonly job: string;
  readonly attempt: number;
  readonly priority: number;
  readonly submitS: number;
  readonly queuedS: number;
  readonly startS: number;
  readonly finishS: number;
  readonly agent: string;
  readonly state: string;
  readonly reason: string;
  readonly cpus: number;
  readonly memMib: number;
  readonly diskMib: number;
  readonly gpus: number;
}

/** The parts of a run's manifest that exports need. */
export interface RunManifest {
  readonly version?: string;
  readonly seed?: number;
  readonly end_s?: number;
  readonly scenario?: { readonly name?: string };
  readonly policy?: { readonly allocator?: string };
  readonly agents?: { readonly count?: number; readonly largest?: Readonly<Record<string, number>> };
}

/** A run's tables, held in memory: exports are for runs that other tools can load. */
export interface RunData {
  readonly manifest: RunManifest;
  readonly jobs: readonly JobRow[];
  readonly tasks: readonly TaskRow[];
  /** Agents by name, numbered from 0 in natural order: those that tasks ran on. */
  readonly agents: ReadonlyMap<string, number>;
  /** All agents of the run, used or not. */
  readonly agentCount: number;
}

const JOB_COLUMNS = [
  'job_id',
  'framework',
  'user',
  'priority',
  'tasks',
  'submit_s',
  'estimate_s',
  'first_start_s',
  'finish_s',
  'wait_s',
  'state',
];
const TASK_COLUMNS = [
  'task_id',
  'job_id',
  'agent',
  'state',
  'reason',
  'attempt',
  'priority',
  'submit_s',
  'queued_s',
  'start_s',
  'finish_s',
  'cpus',
  'mem_mib',
  'disk_mib',
  'gpus',
];

/** Reads the tables of a run folder. InputError E_RESULT when it is none. */
export async function readRun(folder: string): Promise<RunData> {
  const file = join(folder, MANIFEST);
  if (!existsSync(file) || !existsSync(join(folder, 'tasks.csv')) || !existsSync(join(folder, 'jobs.csv'))) {
    throw new InputError('E_RESULT', 'this is no folder of a run with jobs.csv and tasks.csv', { file: folder });
  }
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as RunManifest;
  const jobs: JobRow[] = [];
  for await (const cells of readRows(join(folder, 'jobs.csv'), JOB_COLUMNS)) jobs.push(jobOf(cells));
  const tasks: TaskRow[] = [];
  for await (const cells of readRows(join(folder, 'tasks.csv'), TASK_COLUMNS)) tasks.push(taskOf(cells));
  const names = [...new Set(tasks.map((task) => task.agent).filter((name) => name !== ''))].sort(naturalOrder);
  const agents = new Map(names.map((name, number) => [name, number]));
  return { manifest, jobs, tasks, agents, agentCount: Math.max(agents.size, manifest.agents?.count ?? 0) };
}

function jobOf(cells: readonly string[]): JobRow {
  const [id = '', framework = '', user = '', ...rest] = cells;
  const numbers = rest.slice(0, -1).map(numberOf);
  const [priority = 0, tasks = 0, submitS = 0, estimateS = 0, startS = 0, finishS = 0, waitS = 0] = numbers;
  const state = rest.at(-1) ?? '';
  return {
    id: plain(id),
    framework: plain(framework),
    user: plain(user),
    priority,
    tasks,
    submitS,
    estimateS,
    startS,
    finishS,
    waitS,
    state,
  };
}

function taskOf(cells: readonly string[]): TaskRow {
  const [id = '', job = '', agent = '', state = '', reason = '', ...rest] = cells;
  const numbers = rest.map(numberOf);
  const [
    attempt = 0,
    priority = 0,
    submitS = 0,
    queuedS = 0,
    startS = 0,
    finishS = 0,
    cpus = 0,
    memMib = 0,
    diskMib = 0,
    gpus = 0,
  ] = numbers;
  return {
    id: plain(id),
    job: plain(job),
    agent: plain(agent),
    state,
    reason,
    attempt,
    priority,
    submitS,
    queuedS,
    startS,
    finishS,
    cpus,
    memMib,
    diskMib,
    gpus,
  };
}

/** Undoes the apostrophe that keeps spreadsheets from running a text. */
function plain(text: string): string {
  return /^'[=+\-@\t\r＝＋－＠]/.test(text) ? text.slice(1) : text;
}

/** agent-2 before agent-10, without a locale. */
function naturalOrder(a: string, b: string): number {
  const [, headA = '', tailA = ''] = /^(.*?)(\d*)$/s.exec(a) ?? [];
  const [, headB = '', tailB = ''] = /^(.*?)(\d*)$/s.exec(b) ?? [];
  if (headA !== headB) return headA < headB ? -1 : 1;
  return Number(tailA) - Number(tailB) || (a < b ? -1 : 1);
}

/** Attempts by job, in the order of the file. */
export function attemptsByJob(tasks: readonly TaskRow[]): Map<string, TaskRow[]> {
  const attempts = new Map<string, TaskRow[]>();
  for (const task of tasks) {
    const known = attempts.get(task.job);
    if (known === undefined) attempts.set(task.job, [task]);
    else known.push(task);
  }
  return attempts;
}

/** Six digits after the point at most, as Batsim and evalys round. */
export function six(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(6))) : '';
}
