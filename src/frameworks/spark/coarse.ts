import type { SchedulerDriver, TaskUpdate } from '../../model/framework.js';
import { FOREVER_US } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { type Amounts, CPUS, GPUS, MEM } from '../../model/resources.js';
import type { HostMaker } from '../inside/hosts.js';
import type { Application } from './application.js';
import { Attributes } from './attributes.js';
import { DynamicAllocation } from './dynamic-allocation.js';
import type { Backend, TaskScheduler } from './scheduler.js';
import { cacheCapacity, executorMemoryMib, type SparkSettings } from './settings.js';
import type { Attempt, Worker } from './task-set.js';
import { Workers } from './topology.js';

/** A long-lived Mesos task with slots inside. */
export interface Executor extends Worker {
  readonly cores: number;
  readonly gpus: number;
  readonly slotCount: number;
  /** Row of its task, -1 = on its way. */
  task: number;
  /** Asked to end: it takes no more tasks. */
  isLeaving: boolean;
  readonly attempts: Set<Attempt>;
  idleSinceUs: number;
}

/**
 * One Mesos task per executor; Spark tasks never touch Mesos.
 * Source: MesosCoarseGrainedSchedulerBackend (resourceOffers, buildMesosTasks, canLaunchTask, statusUpdate, executorTerminated).
 */
export class CoarseBackend implements Backend {
  readonly workers: Workers<Executor>;
  readonly allocation: DynamicAllocation | undefined;
  /** Cores of executors that are held or on their way. */
  coresAcquired = 0;
  executorCount = 0;
  private gpusAcquired = 0;
  private readonly hosts = new Map<PendingGroup, Executor>();
  private readonly agentFailures = new Map<number, number>();
  private readonly executorsOn = new Map<number, number>();
  private readonly attributes: Attributes;
  private readonly memMilliMib: number;
  /**
   * Cores beyond this are never asked for: cores.max in whole executors. Without that (SPARK-20483) an application whose cores.max is
   * no multiple never counts as full: it goes on refusing for 5 s what it cannot use, instead of for 120 s.
   */
  private readonly coresMax: number;
  private launchedCount = 0;
  private localityStartUs = 0;

  constructor(
    private readonly settings: SparkSettings,
    private readonly driver: SchedulerDriver,
    private readonly maker: HostMaker,
    private readonly app: Application,
  ) {
    const { coresMax, executorCores, wholeExecutors } = settings;
    this.workers = new Workers(driver, cacheCapacity(settings), settings.inputBlocks);
    this.allocation = settings.dynamicAllocation ? new DynamicAllocation(settings) : undefined;
    this.attributes = new Attributes(settings.constraints);
    this.memMilliMib = Math.round(executorMemoryMib(settings) * 1000);
    const unit = wholeExecutors && executorCores > 0 ? executorCores : 1;
    this.coresMax = coresMax > 0 ? Math.floor(coresMax / unit) * unit : Number.POSITIVE_INFINITY;
  }

  /** Executors that are registered, by key. */
  get registered(): Executor[] {
    return [...this.workers.byKey.values()];
  }

  get slotCount(): number {
    let count = 0;
    for (const executor of this.workers.byKey.values()) count += executor.slotCount;
    return count;
  }

  get isFull(): boolean {
    return this.coresAcquired >= this.coresMax;
  }

  private get executorLimit(): number {
    return this.allocation?.target ?? Number.POSITIVE_INFINITY;
  }

  get wantsExecutors(): boolean {
    return !this.isFull && this.executorCount < this.executorLimit;
  }

  /** Enough cores are registered for the first task, or the application has waited for long enough. */
  isReady(waitedUs: number): boolean {
    const { minRegisteredRatio, maxRegisteredWait, coresMax } = this.settings;
    if (minRegisteredRatio === 0 || waitedUs >= maxRegisteredWait) return true;
    let cores = 0;
    for (const executor of this.workers.byKey.values()) cores += executor.cores;
    return cores >= minRegisteredRatio * coresMax;
  }

  /** Executors that would be of use to tasks that wait. */
  wantedCount(scheduler: TaskScheduler): number {
    const cores = this.settings.executorCores > 0 ? this.settings.executorCores : 1;
    const left = Math.min(
      this.executorLimit - this.executorCount,
      Math.floor((this.coresMax - this.coresAcquired) / cores),
    );
    return Math.min(left, Math.ceil((scheduler.waitingCount * this.settings.taskCpus) / cores));
  }

  /** What an executor asks for: for allocators and metrics that want to know. */
  shape(): Amounts {
    const { executorCores } = this.settings;
    return this.amountsOf(executorCores > 0 ? executorCores : 1, 0);
  }

  // Offers ----------------------------------------------------------------------------------------------------------

