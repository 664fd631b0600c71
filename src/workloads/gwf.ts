import type { JobRecord, SourceReport, TaskGroup } from '../model/job.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { AmountsMemo } from './amounts-memo.js';
import { factRows } from './facts/fact-rows.js';
import { gwfFacts } from './facts/gwf-facts.js';
import { taskGroup } from './records.js';
import { openRowJobs, parsedRows } from './row-jobs.js';
import { looksLike, MAX_SECONDS, MAX_TASKS, Rows, type TableLayout } from './rows.js';
import { workflowJob } from './workflow-job.js';

const WORKFLOW = 0;
const JOB = 1;
const SUBMIT = 2;
const RUN = 3;
const PROCESSORS = 4;
const REQUESTED = 5;
const DEPENDENCIES = 6;

/** Cells are padded with blanks. */
const GWF: TableLayout = {
  columns: ['workflowid', 'jobid', 'submittime', 'runtime', 'nprocs', 'reqnprocs', 'dependencies'],
  numeric: ['submittime', 'runtime', 'nprocs'],
};

interface Row {
  readonly job: string;
  readonly submitUs: number;
  readonly group: TaskGroup;
}

/**
 * Grid Workflow Format: a workflow is a job, submitted with its first task; its tasks wait for those that they depend on. A task of n
 * processors is a gang of n.
 */
function openGwf(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  return openRowJobs<Row>('gwf', files, context, {
    scouted: { layout: GWF, submit: SUBMIT, job: WORKFLOW },
    open: (report, issues) => {
      const memMilliMib = Math.round(Number(context.options['memMib']) * 1000);
      return parsedRows(new Rows(files, GWF, report, issues), (rows) => parseRow(rows, memo, memMilliMib));
    },
    build: (id, rows, report: SourceReport, issues): JobRecord => {
      report.rowsKept += rows.length;
      return workflowJob(id, rows, files[0] as string, issues);
    },
  });
}

function parseRow(rows: Rows, memo: AmountsMemo, memMilliMib: number): Row | undefined {
  const submitS = rows.number(SUBMIT);
  const runS = rows.number(RUN);
  const name = rows.trimmed(JOB);
  const job = rows.trimmed(WORKFLOW);
  if (job === '') return rows.skip(WORKFLOW, 'E_GWF_VALUE', 'must not be empty');
  if (name === '') return rows.skip(JOB, 'E_GWF_VALUE', 'must not be empty');
  if (!(submitS >= 0 && submitS <= MAX_SECONDS))
    return rows.skip(SUBMIT, 'E_GWF_VALUE', 'must be seconds of at least 0');
  if (runS === -1) return rows.skip(RUN, 'E_GWF_RUN', 'is not known');
  if (!(runS >= 0 && runS <= MAX_SECONDS)) return rows.skip(RUN, 'E_GWF_VALUE', 'must be seconds of at least 0');
  const column = rows.number(PROCESSORS) > 0 ? PROCESSORS : REQUESTED;
  const processors = rows.number(column);
  if (!(processors >= 1 && processors <= MAX_TASKS && Number.isInteger(processors)))
    return rows.skip(column, 'E_GWF_VALUE', 'must be a whole number of at least 1');
  return {
    job,
    submitUs: Math.round(submitS * 1e6),
    group: taskGroup({
      name,
      count: processors,
      gang: processors > 1,
      amounts: memo.of(1000, memMilliMib),
      durationUs: Math.round(runS * 1e6),
      after: waitsOf(rows.trimmed(DEPENDENCIES)),
    }),
  };
}

/** -1 and empty: waits for nothing. */
function waitsOf(list: string): readonly string[] {
  return list === '' ? NONE : list.split(/\s+/).filter((name) => name !== '-1');
}

const NONE: readonly never[] = Object.freeze([]);

export const gwf: TraceFormat = {
  name: 'gwf',
  summary: 'Grid Workflow Format: workflows whose tasks name what they depend on',
  source: 'Grid Workloads Archive, Iosup et al., FGCS 2008; atlarge-research/opendc, formats/gwf',
  options: {
    memMib: {
      type: 'number',
      default: 0,
      range: [0, 1e9],
      unit: 'MiB',
      help: 'of every processor: the format has none',
    },
  },
  detect: ({ head, name }) => (looksLike(head, GWF) === 'header' ? 1 : name.endsWith('.gwf') ? 0.8 : 0),
  facts: (files) => gwfFacts(factRows(files, GWF)),
  openJobs: openGwf,
};
