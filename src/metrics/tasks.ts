import { defineMetric } from '../model/metric.js';
import type { TaskFact } from '../model/observer.js';

const COLUMNS = [
  'task_id',
  'job_id',
  'attempt',
  'framework',
  'role',
  'priority',
  'submit_s',
  'queued_s',
  'start_s',
  'finish_s',
  'agent',
  'wait_s',
  'run_s',
  'lost_s',
  'state',
  'reason',
];

/** `job/index`, or `job/group-index` when the group has a name and more than one task. */
export function taskId(fact: TaskFact): string {
  const { name, count } = fact.group;
  if (name === '') return `${fact.job.record.id}/${fact.index}`;
  return count === 1 ? `${fact.job.record.id}/${name}` : `${fact.job.record.id}/${name}-${fact.index}`;
}

export const tasks = defineMetric({
  name: 'tasks',
  summary: 'tasks.csv: one row per attempt of a task, in order of their end, unfinished ones last by submit time',
  source: 'Cook simulator output, twosigma/Cook scheduler/docs/simulator.adoc',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table }) => {
    const { resources } = cluster;
    const rows = table('tasks.csv', [...COLUMNS, ...resources.columns()]);
    const time = (us: number): void => void (us >= 0 ? rows.seconds(us) : rows.empty());
    const write = (fact: TaskFact): void => {
      const { record } = fact.job;
      rows
        .text(taskId(fact))
        .text(record.id)
        .integer(fact.attempt)
        .text(cluster.frameworkName(fact.framework))
        .text(fact.job.role);
      rows.real(record.priority).seconds(fact.job.submitUs).seconds(fact.queuedUs);
      time(fact.startUs);
      time(fact.finishUs);
      if (fact.agent >= 0) rows.text(cluster.agentName(fact.agent));
      else rows.empty();
      time(fact.startUs >= 0 ? fact.startUs - fact.queuedUs : -1);
      time(fact.startUs >= 0 && fact.finishUs >= 0 ? fact.finishUs - fact.startUs : -1);
      rows.seconds(fact.lostUs).text(fact.state).text(fact.reason);
      const { amounts } = fact.group;
      for (let resource = 0; resource < resources.count; resource++) rows.milli(amounts[resource] as number);
      rows.end();
    };
    return {
      taskEnded: write,
      finished: () => {
        const left = Array.from(cluster.liveTasks(), (fact) => ({ ...fact }));
        left.sort(
          (a, b) =>
            a.job.submitUs - b.job.submitUs ||
            compare(a.job.record.id, b.job.record.id) ||
            compare(a.group.name, b.group.name) ||
            a.index - b.index,
        );
        for (const fact of left) write(fact);
      },
    };
  },
});

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
