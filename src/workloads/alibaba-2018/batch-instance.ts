import type { JobRecord, JobSource, SourceReport, TaskGroup } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { openRowJobs, parsedRows } from '../row-jobs.js';
import { MAX_AMOUNT, MAX_SECONDS, Rows, type TableLayout } from '../rows.js';
import { dependencies } from './graph.js';
import { BATCH_INSTANCE } from './layouts.js';

/** A table of runs of instances: where its columns stand and in what its amounts are told. */
export interface InstanceTable {
  readonly format: string;
  readonly layout: TableLayout;
  readonly task: number;
  readonly job: number;
  readonly status: number;
  readonly start: number;
  readonly end: number;
  readonly cpuMax: number;
  readonly cpuAvg: number;
  readonly memMax: number;
  readonly memAvg: number;
  /** Thousandths of a CPU per unit of the CPU columns. */
  readonly cpuScale: number;
  /** Memory of the largest machine in the unit of the memory columns. */
  readonly memMost: number;
  /** For each task name of a job, the tasks that it waits for; undefined when they form a circle. */
  waits(
    names: readonly string[],
    places: readonly RowPlace[],
    issues: IssueLog,
  ): readonly (readonly number[])[] | undefined;
}

const instances2018: InstanceTable = {
  format: 'alibaba-2018',
  layout: BATCH_INSTANCE,
  ...{ task: 1, job: 2, status: 4, start: 5, end: 6, cpuAvg: 10, cpuMax: 11, memAvg: 12, memMax: 13 },
  cpuScale: 10,
  memMost: 100,
  waits: dependencies,
};

interface InstanceRow extends RowPlace {
  readonly job: string;
  readonly task: string;
  readonly startUs: number;
  readonly durationUs: number;
  readonly cpusMilli: number;
  readonly memMilliMib: number;
  /** Mean use over the run, NaN where it is not told. */
  readonly usedCpusMilli: number;
  readonly usedMemMilliMib: number;
}

/**
 * batch_instance: a row is a run of one instance, with its own times. The table has no requests: the largest use of any instance of a
 * task (cpu_max, mem_max) stands for what each asks for, the mean use (cpu_avg, mem_avg) is what it uses. Instances of a task that ran
 * equally long are one group.
 */
export function openBatchInstance(
  files: readonly string[],
  context: TraceContext,
  table: InstanceTable = instances2018,
): JobSource {
  const memo = new AmountsMemo(context.resources);
  return openRowJobs(table.format, files, context, {
    scouted: { layout: table.layout, submit: table.start, job: table.job },
    open: (report, issues) =>
      parsedRows(new Rows(files, table.layout, report, issues), (rows) => parseRow(rows, table, context)),
    build: (id, rows, report, issues) => build(id, rows, report, issues, memo, table),
  });
}

