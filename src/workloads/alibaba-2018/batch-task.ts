import type { JobRecord, JobSource, SourceReport, TaskGroup } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { FewNames } from '../few-names.js';
import { openRowJobs, parsedRows } from '../row-jobs.js';
import { MAX_AMOUNT, MAX_SECONDS, MAX_TASKS, Rows } from '../rows.js';
import { dependencies } from './graph.js';
import { BATCH_TASK } from './layouts.js';

const NAME = 0;
const INSTANCES = 1;
const JOB = 2;
const STATUS = 4;
const START = 5;
const END = 6;
const CPU = 7;
const MEMORY = 8;

const NONE: readonly never[] = Object.freeze([]);

interface TaskRow extends RowPlace {
  readonly job: string;
  readonly startUs: number;
  readonly group: TaskGroup;
}

/**
 * batch_task: a row is a task of `instance_num` equal instances; its job is `job_name`, submitted when its first task started. A task
 * waits for the tasks that its name lists.
 */
export function openBatchTask(files: readonly string[], context: TraceContext): JobSource {
  return openRowJobs('alibaba-2018', files, context, {
    scouted: { layout: BATCH_TASK, submit: START, job: JOB },
    open: (report, issues) => {
      const sizes = sizesOf(context);
      return parsedRows(new Rows(files, BATCH_TASK, report, issues), (rows, lastJob) => parseRow(rows, sizes, lastJob));
    },
    build,
  });
}

/** What rows are measured by. */
interface Sizes {
  readonly memo: AmountsMemo;
  /** A percent of the largest machine. */
  readonly memMilliMib: number;
  readonly missingCpus: number;
  readonly missingMemPercent: number;
}

function sizesOf({ options, resources }: TraceContext): Sizes {
  return {
    memo: new AmountsMemo(resources),
    memMilliMib: Number(options['machineMemGib']) * 10.24 * 1000,
    missingCpus: Number(options['missingCpus']),
    missingMemPercent: Number(options['missingMemPercent']),
  };
}

function parseRow(rows: Rows, sizes: Sizes, lastJob: string): TaskRow | undefined {
  if (rows.isEmpty(JOB)) return rows.skip(JOB, 'E_ALIBABA_VALUE', 'must not be empty');
  const startS = rows.number(START);
  const endS = rows.number(END);
  if (!(startS >= 0 && startS <= MAX_SECONDS))
    return rows.skip(START, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
  if (rows.isEmpty(END) || endS === 0)
    return rows.skip(END, 'E_ALIBABA_PENDING', `is not known (status ${rows.repeated(STATUS)})`);
  if (!(endS >= 0 && endS <= MAX_SECONDS)) return rows.skip(END, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
  if (endS < startS) return rows.skip(END, 'E_ALIBABA_RUN', `must not be before start_time ${startS}`);
  if (rows.isEmpty(INSTANCES))
    return rows.skip(
      INSTANCES,
      'E_ALIBABA_PENDING',
      `is empty: the task never had instances (status ${rows.repeated(STATUS)})`,
    );
  const count = rows.number(INSTANCES);
  if (!(count >= 1 && count <= MAX_TASKS && Number.isInteger(count))) {
    return rows.skip(INSTANCES, 'E_ALIBABA_VALUE', `must be a whole number from 1 to ${MAX_TASKS}`);
  }
  const cpusMilli = cpusOf(rows, sizes);
  const memMilliMib = memoryOf(rows, sizes);
  if (Number.isNaN(cpusMilli) || Number.isNaN(memMilliMib)) return undefined;
  return {
    path: rows.reader.path,
    line: rows.reader.line,
    job: rows.textLike(JOB, lastJob),
    startUs: Math.round(startS * 1e6),
    group: {
      name: rows.repeated(NAME),
      count,
      gang: false,
      amounts: sizes.memo.of(cpusMilli, memMilliMib),
      durationUs: Math.round((endS - startS) * 1e6),
      estimateUs: -1,
      constraints: '',
      after: NONE,
      image: '',
      inputs: NONE,
      outputMilliMib: 0,
    },
  };
}

/** Thousandths of a core: 100 = 1 core. NaN = the row was skipped. */
function cpusOf(rows: Rows, { missingCpus }: Sizes): number {
  if (rows.isEmpty(CPU)) {
    rows.repair(CPU, 'E_ALIBABA_SIZE', `is missing: ${missingCpus} CPUs are taken`);
    return Math.round(missingCpus * 1000);
  }
  const percent = rows.number(CPU);
  if (percent >= 0 && percent <= MAX_AMOUNT) return Math.round(percent * 10);
  rows.skip(CPU, 'E_ALIBABA_VALUE', 'must be a number of at least 0', '100 = 1 core');
  return Number.NaN;
}

/** Thousandths of a MiB: percent of the largest machine. NaN = the row was skipped. */
function memoryOf(rows: Rows, { memMilliMib, missingMemPercent }: Sizes): number {
  if (rows.isEmpty(MEMORY)) {
    rows.repair(MEMORY, 'E_ALIBABA_SIZE', `is missing: ${missingMemPercent} % are taken`);
    return Math.round(missingMemPercent * memMilliMib);
  }
  const percent = rows.number(MEMORY);
  if (percent >= 0 && percent <= 100) return Math.round(percent * memMilliMib);
  rows.skip(MEMORY, 'E_ALIBABA_VALUE', 'must be a number from 0 to 100', 'memory is in percent of the largest machine');
  return Number.NaN;
}

function build(id: string, rows: TaskRow[], report: SourceReport, issues: IssueLog): JobRecord | undefined {
  const kept = rows.length === 1 ? rows : withoutTwins(id, rows, issues);
  const names: string[] = [];
  for (const row of kept) names.push(row.group.name);
  const waits = dependencies(names, kept, issues);
  if (waits === undefined) {
    for (const row of kept)
      issues.skip(row, NAME + 1, 'E_ALIBABA_CYCLE', `the tasks of job "${id}" wait for each other in a circle`);
    return undefined;
  }
  let submitUs = Number.POSITIVE_INFINITY;
  const groups: TaskGroup[] = [];
  for (let index = 0; index < kept.length; index++) {
    const { group, startUs } = kept[index] as TaskRow;
    groups.push(group);
    submitUs = Math.min(submitUs, startUs);
    const list = waits[index] as readonly number[];
    if (list.length > 0) group.after = list.map((other) => names[other] as string);
  }
  report.rowsKept += kept.length;
  return {
    id,
    user: '',
    queue: '',
    class: 'batch',
    submitUs,
    priority: 0,
    deadlineUs: -1,
    after: NONE,
    groups,
  };
}

function withoutTwins(id: string, rows: readonly TaskRow[], issues: IssueLog): TaskRow[] {
  const names = new FewNames();
  return rows.filter((row) => {
    const { name } = row.group;
    if (names.has(name)) {
      issues.skip(row, NAME + 1, 'E_ALIBABA_DUPLICATE', `job "${id}" has task "${name}" already`);
      return false;
    }
    names.add(name);
    return true;
  });
}
