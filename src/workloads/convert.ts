import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../core/errors.js';
import type { JobRecord, TaskGroup } from '../model/job.js';
import { ResourceSpace } from '../model/resources.js';
import { prepareTrace, type TraceRequest } from './index.js';

const JOBS = ['job_id', 'user', 'queue', 'class', 'submit_s', 'priority', 'deadline_s', 'after'];
const TASKS = [
  'job_id',
  'task',
  'count',
  'gang',
  'cpus',
  'mem_mib',
  'disk_mib',
  'gpus',
  'duration_s',
  'estimate_s',
  'constraints',
  'after',
  'image',
  'inputs',
  'output_mib',
];

/** Converts a trace: `native` into a folder of two tables, `swf` into one file. Returns what was written. */
export function convertTrace(
  files: readonly string[],
  request: TraceRequest,
  to: 'native' | 'swf',
  out: string,
): { jobs: number; written: string[] } {
  const { format, context } = prepareTrace(files, request, new ResourceSpace());
  if (format.openJobs === undefined)
    throw new InputError('E_FORMAT', `format ${format.name} has no jobs`, { file: files[0] ?? '' });
  const source = format.openJobs(files, context);
  const jobRows: string[] = [JOBS.join(',')];
  const taskRows: string[] = [TASKS.join(',')];
  const swfRows: string[] = ['; Version: 2.2', '; Note: written by mesosim'];
  let jobs = 0;
  for (let job = source.next(); job !== null; job = source.next()) {
    jobs++;
    if (to === 'swf') swfRows.push(swfRow(job, jobs));
    else {
      jobRows.push(jobRow(job));
      for (const group of job.groups) taskRows.push(taskRow(job, group));
    }
  }
  source.close();
  if (to === 'swf') {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${swfRows.join('\n')}\n`);
    return { jobs, written: [out] };
  }
  mkdirSync(out, { recursive: true });
  const written = [join(out, 'workload-jobs.csv'), join(out, 'workload-tasks.csv')];
  writeFileSync(written[0] as string, `${jobRows.join('\n')}\n`);
  writeRows(written[1] as string, taskRows);
  return { jobs, written };
}

function writeRows(path: string, rows: readonly string[]): void {
  if (rows.length < 1_000_000) {
    writeFileSync(path, `${rows.join('\n')}\n`);
    return;
  }
  // Joined in one piece these would pass the longest string.
  const stream = createWriteStream(path);
  for (const row of rows) stream.write(`${row}\n`);
  stream.end();
}

const seconds = (us: number): string => (us < 0 ? '' : Number.isFinite(us) ? String(us / 1e6) : 'inf');
const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function jobRow(job: JobRecord): string {
  const after = job.after.map(({ job: id, delayUs }) => (delayUs > 0 ? `${id}+${delayUs / 1e6}` : id)).join(';');
  return [
    cell(job.id),
    cell(job.user),
    cell(job.queue),
    cell(job.class),
    seconds(job.submitUs),
    job.priority,
    seconds(job.deadlineUs),
    cell(after),
  ].join(',');
}

function taskRow(job: JobRecord, group: TaskGroup): string {
  const [cpus, mem, disk, gpus] = [...group.amounts].map((amount) => amount / 1000);
  return [
    cell(job.id),
    cell(group.name),
    group.count,
    group.gang,
    cpus,
    mem,
    disk,
    gpus,
    seconds(group.durationUs),
    seconds(group.estimateUs),
    cell(group.constraints),
    cell(group.after.join(';')),
    cell(group.image),
    cell(group.inputs.join(';')),
    group.outputMilliMib / 1000,
  ].join(',');
}

/** SWF knows one shape per job: processors are the CPUs of all tasks, run time is the longest. */
function swfRow(job: JobRecord, number: number): string {
  let processors = 0;
  let runUs = 0;
  let memMib = 0;
  for (const group of job.groups) {
    processors += group.count * Math.max(1, Math.ceil((group.amounts[0] as number) / 1000));
    runUs = Math.max(runUs, Number.isFinite(group.durationUs) ? group.durationUs : 0);
    memMib = Math.max(memMib, (group.amounts[1] as number) / 1000);
  }
  const memory = memMib > 0 ? Math.round(memMib * 1024) : -1;
  const estimate = Math.max(...job.groups.map((group) => group.estimateUs));
  const user = /^\d+$/.test(job.user) ? job.user : '-1';
  const queue = /^\d+$/.test(job.queue) ? job.queue : '-1';
  const id = /^\d+$/.test(job.id) && job.id.length < 16 ? job.id : String(number);
  return [
    id,
    job.submitUs / 1e6,
    -1,
    runUs / 1e6,
    processors,
    -1,
    -1,
    processors,
    estimate >= 0 ? estimate / 1e6 : -1,
    memory,
    1,
    user,
    -1,
    -1,
    queue,
    -1,
    -1,
    -1,
  ].join(' ');
}
