import { defineMetric } from '../model/metric.js';
import type { JobView, TaskFact } from '../model/observer.js';
import { taskId } from './tasks.js';

export const events = defineMetric({
  name: 'events',
  summary: 'events.csv: one row per fact about jobs, tasks and offers',
  source: 'docs/results.md',
  options: {},
  isDefault: false,
  create: (_options, { cluster, table }) => {
    const rows = table('events.csv', ['time_s', 'event', 'framework', 'job_id', 'task_id', 'agent', 'offer', 'detail']);
    const job = (event: string, view: JobView, detail: string): void => {
      rows
        .seconds(cluster.nowUs)
        .text(event)
        .text(cluster.frameworkName(view.framework))
        .text(view.record.id)
        .empty()
        .empty()
        .empty()
        .text(detail)
        .end();
    };
    const task = (event: string, fact: TaskFact): void => {
      rows
        .seconds(cluster.nowUs)
        .text(event)
        .text(cluster.frameworkName(fact.framework))
        .text(fact.job.record.id)
        .text(taskId(fact));
      rows
        .text(fact.agent >= 0 ? cluster.agentName(fact.agent) : '')
        .empty()
        .text(`attempt=${fact.attempt};reason=${fact.reason}`)
        .end();
    };
    return {
      jobArrived: (view) => job('job-arrived', view, `tasks=${view.taskCount}`),
      jobEnded: (view) => job(`job-${view.state}`, view, ''),
      taskStarted: (fact) => task('task-started', fact),
      taskEnded: (fact) => task(`task-${fact.state}`, fact),
      marketCleared: (row) => {
        const detail = `resource=${cluster.resources.names[row.resource]};price=${row.price}`;
        rows.seconds(cluster.nowUs).text('market-cleared').empty().empty().empty().empty().empty().text(detail).end();
      },
    };
  },
});