  offersArrived(refuseUs: number): void {
    const { driver } = this;
    if (this.executorCount >= this.executorLimit) {
      driver.declineAll(refuseUs);
    } else {
      this.launchAll();
      driver.accept(refuseUs);
      if (!this.attributes.isEmpty) this.declineUnmet();
      driver.declineAll(this.isFull ? this.settings.refuseMaxCores : refuseUs);
    }
    if (this.settings.suppressesWhenFull && !this.wantsExecutors) driver.suppress();
  }

  /**
   * One executor per offer and pass, until a pass launches none: executors spread over the agents. Offers of one agent, to different
   * roles of the framework, are not merged: none is large enough for an executor that needs two of them.
   */
  private launchAll(): void {
    const { offers } = this.driver;
    const batch: { agent: number; held: Amounts }[] = [];
    for (let agent = offers.nextAgent(-1); agent >= 0; agent = offers.nextAgent(agent)) {
      if (!this.attributes.allow(agent, offers)) continue;
      for (const held of offers.offersOn(agent)) batch.push({ agent, held: held.slice() });
    }
    for (let launched = true; launched; ) {
      launched = false;
      for (const { agent, held } of batch) {
        if (!this.wantsExecutors) return;
        if (this.mayUse(agent)) launched = this.launchOn(agent, held) || launched;
      }
    }
  }

  private declineUnmet(): void {
    const { offers } = this.driver;
    for (let agent = offers.nextAgent(-1); agent >= 0; agent = offers.nextAgent(agent)) {
      if (!this.attributes.allow(agent, offers)) this.driver.decline(agent, this.settings.refuseUnmet);
    }
  }

  private mayUse(agent: number): boolean {
    const { maxAgentFailures } = this.settings;
    if (this.app.scheduler.health.excludesAgent(agent, this.driver.nowUs)) return false;
    if (maxAgentFailures > 0 && (this.agentFailures.get(agent) ?? 0) >= maxAgentFailures) return false;
    return this.allocation === undefined || this.isNearEnough(agent);
  }

  /** Agents with preferred data and without an executor are awaited before others are taken (satisfiesLocality). */
  private isNearEnough(agent: number): boolean {
    if (this.driver.nowUs - this.localityStartUs > this.settings.localityWait) return true;
    let isAwaited = false;
    for (const set of this.app.scheduler.sets) {
      for (const preferred of set.preferredAgents()) {
        if (this.executorsOn.has(preferred)) continue;
        if (preferred === agent) return true;
        isAwaited = true;
      }
    }
    return !isAwaited;
  }

  /** Takes an executor from what is left of one offer. */
  private launchOn(agent: number, held: Amounts): boolean {
    const { driver, settings } = this;
    const offeredCores = Math.floor((held[CPUS] as number) / 1000);
    const left = this.coresMax - this.coresAcquired;
    const cores = settings.executorCores > 0 ? settings.executorCores : Math.min(offeredCores, left);
    if (cores < 1 || cores > offeredCores || cores > left || this.memMilliMib > (held[MEM] as number)) return false;
    const gpus = Math.min(settings.gpusMax - this.gpusAcquired, Math.floor((held[GPUS] as number) / 1000));
    const key = this.launchedCount++;
    const amounts = this.amountsOf(cores, gpus);
    const id = `${driver.name}/executor-${key}`;
    const host = this.maker.launch({ id, agent, amounts, durationUs: FOREVER_US, image: settings.image });
    if (host === undefined) return false;
    for (const [index, amount] of amounts.entries()) held[index] = (held[index] as number) - amount;
    const slotCount = Math.floor((cores + settings.extraCores) / settings.taskCpus);
    const freeCores = cores + settings.extraCores;
    const executor: Executor = {
      key,
      agent,
      cores,
      gpus,
      slotCount,
      freeCores,
      task: -1,
      isLeaving: false,
      attempts: new Set(),
      idleSinceUs: -1,
    };
    this.hosts.set(host, executor);
    this.coresAcquired += cores;
    this.gpusAcquired += gpus;
    this.executorCount++;
    change(this.executorsOn, agent, 1);
    if (this.isFull) this.localityStartUs = Number.POSITIVE_INFINITY;
    return true;
  }

  private amountsOf(cores: number, gpus: number): Amounts {
    const amounts = this.driver.resources.zero();
    amounts[CPUS] = cores * 1000;
    amounts[MEM] = this.memMilliMib;
    amounts[GPUS] = gpus * 1000;
    return amounts;
  }

  /** The executors' target has moved: hosts with data are awaited anew. */
  restartLocality(): void {
    this.localityStartUs = this.driver.nowUs;
  }

  // Life of executors -----------------------------------------------------------------------------------------------

