import { defineMetric } from '../model/metric.js';
import type { JobState } from '../model/observer.js';

export const counts = defineMetric({
  name: 'counts',
  summary: 'jobs by final state, makespan, preemptions, lost work',
  source: 'conservation: submitted = finished + failed + killed + lost + rejected + running + pending',
  options: {},
  isDefault: true,
  create: (_options, { cluster, summary }) => {
    const states: Record<JobState, number> = {
      pending: 0,
      running: 0,
      finished: 0,
      failed: 0,
      killed: 0,
      lost: 0,
      rejected: 0,
    };
    let submitted = 0;
    let infeasible = 0;
    let preemptions = 0;
    let attempts = 0;
    let retries = 0;
    let lostUs = 0;
    let lostCpuS = 0;
    let firstSubmitUs = -1;
    let lastFinishUs = -1;
    return {
      jobArrived: (job) => {
        submitted++;
        if (firstSubmitUs < 0) firstSubmitUs = job.submitUs;
      },
      jobEnded: (job) => {
        states[job.state]++;
        if (job.finishUs > lastFinishUs && job.state !== 'rejected') lastFinishUs = job.finishUs;
      },
      taskEnded: (fact) => {
        attempts++;
        if (fact.reason === 'preempted') preemptions++;
        if (fact.attempt > 1) retries++;
        lostUs += fact.lostUs;
        lostCpuS += (fact.lostUs / 1e6) * ((fact.group.amounts[0] as number) / 1000);
      },
      finished: () => {
        for (const job of cluster.liveJobs()) {
          if (job.finishUs >= 0) continue;
          states[job.state]++;
          if (!job.isFeasible) infeasible++;
        }
        const row = (metric: string, unit: string, value: number): void =>
          summary({ scope: 'cluster', name: '', metric, unit, value });
        row('jobs_submitted', 'jobs', submitted);
        for (const state of Object.keys(states) as JobState[]) row(`jobs_${state}`, 'jobs', states[state]);
        row('jobs_infeasible', 'jobs', infeasible);
        row('task_attempts', 'attempts', attempts);
        row('task_retries', 'attempts', retries);
        row('preemptions', 'attempts', preemptions);
        row('lost_work_s', 's', lostUs / 1e6);
        row('lost_work_cpu_s', 'CPU s', lostCpuS);
        row('makespan_s', 's', lastFinishUs < 0 ? Number.NaN : (lastFinishUs - firstSubmitUs) / 1e6);
        row('end_s', 's', cluster.nowUs / 1e6);
      },
    };
  },
});
