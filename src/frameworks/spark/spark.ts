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
import { readStageJobs } from '../shared/stage-jobs.js';
import type { Application } from './application.js';
import { CoarseBackend } from './coarse.js';
import { withConf } from './conf.js';
import { FineBackend } from './fine.js';
import { TaskScheduler } from './scheduler.js';
import { type SparkSettings, sparkOptions } from './settings.js';
import { type Attempt, LEVEL_NAMES, type Worker } from './task-set.js';

/** Timers: the low bits say what for, the rest is the row of the attempt that ends. */
const END = 0;
const ROUND = 1;
const SLOW = 2;
const POLL = 3;
const READY = 4;
const SUBMIT = 5;
const LOOK = 6;
const KINDS = 8;

/** Period of the loop of ExecutorAllocationManager. */
const POLL_US = 100e3;

/** One Spark application after another: its jobs, its executors, and its calls to Mesos. */
class Spark implements Framework, Application {
  readonly scheduler: TaskScheduler;
  private readonly maker: HostMaker;
  private readonly backend: CoarseBackend | FineBackend;
  private readonly ends = new Map<number, Attempt>();
  /** Timers that are set, by kind; -1 = not. */
  private readonly timers = new Int32Array(KINDS).fill(-1);
  private readonly timerUs = new Float64Array(KINDS);
  private startUs = -1;
  /** Calls into each other: what follows from them happens once, at the end of the outermost. */
  private depth = 0;
  private wantsAll = false;
  private readonly freedWorkers = new Set<Worker>();
  private toSubmit = 0;

  constructor(
    private readonly records: readonly JobRecord[],
    private readonly settings: SparkSettings,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.maker = new HostMaker(driver);
    const Backend = settings.mode === 'fine' ? FineBackend : CoarseBackend;
    this.backend = new Backend(settings, driver, this.maker, this);
    this.scheduler = new TaskScheduler(settings, driver, this.backend.workers, this.backend);
  }

  private get coarse(): CoarseBackend | undefined {
    return this.backend instanceof CoarseBackend ? this.backend : undefined;
  }

  // What happens ----------------------------------------------------------------------------------------------------

  onStart(): void {
    this.toSubmit = this.records.length;
    for (const [row, { submitUs }] of this.records.entries()) this.driver.timer(submitUs, row * KINDS + SUBMIT);
  }

  hasMore(): boolean {
    return this.toSubmit > 0;
  }

  onJob(job: SchedulerJob): void {
    this.maker.takes(job);
  }

  onPending(pending: PendingGroup): void {
    if (pending.job.record.isHost === true) return;
    this.within(() => {
      if (this.startUs < 0) this.start();
      this.scheduler.submit(pending);
    });
  }

  onOffers(): void {
    this.within(() => {
      if (this.startUs < 0) this.rest();
      else this.backend.offersArrived(this.slots.refuseUs);
    });
  }

  onUpdate(update: TaskUpdate): void {
    this.within(() => this.backend.updated(update));
  }

  onKillJob(job: SchedulerJob): void {
    this.within(() => this.scheduler.killed(job));
  }

  onTimer(tag: number): void {
    this.within(() => {
      const kind = tag % KINDS;
      if (kind === END) {
        this.finish((tag - kind) / KINDS);
        return;
      }
      if (kind === SUBMIT) {
        this.toSubmit--;
        this.driver.submit(this.records[(tag - kind) / KINDS] as JobRecord);
        return;
      }
      this.timers[kind] = -1;
      if (kind === LOOK) this.scheduler.lookAtHeld();
      else if (kind === ROUND || kind === READY) this.wantsAll = true;
      else if (kind === SLOW) this.findSlow();
      else this.poll();
    });
  }

  private finish(row: number): void {
    const attempt = this.ends.get(row) as Attempt;
    this.ends.delete(row);
    if (!attempt.isFailing) {
      this.backend.workers.keep(attempt);
      this.backend.vacate(attempt);
    }
    this.scheduler.completed(attempt);
  }

  private within(action: () => void): void {
    this.depth++;
    action();
    this.depth--;
    if (this.depth === 0) this.settle();
  }

  /** What follows from all that has happened: rounds, timers, the end of the application. */
  private settle(): void {
    this.depth++;
    while (this.wantsAll || this.freedWorkers.size > 0) this.deal();
    if (this.startUs >= 0 && this.scheduler.jobs.size === 0 && this.settings.stopWhenIdle) this.stop();
    if (this.startUs >= 0) this.arm();
    this.driver.publish();
    this.depth--;
  }

