import type { DemandEntry } from '../../model/allocator.js';
import {
  defineFramework,
  type Framework,
  type FrameworkSlots,
  type SchedulerDriver,
  type SchedulerJob,
  type TaskUpdate,
} from '../../model/framework.js';
import type { JobRecord } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { causeRow, type WaitCause } from '../../model/waits.js';
import { HostMaker } from '../inside/hosts.js';
import { readJobFile } from '../job-file.js';
import { readMapReduceJobs } from '../shared/stage-jobs.js';
import { withMapredSite } from './conf.js';
import { Fleet, type FleetOwner } from './fleet.js';
import type { MapReduceJob } from './job.js';
import { JobTracker, type TrackerHost, type WorkAhead } from './job-tracker.js';
import { type Attempt, type DataMap, LEVEL_NAMES } from './phase.js';
import { Pools } from './pools.js';
import { Preemption } from './preemption.js';
import { type HadoopSettings, hadoopOptions } from './settings.js';
import { freeMaps, freeReduces, type Tracker } from './tracker.js';

/** Timers: the low bits say what for, the rest is an attempt's row or a tracker's key. */
const END = 0;
const BEAT = 1;
const LAUNCH = 2;
const IDLE = 3;
const SERVE = 4;
const SUBMIT = 5;
const PREEMPT = 6;
const KINDS = 8;

/** A tracker's process looks this often whether its output is still wanted. */
const SERVE_US = 1e6;
/** The JobTracker takes 100 heartbeats a second at most (JobTracker.getNextHeartbeatInterval). */
const TRACKERS_PER_SECOND = 100;

/** Hadoop on Mesos: task trackers on offers, a JobTracker that fills their slots at heartbeats. */
class Hadoop implements Framework, FleetOwner, TrackerHost, DataMap {
  readonly jobTracker: JobTracker;
  private readonly maker: HostMaker;
  private readonly fleet: Fleet;
  private readonly ends = new Map<number, Attempt>();
  private idleTimer = -1;
  private serveTimer = -1;
  private upCount = 0;
  private depth = 0;
  /** Trackers whose next heartbeat must be thought about: all of them, or these. */
  private rearmsAll = false;
  private readonly rearmed = new Set<Tracker>();
  private readonly endedJobs: MapReduceJob[] = [];
  /** Under time-based delay scheduling every heartbeat counts, also those of busy trackers. */
  private readonly beatsAll: boolean;
  private readonly preemption: Preemption | undefined;
  private preemptTimer = -1;
  private toSubmit = 0;

  constructor(
    private readonly records: readonly JobRecord[],
    private readonly settings: HadoopSettings,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.maker = new HostMaker(driver);
    this.fleet = new Fleet(settings, driver, this.maker, this);
    const pools = new Pools(settings.pools);
    this.jobTracker = new JobTracker(settings, driver, this, this, pools);
    this.preemption = settings.preemption && settings.scheduler.startsWith('fair') ? new Preemption(pools) : undefined;
    this.beatsAll = settings.scheduler === 'fair' && settings.delayBy === 'time';
  }

  get trackers(): ReadonlyMap<number, Tracker> {
    return this.fleet.trackers;
  }

  get heartbeatUs(): number {
    const { heartbeat, heartbeatLaw } = this.settings;
    const seconds =
      heartbeatLaw === 'per-50' ? Math.floor(this.upCount / 50) + 1 : Math.ceil(this.upCount / TRACKERS_PER_SECOND);
    return Math.max(heartbeat, 1e6 * seconds);
  }

  replicasOf(block: string): readonly number[] {
    return this.driver.replicasOf(block);
  }

  rackOf(agent: number): string {
    return this.driver.attributes(agent)['rack'] ?? '';
  }

  // What happens ----------------------------------------------------------------------------------------------------

  onStart(): void {
    this.toSubmit = this.records.length;
    for (const [row, { submitUs }] of this.records.entries()) this.driver.timer(submitUs, row * KINDS + SUBMIT);
    if (!this.settings.suppresses) this.driver.revive();
  }

