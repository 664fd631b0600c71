import { stringify } from 'csv-stringify/sync';
import { attemptsByJob, type JobRow, type RunData, six, type TaskRow } from './run-data.js';

const JOB_COLUMNS = [
  'job_id',
  'workload_name',
  'profile',
  'submission_time',
  'requested_number_of_resources',
  'requested_time',
  'success',
  'final_state',
  'starting_time',
  'execution_time',
  'finish_time',
  'waiting_time',
  'turnaround_time',
  'stretch',
  'allocated_resources',
  'consumed_energy',
  'metadata',
];
/** Columns of out_schedule.csv of Batsim 4 (evalys examples). */
const SCHEDULE_V4 = [
  'consumed_joules',
  'makespan',
  'max_slowdown',
  'max_turnaround_time',
  'max_waiting_time',
  'mean_slowdown',
  'mean_turnaround_time',
  'mean_waiting_time',
  'nb_computing_machines',
  'nb_jobs',
  'nb_jobs_finished',
  'nb_jobs_killed',
  'nb_jobs_success',
  'scheduling_time',
  'simulation_time',
  'success_rate',
  'time_computing',
  'time_idle',
  'time_sleeping',
  'time_switching_off',
  'time_switching_on',
];

const FINAL_STATES: Readonly<Record<string, string>> = {
  finished: 'COMPLETED_SUCCESSFULLY',
  failed: 'COMPLETED_FAILED',
  killed: 'COMPLETED_KILLED',
  lost: 'COMPLETED_KILLED',
  rejected: 'REJECTED',
};

/** Batsim 5 output (docs/output-jobs.rst, output-schedule.rst, output-machines.rst), as evalys reads it. */
export function batsim(run: RunData): Map<string, string> {
  const schedule = scheduleOf(run);
  const keys = Object.keys(schedule).sort((a, b) => (a < b ? -1 : 1));
  const ordered = Object.fromEntries(keys.map((key) => [key, schedule[key]]));
  return new Map([
    ['jobs.csv', jobsCsv(run)],
    ['schedule.json', `${JSON.stringify(ordered, null, 2)}\n`],
    ['machine_states.csv', machineStatesCsv(run)],
  ]);
}

/** The same under the names of Batsim 4. */
export function batsim4(run: RunData): Map<string, string> {
  const schedule: Record<string, string | number> = { ...scheduleOf(run), scheduling_time: 0, simulation_time: 0 };
  return new Map([
    ['out_jobs.csv', jobsCsv(run)],
    ['out_schedule.csv', stringify([SCHEDULE_V4, SCHEDULE_V4.map((key) => String(schedule[key]))])],
    ['out_machine_states.csv', machineStatesCsv(run)],
  ]);
}

/** Jobs that have ended; Batsim runs know no others. */
function endedJobs(run: RunData): JobRow[] {
  return run.jobs.filter((job) => FINAL_STATES[job.state] !== undefined);
}

function jobsCsv(run: RunData): string {
  const attempts = attemptsByJob(run.tasks);
  const rows = endedJobs(run).map((job) => jobRow(run, job, attempts.get(job.id) ?? []));
  return stringify([JOB_COLUMNS, ...rows]);
}

function jobRow(run: RunData, job: JobRow, attempts: readonly TaskRow[]): string[] {
  const machines = new Set(attempts.flatMap((task) => run.agents.get(task.agent) ?? []));
  const turnaroundS = job.finishS - job.submitS;
  const executionS = turnaroundS - job.waitS;
  const hasRun = Number.isFinite(job.waitS);
  const times = hasRun
    ? [job.submitS + job.waitS, executionS, job.finishS, job.waitS, turnaroundS].map(six)
    : Array<string>(5).fill('');
  return [
    job.id,
    run.manifest.scenario?.name ?? 'workload',
    job.framework,
    six(job.submitS),
    String(job.tasks),
    Number.isFinite(job.estimateS) ? six(job.estimateS) : '-1',
    job.state === 'finished' ? '1' : '0',
    FINAL_STATES[job.state] as string,
    ...times,
    executionS > 0 ? six(turnaroundS / executionS) : '',
    intervalSet([...machines]),
    '-1',
    '',
  ];
}

/** `1-2 5 10-50` (intervalset, as Batsim and evalys write sets of machines). */
export function intervalSet(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let index = 0; index < sorted.length; ) {
    let end = index;
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++;
    parts.push(end === index ? String(sorted[index]) : `${sorted[index]}-${sorted[end]}`);
    index = end + 1;
  }
  return parts.join(' ');
}

