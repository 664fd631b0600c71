import { FOREVER_US, type JobRecord, type SourceReport } from '../model/job.js';
import { CPUS, MEM } from '../model/resources.js';
import type { TraceContext } from '../model/trace-format.js';
import type { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';
import { jobRecord, taskGroup } from './records.js';
import { MAX_AMOUNT, MAX_SECONDS, MAX_TASKS } from './rows.js';

/** Kinds of rows: a job is there when the trace begins; such a job ends. */
const BEGINS = 11;
const ENDS = 12;
/** Columns from 0: kind, time, job, production, scheduling class, then the sizes of a job that is there. */
const TIME = 1;
const JOB = 2;
const TASKS = 5;
const CPU = 6;
const RAM = 7;

const BYTES_PER_MIB = 1 << 20;

export const isOmegaState = (head: Uint8Array): boolean =>
  /^1[12] \d+(\.\d+)?(e[+-]?\d+)? \d+ [01] [0-3] \S/.test(new TextDecoder().decode(head.subarray(0, 256)));

/**
 * The cell as it is when a trace of the Omega simulator begins (traces/README.txt there): between blanks `11 0 job production class tasks
 * cpus bytes`, sizes of the job as a whole, and `12 time job production class …` where the job ends. The jobs are submitted at 0 and run until
 * then; those without an end stay. Workload `Prefill`; priority 1 = production.
 */
export function omegaState(file: string, context: TraceContext, report: SourceReport, issues: IssueLog): JobRecord[] {
  const reader = new LineReader(file);
  const jobs = new Map<string, JobRecord>();
  try {
    while (reader.nextLine()) {
      if (reader.isBlank) continue;
      report.rowsRead++;
      if (readRow(reader, reader.splitBlanks(), jobs, context, issues)) report.rowsKept++;
    }
  } finally {
    reader.close();
  }
  return [...jobs.values()];
}

function readRow(
  reader: LineReader,
  count: number,
  jobs: Map<string, JobRecord>,
  context: TraceContext,
  issues: IssueLog,
): boolean {
  const skip = (column: number, rule: string): false => {
    issues.skip(reader, column + 1, 'E_OMEGA_STATE', `${rule}, got "${reader.text(column)}"`);
    return false;
  };
  const kind = reader.number(0);
  const timeS = reader.number(TIME);
  const id = reader.text(JOB);
  if (!reader.isText || count < TASKS) return skip(0, `a row must have at least ${TASKS} fields of text`);
  if (kind !== BEGINS && kind !== ENDS) return skip(0, `the kind of row must be ${BEGINS} or ${ENDS}`);
  if (!(timeS >= 0 && timeS <= MAX_SECONDS)) return skip(TIME, 'the time must be seconds of at least 0');
  const known = jobs.get(id);
  if (kind === ENDS) {
    if (known === undefined) return skip(JOB, 'a job that ends must have been there before');
    for (const group of known.groups) group.durationUs = Math.round(timeS * 1e6);
    return true;
  }
  if (known !== undefined) return skip(JOB, 'a job must be there once');
  const [tasks, cpus, bytes] = [reader.number(TASKS), reader.number(CPU), reader.number(RAM)];
  if (!(tasks >= 1 && tasks <= MAX_TASKS && Number.isInteger(tasks)))
    return skip(TASKS, 'the number of tasks must be a whole number of at least 1');
  if (!(cpus >= 0 && cpus <= MAX_AMOUNT)) return skip(CPU, 'CPUs must be a number of at least 0');
  if (!(bytes >= 0 && bytes / BYTES_PER_MIB <= MAX_AMOUNT)) return skip(RAM, 'memory must be bytes of at least 0');
  const amounts = context.resources.zero();
  amounts[CPUS] = Math.round((cpus / tasks) * 1000);
  amounts[MEM] = Math.round((bytes / tasks / BYTES_PER_MIB) * 1000);
  jobs.set(
    id,
    jobRecord({
      id: `prefill-${id}`,
      user: 'Prefill',
      queue: 'Prefill',
      class: 'Prefill',
      submitUs: 0,
      priority: reader.number(3) > 0 ? 1 : 0,
      groups: [taskGroup({ count: tasks, amounts, durationUs: FOREVER_US })],
    }),
  );
  return true;
}
