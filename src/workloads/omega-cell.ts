import { emptyReport, type JobRecord, type JobSource } from '../model/job.js';
import { CPUS, MEM } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { sampleOf } from './bytes/sample.js';
import { isOmegaState, omegaState } from './omega-state.js';
import { headerOf, Table } from './table.js';

const COLUMNS = ['job_id', 'submit_s', 'workload', 'num_tasks', 'task_duration_s', 'cpus_per_task', 'mem_gb_per_task'];

const NONE: readonly never[] = Object.freeze([]);

/** What a number must be at least; columns of COLUMNS in the order in which they are checked. */
const LEAST: readonly (readonly [column: number, least: number])[] = [
  [1, 0],
  [3, 1],
  [4, 0],
  [5, 0],
  [6, 0],
];

/** One row per job, all tasks of a job alike: the input of the Omega simulator's replay. GB are taken as GiB. Cell states come first: they are there at 0. */
function openOmega(all: readonly string[], context: TraceContext): JobSource {
  const report = emptyReport('omega-cell', [...all]);
  const issues = new IssueLog(report, context);
  const isState = (file: string): boolean => isOmegaState(sampleOf(file).head);
  const files = all.filter((file) => !isState(file));
  const standing = all.filter(isState).flatMap((file) => omegaState(file, context, report, issues));
  let stood = 0;
  let index = 0;
  let table: Table | undefined;
  let columns: readonly number[] = [];
  const next = (): JobRecord | null => {
    const first = standing[stood];
    if (first !== undefined) {
      stood++;
      report.jobCount++;
      report.taskCount += first.groups[0]?.count ?? 0;
      return first;
    }
    for (;;) {
      if (table === undefined) {
        if (index >= files.length) {
          issues.flush();
          return null;
        }
        const opened = new Table(files[index++] as string, COLUMNS);
        columns = COLUMNS.map((name) => opened.column(name));
        table = opened;
      }
      if (!table.next()) {
        table.reader.close();
        table = undefined;
        continue;
      }
      report.rowsRead++;
      const job = parseRow(table, columns, context, issues);
      if (job === undefined) continue;
      report.rowsKept++;
      report.jobCount++;
      report.taskCount += job.groups[0]?.count ?? 0;
      return job;
    }
  };
  return { report, next, close: () => table?.reader.close() };
}

function parseRow(
  table: Table,
  columns: readonly number[],
  { resources }: TraceContext,
  issues: IssueLog,
): JobRecord | undefined {
  const { reader } = table;
  if (!table.isSound(issues)) return undefined;
  const column = (name: number): number => columns[name] as number;
  const submitS = reader.number(column(1));
  const count = reader.number(column(3));
  const durationS = reader.number(column(4));
  const cpus = reader.number(column(5));
  const memGib = reader.number(column(6));
  if (!(submitS >= 0 && count >= 1 && durationS >= 0 && cpus >= 0 && memGib >= 0))
    return skipValue(table, columns, issues);
  const amounts = resources.zero();
  amounts[CPUS] = Math.round(cpus * 1000);
  amounts[MEM] = Math.round(memGib * 1024 * 1000);
  const workload = reader.repeated(column(2));
  return {
    id: reader.text(column(0)),
    user: workload,
    queue: workload,
    class: workload,
    submitUs: Math.round(submitS * 1e6),
    priority: workload === 'Batch' ? 0 : 1,
    deadlineUs: -1,
    after: NONE,
    groups: [
      {
        name: '',
        count: Math.round(count),
        gang: false,
        amounts,
        durationUs: Math.round(durationS * 1e6),
        estimateUs: -1,
        constraints: '',
        after: NONE,
        image: '',
        inputs: NONE,
        outputMilliMib: 0,
      },
    ],
  };
}

/** Says which number is wrong first. */
function skipValue({ reader }: Table, columns: readonly number[], issues: IssueLog): undefined {
  for (const [name, least] of LEAST) {
    const column = columns[name] as number;
    if (reader.number(column) >= least) continue;
    const rule = `${COLUMNS[name]} must be a number of at least ${least}, got "${reader.text(column)}"`;
    return void issues.skip(reader, column + 1, 'E_OMEGA_VALUE', rule);
  }
}

export const omegaCell: TraceFormat = {
  name: 'omega-cell',
  summary: "jobs of alike tasks in the Omega simulator's model",
  source: 'Schwarzkopf et al., EuroSys 2013; google/cluster-scheduler-simulator, Workloads.scala',
  options: {},
  detect: ({ head }) => (isOmegaState(head) || COLUMNS.every((name, index) => headerOf(head)[index] === name) ? 1 : 0),
  openJobs: openOmega,
};
