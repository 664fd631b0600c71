import { defineMetric, type RowWriter } from '../model/metric.js';
import type { ClusterView, EventFact, JobView, OfferFact, TaskFact } from '../model/observer.js';
import { taskId } from './tasks.js';

const COLUMNS = ['time_s', 'event', 'framework', 'job_id', 'task_id', 'agent', 'offer', 'detail'];

export const events = defineMetric({
  name: 'events',
  summary: 'events.csv: one row per fact about jobs, tasks, offers and markets',
  source: 'docs/results.md',
  options: {},
  isDefault: false,
  create: (_options, { cluster, table }) => {
    const rows = table('events.csv', COLUMNS);
    const write = (cells: Partial<Cells>): void => writeRow(rows, cluster, cells);
    return {
      jobArrived: (view) => write({ ...ofJob(view), event: 'job-arrived', detail: `tasks=${view.taskCount}` }),
      jobEnded: (view) => write({ ...ofJob(view), event: `job-${view.state}` }),
      taskStarted: (fact) => write({ ...ofTask(fact), event: 'task-started' }),
      taskEvicted: (fact, { reason, graceUs, forFramework }) => {
        const notice = `attempt=${fact.attempt};reason=${reason};grace_s=${graceUs / 1e6}`;
        const detail = forFramework < 0 ? notice : `${notice};for=${cluster.frameworkName(forFramework)}`;
        write({ ...ofTask(fact), event: 'task-evicted', detail });
      },
      taskEnded: (fact) => write({ ...ofTask(fact), event: `task-${fact.state}` }),
      offerAnswered: (fact) => write({ ...ofOffer(fact), event: `offer-${fact.answer}` }),
      marketCleared: ({ resource, price }) =>
        write({ event: 'market-cleared', detail: `resource=${cluster.resources.names[resource]};price=${price}` }),
      event: (fact) => write(ofEvent(fact)),
    };
  },
});

/** What a row says besides its time; -1 and empty texts = not applicable. */
interface Cells {
  readonly event: string;
  readonly framework: number;
  readonly job: string;
  readonly task: string;
  readonly agent: number;
  readonly offer: number;
  readonly detail: string;
}

function writeRow(rows: RowWriter, cluster: ClusterView, cells: Partial<Cells>): void {
  const { event = '', framework = -1, job = '', task = '', agent = -1, offer = -1, detail = '' } = cells;
  rows.seconds(cluster.nowUs).text(event);
  rows.text(framework < 0 ? '' : cluster.frameworkName(framework));
  rows.text(job).text(task);
  rows.text(agent < 0 ? '' : cluster.agentName(agent));
  if (offer < 0) rows.empty();
  else rows.integer(offer);
  rows.text(detail).end();
}

function ofJob({ framework, record }: JobView): Partial<Cells> {
  return { framework, job: record.id };
}

function ofTask(fact: TaskFact): Partial<Cells> {
  const { framework, agent, attempt, reason, lostUs, keptUs = 0, restartUs = 0 } = fact;
  const parts = [`attempt=${attempt}`];
  if (reason !== '') parts.push(`reason=${reason}`);
  // What became of the work of an attempt that was cut short, and what its start had cost.
  if (lostUs > 0) parts.push(`lost_s=${lostUs / 1e6}`);
  if (keptUs > 0) parts.push(`kept_s=${keptUs / 1e6}`);
  if (restartUs > 0) parts.push(`restart_s=${restartUs / 1e6}`);
  const detail = parts.join(';');
  return { framework, job: fact.job.record.id, task: taskId(fact), agent, detail };
}

function ofOffer({ framework, agent, offer, launchedTasks, filterUs }: OfferFact): Partial<Cells> {
  return { framework, agent, offer, detail: `launched=${launchedTasks};filter_s=${filterUs / 1e6}` };
}

function ofEvent({ event, framework, job, task, agent, offer, detail }: EventFact): Cells {
  return { event, framework, job, task, agent, offer, detail };
}
