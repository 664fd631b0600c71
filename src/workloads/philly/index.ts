import {
  type AgentRecord,
  emptyReport,
  type JobRecord,
  type JobSource,
  type SourceReport,
  type TaskGroup,
} from '../../model/job.js';
import { CPUS, GPUS, MEM } from '../../model/resources.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog, type RowPlace } from '../bytes/issues.js';
import { JsonObjects } from '../bytes/json-objects.js';
import { sampleOf } from '../bytes/sample.js';
import { phillyFacts } from '../facts/philly-facts.js';
import { fromZero } from '../from-zero.js';
import { jobRecord, madeJobs, taskGroup } from '../records.js';
import { looksLike, Rows } from '../rows.js';
import { type Attempt, attemptsOf, gpuCount, runSeconds, submitSeconds, textOf } from './attempts.js';
import { MACHINE_LIST } from './layouts.js';

/**
 * cluster_job_log: a list of jobs with their attempts. A job is replayed as the run that ended it (option `attempts`: as long as all its
 * runs together), a gang of one task per server with the GPUs that it had there, or of one-GPU tasks where servers held unequal shares.
 */
function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const memo = new AmountsMemo(context.resources);
  const source = madeJobs('philly', files, context, function* (report, issues) {
    for (const file of files) {
      const objects = new JsonObjects(file);
      try {
        for (let row = objects.next(); row !== null; row = objects.next()) {
          report.rowsRead++;
          const place = { path: file, line: objects.line, column: objects.column };
          if ('fault' in row) issues.skip(place, 0, 'E_PHILLY_VALUE', row.fault);
          else {
            const job = jobOf(row.value, place, context, memo, issues);
            if (job === undefined) continue;
            report.rowsKept++;
            yield job;
          }
        }
      } finally {
        objects.close();
      }
    }
  });
  return fromZero(source);
}

function jobOf(
  row: Readonly<Record<string, unknown>>,
  place: RowPlace,
  { options }: TraceContext,
  memo: AmountsMemo,
  issues: IssueLog,
): JobRecord | undefined {
  const id = textOf(row, 'jobid');
  const skip = (code: string, rule: string): undefined => void issues.skip(place, 0, code, `job "${id}": ${rule}`);
  const submitS = submitSeconds(row);
  if (id === '') return skip('E_PHILLY_VALUE', 'jobid must not be empty');
  if (!(submitS >= 0)) return skip('E_PHILLY_VALUE', 'submitted_time must be YYYY-MM-DD HH:MM:SS');
  const attempts = attemptsOf(row);
  const last = attempts.at(-1);
  if (last === undefined) return skip('E_PHILLY_PENDING', 'it has no attempts: it never ran');
  if (Number.isNaN(runSeconds(last))) return skip('E_PHILLY_CENSORED', 'its last attempt has no start or no end');
  if (attempts.some((attempt) => runSeconds(attempt) < 0))
    return skip('E_PHILLY_RUN', 'an attempt ends before it starts');
  if (gpuCount(last) === 0) return skip('E_PHILLY_GPUS', 'its last attempt names no GPUs');
  const told = attempts.map(runSeconds).filter((runS) => !Number.isNaN(runS));
  const runS = options['attempts'] === 'all' ? told.reduce((sum, one) => sum + one, 0) : runSeconds(last);
  if (attempts.length > 1)
    issues.repair(place, 0, 'E_PHILLY_ATTEMPTS', `job "${id}" has ${attempts.length} attempts: it is one run`);
  const vc = textOf(row, 'vc');
  return jobRecord({
    id,
    user: textOf(row, 'user'),
    queue: vc,
    submitUs: submitS * 1e6,
    groups: [gangOf(last, runS * 1e6, options, memo)],
  });
}

function gangOf(attempt: Attempt, durationUs: number, options: TraceContext['options'], memo: AmountsMemo): TaskGroup {
  const [share = 0] = attempt.gpus;
  const isEven = attempt.gpus.every((count) => count === share);
  const gpus = isEven ? share : 1;
  const count = isEven ? attempt.gpus.length : gpuCount(attempt);
  const amounts = memo.of(
    Math.round(Number(options['cpusPerGpu']) * gpus * 1000),
    Math.round(Number(options['memGibPerGpu']) * gpus * 1024 * 1000),
    gpus * 1000,
  );
  return taskGroup({ count, gang: count > 1, amounts, durationUs });
}

/** cluster_machine_list: servers and their GPUs; CPUs and memory by the options. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('philly', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, MACHINE_LIST, report, issues);
  const agents: AgentRecord[] = [];
  while (rows.next()) {
    const gpus = rows.number(1);
    if (!(gpus >= 0 && gpus <= 32)) {
      rows.skip(1, 'E_PHILLY_VALUE', 'must be a number of GPUs of at most 32');
      continue;
    }
    report.rowsKept++;
    const amounts = context.resources.zero();
    amounts[CPUS] = Math.round(Number(context.options['cpusPerGpu']) * gpus * 1000);
    amounts[MEM] = Math.round(Number(context.options['memGibPerGpu']) * gpus * 1024 * 1000);
    amounts[GPUS] = gpus * 1000;
    agents.push({ id: rows.text(0), amounts, attributes: { gpu_mem: rows.text(2).trim() } });
  }
  issues.flush();
  return { agents, report };
}

export const philly: TraceFormat = {
  name: 'philly',
  summary: "Microsoft's Philly clusters: DNN training jobs with attempts and gangs of GPUs; machine list",
  source: 'Jeon et al., USENIX ATC 2019; msr-fiddle/philly-traces README.md',
  options: {
    attempts: {
      type: 'choice',
      choices: ['last', 'all'],
      default: 'last',
      help: 'run time of a job with several attempts: of the one that ended it, or of all together',
    },
    cpusPerGpu: { type: 'number', default: 4, range: [0, 1e4], unit: 'CPUs', help: 'the trace tells GPUs only' },
    memGibPerGpu: { type: 'number', default: 16, range: [0, 1e5], unit: 'GiB', help: 'the trace tells GPUs only' },
  },
  detect: (sample) => {
    const text = new TextDecoder().decode(sample.head.subarray(0, 16384));
    if (/^\s*(\[\s*)?\{/.test(text)) return /"jobid"\s*:/.test(text) && /"attempts"\s*:/.test(text) ? 1 : 0;
    return looksLike(sample.head, MACHINE_LIST) === 'header' ? 1 : 0;
  },
  facts: phillyFacts,
  holds: (files) => (looksLike(sampleOf(files[0] as string).head, MACHINE_LIST) === 'header' ? 'agents' : 'jobs'),
  openJobs,
  readAgents,
};