function parseRow(rows: Rows, table: InstanceTable, context: TraceContext): InstanceRow | undefined {
  if (rows.isEmpty(table.job)) return rows.skip(table.job, 'E_ALIBABA_VALUE', 'must not be empty');
  if (rows.isEmpty(table.task)) return rows.skip(table.task, 'E_ALIBABA_VALUE', 'must not be empty');
  const startS = rows.number(table.start);
  const endS = rows.number(table.end);
  const status = rows.repeated(table.status);
  if (rows.isEmpty(table.end) || endS === 0)
    return rows.skip(table.end, 'E_ALIBABA_PENDING', `is not known (status ${status})`);
  for (const column of [table.start, table.end]) {
    const value = rows.number(column);
    if (!(value >= 0 && value <= MAX_SECONDS))
      return rows.skip(column, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
  }
  if (endS < startS) return rows.skip(table.end, 'E_ALIBABA_RUN', `must not be before start_time ${startS}`);
  if (status !== 'Terminated') {
    return rows.skip(table.status, 'E_ALIBABA_ATTEMPT', 'must be Terminated: another run of the instance counts');
  }
  const { cpuScale, memMost } = table;
  const memScale = (Number(context.options['machineMemGib']) * 1024 * 1000) / memMost;
  const cpusMilli = useOf(rows, table.cpuMax, MAX_AMOUNT, cpuScale);
  const memMilliMib = useOf(rows, table.memMax, memMost, memScale);
  if (Number.isNaN(cpusMilli) || Number.isNaN(memMilliMib)) return undefined;
  return {
    path: rows.reader.path,
    line: rows.reader.line,
    job: rows.repeated(table.job),
    task: rows.repeated(table.task),
    startUs: Math.round(startS * 1e6),
    durationUs: Math.round((endS - startS) * 1e6),
    cpusMilli,
    memMilliMib,
    usedCpusMilli: meanOf(rows, table.cpuAvg, MAX_AMOUNT, cpuScale),
    usedMemMilliMib: meanOf(rows, table.memAvg, memMost, memScale),
  };
}

/** A use in thousandths; an empty one is 0, since other instances of the task tell it. NaN = the row was skipped. */
function useOf(rows: Rows, column: number, most: number, scale: number): number {
  if (rows.isEmpty(column)) return 0;
  const value = rows.number(column);
  if (value >= 0 && value <= most) return Math.round(value * scale);
  rows.skip(column, 'E_ALIBABA_VALUE', `must be a number from 0 to ${most}`);
  return Number.NaN;
}

/** A mean use in thousandths, NaN when it is not told: the run counts all the same. */
function meanOf(rows: Rows, column: number, most: number, scale: number): number {
  const value = rows.number(column);
  return value >= 0 && value <= most ? value * scale : Number.NaN;
}

interface Task {
  readonly name: string;
  readonly place: RowPlace;
  /** By run time: how many instances, and the sums of the uses that are told. */
  readonly runs: Map<number, Runs>;
  cpusMilli: number;
  memMilliMib: number;
}

interface Runs {
  count: number;
  told: number;
  cpusMilli: number;
  memMilliMib: number;
}

function build(
  id: string,
  rows: readonly InstanceRow[],
  report: SourceReport,
  issues: IssueLog,
  memo: AmountsMemo,
  table: InstanceTable,
): JobRecord | undefined {
  const tasks = [...tasksOf(rows).values()];
  const names = tasks.map((task) => task.name);
  const places = tasks.map((task) => task.place);
  const waits = table.waits(names, places, issues);
  if (waits === undefined) {
    const rule = `the tasks of job "${id}" wait for each other in a circle`;
    for (const row of rows) issues.skip(row, table.task + 1, 'E_ALIBABA_CYCLE', rule);
    return undefined;
  }
  const groups = tasks.map((task) => groupsOf(task, memo));
  for (const [index, list] of waits.entries()) {
    const after = list.flatMap((other) => (groups[other] as TaskGroup[]).map((group) => group.name));
    for (const group of groups[index] as TaskGroup[]) group.after = after;
  }
  report.rowsKept += rows.length;
  return {
    id,
    user: '',
    queue: '',
    class: 'batch',
    submitUs: rows.reduce((earliest, row) => Math.min(earliest, row.startUs), Number.POSITIVE_INFINITY),
    priority: 0,
    deadlineUs: -1,
    after: [],
    groups: groups.flat(),
  };
}

function tasksOf(rows: readonly InstanceRow[]): Map<string, Task> {
  const tasks = new Map<string, Task>();
  for (const row of rows) {
    let task = tasks.get(row.task);
    if (task === undefined) {
      task = { name: row.task, place: row, runs: new Map(), cpusMilli: 0, memMilliMib: 0 };
      tasks.set(row.task, task);
    }
    task.cpusMilli = Math.max(task.cpusMilli, row.cpusMilli);
    task.memMilliMib = Math.max(task.memMilliMib, row.memMilliMib);
    addRun(task.runs, row);
  }
  return tasks;
}

function addRun(runs: Map<number, Runs>, row: InstanceRow): void {
  let run = runs.get(row.durationUs);
  if (run === undefined) {
    run = { count: 0, told: 0, cpusMilli: 0, memMilliMib: 0 };
    runs.set(row.durationUs, run);
  }
  run.count++;
  if (Number.isNaN(row.usedCpusMilli) || Number.isNaN(row.usedMemMilliMib)) return;
  run.told++;
  run.cpusMilli += row.usedCpusMilli;
  run.memMilliMib += row.usedMemMilliMib;
}

/** One group per run time of the task's instances: `M1`, then `M1~1` … */
function groupsOf(task: Task, memo: AmountsMemo): TaskGroup[] {
  const amounts = memo.of(task.cpusMilli, task.memMilliMib);
  return [...task.runs].map(([durationUs, { count, told, cpusMilli, memMilliMib }], index) => ({
    name: index === 0 ? task.name : `${task.name}~${index}`,
    count,
    gang: false,
    amounts,
    durationUs,
    estimateUs: -1,
    constraints: '',
    after: [],
    image: '',
    inputs: [],
    outputMilliMib: 0,
    ...(told === 0
      ? {}
      : {
          usage: [{ offsetUs: 0, amounts: memo.of(Math.round(cpusMilli / told), Math.round(memMilliMib / told)) }],
        }),
  }));
}
