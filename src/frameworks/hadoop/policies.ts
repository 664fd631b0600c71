import { Deficit } from './deficit.js';
import { priorityFactor, sizeWeight } from './fair-shares.js';
import type { MapReduceJob } from './job.js';
import type { JobTracker } from './job-tracker.js';
import { ANY, RACK } from './phase.js';
import type { Pool, Pools } from './pools.js';
import type { HadoopSettings } from './settings.js';
import type { SlotPolicy } from './slot-policy.js';
import { freeMaps, freeReduces, type Tracker } from './tracker.js';

/**
 * Jobs in order of priority and arrival. No tracker is filled beyond the cluster's mean load; one map that is not rack-local ends the
 * maps of a heartbeat, and there is one reduce at most.
 * Source: JobQueueTaskScheduler.assignTasks.
 */
class Fifo implements SlotPolicy {
  assign(tracker: Tracker, jobs: readonly MapReduceJob[], jobTracker: JobTracker): void {
    const maps = mayRun(tracker.mapSlots, total(jobs, 'leftMaps'), jobTracker.mapCapacity) - tracker.runningMaps;
    for (let free = Math.min(maps, freeMaps(tracker)); free > 0; free--) {
      if (jobs.some((job) => jobTracker.launchMap(job, tracker, RACK))) continue;
      jobs.some((job) => jobTracker.launchMap(job, tracker, ANY));
      break;
    }
    const reduces = mayRun(tracker.reduceSlots, total(jobs, 'leftReduces'), jobTracker.reduceCapacity);
    if (freeReduces(tracker) > 0 && reduces > tracker.runningReduces) {
      jobs.some((job) => jobTracker.launchReduce(job, tracker));
    }
  }
}

/** Slots of a tracker that may be busy at the mean load of the cluster. */
function mayRun(slots: number, left: number, capacity: number): number {
  return capacity === 0 ? 0 : Math.min(slots, Math.ceil((left / capacity) * slots));
}

function total(jobs: readonly MapReduceJob[], key: 'leftMaps' | 'leftReduces'): number {
  let count = 0;
  for (const job of jobs) count += job[key];
  return count;
}

type Kind = 'map' | 'reduce';

/**
 * Pools below their minimum share first, then the one with the fewest running tasks by its weight; inside a pool fair or FIFO. Maps
 * wait for their data (delay scheduling), unless their pool is starved.
 * Source: Hadoop 1.x contrib/fairscheduler FairScheduler.assignTasks, SchedulingAlgorithms.FairShareComparator.
 */
class Fair implements SlotPolicy {
  constructor(
    private readonly settings: HadoopSettings,
    private readonly pools: Pools,
  ) {}

  assign(tracker: Tracker, jobs: readonly MapReduceJob[], jobTracker: JobTracker): void {
    const visited = new Set<MapReduceJob>();
    const kinds = new Set<Kind>(['map', 'reduce']);
    for (let kind = nextKind(tracker, kinds); kind !== undefined; kind = nextKind(tracker, kinds)) {
      const launched = this.assignOne(kind, tracker, jobs, jobTracker, visited);
      if (!launched) kinds.delete(kind);
      else if (!this.settings.assignMultiple) break;
    }
    for (const job of visited) jobTracker.delay.skipped(job);
  }

  private assignOne(
    kind: Kind,
    tracker: Tracker,
    jobs: readonly MapReduceJob[],
    jobTracker: JobTracker,
    visited: Set<MapReduceJob>,
  ): boolean {
    for (const job of this.sorted(kind, jobs)) {
      if (kind === 'reduce') {
        if (jobTracker.launchReduce(job, tracker)) return true;
        continue;
      }
      if (job.readyMaps === 0 && !jobTracker.mayCopy(job)) continue;
      const level = this.isStarved(job.pool, jobs) ? ANY : jobTracker.delay.allowed(job, jobTracker.delayView);
      if (jobTracker.launchMap(job, tracker, level)) {
        visited.delete(job);
        return true;
      }
      if (job.readyMaps > 0) visited.add(job);
    }
    return false;
  }

  private isStarved(pool: string, jobs: readonly MapReduceJob[]): boolean {
    const { minMaps } = this.pools.of(pool);
    if (minMaps === 0) return false;
    const own = jobs.filter((job) => job.pool === pool);
    const running = sum(own, runningOf('map'));
    return running < Math.min(minMaps, running + sum(own, (job) => job.readyMaps));
  }

  /** Jobs in the order in which they are asked: pools by fairness, then jobs inside. */
  private sorted(kind: Kind, jobs: readonly MapReduceJob[]): MapReduceJob[] {
    const running = runningOf(kind);
    const byPool = new Map<string, MapReduceJob[]>();
    for (const job of jobs) {
      const list = byPool.get(job.pool);
      if (list === undefined) byPool.set(job.pool, [job]);
      else list.push(job);
    }
    const rows = [...byPool].map(([name, list]) => {
      const pool = this.pools.of(name);
      const count = sum(list, running);
      const demand = count + sum(list, (job) => (kind === 'map' ? job.readyMaps : job.readyReduces));
      return { name, list, pool, running: count, min: Math.min(minimumOf(pool, kind), demand) };
    });
    rows.sort((a, b) => compareShares(a, b) || (a.name < b.name ? -1 : 1));
    return rows.flatMap(({ pool, list }) =>
      pool.order === 'fifo'
        ? list
        : [...list].sort(
            (a, b) =>
              running(a) / this.weightOf(a, kind) - running(b) / this.weightOf(b, kind) || a.sequence - b.sequence,
          ),
    );
  }