function scheduleOf(run: RunData): Record<string, string | number> {
  const ended = endedJobs(run);
  const started = ended.filter((job) => Number.isFinite(job.waitS) && job.state !== 'rejected');
  const turnarounds = started.map((job) => job.finishS - job.submitS);
  const waits = started.map((job) => job.waitS);
  const slowdowns = started
    .filter((job) => job.finishS - job.submitS - job.waitS > 0)
    .map((job) => (job.finishS - job.submitS) / (job.finishS - job.submitS - job.waitS));
  const lastS = started.reduce((most, job) => Math.max(most, job.finishS), 0);
  const success = ended.filter((job) => job.state === 'finished').length;
  const computingS = busySeconds(run, lastS);
  return {
    batsim_version: `mesosim ${run.manifest.version ?? ''}`,
    consumed_joules: -1,
    makespan: lastS,
    max_slowdown: most(slowdowns),
    max_turnaround_time: most(turnarounds),
    max_waiting_time: most(waits),
    mean_slowdown: mean(slowdowns),
    mean_turnaround_time: mean(turnarounds),
    mean_waiting_time: mean(waits),
    nb_computing_machines: run.agentCount,
    nb_grouped_switches: 0,
    nb_jobs: run.jobs.length,
    nb_jobs_finished: ended.length - ended.filter((job) => job.state === 'rejected').length,
    nb_jobs_killed: ended.filter((job) => job.state === 'killed' || job.state === 'lost').length,
    nb_jobs_rejected: ended.filter((job) => job.state === 'rejected').length,
    nb_jobs_success: success,
    nb_machine_switches: 0,
    success_rate: run.jobs.length === 0 ? 0 : success / run.jobs.length,
    time_computing: computingS,
    time_idle: run.agentCount * lastS - computingS,
    time_sleeping: 0,
    time_switching_off: 0,
    time_switching_on: 0,
    time_unavailable: 0,
  };
}

/** Times at which the number of agents with a task changes, and that number; ends before starts of the same instant. */
function busySteps(run: RunData): { timeS: number; busy: number }[] {
  const changes = run.tasks.flatMap((task) => changesOf(task, run));
  changes.sort((a, b) => a.timeS - b.timeS || a.delta - b.delta || a.agent - b.agent);
  const counts = new Int32Array(run.agentCount);
  const steps: { timeS: number; busy: number }[] = [{ timeS: 0, busy: 0 }];
  let busy = 0;
  for (const { timeS, agent, delta } of changes) {
    const before = counts[agent] as number;
    counts[agent] = before + delta;
    busy += Number(before + delta > 0) - Number(before > 0);
    const last = steps[steps.length - 1] as { timeS: number; busy: number };
    if (last.timeS === timeS) last.busy = busy;
    else if (last.busy !== busy) steps.push({ timeS, busy });
  }
  return steps;
}

function changesOf(task: TaskRow, run: RunData): { timeS: number; agent: number; delta: number }[] {
  const agent = run.agents.get(task.agent);
  if (agent === undefined || !Number.isFinite(task.startS)) return [];
  const endS = Number.isFinite(task.finishS) ? task.finishS : (run.manifest.end_s ?? task.startS);
  return [
    { timeS: task.startS, agent, delta: 1 },
    { timeS: endS, agent, delta: -1 },
  ];
}

/** evalys asserts that every row has the same sum: the number of machines. */
function machineStatesCsv(run: RunData): string {
  const rows = busySteps(run).map(({ timeS, busy }) => [
    six(timeS),
    '0',
    '0',
    '0',
    String(run.agentCount - busy),
    String(busy),
  ]);
  return stringify([
    ['time', 'nb_sleeping', 'nb_switching_on', 'nb_switching_off', 'nb_idle', 'nb_computing'],
    ...rows,
  ]);
}

function busySeconds(run: RunData, endS: number): number {
  const steps = busySteps(run);
  let sum = 0;
  for (const [index, { timeS, busy }] of steps.entries()) {
    const untilS = Math.min(endS, steps[index + 1]?.timeS ?? endS);
    if (untilS > timeS) sum += busy * (untilS - timeS);
  }
  return sum;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function most(values: readonly number[]): number {
  return values.reduce((best, value) => Math.max(best, value), 0);
}
