import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobRecord, UsageStep } from '../../model/job.js';
import { CPUS, GPUS } from '../../model/resources.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import type { IssueLog } from '../bytes/issues.js';
import { opendcFacts } from '../facts/parquet-facts.js';
import { fromFirst } from '../from-first.js';
import { jobRecord, madeJobs, taskGroup } from '../records.js';
import { MAX_AMOUNT } from '../rows.js';
import { ParquetRows, parquetColumns } from './parquet-rows.js';

const TASK_COLUMNS = [
  ...['id', 'name', 'submission_time', 'duration', 'cpu_count', 'cpu_capacity', 'mem_capacity'],
  ...['gpu_count', 'parents', 'children', 'nature', 'deadline'],
];
const FRAGMENT_COLUMNS = ['id', 'duration', 'cpu_usage', 'timestamp'];
const FRAGMENTS = 'fragments.parquet';
const MAX_MS = 4.5e12;
/** More memory than this in MB (16 TiB) has no machine: the file then counts in KB. */
const MOST_MB = 16 * 2 ** 20;

/**
 * OpenDC 2: `tasks.parquet`, a task (or virtual machine) a row, and beside it `fragments.parquet` with what each used over time, in file
 * order. A task is a job of one group. Columns are found by name: all schema versions are read.
 */
function openOpendc(files: readonly string[], context: TraceContext) {
  const inputs = files.flatMap((file) => [file, ...(fragmentsOf(file, context) ?? [])]);
  const source = madeJobs('opendc', inputs, context, function* (report, issues) {
    for (const file of files) {
      const links = linksOf(file);
      const usage = usageOf(fragmentsOf(file, context)?.[0]);
      const memScale = memoryScale(file, String(context.options['memUnit']));
      report.notes.set('mem_capacity', memScale === 1 ? 'MB' : 'KB');
      const rows = new ParquetRows(file, TASK_COLUMNS);
      try {
        while (rows.next()) {
          report.rowsRead++;
          const job = readTask(rows, issues, context, memScale);
          if (job === undefined) continue;
          report.rowsKept++;
          job.after = [...(links.get(job.id) ?? [])].map((parent) => ({ job: parent, delayUs: 0 }));
          addUsage(job, rows, usage.get(job.id), context);
          yield job;
        }
      } finally {
        rows.close();
      }
    }
  });
  return fromFirst(source);
}

function fragmentsOf(file: string, { options }: TraceContext): string[] | undefined {
  const path = join(dirname(file), FRAGMENTS);
  return options['fragments'] === true && existsSync(path) ? [path] : undefined;
}

function readTask(
  rows: ParquetRows,
  issues: IssueLog,
  { resources }: TraceContext,
  memScale: number,
): JobRecord | undefined {
  const id = rows.text('id');
  const skip = (rule: string): undefined => void issues.skip(rows, 1, 'E_OPENDC_VALUE', `task "${id}": ${rule}`);
  if (id === '') return skip('it has no id');
  const submitMs = rows.number('submission_time');
  const runMs = rows.number('duration');
  const cores = rows.number('cpu_count');
  const memory = rows.number('mem_capacity');
  if (!(submitMs >= 0 && submitMs <= MAX_MS))
    return skip(`submission_time must be milliseconds of at least 0, got ${submitMs}`);
  if (!(runMs >= 0 && runMs <= MAX_MS)) return skip(`duration must be milliseconds of at least 0, got ${runMs}`);
  if (!(cores >= 0 && cores <= MAX_AMOUNT) || !(memory >= 0 && memory <= MAX_AMOUNT))
    return skip(`cpu_count and mem_capacity must be numbers of at least 0, got ${cores} and ${memory}`);
  const amounts = resources.zero();
  amounts[CPUS] = Math.round(cores * 1000);
  // MB and KB are taken as MiB and KiB, as OpenDC's own conversion of Bitbrains has them.
  amounts[1] = Math.round((memory / memScale) * 1000);
  amounts[GPUS] = Math.round(Math.max(0, rows.number('gpu_count') || 0) * 1000);
  const deadlineMs = rows.number('deadline');
  return jobRecord({
    id,
    class: rows.text('nature'),
    submitUs: Math.round(submitMs * 1000),
    deadlineUs: deadlineMs > 0 && deadlineMs <= MAX_MS ? Math.round(deadlineMs * 1000) : -1,
    groups: [taskGroup({ amounts, durationUs: Math.round(runMs * 1000) })],
  });
}