  private deal(): void {
    const isAll = this.wantsAll;
    const workers = [...this.freedWorkers];
    this.wantsAll = false;
    this.freedWorkers.clear();
    const { coarse } = this;
    if (coarse === undefined) {
      // Fine-grained: tasks wait for the master's offers.
      if (isAll && this.scheduler.waitingCount > 0) this.driver.revive();
      return;
    }
    if (!coarse.isReady(this.driver.nowUs - this.startUs)) return;
    this.scheduler.round(isAll ? coarse.registered : workers, isAll);
  }

  // The application -------------------------------------------------------------------------------------------------

  private start(): void {
    this.startUs = this.driver.nowUs;
    this.driver.note('spark-application', 'state=started');
    this.driver.revive();
    this.coarse?.restartLocality();
    const wait = this.settings.minRegisteredRatio > 0 ? this.settings.maxRegisteredWait : -1;
    if (wait >= 0) this.setTimer(READY, this.startUs + wait);
  }

  /** The last job is over: the driver stops, and its executors with it. */
  private stop(): void {
    this.tell();
    this.startUs = -1;
    this.driver.note('spark-application', 'state=ended');
    for (let kind = 0; kind < KINDS; kind++) this.clearTimer(kind);
    this.backend.stopAll();
    this.rest();
  }

  /** No application is registered: nothing is asked for. */
  private rest(): void {
    this.driver.suppress();
    this.driver.declineAll(0);
  }

  /** Launches by distance from the data, and what copies and losses wasted: cumulative. */
  private tell(): void {
    for (const [level, name] of LEVEL_NAMES.entries()) {
      const count = this.scheduler.launches[level] as number;
      if (count > 0) this.driver.gauge(`launches_${name}`, count);
    }
    if (this.scheduler.wastedUs > 0) this.driver.gauge('wasted_s', this.scheduler.wastedUs / 1e6);
  }

  timeEnd(attempt: Attempt, durationUs: number): number {
    this.ends.set(attempt.row, attempt);
    return this.driver.timer(durationUs, attempt.row * KINDS + END);
  }

  forgetEnd(attempt: Attempt): void {
    if (this.ends.delete(attempt.row)) this.driver.cancel(attempt.timer);
  }

  freed(worker: Worker): void {
    this.freedWorkers.add(worker);
  }

  wanted(): void {
    this.wantsAll = true;
  }

  workersChanged(isAdded: boolean): void {
    this.scheduler.workersChanged(isAdded);
    this.driver.gauge('executors', this.coarse?.workers.byKey.size ?? this.backend.executorCount);
  }

  executorEnded(): void {
    if (this.settings.revives && this.startUs >= 0) this.driver.revive();
  }

  // Timers, set only when something can come of them ----------------------------------------------------------------

  private arm(): void {
    const { settings, coarse } = this;
    const isWaiting = this.scheduler.waitingCount > 0;
    if (isWaiting && coarse !== undefined && this.hasFreeCores(coarse)) {
      this.setTimer(ROUND, this.nextTick(settings.reviveInterval, this.driver.nowUs + 1));
    }
    if (settings.speculation) this.armSlow();
    if (this.scheduler.gate.isHolding) this.setIfClear(LOOK, settings.barrierCheckInterval);
    if (coarse?.allocation !== undefined) this.armPoll(coarse);
  }

  private hasFreeCores(coarse: CoarseBackend): boolean {
    for (const { freeCores } of coarse.workers.byKey.values()) if (freeCores >= this.settings.taskCpus) return true;
    return false;
  }

