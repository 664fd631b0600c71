import type { TaskGroup } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog } from '../bytes/issues.js';
import { wtaFacts } from '../facts/parquet-facts.js';
import { taskGroup } from '../records.js';
import { openRowJobs } from '../row-jobs.js';
import { MAX_AMOUNT } from '../rows.js';
import { type WorkflowRow, workflowJob } from '../workflow-job.js';
import { ParquetRows, parquetColumns } from './parquet-rows.js';

const COLUMNS = [
  ...['id', 'workflow_id', 'ts_submit', 'runtime', 'resource_amount_requested', 'memory_requested'],
  ...['parents', 'children', 'user_id', 'type'],
];
const MAX_MS = 4.5e12;
/** Units of memory in a MiB. */
const UNITS: Readonly<Record<string, number>> = { B: 2 ** 20, KB: 1024, MB: 1 };

interface Row extends WorkflowRow {
  readonly job: string;
  readonly user: string;
  readonly children: readonly string[];
}

/**
 * Workflow Trace Archive: a task a row. A workflow is a job, submitted with its first task. Ids are 64-bit whole numbers and stay texts
 * with all their digits; columns are found by name, as their order and types differ from file to file.
 */
function openWta(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  return openRowJobs<Row>('wta', files, context, {
    open: (report, issues) => {
      let file = 0;
      let rows = new ParquetRows(files[file] as string, COLUMNS);
      const next = () => {
        for (;;) {
          while (rows.next()) {
            report.rowsRead++;
            const row = readTask(rows, issues, memo, context);
            if (row !== undefined) return row;
          }
          if (++file >= files.length) return null;
          rows = new ParquetRows(files[file] as string, COLUMNS);
        }
      };
      return { next, close: () => rows.close() };
    },
    build: (id, rows, report, issues) => {
      report.rowsKept += rows.length;
      linkChildren(rows);
      const user = rows.find((row) => row.user !== '')?.user ?? '';
      return workflowJob(id, rows, files[0] as string, issues, { user });
    },
  });
}

function readTask(rows: ParquetRows, issues: IssueLog, memo: AmountsMemo, { options }: TraceContext): Row | undefined {
  const id = rows.text('id');
  const skip = (code: string, rule: string): undefined => void issues.skip(rows, 0, code, `task "${id}": ${rule}`);
  const submitMs = rows.number('ts_submit');
  const runMs = rows.number('runtime');
  if (id === '') return skip('E_WTA_VALUE', 'it has no id');
  if (!(submitMs >= 0 && submitMs <= MAX_MS))
    return skip('E_WTA_VALUE', `ts_submit must be milliseconds of at least 0, got ${submitMs}`);
  if (runMs === -1) return skip('E_WTA_RUN', 'its runtime is not known');
  if (!(runMs >= 0 && runMs <= MAX_MS))
    return skip('E_WTA_VALUE', `runtime must be milliseconds of at least 0, got ${runMs}`);
  const asked = rows.number('resource_amount_requested');
  const cpus = asked > 0 && asked <= MAX_AMOUNT ? asked : Number(options['missingCpus']);
  // −1 = unknown.
  const memory = rows.number('memory_requested');
  const perMib = UNITS[String(options['memUnit'])] as number;
  const memMib = memory >= 0 && memory <= MAX_AMOUNT ? memory / perMib : Number(options['missingMemMib']);
  const user = rows.text('user_id');
  return {
    job: rows.text('workflow_id') || id,
    submitUs: Math.round(submitMs * 1000),
    user: user === '-1' ? '' : user,
    children: rows.list('children'),
    group: taskGroup({
      name: id,
      amounts: memo.of(Math.round(cpus * 1000), Math.round(memMib * 1000)),
      durationUs: Math.round(runMs * 1000),
      after: [...new Set(rows.list('parents'))],
    }),
  };
}

/** A link may be declared by the child, the parent, or both. */
function linkChildren(rows: readonly Row[]): void {
  const groups = new Map<string, TaskGroup>(rows.map(({ group }) => [group.name, group]));
  for (const { group, children } of rows) {
    for (const name of children) {
      const child = groups.get(name);
      if (child !== undefined && !child.after.includes(group.name)) child.after = [...child.after, group.name];
    }
  }
}

const isTasks = (columns: readonly string[] | undefined): boolean =>
  columns !== undefined && ['id', 'ts_submit', 'runtime', 'workflow_id'].every((name) => columns.includes(name));

/** Files of a folder: `tasks.parquet`, or the parts under `tasks/` of the published archives (`tasks/schema-1.0/part.0.parquet`). */
function filesOf(names: readonly string[], pathOf: (name: string) => string): readonly string[] {
  const found = names.filter((name) => /^(tasks\/.*|[^/]*)\.parquet$/.test(name));
  return found.filter((name) => isTasks(parquetColumns({ path: pathOf(name), head: new Uint8Array(0) })));
}

export const wta: TraceFormat = {
  name: 'wta',
  summary: 'Workflow Trace Archive in Parquet: tasks of workflows with their parents; a folder or its tasks.parquet',
  source: 'Versluis et al., The Workflow Trace Archive, IEEE TPDS 2020; wta.atlarge-research.com, schema 1.0',
  options: {
    missingCpus: {
      type: 'number',
      default: 1,
      range: [0, 1e6],
      unit: 'CPUs',
      help: 'of a task that tells no resources',
    },
    memUnit: {
      type: 'choice',
      choices: ['KB', 'MB', 'B'],
      default: 'KB',
      help: 'of memory_requested, which the schema does not state',
    },
    missingMemMib: { type: 'number', default: 0, range: [0, 1e9], unit: 'MiB', help: 'of a task that tells no memory' },
  },
  detect: (sample) => (isTasks(parquetColumns(sample)) ? 1 : 0),
  filesOf,
  facts: wtaFacts,
  openJobs: openWta,
};