/** MB per unit of the file: as the option says, or KB when a task would have more memory than any machine. */
function memoryScale(file: string, unit: string): number {
  if (unit !== 'auto') return unit === 'KB' ? 1024 : 1;
  const rows = new ParquetRows(file, ['mem_capacity']);
  let most = 0;
  while (rows.next()) most = Math.max(most, rows.number('mem_capacity') || 0);
  return most > MOST_MB ? 1024 : 1;
}

/** Parents of each task, whichever end declares the link. */
function linksOf(file: string): Map<string, Set<string>> {
  const links = new Map<string, Set<string>>();
  const rows = new ParquetRows(file, ['id', 'parents', 'children']);
  const add = (child: string, parent: string): void => {
    const known = links.get(child);
    if (known === undefined) links.set(child, new Set([parent]));
    else known.add(parent);
  };
  if (!rows.has('parents') && !rows.has('children')) {
    rows.close();
    return links;
  }
  while (rows.next()) {
    const id = rows.text('id');
    for (const parent of rows.list('parents')) add(id, parent);
    for (const child of rows.list('children')) add(child, id);
  }
  return links;
}

/** Offset in microseconds and MHz of each fragment of a task, in file order. */
type Fragments = { atUs: number; readonly offsetsUs: number[]; readonly mhz: number[] };

function usageOf(path: string | undefined): Map<string, Fragments> {
  const usage = new Map<string, Fragments>();
  if (path === undefined) return usage;
  const rows = new ParquetRows(path, FRAGMENT_COLUMNS);
  while (rows.next()) {
    const id = rows.text('id');
    const runMs = rows.number('duration');
    const mhz = rows.number('cpu_usage');
    if (!(runMs >= 0 && runMs <= MAX_MS) || !(mhz >= 0)) continue;
    let task = usage.get(id);
    if (task === undefined) {
      task = { atUs: 0, offsetsUs: [], mhz: [] };
      usage.set(id, task);
    }
    if (task.mhz.at(-1) !== mhz) {
      task.offsetsUs.push(task.atUs);
      task.mhz.push(mhz);
    }
    task.atUs += Math.round(runMs * 1000);
  }
  return usage;
}

/** Of its cores a task uses the share that cpu_usage is of cpu_capacity (MHz of all of them). Its memory is in use as a whole. */
function addUsage(
  job: JobRecord,
  rows: ParquetRows,
  fragments: Fragments | undefined,
  { resources }: TraceContext,
): void {
  const group = job.groups[0];
  const capacity = rows.number('cpu_capacity');
  if (fragments === undefined || group === undefined || !(capacity > 0)) return;
  const steps: UsageStep[] = [];
  for (const [index, mhz] of fragments.mhz.entries()) {
    const offsetUs = fragments.offsetsUs[index] as number;
    const cpusMilli = Math.round(((group.amounts[CPUS] as number) * mhz) / capacity);
    if (steps.at(-1)?.amounts[CPUS] === cpusMilli) continue;
    const amounts = resources.zero();
    amounts.set(group.amounts);
    amounts[CPUS] = cpusMilli;
    // Fragments of no length: the last one counts.
    if (steps.at(-1)?.offsetUs === offsetUs) steps.pop();
    steps.push({ offsetUs, amounts });
  }
  if (steps.length > 0) group.usage = steps;
}

const isTasks = (columns: readonly string[] | undefined): boolean =>
  columns !== undefined &&
  ['id', 'submission_time', 'duration', 'cpu_count', 'cpu_capacity'].every((name) => columns.includes(name));

export const opendc: TraceFormat = {
  name: 'opendc',
  summary:
    'OpenDC 2 workloads in Parquet: tasks or virtual machines and what they used over time; a folder or its tasks.parquet',
  source:
    'atlarge-research/opendc, opendc-trace-api formats/workload/parquet TaskSchemas.kt, FragmentSchemas.kt (V1 to V3)',
  options: {
    fragments: { type: 'boolean', default: true, help: 'take the actual use from fragments.parquet' },
    memUnit: {
      type: 'choice',
      choices: ['auto', 'MB', 'KB'],
      default: 'auto',
      help: 'of mem_capacity: MB, unless a task would have more than 16 TiB',
    },
  },
  detect: (sample) => (isTasks(parquetColumns(sample)) ? 1 : 0),
  filesOf: (names, pathOf) =>
    names.filter(
      (name) => name === 'tasks.parquet' && isTasks(parquetColumns({ path: pathOf(name), head: new Uint8Array(0) })),
    ),
  facts: opendcFacts,
  openJobs: openOpendc,
};