  hasMore(): boolean {
    return this.toSubmit > 0;
  }

  onJob(job: SchedulerJob): void {
    this.maker.takes(job);
  }

  onPending(pending: PendingGroup): void {
    if (pending.job.record.isHost === true) return;
    this.within(() => this.jobTracker.ready(pending));
  }

  onOffers(): void {
    this.within(() => this.fleet.offersArrived(this.slots.refuseUs));
  }

  onUpdate(update: TaskUpdate): void {
    this.within(() => this.fleet.updated(update));
  }

  onKillJob(job: SchedulerJob): void {
    this.within(() => this.jobTracker.killed(job));
  }

  onTimer(tag: number): void {
    this.within(() => {
      const kind = tag % KINDS;
      const operand = (tag - kind) / KINDS;
      if (kind === END) this.finish(operand);
      else if (kind === BEAT) this.beat(operand);
      else if (kind === LAUNCH) this.launchTimedOut(operand);
      else if (kind === IDLE) this.checkIdle();
      else if (kind === SERVE) this.checkServing();
      else if (kind === PREEMPT) this.preempt();
      else this.submit(operand);
    });
  }

  private submit(row: number): void {
    this.toSubmit--;
    this.driver.submit(this.records[row] as JobRecord);
  }

  private finish(row: number): void {
    const attempt = this.ends.get(row) as Attempt;
    this.ends.delete(row);
    this.jobTracker.completed(attempt);
  }

  private within(action: () => void): void {
    this.depth++;
    action();
    this.depth--;
    if (this.depth === 0) this.settle();
  }

  private settle(): void {
    this.depth++;
    for (let job = this.endedJobs.pop(); job !== undefined; job = this.endedJobs.pop()) this.releaseAfter(job);
    this.arm();
    this.watchPreemption();
    if (this.settings.suppresses) this.askOrRest();
    this.driver.publish();
    this.depth--;
  }

  /** The quirk is off: no offers while no slots are needed. */
  private askOrRest(): void {
    const { maps, reduces } = this.fleet.needed();
    if (maps <= 0 && reduces <= 0) this.driver.suppress();
    else if (this.driver.isSuppressed) this.driver.revive();
  }

  private watchPreemption(): void {
    if (this.preemption === undefined || this.preemptTimer >= 0 || this.jobTracker.jobs.size === 0) return;
    this.preemptTimer = this.driver.timer(this.settings.preemptionInterval, PREEMPT);
  }

  private preempt(): void {
    this.preemptTimer = -1;
    const { mapCapacity, reduceCapacity } = this.jobTracker;
    const jobs = [...this.jobTracker.jobs.values()];
    const { nowUs } = this.driver;
    const maps = this.preemption?.victims('map', jobs, mapCapacity, nowUs) ?? [];
    const reduces = this.preemption?.victims('reduce', jobs, reduceCapacity, nowUs) ?? [];
    for (const attempt of [...maps, ...reduces]) this.jobTracker.preempt(attempt);
  }

  // Heartbeats, sent only when something can come of them -----------------------------------------------------------

  private beat(key: number): void {
    const tracker = this.fleet.trackers.get(key);
    if (tracker === undefined || !tracker.isUp) return;
    tracker.beatTimer = -1;
    tracker.beatUs = this.driver.nowUs;
    this.jobTracker.heartbeat(tracker);
    this.rearmed.add(tracker);
  }

  private arm(): void {
    if (!this.rearmsAll && this.rearmed.size === 0) return;
    const ahead = this.jobTracker.workAhead();
    const trackers = this.rearmsAll ? this.fleet.trackers.values() : this.rearmed;
    for (const tracker of trackers) if (tracker.isUp) this.armBeat(tracker, ahead);
    this.rearmsAll = false;
    this.rearmed.clear();
  }

