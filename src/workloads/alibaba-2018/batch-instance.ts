import type { JobRecord, JobSource, SourceReport, TaskGroup } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { openRowJobs } from '../row-jobs.js';
import { MAX_AMOUNT, MAX_SECONDS, Rows } from '../rows.js';
import { dependencies } from './graph.js';
import { BATCH_INSTANCE } from './layouts.js';

const TASK = 1;
const JOB = 2;
const STATUS = 4;
const START = 5;
const END = 6;
const CPU_MAX = 11;
const MEM_MAX = 13;

interface InstanceRow extends RowPlace {
  readonly task: string;
  readonly startUs: number;
  readonly durationUs: number;
  readonly cpusMilli: number;
  readonly memMilliMib: number;
}

/**
 * batch_instance: a row is a run of one instance, with its own times. The table has no requests: the largest use of any instance of a
 * task (cpu_max, mem_max) stands for what each asks for. Instances of a task that ran equally long are one group.
 */
export function openBatchInstance(files: readonly string[], context: TraceContext): JobSource {
  const memo = new AmountsMemo(context.resources);
  return openRowJobs('alibaba-2018', files, context, {
    open: (report, issues) => {
      const rows = new Rows(files, BATCH_INSTANCE, report, issues);
      const next = () => {
        while (rows.next()) {
          const row = parseRow(rows, context);
          if (row !== undefined) return { job: rows.repeated(JOB), row };
        }
        return null;
      };
      return { next, close: () => rows.close() };
    },
    build: (id, rows, report, issues) => build(id, rows, report, issues, memo),
  });
}

function parseRow(rows: Rows, context: TraceContext): InstanceRow | undefined {
  if (rows.isEmpty(JOB)) return rows.skip(JOB, 'E_ALIBABA_VALUE', 'must not be empty');
  const startS = rows.number(START);
  const endS = rows.number(END);
  const status = rows.repeated(STATUS);
  if (rows.isEmpty(END) || endS === 0) return rows.skip(END, 'E_ALIBABA_PENDING', `is not known (status ${status})`);
  for (const column of [START, END]) {
    const value = rows.number(column);
    if (!(value >= 0 && value <= MAX_SECONDS))
      return rows.skip(column, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
  }
  if (endS < startS) return rows.skip(END, 'E_ALIBABA_RUN', `must not be before start_time ${startS}`);
  if (status !== 'Terminated') {
    return rows.skip(STATUS, 'E_ALIBABA_ATTEMPT', 'must be Terminated: another run of the instance counts');
  }
  const cpusMilli = useOf(rows, CPU_MAX, MAX_AMOUNT, 10);
  const memMilliMib = useOf(rows, MEM_MAX, 100, Number(context.options['machineMemGib']) * 10240);
  if (Number.isNaN(cpusMilli) || Number.isNaN(memMilliMib)) return undefined;
  return {
    path: rows.reader.path,
    line: rows.reader.line,
    task: rows.repeated(TASK),
    startUs: Math.round(startS * 1e6),
    durationUs: Math.round((endS - startS) * 1e6),
    cpusMilli,
    memMilliMib,
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

interface Task {
  readonly name: string;
  readonly place: RowPlace;
  readonly counts: Map<number, number>;
  cpusMilli: number;
  memMilliMib: number;
}

function build(
  id: string,
  rows: readonly InstanceRow[],
  report: SourceReport,
  issues: IssueLog,
  memo: AmountsMemo,
): JobRecord | undefined {
  const tasks = [...tasksOf(rows).values()];
  const names = tasks.map((task) => task.name);
  const places = tasks.map((task) => task.place);
  const waits = dependencies(names, places, issues);
  if (waits === undefined) {
    const rule = `the tasks of job "${id}" wait for each other in a circle`;
    for (const row of rows) issues.skip(row, TASK + 1, 'E_ALIBABA_CYCLE', rule);
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
      task = { name: row.task, place: row, counts: new Map(), cpusMilli: 0, memMilliMib: 0 };
      tasks.set(row.task, task);
    }
    task.cpusMilli = Math.max(task.cpusMilli, row.cpusMilli);
    task.memMilliMib = Math.max(task.memMilliMib, row.memMilliMib);
    task.counts.set(row.durationUs, (task.counts.get(row.durationUs) ?? 0) + 1);
  }
  return tasks;
}

/** One group per run time of the task's instances: `M1`, then `M1~1` … */
function groupsOf(task: Task, memo: AmountsMemo): TaskGroup[] {
  const amounts = memo.of(task.cpusMilli, task.memMilliMib);
  return [...task.counts].map(([durationUs, count], index) => ({
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
  }));
}
