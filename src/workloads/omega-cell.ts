import { emptyReport, type JobRecord, type JobSource } from '../model/job.js';
import { CPUS, MEM } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { sampleOf } from './bytes/sample.js';
import { isOmegaState, omegaState } from './omega-state.js';
import { headerOf, Table } from './table.js';

const COLUMNS = ['job_id', 'submit_s', 'workload', 'num_tasks', 'task_duration_s', 'cpus_per_task', 'mem_gb_per_task'];

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
        table = new Table(files[index++] as string, COLUMNS);
      }
      if (!table.next()) {
        table.reader.close();
        table = undefined;
        continue;
      }
      report.rowsRead++;
      const job = parseRow(table, context, issues);
      if (job === undefined) continue;
      report.rowsKept++;
      report.jobCount++;
      report.taskCount += job.groups[0]?.count ?? 0;
      return job;
    }
  };
  return { report, next, close: () => table?.reader.close() };
}

function parseRow(table: Table, context: TraceContext, issues: IssueLog): JobRecord | undefined {
  const { reader } = table;
  if (!table.isSound(issues)) return undefined;
  const value = (name: string): number => reader.number(table.column(name));
  const count = value('num_tasks');
  for (const name of ['submit_s', 'num_tasks', 'task_duration_s', 'cpus_per_task', 'mem_gb_per_task']) {
    if (value(name) >= (name === 'num_tasks' ? 1 : 0)) continue;
    const text = reader.text(table.column(name));
    return void issues.skip(
      reader,
      table.column(name) + 1,
      'E_OMEGA_VALUE',
      `${name} must be a number of at least ${name === 'num_tasks' ? 1 : 0}, got "${text}"`,
    );
  }
  const amounts = context.resources.zero();
  amounts[CPUS] = Math.round(value('cpus_per_task') * 1000);
  amounts[MEM] = Math.round(value('mem_gb_per_task') * 1024 * 1000);
  const workload = reader.text(table.column('workload'));
  return {
    id: reader.text(table.column('job_id')),
    user: workload,
    queue: workload,
    class: workload,
    submitUs: Math.round(value('submit_s') * 1e6),
    priority: workload === 'Batch' ? 0 : 1,
    deadlineUs: -1,
    after: [],
    groups: [
      {
        name: '',
        count: Math.round(count),
        gang: false,
        amounts,
        durationUs: Math.round(value('task_duration_s') * 1e6),
        estimateUs: -1,
        constraints: '',
        after: [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
      },
    ],
  };
}

export const omegaCell: TraceFormat = {
  name: 'omega-cell',
  summary: "jobs of alike tasks in the Omega simulator's model",
  source: 'Schwarzkopf et al., EuroSys 2013; google/cluster-scheduler-simulator, Workloads.scala',
  options: {},
  detect: ({ head }) => (isOmegaState(head) || COLUMNS.every((name, index) => headerOf(head)[index] === name) ? 1 : 0),
  openJobs: openOmega,
};
