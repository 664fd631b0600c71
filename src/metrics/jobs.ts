import { defineMetric } from '../model/metric.js';
import type { JobView } from '../model/observer.js';
import { boundedSlowdown, slowdown } from './slowdown.js';

const COLUMNS = [
  'job_id',
  'framework',
  'role',
  'user',
  'priority',
  'tasks',
  'submit_s',
  'estimate_s',
  'first_offer_s',
  'first_start_s',
  'finish_s',
  'wait_s',
  'turnaround_s',
  'slowdown',
  'bounded_slowdown',
  'state',
];

export const jobs = defineMetric({
  name: 'jobs',
  summary: 'jobs.csv: one row per job, in order of their end, unfinished ones last by submit time',
  source: 'Feitelson and Rudolph, JSSPP 1998 (bounded slowdown)',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table }) => {
    const rows = table('jobs.csv', COLUMNS);
    const time = (us: number): void => void (us >= 0 ? rows.seconds(us) : rows.empty());
    const real = (value: number): void => void (Number.isFinite(value) ? rows.real(value) : rows.empty());
    const write = (job: JobView): void => {
      const { record } = job;
      rows.text(record.id).text(cluster.frameworkName(job.framework)).text(job.role).text(record.user);
      rows.real(record.priority).integer(job.taskCount).seconds(job.submitUs);
      time(record.groups[0]?.estimateUs ?? -1);
      time(job.firstOfferUs);
      time(job.firstStartUs);
      time(job.finishUs);
      time(job.waitEndUs >= 0 ? job.waitEndUs - job.submitUs : -1);
      const isEnded =
        job.state === 'finished' || job.state === 'failed' || job.state === 'killed' || job.state === 'lost';
      time(isEnded ? job.finishUs - job.submitUs : -1);
      real(isEnded ? slowdown(job) : Number.NaN);
      real(isEnded ? boundedSlowdown(job) : Number.NaN);
      rows.text(job.state).end();
    };
    return {
      jobEnded: write,
      finished: () => {
        for (const job of cluster.liveJobs()) if (job.finishUs < 0) write(job);
      },
    };
  },
});
