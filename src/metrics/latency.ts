import { defineMetric, type SummaryScope } from '../model/metric.js';
import type { JobView } from '../model/observer.js';
import { boundedSlowdown, slowdown } from './slowdown.js';
import { Spread } from './spread.js';

/** Slowdowns are kept in millionths, so that one sketch serves times and ratios. */
const RATIO = 1e6;

/** Waits, turnarounds and slowdowns of one group of jobs. */
class Group {
  readonly waits = new Spread();
  readonly turnarounds = new Spread();
  readonly slowdowns = new Spread();
  readonly bounded = new Spread();
  unstartedCount = 0;
  unstartedUs = 0;
  unfinishedCount = 0;

  /** A job has ended, or stands at the end of the run (`endUs` ≥ 0). */
  add(job: JobView, endUs: number): void {
    if (job.waitEndUs >= 0) this.waits.add(job.waitEndUs - job.submitUs);
    else {
      this.unstartedCount++;
      this.unstartedUs += (endUs >= 0 ? endUs : job.finishUs) - job.submitUs;
    }
    if (endUs >= 0 || job.state !== 'finished') {
      this.unfinishedCount++;
      return;
    }
    this.turnarounds.add(job.finishUs - job.submitUs);
    const ratio = slowdown(job);
    if (Number.isFinite(ratio)) this.slowdowns.add(Math.round(ratio * RATIO));
    this.bounded.add(Math.round(boundedSlowdown(job) * RATIO));
  }
}

/** Users with rows of their own in the summary: those with the most jobs, among the first thousand seen. */
const MAX_USERS = 32;
const MAX_USERS_SEEN = 1000;

export const latency = defineMetric({
  name: 'latency',
  summary:
    'waits, turnarounds and slowdowns: mean, quantiles, counts of censored jobs and the lower bound that starved jobs set',
  source: 'Feitelson and Rudolph, Metrics and Benchmarking for Parallel Job Scheduling, JSSPP 1998',
  options: {},
  isDefault: true,
  create: (_options, { cluster, summary, warmupUs }) => {
    const all = new Group();
    const frameworks = new Map<string, Group>();
    const roles = new Map<string, Group>();
    const users = new Map<string, Group>();
    const of = (groups: Map<string, Group>, name: string): Group => {
      let group = groups.get(name);
      if (group === undefined) {
        group = new Group();
        groups.set(name, group);
      }
      return group;
    };
    const add = (job: JobView, endUs: number): void => {
      if (job.submitUs < warmupUs || job.state === 'rejected') return;
      all.add(job, endUs);
      of(frameworks, cluster.frameworkName(job.framework)).add(job, endUs);
      of(roles, job.role).add(job, endUs);
      const { user } = job.record;
      if (user !== '' && (users.has(user) || users.size < MAX_USERS_SEEN)) of(users, user).add(job, endUs);
    };
    const tell = (scope: SummaryScope, name: string, group: Group): void => {
      const row = (metric: string, unit: string, value: number, n: number, nCensored: number): void =>
        summary({ scope, name, metric, unit, value, n, nCensored });
      const spread = (prefix: string, unit: string, values: Spread, censored: number, scale: number): void => {
        row(`${prefix}_mean`, unit, values.meanS() * scale, values.count, censored);
        for (const percent of [50, 95, 99])
          row(`${prefix}_p${percent}`, unit, values.quantileS(percent / 100) * scale, values.count, censored);
        row(`${prefix}_max`, unit, values.maxS() * scale, values.count, censored);
      };
      spread('wait_s', 's', group.waits, group.unstartedCount, 1);
      row(
        'wait_s_mean_lower',
        's',
        group.waits.meanWithS(group.unstartedCount, group.unstartedUs),
        group.waits.count + group.unstartedCount,
        group.unstartedCount,
      );
      spread('turnaround_s', 's', group.turnarounds, group.unfinishedCount, 1);
      spread('slowdown', 'ratio', group.slowdowns, group.unfinishedCount, 1);
      spread('bounded_slowdown', 'ratio', group.bounded, group.unfinishedCount, 1);
    };
    return {
      jobEnded: (job) => add(job, -1),
      finished: () => {
        for (const job of cluster.liveJobs()) if (job.finishUs < 0) add(job, cluster.nowUs);
        tell('cluster', '', all);
        for (const [scope, groups] of [
          ['role', roles],
          ['framework', frameworks],
          ['user', users],
        ] as const) {
          const names = [...groups.keys()].sort((a, b) => (a < b ? -1 : 1));
          for (const name of names) tell(scope, name, groups.get(name) as Group);
        }
      },
    };
  },
});