  private armBeat(tracker: Tracker, ahead: WorkAhead): void {
    const { nowUs } = this.driver;
    const fromUs = this.beatFromUs(tracker, ahead);
    if (fromUs === Number.POSITIVE_INFINITY) return;
    const periodUs = this.heartbeatUs;
    const turns = Math.max(1, Math.ceil((Math.max(fromUs, nowUs) - tracker.beatUs) / periodUs));
    // One that is set is never later than one that is asked for, but after a lag of speculation.
    const atUs = this.settings.outOfBand && tracker.reports.length > 0 ? nowUs : tracker.beatUs + turns * periodUs;
    if (tracker.beatTimer >= 0) this.driver.cancel(tracker.beatTimer);
    tracker.beatTimer = this.driver.timer(atUs - nowUs, tracker.key * KINDS + BEAT);
  }

  /** From when on a heartbeat of the tracker can change something. */
  private beatFromUs(tracker: Tracker, { hasMaps, hasReduces, copiesFromUs }: WorkAhead): number {
    const hasWork = hasMaps || hasReduces;
    if (tracker.reports.length > 0 || (hasWork && this.beatsAll)) return 0;
    const isUseful = (hasMaps && freeMaps(tracker) > 0) || (hasReduces && freeReduces(tracker) > 0);
    if (isUseful) return 0;
    return freeMaps(tracker) + freeReduces(tracker) > 0 ? copiesFromUs : Number.POSITIVE_INFINITY;
  }

  timeEnd(attempt: Attempt, delayUs: number): void {
    if (attempt.timer >= 0) this.cancelEnd(attempt);
    this.ends.set(attempt.row, attempt);
    attempt.timer = this.driver.timer(delayUs, attempt.row * KINDS + END);
  }

  cancelEnd(attempt: Attempt): void {
    if (this.ends.delete(attempt.row)) this.driver.cancel(attempt.timer);
    attempt.timer = -1;
  }

  workChanged(): void {
    this.rearmsAll = true;
  }

  taskEnded(tracker: Tracker): void {
    this.rearmed.add(tracker);
    this.watchIdle();
  }

  // Trackers --------------------------------------------------------------------------------------------------------

  launched(tracker: Tracker): void {
    tracker.launchTimer = this.driver.timer(this.settings.launchTimeout, tracker.key * KINDS + LAUNCH);
  }

  private launchTimedOut(key: number): void {
    const tracker = this.fleet.trackers.get(key);
    if (tracker !== undefined && !tracker.isUp) this.fleet.remove(tracker, 'launch-timeout');
  }

  joined(tracker: Tracker): void {
    this.driver.cancel(tracker.launchTimer);
    this.upCount++;
    this.driver.gauge('trackers', this.upCount);
    // The first heartbeat is the registration.
    this.jobTracker.heartbeat(tracker);
    this.rearmed.add(tracker);
    this.watchIdle();
  }

  left(tracker: Tracker): void {
    if (tracker.beatTimer >= 0) this.driver.cancel(tracker.beatTimer);
    tracker.beatTimer = -1;
    this.upCount--;
    this.driver.gauge('trackers', this.upCount);
  }

  private watchIdle(): void {
    if (this.idleTimer >= 0) return;
    const { idleCheck } = this.settings;
    const { nowUs } = this.driver;
    this.idleTimer = this.driver.timer((Math.floor(nowUs / idleCheck) + 1) * idleCheck - nowUs, IDLE);
  }

  /** Trackers whose slots were all idle at several looks in a row give them back. */
  private checkIdle(): void {
    this.idleTimer = -1;
    let hasIdle = false;
    for (const tracker of [...this.fleet.trackers.values()]) {
      if (!tracker.isUp) continue;
      if (tracker.attempts.size > 0) {
        tracker.idleCount = 0;
        continue;
      }
      hasIdle = true;
      if (++tracker.idleCount >= this.settings.idleChecks) this.fleet.releaseSlots(tracker, 'tracker-idle');
    }
    if (hasIdle) this.watchIdle();
    this.watchServing();
  }

  jobEnded(job: MapReduceJob): void {
    this.endedJobs.push(job);
  }

