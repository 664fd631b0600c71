import { defineMetric } from '../model/metric.js';
import type { ClusterView, JobState, JobView, TaskFact, TaskState } from '../model/observer.js';

export const counts = defineMetric({
  name: 'counts',
  summary: 'jobs and tasks by final state, makespan, preemptions, lost work',
  source: 'conservation: submitted = finished + failed + killed + lost + rejected + running + pending',
  options: {},
  isDefault: true,
  create: (_options, { cluster, summary }) => {
    const tally = new Tally();
    return {
      jobArrived: (job) => tally.jobArrived(job),
      jobEnded: (job) => tally.jobEnded(job),
      taskEnded: (fact) => tally.taskEnded(fact),
      taskUndone: () => tally.taskUndone(),
      finished: () => {
        tally.close(cluster);
        for (const [metric, unit, value] of tally.rows(cluster.nowUs)) {
          summary({ scope: 'cluster', name: '', metric, unit, value });
        }
      },
    };
  },
});

class Tally {
  private readonly jobs: Record<JobState, number> = {
    pending: 0,
    running: 0,
    finished: 0,
    failed: 0,
    killed: 0,
    lost: 0,
    rejected: 0,
  };
  private readonly tasks: Record<TaskState, number> = {
    pending: 0,
    running: 0,
    finished: 0,
    failed: 0,
    killed: 0,
    lost: 0,
  };
  private jobsSubmitted = 0;
  private tasksSubmitted = 0;
  private tasksRejected = 0;
  private infeasible = 0;
  private attempts = 0;
  private retries = 0;
  private preemptions = 0;
  private lostUs = 0;
  private lostCpuS = 0;
  private restartUs = 0;
  private firstSubmitUs = -1;
  private lastFinishUs = -1;

  jobArrived(job: JobView): void {
    this.jobsSubmitted++;
    this.tasksSubmitted += job.taskCount;
    if (this.firstSubmitUs < 0) this.firstSubmitUs = job.submitUs;
  }

  jobEnded(job: JobView): void {
    this.jobs[job.state]++;
    if (job.state === 'rejected') this.tasksRejected += job.taskCount;
    else if (job.finishUs > this.lastFinishUs) this.lastFinishUs = job.finishUs;
  }

  taskUndone(): void {
    this.tasks.finished--;
  }

  taskEnded(fact: TaskFact): void {
    if (fact.job.record.isHost === true) return;
    this.attempts++;
    if (fact.isFinal) this.tasks[fact.state]++;
    if (fact.reason === 'preempted') this.preemptions++;
    if (fact.attempt > 1) this.retries++;
    this.lostUs += fact.lostUs;
    this.restartUs += fact.restartUs ?? 0;
    this.lostCpuS += (fact.lostUs / 1e6) * ((fact.group.amounts[0] as number) / 1000);
  }

  /** Takes in what stands unfinished at the end of the run. */
  close(cluster: ClusterView): void {
    for (const job of cluster.liveJobs()) {
      if (job.finishUs >= 0) continue;
      this.jobs[job.state]++;
      if (!job.isFeasible) this.infeasible++;
    }
    for (const fact of cluster.liveTasks()) if (fact.job.record.isHost !== true) this.tasks[fact.state]++;
  }

  *rows(nowUs: number): Iterable<[metric: string, unit: string, value: number]> {
    yield ['jobs_submitted', 'jobs', this.jobsSubmitted];
    for (const [state, count] of Object.entries(this.jobs)) yield [`jobs_${state}`, 'jobs', count];
    yield ['jobs_infeasible', 'jobs', this.infeasible];
    yield ['tasks_submitted', 'tasks', this.tasksSubmitted];
    for (const [state, count] of Object.entries(this.tasks)) yield [`tasks_${state}`, 'tasks', count];
    yield ['tasks_rejected', 'tasks', this.tasksRejected];
    yield ['task_attempts', 'attempts', this.attempts];
    yield ['task_retries', 'attempts', this.retries];
    yield ['preemptions', 'attempts', this.preemptions];
    yield ['lost_work_s', 's', this.lostUs / 1e6];
    yield ['lost_work_cpu_s', 'CPU s', this.lostCpuS];
    yield ['restart_s', 's', this.restartUs / 1e6];
    const hasEnded = this.lastFinishUs >= 0;
    yield ['makespan_s', 's', hasEnded ? (this.lastFinishUs - this.firstSubmitUs) / 1e6 : Number.NaN];
    yield ['end_s', 's', nowUs / 1e6];
  }
}
