import type { MapReduceJob } from './job.js';
import { ANY, NODE, RACK } from './phase.js';
import type { HadoopSettings } from './settings.js';

/**
 * Opportunities that a job must be ready to pass over so that a share of its maps runs on the node of its data:
 * D ≥ −(M/R) · ln((1 − λ)N / (1 + (1 − λ)N)) for N tasks, R copies of each block, M nodes.
 * Source: Zaharia et al., EuroSys 2010, §3.3.
 */
export function skipsFor(targetLocality: number, taskCount: number, replicaCount: number, nodeCount: number): number {
  const missed = (1 - targetLocality) * taskCount;
  return -(nodeCount / replicaCount) * Math.log(missed / (1 + missed));
}

/** What D skips cost: slots come free M·L/T times a second, so the wait is D·T/(L·M) in all, of mean task times (same section). */
export function waitInTasks(skips: number, slotsPerNode: number, nodeCount: number): number {
  return skips / (slotsPerNode * nodeCount);
}

/** What the wait for data depends on besides the job. */
export interface DelayView {
  readonly heartbeatUs: number;
  readonly nodeCount: number;
  readonly replicaCount: number;
}

/** Delay scheduling: which level of locality a job may use at this opportunity, and what it remembers of it. */
export interface Delay {
  allowed(job: MapReduceJob, view: DelayView): number;
  launched(job: MapReduceJob, level: number): void;
  skipped(job: MapReduceJob): void;
  /** A heartbeat of some tracker, `sinceUs` after the one before it. */
  heartbeat(jobs: Iterable<MapReduceJob>, sinceUs: number): void;
}

/** Algorithm 2 of the paper: a job that was skipped D1 times may use the rack, D1 + D2 times any node. */
class BySkips implements Delay {
  constructor(private readonly settings: HadoopSettings) {}

  allowed(job: MapReduceJob, view: DelayView): number {
    const { targetLocality, nodeSkips, rackSkips } = this.settings;
    const count = job.maps.reduce((total, phase) => total + phase.count, 0);
    const skips =
      targetLocality > 0 ? Math.ceil(skipsFor(targetLocality, count, view.replicaCount, view.nodeCount)) : nodeSkips;
    if (job.skipCount < skips) return NODE;
    return job.skipCount < skips + rackSkips ? RACK : ANY;
  }
  launched(job: MapReduceJob, level: number): void {
    // A launch that is not local leaves the count: the job goes on taking what it gets until it finds its data again.
    if (level === NODE) job.skipCount = 0;
  }
  skipped(job: MapReduceJob): void {
    job.skipCount++;
  }
  heartbeat(): void {
    // Time does not count.
  }
}

/** Hadoop 1.x: time counts, but only that which passes after heartbeats at which the job was passed over (getAllowedLocalityLevel). */
class ByTime implements Delay {
  constructor(private readonly settings: HadoopSettings) {}

  allowed(job: MapReduceJob, view: DelayView): number {
    const auto = Math.min(15e6, 1.5 * view.heartbeatUs);
    const nodeUs = this.settings.nodeWait >= 0 ? this.settings.nodeWait : auto;
    const rackUs = this.settings.rackWait >= 0 ? this.settings.rackWait : nodeUs;
    if (job.lastLevel === ANY) return ANY;
    if (job.lastLevel === RACK) return job.waitedUs >= rackUs ? ANY : RACK;
    return job.waitedUs >= nodeUs + rackUs ? ANY : job.waitedUs >= nodeUs ? RACK : NODE;
  }
  launched(job: MapReduceJob, level: number): void {
    job.lastLevel = level > ANY ? NODE : level;
    job.waitedUs = 0;
  }
  skipped(job: MapReduceJob): void {
    job.wasSkipped = true;
  }
  heartbeat(jobs: Iterable<MapReduceJob>, sinceUs: number): void {
    for (const job of jobs) {
      if (job.wasSkipped) job.waitedUs += sinceUs;
      job.wasSkipped = false;
    }
  }
}

/** No wait: any node at once. */
class None implements Delay {
  allowed(): number {
    return ANY;
  }
  launched(): void {
    // Nothing is remembered.
  }
  skipped(): void {
    // Nor this.
  }
  heartbeat(): void {
    // Nor this.
  }
}

export function delayOf(settings: HadoopSettings): Delay {
  if (settings.delayBy === 'none') return new None();
  return settings.delayBy === 'skips' ? new BySkips(settings) : new ByTime(settings);
}