  updated(update: TaskUpdate): void {
    const executor = this.hosts.get(update.pending);
    if (executor === undefined) return;
    if (update.state !== 'running') {
      this.hosts.delete(update.pending);
      this.ended(executor, update.state, update.reason);
      return;
    }
    executor.task = update.task;
    if (executor.isLeaving) {
      this.driver.kill(executor.task, 'executor-removed');
      return;
    }
    executor.idleSinceUs = this.driver.nowUs;
    this.workers.add(executor);
    this.app.workersChanged(true);
    this.app.freed(executor);
  }

  private ended(executor: Executor, state: string, reason: string): void {
    this.depart(executor, reason === '' ? 'executor-lost' : reason);
    this.coresAcquired -= executor.cores;
    this.gpusAcquired -= executor.gpus;
    this.executorCount--;
    change(this.executorsOn, executor.agent, -1);
    if (state === 'failed' || state === 'lost') change(this.agentFailures, executor.agent, 1);
    if (this.localityStartUs === Number.POSITIVE_INFINITY) this.localityStartUs = this.driver.nowUs;
    this.app.executorEnded();
  }

  /** Nothing runs there any more, and what was left there is gone. */
  private depart(executor: Executor, reason: string): void {
    const wasRegistered = this.workers.hasWorker(executor.key);
    this.workers.remove(executor);
    for (const attempt of [...executor.attempts]) this.app.scheduler.lost(attempt, reason);
    this.app.scheduler.outputLost(executor.key);
    if (wasRegistered) this.app.workersChanged(false);
  }

  remove(executor: Executor, reason: string): void {
    if (executor.isLeaving) return;
    executor.isLeaving = true;
    this.depart(executor, reason);
    if (executor.task >= 0) this.driver.kill(executor.task, reason);
  }

  /** The application ends: its executors with it. Failures of agents are forgotten with the application. */
  stopAll(): void {
    for (const executor of this.hosts.values()) this.remove(executor, 'application-ended');
    this.agentFailures.clear();
  }

  // Idle executors (dynamic allocation) -----------------------------------------------------------------------------

  /** When an executor that is idle now may go; infinity = none. */
  nextIdleUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const executor of this.workers.byKey.values()) nextUs = Math.min(nextUs, this.idleUntilUs(executor));
    return nextUs;
  }

  private idleUntilUs(executor: Executor): number {
    const { executorIdleTimeout, cachedExecutorIdleTimeout } = this.settings;
    if (executor.attempts.size > 0 || executor.isLeaving) return Number.POSITIVE_INFINITY;
    const isCached = this.workers.hasCached(executor);
    return executor.idleSinceUs + (isCached ? cachedExecutorIdleTimeout : executorIdleTimeout);
  }

  removeIdle(allocation: DynamicAllocation): void {
    let count = this.workers.byKey.size;
    for (const executor of this.registered) {
      if (this.idleUntilUs(executor) > this.driver.nowUs || !allocation.mayLose(count)) continue;
      this.remove(executor, 'executor-idle');
      count--;
    }
  }

  // Backend ---------------------------------------------------------------------------------------------------------

  launch(attempt: Attempt, durationUs: number): boolean {
    const { driver } = this;
    const executor = attempt.worker as Executor;
    const { pending, attempts } = attempt.set;
    const [original] = attempts.get(attempt.index) ?? [];
    attempt.row = attempt.isCopy
      ? driver.inside.copy(original?.row ?? -1, executor.agent)
      : driver.inside.start(pending, attempt.index, executor.agent, this.usesOf(attempt, executor));
    if (attempt.row < 0) return false;
    executor.attempts.add(attempt);
    attempt.timer = this.app.timeEnd(attempt, durationUs);
    return true;
  }

  /** A task uses its cores, and of the executor's memory at most an equal part. */
  private usesOf({ set }: Attempt, executor: Executor): Amounts {
    let uses = set.uses.get(executor.slotCount);
    if (uses === undefined) {
      const slots = Math.max(1, executor.slotCount);
      uses = this.driver.resources.zero();
      uses[CPUS] = Math.floor(Math.min(this.settings.taskCpus, executor.cores / slots) * 1000);
      uses[MEM] = Math.min(set.pending.group.amounts[MEM] as number, Math.floor(this.memMilliMib / slots));
      set.uses.set(executor.slotCount, uses);
    }
    return uses;
  }

  stop(attempt: Attempt): void {
    this.app.forgetEnd(attempt);
    this.vacate(attempt);
  }

  /** The attempt has left its executor, which is idle when it was the last. */
  vacate(attempt: Attempt): void {
    const executor = attempt.worker as Executor;
    executor.attempts.delete(attempt);
    if (executor.attempts.size === 0) executor.idleSinceUs = this.driver.nowUs;
  }

  freed(worker: Worker): void {
    if (this.workers.hasWorker(worker.key)) this.app.freed(worker);
  }

  wanted(): void {
    this.app.wanted();
  }
}

function change(counts: Map<number, number>, key: number, by: number): void {
  const left = (counts.get(key) ?? 0) + by;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}
