import type { SchedulerDriver, TaskUpdate } from '../../model/framework.js';
import { FOREVER_US } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { type Amounts, CPUS, MEM } from '../../model/resources.js';
import type { HostMaker } from '../inside/hosts.js';
import type { Application } from './application.js';
import { Attributes } from './attributes.js';
import type { Backend } from './scheduler.js';
import { cacheCapacity, executorMemoryMib, type SparkSettings } from './settings.js';
import type { Attempt, Worker } from './task-set.js';
import { Workers } from './topology.js';

/** The one executor of the application on an agent: it holds all the memory and one core for life. */
interface FineExecutor {
  readonly agent: number;
  task: number;
  isLeaving: boolean;
}

const NOTHING = new Float64Array();

/**
 * One Mesos task per Spark task, with a core and no memory, beside one executor per agent that lives as long as the application.
 * Source: MesosFineGrainedSchedulerBackend (resourceOffers, createMesosTask, statusUpdate, reviveOffers).
 */
export class FineBackend implements Backend {
  readonly workers: Workers<Worker>;
  private readonly executors = new Map<number, FineExecutor>();
  private readonly executorHosts = new Map<PendingGroup, FineExecutor>();
  /** Mesos tasks that carry a Spark task, with their rows once they run. */
  private readonly carriers = new Map<PendingGroup, { attempt: Attempt; task: number; isStopped: boolean }>();
  private readonly carrierOf = new Map<Attempt, PendingGroup>();
  private readonly attributes: Attributes;
  private readonly executorAmounts: Amounts;
  private readonly taskAmounts: Amounts;
  private launchedCount = 0;
  /** Workers of the batch of offers that is being answered. */
  private isOffered = false;

  constructor(
    private readonly settings: SparkSettings,
    private readonly driver: SchedulerDriver,
    private readonly maker: HostMaker,
    private readonly app: Application,
  ) {
    this.workers = new Workers(driver, cacheCapacity(settings), settings.inputBlocks);
    this.attributes = new Attributes(settings.constraints);
    this.executorAmounts = driver.resources.zero();
    this.executorAmounts[CPUS] = Math.round(settings.fineExecutorCores * 1000);
    this.executorAmounts[MEM] = Math.round(executorMemoryMib(settings) * 1000);
    this.taskAmounts = driver.resources.zero();
    this.taskAmounts[CPUS] = settings.taskCpus * 1000;
    this.taskAmounts[MEM] = Math.round(settings.fineTaskMem * 1000);
  }

  get executorCount(): number {
    return this.executors.size;
  }

  get registered(): readonly Worker[] {
    return [...this.workers.byKey.values()];
  }

  /** Cores that it was offered last, on the agents that it knows (TaskSchedulerImpl.calculateAvailableSlots). */
  get slotCount(): number {
    let count = 0;
    for (const { freeCores } of this.workers.byKey.values()) count += Math.floor(freeCores / this.settings.taskCpus);
    return count;
  }

  /** What has to fit for a task: for allocators and metrics that want to know. */
  shape(): Amounts {
    const amounts = this.executorAmounts.slice();
    amounts[CPUS] = (amounts[CPUS] as number) + (this.taskAmounts[CPUS] as number);
    return amounts;
  }

  // Offers ----------------------------------------------------------------------------------------------------------

  offersArrived(refuseUs: number): void {
    const { offers } = this.driver;
    const workers: Worker[] = [];
    let hasUnmet = false;
    for (let agent = offers.nextAgent(-1); agent >= 0; agent = offers.nextAgent(agent)) {
      if (!this.attributes.allow(agent, offers)) hasUnmet = true;
      else {
        const freeCores = this.freeCores(offers.heldOn(agent), this.executors.has(agent));
        if (freeCores >= this.settings.taskCpus) workers.push(this.workerOn(agent, freeCores));
      }
    }
    this.isOffered = true;
    this.app.scheduler.round(workers, true);
    this.isOffered = false;
    this.driver.accept(this.settings.refuseFine);
    if (hasUnmet) this.declineUnmet();
    this.driver.declineAll(refuseUs);
  }

  /** Whole cores for tasks in an offer; 0 when a new executor and one task do not fit. */
  private freeCores(held: Amounts, hasExecutor: boolean): number {
    const { taskCpus, fineTaskMem } = this.settings;
    const own = hasExecutor ? NOTHING : this.executorAmounts;
    const memMilli = (held[MEM] as number) - (own[MEM] ?? 0);
    if (memMilli < 0) return 0;
    const cores = Math.floor(((held[CPUS] as number) - (own[CPUS] ?? 0)) / 1000);
    return fineTaskMem === 0 ? cores : Math.min(cores, taskCpus * Math.floor(memMilli / (fineTaskMem * 1000)));
  }