  private armSlow(): void {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const set of this.scheduler.sets) nextUs = Math.min(nextUs, set.slow?.nextUs() ?? nextUs);
    if (nextUs === Number.POSITIVE_INFINITY) this.clearTimer(SLOW);
    else this.setTimer(SLOW, this.nextTick(this.settings.speculationInterval, Math.max(nextUs, this.driver.nowUs + 1)));
  }

  private findSlow(): void {
    let found = false;
    for (const set of this.scheduler.sets) found = set.slow?.find(this.driver.nowUs) || found;
    if (found) this.wantsAll = true;
  }

  /** The loop turns every 100 ms; only turns that can change something are taken. */
  private armPoll(coarse: CoarseBackend): void {
    const allocation = coarse.allocation as NonNullable<CoarseBackend['allocation']>;
    const { nowUs } = this.driver;
    const waiting = this.scheduler.waitingCount;
    allocation.note(nowUs, waiting > 0);
    const isTooMany = allocation.isAbove(waiting + this.scheduler.runningCount);
    const nextUs = isTooMany ? nowUs : Math.min(allocation.nextUs, coarse.nextIdleUs());
    if (nextUs === Number.POSITIVE_INFINITY) this.clearTimer(POLL);
    else this.setTimer(POLL, this.nextTick(POLL_US, Math.max(nextUs, nowUs + 1)));
  }

  private poll(): void {
    const { coarse, driver } = this;
    const allocation = coarse?.allocation;
    if (coarse === undefined || allocation === undefined) return;
    const taskCount = this.scheduler.waitingCount + this.scheduler.runningCount;
    const view = { nowUs: driver.nowUs, taskCount, executorCount: coarse.workers.byKey.size };
    const before = allocation.target;
    if (allocation.poll(view)) {
      coarse.restartLocality();
      // A framework that has suppressed must ask for offers again, or it would never grow.
      if (allocation.target > before && (this.settings.revivesOnGrowth || driver.isSuppressed)) driver.revive();
      driver.gauge('executor_target', allocation.target);
    }
    coarse.removeIdle(allocation);
  }

  /** The first turn at or after a time of a loop that began with the application. */
  private nextTick(periodUs: number, atUs: number): number {
    return this.startUs + Math.ceil((atUs - this.startUs) / periodUs) * periodUs;
  }

  private setTimer(kind: number, atUs: number): void {
    if (this.timers[kind] !== -1 && this.timerUs[kind] === atUs) return;
    this.clearTimer(kind);
    this.timerUs[kind] = atUs;
    this.timers[kind] = this.driver.timer(Math.max(0, atUs - this.driver.nowUs), kind);
  }

  private setIfClear(kind: number, delayUs: number): void {
    if (this.timers[kind] === -1) this.setTimer(kind, this.driver.nowUs + delayUs);
  }

  private clearTimer(kind: number): void {
    if (this.timers[kind] === -1) return;
    this.driver.cancel(this.timers[kind] as number);
    this.timers[kind] = -1;
  }

  // What others may know --------------------------------------------------------------------------------------------

  demand(): readonly DemandEntry[] {
    const [first] = this.scheduler.sets;
    if (first === undefined || this.scheduler.waitingCount === 0) return [];
    const { job, queuedUs, sequence } = first.pending;
    const count = this.coarse === undefined ? this.scheduler.waitingCount : this.coarse.wantedCount(this.scheduler);
    if (count <= 0) return [];
    const { client } = this.slots;
    const { priority, deadlineUs } = job.record;
    const times = { deadlineUs, estimateUs: -1, doneUs: 0, submitUs: job.submitUs, queuedUs };
    return [{ client, id: sequence, amounts: this.backend.shape(), count, gang: 1, priority, ...times }];
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    const charge = (cause: WaitCause, count: number): void => {
      counts[causeRow(cause)] = (counts[causeRow(cause)] as number) + count;
    };
    if (waiting <= 0) return;
    charge(this.headCause(), 1);
    charge('behind-in-queue', waiting - 1);
  }

  /** The first waiting task: held back for locality while cores are free, or waiting for an executor. */
  private headCause(): WaitCause {
    const { coarse } = this;
    if (coarse !== undefined && this.hasFreeCores(coarse)) return 'constraint';
    if (coarse !== undefined && !coarse.wantsExecutors) return 'no-capacity';
    return this.driver.headCause(this.backend.shape());
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const { pending } of this.scheduler.sets) if (pending.pendingCount > 0) visit(pending);
  }
}

export const spark = defineFramework({
  name: 'spark',
  summary: 'Spark on Mesos: executors, stages, delay scheduling, dynamic allocation, speculation, cached blocks',
  source: 'apache/spark resource-managers/mesos and core/scheduler (see docs/frameworks/spark.md)',
  options: sparkOptions,
  create: (options, slots, driver) => {
    const records = readStageJobs(options.jobs.map(readJobFile), driver.resources);
    return new Spark(records, withConf(options), slots, driver);
  },
});
