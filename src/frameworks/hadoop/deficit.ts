import { priorityFactor, sizeWeight } from './fair-shares.js';
import type { MapReduceJob } from './job.js';
import type { JobTracker } from './job-tracker.js';
import { ANY } from './phase.js';
import type { Pools } from './pools.js';

import type { HadoopSettings } from './settings.js';
import type { SlotPolicy } from './slot-policy.js';
import { freeMaps, freeReduces, type Tracker } from './tracker.js';

const KINDS = ['map', 'reduce'] as const;
type Kind = (typeof KINDS)[number];

/** What a job is owed: slot-time that it should have had by its fair share, less what it had. */
interface Account {
  readonly deficitUs: Record<Kind, number>;
  readonly share: Record<Kind, number>;
  readonly min: Record<Kind, number>;
}

/**
 * Fair by deficit, as the first fair scheduler did it: jobs below their part of their pool's minimum first, then the one that is owed most;
 * a deficit grows by (fair share − running) · Δt. One map or one reduce a heartbeat, or one of each (`deficitBoth`, CDH3).
 * Source: Hadoop 0.20 contrib/fairscheduler FairScheduler.java (updateDeficits, updateMinSlots, updateFairShares, DeficitComparator).
 */
export class Deficit implements SlotPolicy {
  private readonly accounts = new Map<MapReduceJob, Account>();
  private updatedUs = 0;

  constructor(
    private readonly settings: HadoopSettings,
    private readonly pools: Pools,
  ) {}

  assign(tracker: Tracker, jobs: readonly MapReduceJob[], jobTracker: JobTracker): void {
    this.update(jobTracker);
    for (const kind of KINDS) {
      if ((kind === 'map' ? freeMaps(tracker) : freeReduces(tracker)) === 0) continue;
      const hasLaunched = this.sorted(kind, jobs).some((job) =>
        kind === 'map' ? jobTracker.launchMap(job, tracker, ANY) : jobTracker.launchReduce(job, tracker),
      );
      if (hasLaunched && !this.settings.deficitBoth) return;
    }
  }

  /** Brings deficits up to now with the shares that held since, and shares up to date. */
  private update(jobTracker: JobTracker): void {
    const { nowUs } = jobTracker;
    const live = [...jobTracker.jobs.values()];
    for (const job of this.accounts.keys()) if (!live.includes(job)) this.accounts.delete(job);
    for (const kind of KINDS) {
      for (const [job, { deficitUs, share }] of this.accounts) {
        deficitUs[kind] += (share[kind] - running(job, kind)) * (nowUs - this.updatedUs);
      }
    }
    this.updatedUs = nowUs;
    for (const kind of KINDS)
      this.share(kind, live, kind === 'map' ? jobTracker.mapCapacity : jobTracker.reduceCapacity);
  }

  private accountOf(job: MapReduceJob): Account {
    let account = this.accounts.get(job);
    if (account === undefined) {
      account = { deficitUs: { map: 0, reduce: 0 }, share: { map: 0, reduce: 0 }, min: { map: 0, reduce: 0 } };
      this.accounts.set(job, account);
    }
    return account;
  }

  /** Shares by weight; whose minimum is more gets that, and the rest share what is left. A pool's weight and minimum go to its jobs. */
  private share(kind: Kind, jobs: readonly MapReduceJob[], slots: number): void {
    const open = jobs.filter((job) => demand(job, kind) > 0);
    const raw = new Map(open.map((job) => [job, this.rawWeight(job, kind)]));
    const rows = open.map((job) => {
      const mates = open.filter((other) => other.pool === job.pool);
      const part = (raw.get(job) as number) / mates.reduce((sum, mate) => sum + (raw.get(mate) as number), 0);
      const { weight, minMaps, minReduces } = this.pools.of(job.pool);
      return { job, weight: weight * part, min: (kind === 'map' ? minMaps : minReduces) * part };
    });
    for (const job of jobs) this.accountOf(job).share[kind] = 0;
    let left = rows;
    let slotsLeft = slots;
    for (let isSettled = false; !isSettled; ) {
      const weights = left.reduce((sum, { weight }) => sum + weight, 0);
      const atLeast = left.filter(({ weight, min }) => min > (weight / weights) * slotsLeft);
      isSettled = atLeast.length === 0;
      for (const { job, min } of atLeast) this.accountOf(job).share[kind] = min;
      if (isSettled)
        for (const { job, weight } of left) this.accountOf(job).share[kind] = (weight / weights) * slotsLeft;
      slotsLeft = Math.max(0, slotsLeft - atLeast.reduce((sum, { min }) => sum + min, 0));
      left = left.filter((row) => !atLeast.includes(row));
    }
    for (const { job, min } of rows) this.accountOf(job).min[kind] = min;
  }

  private rawWeight(job: MapReduceJob, kind: Kind): number {
    const size = this.settings.sizeBasedWeight ? sizeWeight(demand(job, kind)) : 1;
    return size * priorityFactor(job.job.record.priority);
  }

  private sorted(kind: Kind, jobs: readonly MapReduceJob[]): MapReduceJob[] {
    const isNeedy = (job: MapReduceJob): boolean => running(job, kind) < this.accountOf(job).min[kind];
    return [...jobs].sort((a, b) => {
      if (isNeedy(a) !== isNeedy(b)) return isNeedy(a) ? -1 : 1;
      return this.accountOf(b).deficitUs[kind] - this.accountOf(a).deficitUs[kind] || a.sequence - b.sequence;
    });
  }
}

function running(job: MapReduceJob, kind: Kind): number {
  return kind === 'map' ? job.runningMaps : job.runningReduces;
}

function demand(job: MapReduceJob, kind: Kind): number {
  return running(job, kind) + (kind === 'map' ? job.readyMaps : job.readyReduces);
}
