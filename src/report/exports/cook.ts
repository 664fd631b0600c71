import { stringify } from 'csv-stringify/sync';
import type { RunData } from './run-data.js';

const COLUMNS = [
  'job_id',
  'instance_id',
  'submit_time_ms',
  'mesos_start_time_ms',
  'start_time_ms',
  'end_time_ms',
  'hostname',
  'slave_id',
  'status',
  'reason',
  'user',
  'mem',
  'cpus',
  'job_name',
  'requested_run_time',
  'requested_status',
];
const STATUS: Readonly<Record<string, string>> = {
  finished: ':instance.status/success',
  running: ':instance.status/running',
};

/** Output of the Cook scheduler's simulator, one row per instance that started (scheduler/simulator_files/example-out-trace.csv). */
export function cook(run: RunData): Map<string, string> {
  const users = new Map(run.jobs.map((job) => [job.id, job]));
  const ms = (seconds: number): string => (Number.isFinite(seconds) ? String(Math.round(seconds * 1000)) : '');
  const rows = run.tasks
    .filter((task) => Number.isFinite(task.startS))
    .map((task) => {
      const job = users.get(task.job);
      return [
        task.job,
        `${task.id}#${task.attempt}`,
        ms(task.submitS),
        ms(task.startS),
        ms(task.startS),
        ms(task.finishS),
        task.agent,
        task.agent,
        STATUS[task.state] ?? ':instance.status/failed',
        task.reason,
        job?.user || job?.framework || '',
        String(task.memMib),
        String(task.cpus),
        task.id,
        ms(job?.estimateS ?? Number.NaN),
        task.state,
      ];
    });
  return new Map([['out-trace.csv', stringify([COLUMNS, ...rows])]]);
}
