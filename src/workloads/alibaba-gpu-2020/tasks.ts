import { InputError } from '../../core/errors.js';
import { emptyReport, type JobRecord, type JobSource, type SourceReport, type TaskGroup } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog, type RowPlace } from '../bytes/issues.js';
import { FewNames } from '../few-names.js';
import { fromZero } from '../from-zero.js';
import { jobRecord } from '../records.js';
import { openRowJobs, parsedRows } from '../row-jobs.js';
import { MAX_AMOUNT, MAX_SECONDS, MAX_TASKS, Rows } from '../rows.js';
import { byTable, INSTANCE_TABLE, JOB_TABLE, TASK_TABLE } from './layouts.js';

const JOB = 0;
const NAME = 1;
const INSTANCES = 2;
const STATUS = 3;
const START = 4;
const END = 5;
const CPU = 6;
const MEMORY = 7;
const GPU = 8;
const GPU_TYPE = 9;

const NONE: readonly never[] = Object.freeze([]);

interface TaskRow extends RowPlace {
  readonly job: string;
  readonly startUs: number;
  readonly group: TaskGroup;
}

/** What pai_job_table tells of a job. */
interface JobEntry {
  readonly user: string;
  readonly submitUs: number;
}

/** Run times of the instances of a task, and how many there are of each. */
type Runs = Map<number, number>;

/**
 * pai_task_table: a row is a task (role) of `inst_num` equal instances of a job; all instances of a task start together. With
 * pai_job_table the job has its user and its submit time, else it is submitted when its first task started. With pai_instance_table
 * each instance has its own run time. Both are held in memory. The trace's clock begins anywhere: the first job is submitted at 0.
 */
export function openTasks(files: readonly string[], context: TraceContext): JobSource {
  const tables = byTable(files);
  const taskFiles = tables.get('pai_task_table');
  if (taskFiles === undefined) {
    throw new InputError(
      'E_FORMAT',
      'pai_task_table is missing: it alone tells the sizes of tasks',
      { file: files[0] ?? '' },
      'name it before or behind the others',
    );
  }
  const report = emptyReport('alibaba-gpu-2020', [...files]);
  const issues = new IssueLog(report, context);
  const jobs = readJobs(tables.get('pai_job_table') ?? [], report, issues);
  const runs = readRuns(tables.get('pai_instance_table') ?? [], report, issues);
  const source = openRowJobs('alibaba-gpu-2020', taskFiles, context, {
    // The job table has submit times of its own.
    scouted: jobs.size > 0 ? undefined : { layout: TASK_TABLE, submit: START, job: JOB },
    open: (taskReport, taskIssues) => {
      const sizes = sizesOf(context);
      return parsedRows(new Rows(taskFiles, TASK_TABLE, taskReport, taskIssues), (rows, lastJob) =>
        parseRow(rows, sizes, lastJob),
      );
    },
    build: (id, rows, taskReport, taskIssues) => build(id, rows, taskReport, taskIssues, jobs.get(id), runs),
  });
  issues.flush();
  return fromZero(withTables(source, report));
}

/** What rows are measured by. */
interface Sizes {
  readonly memo: AmountsMemo;
  readonly missingCpus: number;
  readonly missingMemGib: number;
  readonly hasGpuTypes: boolean;
}

function sizesOf({ options, resources }: TraceContext): Sizes {
  return {
    memo: new AmountsMemo(resources),
    missingCpus: Number(options['missingCpus']),
    missingMemGib: Number(options['missingMemGib']),
    hasGpuTypes: options['gpuTypes'] === true,
  };
}

/** The source's report with the rows of the other tables. */
function withTables(source: JobSource, others: SourceReport): JobSource {
  let isDone = false;
  const add = (): void => {
    isDone = true;
    source.report.rowsRead += others.rowsRead;
    source.report.rowsKept += others.rowsKept;
    for (const name of ['skipped', 'repaired'] as const)
      for (const [code, count] of others[name])
        source.report[name].set(code, (source.report[name].get(code) ?? 0) + count);
  };
  const next = (): JobRecord | null => {
    const job = source.next();
    if (!isDone) add();
    return job;
  };
  return { report: source.report, next, close: () => source.close() };
}