  private workerOn(agent: number, freeCores: number): Worker {
    const known = this.workers.byKey.get(agent);
    if (known !== undefined) {
      known.freeCores = freeCores;
      return known;
    }
    const worker = { key: agent, agent, freeCores };
    this.workers.add(worker);
    this.app.workersChanged(true);
    return worker;
  }

  private declineUnmet(): void {
    const { offers } = this.driver;
    for (let agent = offers.nextAgent(-1); agent >= 0; agent = offers.nextAgent(agent)) {
      if (!this.attributes.allow(agent, offers)) this.driver.decline(agent, this.settings.refuseUnmet);
    }
  }

  // Backend ---------------------------------------------------------------------------------------------------------

  launch(attempt: Attempt, durationUs: number): boolean {
    const { agent } = attempt.worker;
    if (!this.isOffered || !this.ensureExecutor(agent)) return false;
    const id = `${this.driver.name}/task-${this.launchedCount++}`;
    const host = this.maker.launch({ id, agent, amounts: this.taskAmounts, durationUs, image: '' });
    if (host === undefined) return false;
    this.carriers.set(host, { attempt, task: -1, isStopped: false });
    this.carrierOf.set(attempt, host);
    return true;
  }

  private ensureExecutor(agent: number): boolean {
    if (this.executors.has(agent)) return true;
    const id = `${this.driver.name}/executor-${this.launchedCount++}`;
    const { image } = this.settings;
    const host = this.maker.launch({ id, agent, amounts: this.executorAmounts, durationUs: FOREVER_US, image });
    if (host === undefined) return false;
    const executor = { agent, task: -1, isLeaving: false };
    this.executors.set(agent, executor);
    this.executorHosts.set(host, executor);
    return true;
  }

  stop(attempt: Attempt): void {
    const host = this.carrierOf.get(attempt);
    if (host === undefined) return;
    this.carrierOf.delete(attempt);
    const carrier = this.carriers.get(host);
    if (carrier === undefined) return;
    carrier.isStopped = true;
    if (carrier.task >= 0) this.driver.kill(carrier.task, 'attempt-stopped');
  }

  vacate(attempt: Attempt): void {
    this.carrierOf.delete(attempt);
  }

  /** What a task leaves comes back in the master's offers. */
  freed(): void {
    // Nothing to hand out here.
  }

  wanted(): void {
    this.app.wanted();
  }

  // Status updates --------------------------------------------------------------------------------------------------

  updated(update: TaskUpdate): void {
    const executor = this.executorHosts.get(update.pending);
    if (executor !== undefined) this.executorUpdated(executor, update);
    else this.carrierUpdated(update);
  }

  private executorUpdated(executor: FineExecutor, update: TaskUpdate): void {
    if (update.state === 'running') {
      executor.task = update.task;
      if (executor.isLeaving) this.driver.kill(executor.task, 'application-ended');
      return;
    }
    this.executorHosts.delete(update.pending);
    if (this.executors.get(executor.agent) !== executor) return;
    this.executors.delete(executor.agent);
    const worker = this.workers.byKey.get(executor.agent);
    if (worker !== undefined) this.workers.remove(worker);
    this.app.scheduler.outputLost(executor.agent);
    this.app.workersChanged(false);
    this.app.executorEnded();
  }

  private carrierUpdated(update: TaskUpdate): void {
    const carrier = this.carriers.get(update.pending);
    if (carrier === undefined) return;
    const { attempt } = carrier;
    if (update.state === 'running') {
      carrier.task = update.task;
      if (carrier.isStopped || !this.begin(attempt)) this.driver.kill(carrier.task, 'attempt-stopped');
      return;
    }
    this.carriers.delete(update.pending);
    if (carrier.isStopped || !this.carrierOf.delete(attempt)) return;
    if (update.state === 'finished' && attempt.row >= 0) this.app.scheduler.completed(attempt);
    else this.app.scheduler.lost(attempt, update.reason === '' ? 'executor-lost' : update.reason);
  }

  /** The carrier runs: so does the task in it. False when there is nothing to run any more. */
  private begin(attempt: Attempt): boolean {
    const { inside } = this.driver;
    const { set, index, worker } = attempt;
    attempt.startUs = this.driver.nowUs;
    if (attempt.isCopy) {
      const original = set.attempts.get(index)?.find((other) => other !== attempt);
      attempt.row = original === undefined ? -1 : inside.copy(original.row, worker.agent);
    } else {
      attempt.row = inside.start(set.pending, index, worker.agent, this.taskAmounts);
    }
    return attempt.row >= 0;
  }

  stopAll(): void {
    for (const executor of this.executors.values()) {
      executor.isLeaving = true;
      if (executor.task >= 0) this.driver.kill(executor.task, 'application-ended');
    }
    this.executors.clear();
    for (const worker of [...this.workers.byKey.values()]) this.workers.remove(worker);
  }
}