  /** When any job ends, every tracker that is left without a job is killed at once. */
  private releaseAfter(job: MapReduceJob): void {
    for (const tracker of [...this.fleet.trackers.values()]) {
      tracker.jobs.delete(job);
      if (tracker.isUp && tracker.jobs.size === 0) this.fleet.remove(tracker, 'no-job-left');
    }
    this.tell();
    this.watchServing();
  }

  private watchServing(): void {
    if (this.serveTimer >= 0) return;
    const { nowUs } = this.driver;
    for (const tracker of this.fleet.trackers.values()) {
      if (!tracker.isLeaving || tracker.trackerTask < 0 || tracker.jobs.size > 0) continue;
      this.serveTimer = this.driver.timer((Math.floor(nowUs / SERVE_US) + 1) * SERVE_US - nowUs, SERVE);
      return;
    }
  }

  /** Processes that have nothing left to serve end. */
  private checkServing(): void {
    this.serveTimer = -1;
    for (const tracker of this.fleet.trackers.values()) {
      if (tracker.isLeaving && tracker.trackerTask >= 0 && tracker.jobs.size === 0) {
        this.driver.kill(tracker.trackerTask, 'nothing-to-serve');
      }
    }
  }

  /** Launches by distance from the data, and what copies and losses wasted: cumulative. */
  private tell(): void {
    for (const [level, name] of LEVEL_NAMES.entries()) {
      const count = this.jobTracker.launches[level] as number;
      if (count > 0) this.driver.gauge(`launches_${name}`, count);
    }
    if (this.jobTracker.wastedUs > 0) this.driver.gauge('wasted_s', this.jobTracker.wastedUs / 1e6);
  }

  // What others may know --------------------------------------------------------------------------------------------

  demand(): readonly DemandEntry[] {
    const [first] = this.jobTracker.jobs.values();
    const { maps, reduces } = this.fleet.needed();
    const count = Math.max(0, maps) + Math.max(0, reduces);
    const pending = first?.phases[0]?.pending;
    if (pending === undefined || count === 0) return [];
    const { job, queuedUs, sequence } = pending;
    const { priority, deadlineUs } = job.record;
    const times = { deadlineUs, estimateUs: -1, doneUs: 0, submitUs: job.submitUs, queuedUs };
    const { client } = this.slots;
    return [{ client, id: sequence, amounts: this.fleet.shape(), count, gang: 1, priority, ...times }];
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    const charge = (cause: WaitCause, count: number): void => {
      counts[causeRow(cause)] = (counts[causeRow(cause)] as number) + count;
    };
    if (waiting <= 0) return;
    charge(this.headCause(), 1);
    charge('behind-in-queue', waiting - 1);
  }

  /** The first waiting task: for its data, for a heartbeat, or for a slot. */
  private headCause(): WaitCause {
    const ahead = this.jobTracker.workAhead();
    for (const tracker of this.fleet.trackers.values()) {
      const isFree = (ahead.hasMaps && freeMaps(tracker) > 0) || (ahead.hasReduces && freeReduces(tracker) > 0);
      if (!tracker.isUp || !isFree) continue;
      for (const job of this.jobTracker.jobs.values()) if (job.skipCount > 0 || job.wasSkipped) return 'constraint';
      return 'scheduler-busy';
    }
    const { maps, reduces } = this.fleet.needed();
    return maps > 0 || reduces > 0 ? this.driver.headCause(this.fleet.shape()) : 'no-capacity';
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const { phases } of this.jobTracker.jobs.values()) {
      for (const { pending } of phases) if (pending.pendingCount > 0) visit(pending);
    }
  }
}

export const hadoop = defineFramework({
  name: 'hadoop',
  summary: 'Hadoop MapReduce on Mesos: task trackers with slots, FIFO, Fair or Capacity inside, shuffle, speculation',
  source: 'mesos/hadoop and Hadoop 1.x JobTracker (see docs/frameworks/hadoop.md)',
  options: hadoopOptions,
  create: (options, slots, driver) => {
    const records = readMapReduceJobs(options.jobs.map(readJobFile), driver.resources);
    return new Hadoop(records, withMapredSite(options), slots, driver);
  },
});