  /** Within a pool jobs weigh by their priority, and by their size when told so (FairScheduler.getJobWeight). */
  private weightOf(job: MapReduceJob, kind: Kind): number {
    const demand = runningOf(kind)(job) + (kind === 'map' ? job.readyMaps : job.readyReduces);
    const size = this.settings.sizeBasedWeight ? sizeWeight(demand) : 1;
    return Math.max(size, Number.MIN_VALUE) * priorityFactor(job.job.record.priority);
  }
}

/** The type with fewer running tasks, maps on a tie, of those that have a free slot and may have work. */
function nextKind(tracker: Tracker, kinds: ReadonlySet<Kind>): Kind | undefined {
  const hasMap = kinds.has('map') && freeMaps(tracker) > 0;
  const hasReduce = kinds.has('reduce') && freeReduces(tracker) > 0;
  if (hasMap && (!hasReduce || tracker.runningMaps <= tracker.runningReduces)) return 'map';
  return hasReduce ? 'reduce' : undefined;
}

interface Share {
  readonly pool: Pool;
  readonly running: number;
  readonly min: number;
}

function compareShares(a: Share, b: Share): number {
  const isNeedyA = a.running < a.min;
  const isNeedyB = b.running < b.min;
  if (isNeedyA !== isNeedyB) return isNeedyA ? -1 : 1;
  return isNeedyA
    ? a.running / Math.max(a.min, 1) - b.running / Math.max(b.min, 1)
    : a.running / a.pool.weight - b.running / b.pool.weight;
}

function minimumOf(pool: Pool, kind: Kind): number {
  return kind === 'map' ? pool.minMaps : pool.minReduces;
}

function runningOf(kind: Kind): (job: MapReduceJob) => number {
  return kind === 'map' ? (job) => job.runningMaps : (job) => job.runningReduces;
}

function sum(jobs: readonly MapReduceJob[], of: (job: MapReduceJob) => number): number {
  let count = 0;
  for (const job of jobs) count += of(job);
  return count;
}

/**
 * Queues with guaranteed shares of the slots: the least used, by its guarantee, goes first; FIFO inside. A queue may use what others
 * leave, up to its maximum. One task of each type per heartbeat.
 * Source: CapacityTaskScheduler.assignTasks (Hadoop 1.x: one map and one reduce a heartbeat), queues by used over guaranteed.
 */
class Capacity implements SlotPolicy {
  constructor(private readonly pools: Pools) {}

  assign(tracker: Tracker, jobs: readonly MapReduceJob[], jobTracker: JobTracker): void {
    if (freeMaps(tracker) > 0) {
      this.assignOne('map', jobs, jobTracker.mapCapacity, (job) => jobTracker.launchMap(job, tracker, ANY));
    }
    if (freeReduces(tracker) > 0) {
      this.assignOne('reduce', jobs, jobTracker.reduceCapacity, (job) => jobTracker.launchReduce(job, tracker));
    }
  }

  private assignOne(
    kind: Kind,
    jobs: readonly MapReduceJob[],
    slots: number,
    launch: (job: MapReduceJob) => boolean,
  ): void {
    const names = [...new Set(jobs.map((job) => job.pool))];
    const queues = names.map((name) => {
      const list = jobs.filter((job) => job.pool === name);
      const running = sum(list, runningOf(kind));
      const guaranteed = this.pools.capacityOf(name, names) * slots;
      return {
        name,
        list,
        running,
        guaranteed,
        used: running / guaranteed,
        most: (this.pools.of(name).maxCapacity / 100) * slots,
      };
    });
    queues.sort((a, b) => a.used - b.used || (a.name < b.name ? -1 : 1));
    for (const { name, list, running, most, guaranteed } of queues) {
      const isOpen = this.userLimits(name, list, kind, guaranteed, running);
      if (running < most && list.some((job) => isOpen(job) && launch(job))) return;
    }
  }

  /**
   * Whether a user is below its limit: of the queue's slots (its guarantee, or what it uses and one more when that is more) an equal part,
   * but at least `minUserLimit`; and no more than its guarantee times `userLimitFactor` (LeafQueue.computeUserLimit).
   */
  private userLimits(
    name: string,
    jobs: readonly MapReduceJob[],
    kind: Kind,
    guaranteed: number,
    running: number,
  ): (job: MapReduceJob) => boolean {
    const { minUserLimit, userLimitFactor } = this.pools.of(name);
    const count = runningOf(kind);
    const used = new Map<string, number>();
    for (const job of jobs) used.set(job.job.record.user, (used.get(job.job.record.user) ?? 0) + count(job));
    const slots = running < guaranteed ? guaranteed : running + 1;
    const limit = Math.min(
      Math.ceil(Math.max(slots / Math.max(1, used.size), (slots * minUserLimit) / 100)),
      Math.ceil(guaranteed * userLimitFactor),
    );
    return (job) => (used.get(job.job.record.user) as number) < limit;
  }
}

export function policyOf(settings: HadoopSettings, pools: Pools): SlotPolicy {
  if (settings.scheduler === 'fair') return new Fair(settings, pools);
  if (settings.scheduler === 'fair-deficit') return new Deficit(settings, pools);
  return settings.scheduler === 'capacity' ? new Capacity(pools) : new Fifo();
}
