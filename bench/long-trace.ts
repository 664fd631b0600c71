// Writes or reads a long trace in a process of its own, so that what it holds at most can be told: `long-trace.js WORK FORMAT FOLDER [BYTES]`.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { keepHeapSmall } from '../src/cli/memory.js';
import { ResourceSpace } from '../src/model/resources.js';
import { prepareTrace } from '../src/workloads/index.js';
import { lookInto } from '../src/workloads/inspect.js';
import { validateTrace } from '../src/workloads/validate.js';
import { bulkFiles } from './bulk-traces.js';

/** What a process tells of its work. */
export interface LongTraceCost {
  readonly jobs: number;
  /** CPU from the start of the process, modules and all, to the first job. */
  readonly firstMs: number;
  readonly cpuS: number;
  readonly peakMb: number;
}

const PIECE = 1 << 20;

/** Native tables of one task per job, in order of time, of so many bytes together. */
function writeNative(folder: string, bytes: number): void {
  mkdirSync(folder, { recursive: true });
  const jobs = openSync(join(folder, 'workload-jobs.csv'), 'w');
  const tasks = openSync(join(folder, 'workload-tasks.csv'), 'w');
  let jobText = 'job_id,user,submit_s,priority\n';
  let taskText = 'job_id,cpus,mem_mib,duration_s\n';
  let written = 0;
  for (let row = 1; written < bytes; row++) {
    jobText += `${row},user-${row % 97},${(row * 0.217).toFixed(3)},${row % 12}\n`;
    taskText += `${row},${(row % 40) / 8 + 0.125},${256 * ((row % 60) + 1)},${100 + ((row * 7919) % 9973)}\n`;
    if (taskText.length < PIECE) continue;
    written += writeSync(jobs, jobText) + writeSync(tasks, taskText);
    jobText = '';
    taskText = '';
  }
  writeSync(jobs, jobText);
  writeSync(tasks, taskText);
  closeSync(jobs);
  closeSync(tasks);
}

// As the program does.
keepHeapSmall();
const [kind = 'read', traceFormat = 'native', folder = '', bytes] = process.argv.slice(2);
const REQUEST = { format: traceFormat, options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Reads jobs, all or the first one. */
function read(files: readonly string[], most: number): { jobs: number; firstMs: number } {
  const { format, context } = prepareTrace(files, REQUEST, new ResourceSpace());
  const source = format.openJobs?.(files, context);
  let jobs = 0;
  let firstMs = 0;
  while (source !== undefined && jobs < most && source.next() !== null) if (jobs++ === 0) firstMs = cpuMs();
  source?.close();
  return { jobs, firstMs };
}

function work(kind: string, files: readonly string[]): { jobs: number; firstMs: number } {
  if (kind === 'first') return read(files, 1);
  if (kind === 'inspect') return { jobs: lookInto(files, REQUEST).profile?.jobs ?? 0, firstMs: 0 };
  if (kind === 'validate') {
    const { hasErrors, hasSkips } = validateTrace(files, REQUEST);
    if (hasErrors || hasSkips) throw new Error('the trace must be clean');
    return { jobs: 0, firstMs: 0 };
  }
  return read(files, Number.POSITIVE_INFINITY);
}

const NATIVE = ['workload-jobs.csv', 'workload-tasks.csv'].map((name) => join(folder, name));
if (kind === 'write' && traceFormat === 'native') writeNative(folder, Number(bytes));
else if (kind === 'write') bulkFiles(folder, traceFormat, Number(bytes));
else {
  // Files that are there are not made again.
  const { jobs, firstMs } = work(kind, traceFormat === 'native' ? NATIVE : bulkFiles(folder, traceFormat, 0));
  const peakMb = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ jobs, firstMs, cpuS: cpuMs() / 1000, peakMb } satisfies LongTraceCost));
}
