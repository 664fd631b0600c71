import { attemptsByJob, type JobRow, type RunData, type TaskRow } from './run-data.js';

const STATUS: Readonly<Record<string, number>> = { finished: 1, failed: 0, killed: 5, lost: 0, rejected: 5 };

/** Standard Workload Format 2 with 18 fields, -1 = unknown (parallel workloads archive); one processor is one task. */
export function swf(run: RunData): Map<string, string> {
  const attempts = attemptsByJob(run.tasks);
  const users = numbered(run.jobs.map((job) => job.user));
  const queues = numbered(run.jobs.map((job) => job.framework));
  const ordered = [...run.jobs].sort((a, b) => a.submitS - b.submitS || (a.id < b.id ? -1 : 1));
  const lines = ordered.map((job, index) => jobLine(job, index + 1, attempts.get(job.id) ?? [], users, queues));
  const mostProcs = run.jobs.reduce((most, job) => Math.max(most, job.tasks), 0);
  const largest = run.manifest.agents?.largest ?? {};
  const header = [
    '; Version: 2.2',
    `; Computer: ${run.manifest.scenario?.name ?? 'simulated cluster'} under ${run.manifest.policy?.allocator ?? ''}`,
    `; Conversion: mesosim ${run.manifest.version ?? ''}`,
    `; MaxJobs: ${run.jobs.length}`,
    `; MaxRecords: ${run.jobs.length}`,
    '; UnixStartTime: 0',
    `; MaxNodes: ${run.agentCount}`,
    `; MaxProcs: ${Math.max(mostProcs, Math.floor(run.agentCount * (largest.cpus ?? 1)))}`,
    ...[...queues].map(([name, number]) => `; Queue: ${number} ${name.replace(/\s+/g, ' ')}`),
    '; Note: a processor is a task; fields 7 and 10 are KiB of memory per task',
  ];
  return new Map([['jobs.swf', `${[...header, ...lines].join('\n')}\n`]]);
}

function jobLine(
  job: JobRow,
  number: number,
  attempts: readonly TaskRow[],
  users: ReadonlyMap<string, number>,
  queues: ReadonlyMap<string, number>,
): string {
  const whole = (value: number): number => (Number.isFinite(value) ? Math.round(value) : -1);
  const memKib = attempts[0] === undefined ? -1 : Math.round(attempts[0].memMib * 1024);
  const runS = job.finishS - job.submitS - job.waitS;
  const fields = [
    number,
    whole(job.submitS),
    whole(job.waitS),
    whole(runS),
    Number.isFinite(job.waitS) ? job.tasks : -1,
    -1,
    -1,
    job.tasks,
    whole(job.estimateS),
    memKib,
    STATUS[job.state] ?? -1,
    users.get(job.user) ?? -1,
    -1,
    -1,
    queues.get(job.framework) ?? -1,
    -1,
    -1,
    -1,
  ];
  return fields.join(' ');
}

/** Numbers from 1 in the order of first appearance; the empty name is unknown. */
function numbered(names: readonly string[]): Map<string, number> {
  const distinct = [...new Set(names)].filter((name) => name !== '');
  return new Map(distinct.map((name, index) => [name, index + 1]));
}
