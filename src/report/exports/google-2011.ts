import { stringify } from 'csv-stringify/sync';
import type { RunData, TaskRow } from './run-data.js';

/** Event types of ClusterData 2011 (schema v2.1, §Job and task events). */
const SUBMIT = 0;
const SCHEDULE = 1;
const ENDS: Readonly<Record<string, number>> = { finished: 4, failed: 3, killed: 5, lost: 6 };
const EVICT = 2;
/** The trace's clock starts at 600 s: time 0 means "before the trace". */
const OFFSET_US = 600e6;

/** Google 2011 task_events: 13 columns without header; amounts are shares of the largest agent, as in the original. */
export function google2011(run: RunData): Map<string, string> {
  const jobs = new Map(
    run.jobs.map((job, index) => [job.id, { number: 1_000_000 + index, user: job.user || job.framework }]),
  );
  const indices = new Map<string, number>();
  const counts = new Map<string, number>();
  const largest = run.manifest.agents?.largest ?? {};
  const share = (amount: number, most: number | undefined): string =>
    most === undefined || most === 0 ? '' : String(Number((amount / most).toPrecision(6)));
  const events: { timeUs: number; order: number; row: string[] }[] = [];
  for (const task of run.tasks) {
    const job = jobs.get(task.job);
    if (job === undefined) continue;
    let index = indices.get(task.id);
    if (index === undefined) {
      index = counts.get(task.job) ?? 0;
      counts.set(task.job, index + 1);
      indices.set(task.id, index);
    }
    for (const { atS, type, hasMachine } of lifeOf(task)) {
      const timeUs = Math.round(atS * 1e6) + OFFSET_US;
      const machine = hasMachine ? String((run.agents.get(task.agent) ?? 0) + 1) : '';
      const row = [
        String(timeUs),
        '',
        String(job.number),
        String(index),
        machine,
        String(type),
        job.user,
        '',
        String(priorityOf(task)),
      ];
      row.push(
        share(task.cpus, largest.cpus),
        share(task.memMib, largest.mem_mib),
        share(task.diskMib, largest.disk_mib),
        '',
      );
      events.push({ timeUs, order: events.length, row });
    }
  }
  events.sort((a, b) => a.timeUs - b.timeUs || a.order - b.order);
  return new Map([['task_events/part-00000-of-00001.csv', stringify(events.map(({ row }) => row))]]);
}

function lifeOf(task: TaskRow): { atS: number; type: number; hasMachine: boolean }[] {
  const life = [{ atS: task.queuedS, type: SUBMIT, hasMachine: false }];
  if (Number.isFinite(task.startS)) life.push({ atS: task.startS, type: SCHEDULE, hasMachine: true });
  if (Number.isFinite(task.finishS)) {
    const type = task.reason === 'preempted' ? EVICT : (ENDS[task.state] ?? 6);
    life.push({ atS: task.finishS, type, hasMachine: task.agent !== '' });
  }
  return life;
}

/** Priorities of the trace are 0 to 11. */
function priorityOf(task: TaskRow): number {
  return Math.min(11, Math.max(0, Math.round(task.priority)));
}