function readJobs(files: readonly string[], report: SourceReport, issues: IssueLog): Map<string, JobEntry> {
  const jobs = new Map<string, JobEntry>();
  if (files.length === 0) return jobs;
  const rows = new Rows(files, JOB_TABLE, report, issues);
  while (rows.next()) {
    const startS = rows.number(4);
    if (!(startS >= 0 && startS <= MAX_SECONDS)) {
      rows.skip(4, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
      continue;
    }
    report.rowsKept++;
    const user = rows.repeated(2);
    jobs.set(rows.text(0), { user, submitUs: Math.round(startS * 1e6) });
  }
  return jobs;
}

function readRuns(files: readonly string[], report: SourceReport, issues: IssueLog): Map<string, Runs> {
  const tasks = new Map<string, Runs>();
  if (files.length === 0) return tasks;
  const rows = new Rows(files, INSTANCE_TABLE, report, issues);
  while (rows.next()) {
    const startS = rows.number(6);
    const endS = rows.number(7);
    if (rows.isEmpty(7)) rows.skip(7, 'E_ALIBABA_PENDING', 'is not known');
    else if (!(startS >= 0 && startS <= MAX_SECONDS && endS >= 0 && endS <= MAX_SECONDS))
      rows.skip(6, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
    else if (endS < startS) rows.skip(7, 'E_ALIBABA_RUN', `must not be before start_time ${startS}`);
    else {
      report.rowsKept++;
      const key = `${rows.text(0)},${rows.repeated(1)}`;
      const runUs = Math.round((endS - startS) * 1e6);
      const runs = tasks.get(key);
      if (runs === undefined) tasks.set(key, new Map([[runUs, 1]]));
      else runs.set(runUs, (runs.get(runUs) ?? 0) + 1);
    }
  }
  return tasks;
}

function parseRow(rows: Rows, sizes: Sizes, lastJob: string): TaskRow | undefined {
  if (rows.isEmpty(JOB)) return rows.skip(JOB, 'E_ALIBABA_VALUE', 'must not be empty');
  const status = rows.repeated(STATUS);
  const startS = rows.number(START);
  const endS = rows.number(END);
  if (rows.isEmpty(START) || rows.isEmpty(END))
    return rows.skip(END, 'E_ALIBABA_PENDING', `is not known (status ${status})`);
  if (!isTime(startS)) return rows.skip(START, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
  if (!isTime(endS)) return rows.skip(END, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
  if (endS < startS) return rows.skip(END, 'E_ALIBABA_RUN', `must not be before start_time ${startS}`);
  const count = rows.isEmpty(INSTANCES) ? 1 : rows.number(INSTANCES);
  if (!(count >= 1 && count <= MAX_TASKS && Number.isInteger(count)))
    return rows.skip(INSTANCES, 'E_ALIBABA_VALUE', `must be a whole number from 1 to ${MAX_TASKS}`);
  const amounts = amountsOf(rows, sizes);
  if (amounts === undefined) return undefined;
  const gpuType = rows.repeated(GPU_TYPE);
  const hasType = sizes.hasGpuTypes && gpuType !== '' && !rows.isEmpty(GPU) && rows.number(GPU) > 0;
  return {
    path: rows.reader.path,
    line: rows.reader.line,
    job: rows.textLike(JOB, lastJob),
    startUs: Math.round(startS * 1e6),
    group: {
      name: rows.repeated(NAME),
      count,
      gang: count > 1,
      amounts,
      durationUs: Math.round((endS - startS) * 1e6),
      estimateUs: -1,
      constraints: hasType ? `gpu_type=${gpuType}` : '',
      after: NONE,
      image: '',
      inputs: NONE,
      outputMilliMib: 0,
    },
  };
}

/** 100 of plan_cpu = 1 core, plan_mem in GiB, 100 of plan_gpu = 1 GPU; above one GPU whole devices are taken. */
function amountsOf(rows: Rows, { memo, missingCpus, missingMemGib }: Sizes) {
  const cpu = toldOr(rows, CPU, missingCpus * 100);
  const memGib = toldOr(rows, MEMORY, missingMemGib);
  const gpu = rows.isEmpty(GPU) ? 0 : rows.number(GPU);
  const bad = !isAmount(cpu) ? CPU : !isAmount(memGib) ? MEMORY : !isAmount(gpu) ? GPU : undefined;
  if (bad !== undefined) return rows.skip(bad, 'E_ALIBABA_VALUE', 'must be a number of at least 0');
  const gpusMilli = gpu > 100 ? Math.ceil(gpu / 100) * 1000 : Math.round(gpu * 10);
  if (gpu > 100 && gpu % 100 !== 0) rows.repair(GPU, 'E_ALIBABA_GPUS', 'is rounded up to whole GPUs');
  return memo.of(Math.round(cpu * 10), Math.round(memGib * 1024 * 1000), gpusMilli);
}

function toldOr(rows: Rows, column: number, missing: number): number {
  if (!rows.isEmpty(column)) return rows.number(column);
  rows.repair(column, 'E_ALIBABA_SIZE', 'is missing: the option says what is taken');
  return missing;
}

const isTime = (seconds: number): boolean => seconds >= 0 && seconds <= MAX_SECONDS;
const isAmount = (value: number): boolean => value >= 0 && value <= MAX_AMOUNT / 1e6;

function build(
  id: string,
  rows: TaskRow[],
  report: SourceReport,
  issues: IssueLog,
  entry: JobEntry | undefined,
  runs: ReadonlyMap<string, Runs>,
): JobRecord | undefined {
  const names = new FewNames();
  const groups: TaskGroup[] = [];
  let startUs = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const { group } = row;
    if (names.has(group.name)) {
      issues.skip(row, NAME + 1, 'E_ALIBABA_DUPLICATE', `job "${id}" has task "${group.name}" already`);
      continue;
    }
    names.add(group.name);
    startUs = Math.min(startUs, row.startUs);
    report.rowsKept++;
    if (runs.size === 0) groups.push(group);
    else groups.push(...instancesOf(group, runs.get(`${id},${group.name}`)));
  }
  const submitUs = Math.min(startUs, entry?.submitUs ?? startUs);
  return jobRecord({ id, user: entry?.user ?? '', class: 'pai', submitUs, groups });
}

/** One group per run time of the instances, where the instance table tells them; a gang stays one only if all ran equally long. */
function instancesOf(group: TaskGroup, runs: Runs | undefined): TaskGroup[] {
  if (runs === undefined) return [group];
  if (runs.size === 1) {
    const [[durationUs, count] = [group.durationUs, group.count]] = runs;
    return [{ ...group, durationUs, count, gang: count > 1 }];
  }
  return [...runs].map(([durationUs, count], index) => ({
    ...group,
    name: index === 0 ? group.name : `${group.name}~${index}`,
    count,
    durationUs,
    gang: false,
  }));
}
