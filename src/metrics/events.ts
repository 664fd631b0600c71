import { defineMetric, type RowWriter } from '../model/metric.js';
import type { ClusterView, TaskFact } from '../model/observer.js';
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
    const write = writerOf(rows, cluster);
    const ofTask = (fact: TaskFact, event: string, detail: string): void =>
      write(event, fact.framework, fact.job.record.id, taskId(fact), fact.agent, -1, detail);
    const offerEvents = new Names('offer');
    const jobEvents = new Names('job');
    const taskEvents = new Names('task');
    return {
      jobArrived: (view) => write('job-arrived', view.framework, view.record.id, '', -1, -1, `tasks=${view.taskCount}`),
      jobEnded: (view) => write(jobEvents.of(view.state), view.framework, view.record.id, '', -1, -1, ''),
      taskStarted: (fact) => ofTask(fact, 'task-started', detailOf(fact)),
      taskEvicted: (fact, { reason, graceUs, forFramework }) => {
        const notice = `attempt=${fact.attempt};reason=${reason};grace_s=${graceUs / 1e6}`;
        const detail = forFramework < 0 ? notice : `${notice};for=${cluster.frameworkName(forFramework)}`;
        ofTask(fact, 'task-evicted', detail);
      },
      taskEnded: (fact) => ofTask(fact, taskEvents.of(fact.state), detailOf(fact)),
      offerAnswered: ({ answer, framework, agent, offer, launchedTasks, filterUs }) => {
        const detail = `launched=${launchedTasks};filter_s=${filterUs / 1e6}`;
        write(offerEvents.of(answer), framework, '', '', agent, offer, detail);
      },
      marketCleared: ({ resource, price }) =>
        write('market-cleared', -1, '', '', -1, -1, `resource=${cluster.resources.names[resource]};price=${price}`),
      event: ({ event, framework, job, task, agent, offer, detail }) =>
        write(event, framework, job, task, agent, offer, detail),
    };
  },
});

/** Names of events of a kind by what happened: made once, not for each of millions of rows. */
class Names {
  private readonly known = new Map<string, string>();

  constructor(private readonly kind: string) {}

  of(what: string): string {
    const found = this.known.get(what);
    if (found !== undefined) return found;
    const name = `${this.kind}-${what}`;
    this.known.set(what, name);
    return name;
  }
}

/** Writes a row cell by cell: what is not applicable is -1 or an empty text. */
function writerOf(rows: RowWriter, cluster: ClusterView) {
  return (
    event: string,
    framework: number,
    job: string,
    task: string,
    agent: number,
    offer: number,
    detail: string,
  ): void => {
    rows.seconds(cluster.nowUs).text(event);
    rows.text(framework < 0 ? '' : cluster.frameworkName(framework));
    rows.text(job).text(task);
    rows.text(agent < 0 ? '' : cluster.agentName(agent));
    if (offer < 0) rows.empty();
    else rows.integer(offer);
    rows.text(detail).end();
  };
}

function detailOf({ attempt, reason, lostUs, keptUs = 0, restartUs = 0 }: TaskFact): string {
  let detail = `attempt=${attempt}`;
  if (reason !== '') detail += `;reason=${reason}`;
  // What became of the work of an attempt that was cut short, and what its start had cost.
  if (lostUs > 0) detail += `;lost_s=${lostUs / 1e6}`;
  if (keptUs > 0) detail += `;kept_s=${keptUs / 1e6}`;
  if (restartUs > 0) detail += `;restart_s=${restartUs / 1e6}`;
  return detail;
}
