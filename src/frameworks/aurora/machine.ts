import type { SchedulerDriver, TaskUpdate } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import type { Alarms } from '../shared/alarms.js';
import { ownJob } from '../shared/own-work.js';
import { Assigner } from './assigner.js';
import { Backoff } from './backoff.js';
import { TaskBook } from './book.js';
import { TaskGroups } from './groups.js';
import type { AuroraJob, TaskConfig } from './job.js';
import { Maintenance } from './maintenance.js';
import { Filter } from './matching.js';
import { OfferPool, ordersOf } from './offer-pool.js';
import type { AuroraOptions } from './settings.js';
import { isSlaKept } from './sla.js';
import { AuroraTask, type TaskState } from './task.js';

/** Tells others of what happens to instances: updates and cron wait for it. */
export interface TaskListener {
  running(task: AuroraTask): void;
  /** The task is over; `isReplaced` when the machine itself makes its successor. */
  over(task: AuroraTask, isOwn: boolean): boolean;
}

/** The state machine of tasks, and what drives it (`state/TaskStateMachine.java`, `state/StateManagerImpl.java`). */
export class TaskMachine {
  readonly book = new TaskBook();
  readonly maintenance = new Maintenance();
  readonly pool: OfferPool;
  readonly groups: TaskGroups;
  readonly assigner: Assigner;
  private readonly flapping: Backoff;
  private taskCount = 0;
  private readonly filter: Filter;
  /** Rows of tasks that run as far as is known. */
  private readonly open = new Set<number>();
  private readonly counts = { preempted: 0, drained: 0, rescheduled: 0, throttled: 0, partitioned: 0, stuck: 0 };
  listener: TaskListener = { running: () => undefined, over: () => true };

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly options: AuroraOptions,
    private readonly alarms: Alarms,
    setup: { readonly holdUs: number; readonly refuseUs: number; readonly usesRevocable: boolean },
  ) {
    const random = (name: string): (() => number) => driver.random(name);
    const { refuseUs } = setup;
    const pool = {
      holdUs: setup.holdUs,
      jitterUs: options.holdJitter,
      refuseUs,
      order: ordersOf(options.offerOrder),
      collapsesEqual: options.equalOffersCollapse,
    };
    this.pool = new OfferPool(driver, pool, random('offers'), alarms);
    this.filter = new Filter(
      driver,
      this.maintenance,
      (key) => this.book.placedOf(key),
      options.unavailabilityThreshold,
    );
    this.assigner = new Assigner({
      driver,
      options,
      book: this.book,
      pool: this.pool,
      filter: this.filter,
      maintenance: this.maintenance,
      random: random('preemptor'),
      refuseUs,
      usesRevocable: setup.usesRevocable,
      launched: (task, agent) => this.launched(task, agent),
      preempt: (task) => this.stop(task, 'PREEMPTING'),
    });
    this.groups = new TaskGroups(
      driver,
      {
        firstDelayUs: options.firstDelay,
        permitUs: 1e6 / options.attemptsPerSecond,
        startsAtFirstDelay: options.quickTries,
        tasksPerAttempt: options.tasksPerAttempt,
      },
      new Backoff(options.backoff, options.backoffMax, random('backoff')),
      alarms,
      (group, tasks) => this.assigner.attempt(group, tasks),
    );
    this.flapping = new Backoff(options.flapBackoff, options.flapBackoffMax, random('flapping'));
  }

  /** True while the cluster has news of tasks that the machine has not heard. */
  get isOpen(): boolean {
    const isWaiting = ({ state, config }: AuroraTask): boolean =>
      state === 'THROTTLED' || state === 'PARTITIONED' ? !config.isService : false;
    return this.open.size > 0 || [...this.book.all()].some(isWaiting);
  }

  /** A new instance, PENDING. */
  create(job: AuroraJob, instance: number, config: TaskConfig = job.config): void {
    this.make(job, instance, config, 0, 0);
  }

  private make(
    job: AuroraJob | undefined,
    instance: number,
    config: TaskConfig,
    failures: number,
    flaps: number,
  ): AuroraTask {
    const id = `${config.key}/${instance}#${++this.taskCount}`;
    const task = new AuroraTask(id, job, instance, config, failures, flaps, this.driver.nowUs);
    this.book.add(task);
    this.submit(task);
    return task;
  }

  /** Now it can be launched: it is a job of the books. */
  private submit(task: AuroraTask): void {
    const { config } = task;
    task.state = 'PENDING';
    task.pendingUs = this.driver.nowUs;
    const isFailure = config.times.isFailure();
    const work = {
      amounts: config.amounts,
      durationUs: config.times.durationUs(),
      image: config.image,
      ...(isFailure ? { exit: 'failed' as const } : {}),
    };
    const more = { user: config.role, queue: config.key, class: config.tier, priority: config.priority };
    this.driver.submit(ownJob(task.id, this.driver.nowUs, work, more));
    if (!task.isOver) this.groups.add(task);
  }

  /** A task of ours can be launched, or tasks of somebody else's job: those are ad-hoc tasks with a configuration of their own. */
  onPending(pending: PendingGroup, foreign: () => TaskConfig): void {
    const own = this.book.get(pending.job.record.id);
    if (own !== undefined) {
      own.pending = pending;
      return;
    }
    const config = foreign();
    const waiting = this.book.ofJob(config.key).filter((task) => task.pending === pending && task.state === 'PENDING');
    for (let count = waiting.length; count < pending.pendingCount; count++) {
      const id = `${config.key}#${++this.taskCount}`;
      const task = new AuroraTask(id, undefined, count, config, 0, 0, this.driver.nowUs);
      task.pending = pending;
      this.book.add(task);
      this.groups.add(task);
    }
  }

  /** Ends a task: one that was not launched is gone at once. */
  stop(task: AuroraTask, state: 'KILLING' | 'RESTARTING' | 'PREEMPTING' | 'DRAINING'): void {
    if (task.isOver || task.state === 'KILLING') return;
    if (state === 'PREEMPTING') this.count('preempted');
    if (state === 'DRAINING') this.count('drained');
    if (task.state === 'PENDING' || task.state === 'THROTTLED') {
      this.withdraw(task);
      return;
    }
    if (task.state === 'PARTITIONED') {
      this.settle(task, 'KILLED', state !== 'KILLING');
      return;
    }
    // Flapping looks at ancestors that were told to go apart; for a preempted one PREEMPTING itself is the last active state.
    task.wasStopped ||= state !== 'PREEMPTING' || !this.options.preemptedFlaps;
    if (state === 'PREEMPTING') task.activeUs = this.driver.nowUs;
    task.state = state;
    this.watch(task);
    // Somebody else's task waits again by itself, unless it is to be gone.
    if (task.isForeign && state !== 'KILLING') this.driver.requeue(task.row, state.toLowerCase());
    else this.driver.kill(task.row, state.toLowerCase());
  }

  /** The assigner has found an agent. */
  private launched(task: AuroraTask, agent: number): void {
    task.agent = agent;
    task.row = this.driver.plannedTask;
    task.state = 'ASSIGNED';
    task.activeUs = this.driver.nowUs;
    this.watch(task);
  }

  /** What stays in a state that should pass is given up as LOST, and killed wherever it is (`reconciliation/TaskTimeout.java`). */
  private watch(task: AuroraTask): void {
    task.timeout?.cancel();
    task.timeout = this.alarms.after(this.options.transientTimeout, () => {
      this.count('stuck');
      const { state } = task;
      const { row, isForeign } = task;
      this.open.delete(row);
      if (isForeign) this.driver.requeue(row, 'stuck');
      this.settle(task, 'LOST', state !== 'KILLING');
      if (!isForeign) this.driver.kill(row, 'stuck');
    });
  }

  private withdraw(task: AuroraTask): void {
    this.groups.remove(task);
    const { pending } = task;
    if (!task.isForeign && pending !== undefined && pending.pendingCount > 0) {
      this.driver.abandon(pending.job as Parameters<SchedulerDriver['abandon']>[0], 'killed');
    }
    task.wasStopped = true;
    this.end(task, 'KILLED', false);
  }

  // What the cluster tells ------------------------------------------------------------------------------------------

  onUpdate({ pending, state, reason, task: row, agent }: TaskUpdate): void {
    const task = this.book.find(pending, row, agent);
    if (state === 'running') {
      this.open.add(row);
      if (task !== undefined) this.started(task, row, agent);
      return;
    }
    this.open.delete(row);
    if (task === undefined) return;
    if (state === 'lost' && reason === 'agent-lost' && this.isPartitioned(task)) this.partition(task);
    else this.ended(task, state);
  }

  private started(task: AuroraTask, row: number, agent: number): void {
    task.row = row;
    task.agent = agent;
    task.isStarted = true;
    if (task.state !== 'ASSIGNED') return;
    task.timeout?.cancel();
    task.state = 'STARTING';
    task.activeUs = this.driver.nowUs;
    if (task.config.healthUs === 0) this.healthy(task);
    else this.alarms.after(task.config.healthUs, () => this.healthy(task));
  }

  /** What is being ended anyway is over with its agent. */
  private isPartitioned(task: AuroraTask): boolean {
    return this.options.partitionAware && !task.isForeign && task.isActive;
  }

  /** LOST after the delay of its policy, and a new task then; never where the policy says so (`state/PartitionManager.java`). */
  private partition(task: AuroraTask): void {
    this.count('partitioned');
    task.timeout?.cancel();
    task.state = 'PARTITIONED';
    task.wasStopped ||= !this.options.preemptedFlaps;
    task.activeUs = this.driver.nowUs;
    const { partition } = task.config;
    if (!partition.reschedules) return;
    this.alarms.after(partition.delayUs, () => {
      if (task.state === 'PARTITIONED') this.settle(task, 'LOST', true);
    });
  }

  private healthy(task: AuroraTask): void {
    if (task.state !== 'STARTING') return;
    task.state = 'RUNNING';
    task.activeUs = this.driver.nowUs;
    task.runningUs = this.driver.nowUs;
    this.listener.running(task);
  }

  private ended(task: AuroraTask, state: TaskUpdate['state']): void {
    const before = task.state;
    const isForced =
      before === 'KILLING' || before === 'RESTARTING' || before === 'PREEMPTING' || before === 'DRAINING';
    const final: TaskState =
      state === 'finished' ? 'FINISHED' : state === 'failed' ? 'FAILED' : state === 'lost' ? 'LOST' : 'KILLED';
    this.settle(task, isForced ? 'KILLED' : final, before !== 'KILLING' && (isForced || this.isReplaced(task, final)));
  }

  private settle(task: AuroraTask, state: TaskState, isReplaced: boolean): void {
    this.end(task, state, isReplaced && !task.isForeign);
  }

  /** LOST and KILLED by others: always. A service: always. Else until it has finished, or failed often enough. */
  private isReplaced({ config, failureCount }: AuroraTask, state: TaskState): boolean {
    if (state === 'LOST' || state === 'KILLED' || config.isService) return true;
    return state === 'FAILED' && failureCount + 1 < config.maxFailures;
  }

  private end(task: AuroraTask, state: TaskState, isReplaced: boolean): void {
    const wasDraining = this.maintenance.drains.has(task.agent);
    task.timeout?.cancel();
    task.state = state;
    this.groups.remove(task);
    this.book.remove(task);
    if (this.listener.over(task, isReplaced) && isReplaced) this.replace(task, state);
    if (wasDraining && this.book.onAgent(task.agent).length === 0) this.maintenance.drained(task.agent);
  }

  /** A new task of the same instance, THROTTLED for a while when its ancestors were flapping (`RescheduleCalculator.java`). */
  private replace(task: AuroraTask, state: TaskState): void {
    this.count('rescheduled');
    const ranUs = task.activeUs < 0 ? Number.POSITIVE_INFINITY : this.driver.nowUs - task.activeUs;
    const isFlapping = !task.wasStopped && ranUs < this.options.flapThreshold;
    const flaps = isFlapping ? task.flapCount + 1 : 0;
    const failures = task.failureCount + (state === 'FAILED' ? 1 : 0);
    const config = task.job?.config ?? task.config;
    if (flaps === 0) {
      this.make(task.job, task.instance, config, failures, 0);
      return;
    }
    const id = `${config.key}/${task.instance}#${++this.taskCount}`;
    const next = new AuroraTask(id, task.job, task.instance, config, failures, flaps, this.driver.nowUs);
    next.state = 'THROTTLED';
    this.book.add(next);
    this.count('throttled');
    this.alarms.after(this.flapping.after(flaps), () => {
      if (next.state === 'THROTTLED') this.submit(next);
    });
  }

  // Maintenance -----------------------------------------------------------------------------------------------------

  /** Tasks of the agent go in random order: at once, or as their SLA allows. */
  drain(agent: number, isSlaAware: boolean, timeoutUs: number, random: () => number): void {
    this.maintenance.begin({ agent, isSlaAware, forcedUs: this.driver.nowUs + timeoutUs });
    const order = this.book.onAgent(agent).map((task) => ({ task, rank: random() }));
    order.sort((a, b) => a.rank - b.rank || (a.task.id < b.task.id ? -1 : 1));
    this.drainSome(
      agent,
      order.map(({ task }) => task),
    );
  }

  private drainSome(agent: number, tasks: readonly AuroraTask[]): void {
    const drain = this.maintenance.drains.get(agent);
    if (drain === undefined) return;
    const { nowUs } = this.driver;
    for (const task of tasks.filter((other) => other.isActive)) {
      const siblings = this.book.ofJob(task.config.key);
      const isAllowed = !drain.isSlaAware || nowUs >= drain.forcedUs || isSlaKept(task, siblings, nowUs);
      if (isAllowed) this.stop(task, 'DRAINING');
    }
    const left = this.book.onAgent(agent);
    if (left.length === 0) this.maintenance.drained(agent);
    else if (left.some((task) => task.isActive)) {
      this.alarms.after(this.options.slaInterval, () => this.drainSome(agent, this.book.onAgent(agent)));
    }
  }

  /** An inverse offer: what is there goes, shortly before the agent does; its mode is the operator's business. */
  vacate(agent: number): void {
    if (!this.filter.isSoonUnavailable(agent)) return;
    for (const task of this.book.onAgent(agent)) if (task.isActive) this.stop(task, 'DRAINING');
  }

  /** A new leader: offers, delays, slots and reservations lived in the old one's memory; tasks do not. */
  leaderChanged(random: () => number): void {
    this.pool.clear();
    this.assigner.forget();
    this.groups.restart(random);
  }

  private count(what: keyof TaskMachine['counts']): void {
    this.driver.gauge(`tasks_${what}`, ++this.counts[what]);
  }
}
