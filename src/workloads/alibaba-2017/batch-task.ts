import type { JobRecord, JobSource, SourceReport, TaskGroup } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { openBatchInstance } from '../alibaba-2018/batch-instance.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { FewNames } from '../few-names.js';
import { openRowJobs, parsedRows } from '../row-jobs.js';
import { MAX_AMOUNT, MAX_SECONDS, MAX_TASKS, Rows } from '../rows.js';
import { BATCH_INSTANCE, BATCH_TASK } from './layouts.js';

const CREATED = 0;
const MODIFIED = 1;
const JOB = 2;
const TASK = 3;
const INSTANCES = 4;
const STATUS = 5;
const CPU = 6;
const MEMORY = 7;

const NONE: readonly never[] = Object.freeze([]);

/** States in which the last change of a task was its end. */
const OVER = new Set(['Terminated', 'Failed', 'Cancelled']);

interface TaskRow extends RowPlace {
  readonly job: string;
  readonly startUs: number;
  readonly group: TaskGroup;
}

/**
 * batch_task of 2017: a row is a task of `instance_num` equal instances; its job is `job_id`, submitted when its first task was made.
 * The end of the task bounds the run time of its instances from above. The DAG of a job is not published: its tasks wait for nothing.
 */
export function openBatchTask(files: readonly string[], context: TraceContext): JobSource {
  return openRowJobs('alibaba-2017', files, context, {
    scouted: { layout: BATCH_TASK, submit: CREATED, job: JOB },
    open: (report, issues) => {
      const sizes = sizesOf(context);
      return parsedRows(new Rows(files, BATCH_TASK, report, issues), (rows, lastJob) => parseRow(rows, sizes, lastJob));
    },
    build,
  });
}

/** What rows are measured by, in thousandths. */
interface Sizes {
  readonly memo: AmountsMemo;
  /** Of the largest machine. */
  readonly memMilliMib: number;
  readonly missingCpusMilli: number;
  readonly missingMemMilliMib: number;
}

function sizesOf({ options, resources }: TraceContext): Sizes {
  const memMilliMib = Number(options['machineMemGib']) * 1024 * 1000;
  return {
    memo: new AmountsMemo(resources),
    memMilliMib,
    missingCpusMilli: Number(options['missingCpus']) * 1000,
    missingMemMilliMib: Number(options['missingMemShare']) * memMilliMib,
  };
}

/** batch_instance of 2017: CPUs in cores, memory as a share of the largest machine. */
export function openInstances(files: readonly string[], context: TraceContext): JobSource {
  return openBatchInstance(files, context, {
    format: 'alibaba-2017',
    layout: BATCH_INSTANCE,
    ...{ start: 0, end: 1, job: 2, task: 3, status: 5, cpuMax: 8, cpuAvg: 9, memMax: 10, memAvg: 11 },
    cpuScale: 1000,
    memMost: 1,
    waits: (names) => names.map(() => []),
  });
}

function parseRow(rows: Rows, sizes: Sizes, lastJob: string): TaskRow | undefined {
  if (rows.isEmpty(JOB)) return rows.skip(JOB, 'E_ALIBABA_VALUE', 'must not be empty');
  const createdS = rows.number(CREATED);
  const endS = rows.number(MODIFIED);
  const status = rows.repeated(STATUS);
  if (!(Math.abs(createdS) <= MAX_SECONDS)) return rows.skip(CREATED, 'E_ALIBABA_VALUE', 'must be seconds');
  if (!OVER.has(status) || rows.isEmpty(MODIFIED) || endS === 0)
    return rows.skip(STATUS, 'E_ALIBABA_PENDING', 'must be that of a task that is over');
  if (!(Math.abs(endS) <= MAX_SECONDS)) return rows.skip(MODIFIED, 'E_ALIBABA_VALUE', 'must be seconds');
  if (endS < createdS) return rows.skip(MODIFIED, 'E_ALIBABA_RUN', `must not be before the creation at ${createdS}`);
  const count = rows.number(INSTANCES);
  if (!(count >= 1 && count <= MAX_TASKS && Number.isInteger(count))) {
    return rows.skip(INSTANCES, 'E_ALIBABA_VALUE', `must be a whole number from 1 to ${MAX_TASKS}`);
  }
  const { memo, memMilliMib: mib } = sizes;
  const cpusMilli = amountOf(rows, CPU, MAX_AMOUNT, 10, sizes.missingCpusMilli);
  const memMilliMib = amountOf(rows, MEMORY, 1, mib, sizes.missingMemMilliMib);
  if (Number.isNaN(cpusMilli) || Number.isNaN(memMilliMib)) return undefined;
  if (createdS < 0) rows.repair(CREATED, 'E_ALIBABA_BEFORE', 'is before the trace: the task is submitted at 0');
  return {
    path: rows.reader.path,
    line: rows.reader.line,
    job: rows.textLike(JOB, lastJob),
    startUs: Math.max(0, Math.round(createdS * 1e6)),
    group: {
      // Numbered through all jobs: none comes again.
      name: rows.text(TASK),
      count,
      gang: false,
      amounts: memo.of(cpusMilli, memMilliMib),
      durationUs: Math.round((endS - createdS) * 1e6),
      estimateUs: -1,
      constraints: '',
      after: NONE,
      image: '',
      inputs: NONE,
      outputMilliMib: 0,
    },
  };
}

/** Thousandths of a request; a missing one is taken from the options. NaN = the row was skipped. */
function amountOf(rows: Rows, column: number, most: number, scale: number, missing: number): number {
  if (rows.isEmpty(column)) {
    rows.repair(column, 'E_ALIBABA_SIZE', `is missing: ${missing / scale} is taken`);
    return Math.round(missing);
  }
  const value = rows.number(column);
  if (value >= 0 && value <= most) return Math.round(value * scale);
  rows.skip(column, 'E_ALIBABA_VALUE', `must be a number from 0 to ${most}`);
  return Number.NaN;
}

function build(id: string, rows: TaskRow[], report: SourceReport, issues: IssueLog): JobRecord | undefined {
  const names = new FewNames();
  const groups: TaskGroup[] = [];
  let submitUs = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const { group, startUs } = row;
    if (names.has(group.name)) {
      issues.skip(row, TASK + 1, 'E_ALIBABA_DUPLICATE', `job "${id}" has task "${group.name}" already`);
      continue;
    }
    names.add(group.name);
    submitUs = Math.min(submitUs, startUs);
    groups.push(group);
  }
  report.rowsKept += groups.length;
  return {
    id,
    user: '',
    queue: '',
    class: 'batch',
    submitUs,
    priority: 0,
    deadlineUs: -1,
    after: [],
    groups,
  };
}
