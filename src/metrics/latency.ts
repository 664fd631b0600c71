import { defineMetric, type MetricContext, type SummaryScope } from '../model/metric.js';
import type { JobView } from '../model/observer.js';
import { boundedSlowdown, slowdown } from './slowdown.js';
import { Spread } from './spread.js';

/** Slowdowns are kept in millionths, so that one sketch serves times and ratios. */
const RATIO = 1e6;
/** The most a sketch takes: a slowdown of 4.5·10⁹ (a day's wait for 20 µs of work) counts as that. */
const MOST = 2 ** 52;

/** Waits, turnarounds and slowdowns of one group of jobs. */
class Group {
  readonly waits = new Spread();
  readonly turnarounds = new Spread();
  readonly slowdowns = new Spread();
  readonly bounded = new Spread();
  unstartedCount = 0;
  unstartedUs = 0;
  unfinishedCount = 0;

  get jobCount(): number {
    return this.waits.count + this.unstartedCount;
  }

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
    if (Number.isFinite(ratio)) this.slowdowns.add(Math.min(MOST, Math.round(ratio * RATIO)));
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
    const frameworks = new Groups();
    const roles = new Groups();
    const users = new Groups();
    const add = (job: JobView, endUs: number): void => {
      if (job.submitUs < warmupUs || job.state === 'rejected') return;
      all.add(job, endUs);
      frameworks.of(cluster.frameworkName(job.framework)).add(job, endUs);
      roles.of(job.role).add(job, endUs);
      const { user } = job.record;
      if (user !== '' && (users.has(user) || users.size < MAX_USERS_SEEN)) users.of(user).add(job, endUs);
    };
    return {
      jobEnded: (job) => add(job, -1),
      finished: () => {
        for (const job of cluster.liveJobs()) if (job.finishUs < 0) add(job, cluster.nowUs);
        tell(summary, 'cluster', '', all);
        for (const [name, group] of roles.byName()) tell(summary, 'role', name, group);
        for (const [name, group] of frameworks.byName()) tell(summary, 'framework', name, group);
        for (const [name, group] of users.largest(MAX_USERS)) tell(summary, 'user', name, group);
      },
    };
  },
});

/** Groups by name, made when first asked for. */
class Groups {
  private readonly groups = new Map<string, Group>();

  get size(): number {
    return this.groups.size;
  }

  has(name: string): boolean {
    return this.groups.has(name);
  }

  of(name: string): Group {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const group = new Group();
    this.groups.set(name, group);
    return group;
  }

  byName(): [string, Group][] {
    return [...this.groups].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  /** Those with the most jobs, by name. */
  largest(count: number): [string, Group][] {
    const most = this.byName().sort((a, b) => b[1].jobCount - a[1].jobCount || (a[0] < b[0] ? -1 : 1));
    return most.slice(0, count).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
}

function tell(summary: MetricContext['summary'], scope: SummaryScope, name: string, group: Group): void {
  const row = (metric: string, unit: string, value: number, n: number, nCensored: number): void =>
    summary({ scope, name, metric, unit, value, n, nCensored });
  const spread = (prefix: string, unit: string, values: Spread, censored: number): void => {
    row(`${prefix}_mean`, unit, values.meanS(), values.count, censored);
    for (const percent of [50, 95, 99]) {
      row(`${prefix}_p${percent}`, unit, values.quantileS(percent / 100), values.count, censored);
    }
    row(`${prefix}_max`, unit, values.maxS(), values.count, censored);
  };
  const { unstartedCount, unstartedUs, unfinishedCount } = group;
  spread('wait_s', 's', group.waits, unstartedCount);
  const lower = group.waits.meanWithS(unstartedCount, unstartedUs);
  row('wait_s_mean_lower', 's', lower, group.jobCount, unstartedCount);
  spread('turnaround_s', 's', group.turnarounds, unfinishedCount);
  // Millionths of a ratio read as microseconds, so that both come out of one sketch.
  spread('slowdown', 'ratio', group.slowdowns, unfinishedCount);
  spread('bounded_slowdown', 'ratio', group.bounded, unfinishedCount);
}
