import { InputError } from '../../core/errors.js';
import type { DemandEntry } from '../../model/allocator.js';
import type { Framework, FrameworkSlots, SchedulerDriver, SchedulerJob, TaskUpdate } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import { parseDurationUs } from '../../model/units.js';
import { chargeGroups, demandOf, heldAgents, ownJob, shuffledAgents } from '../shared/own-work.js';
import { fitsFirstEntries } from './constraints.js';
import type { FiringHost } from './firing.js';
import { JobGraph } from './graph.js';
import type { ChronosJob } from './job.js';
import { LaterEntries } from './later.js';
import { isRetried, noteExhausted, noteSuccess } from './outcome.js';
import { Revival } from './revival.js';
import { RunningTasks } from './running.js';
import type { ChronosSettings } from './settings.js';
import { Tally } from './tally.js';
import { adHocEntry, isAdHoc, newEntry, type QueueEntry, TaskQueue, taskId } from './task-queue.js';

type Told = Pick<TaskUpdate, 'pending' | 'state' | 'reason' | 'task'>;

const LOOK = 1;
const REVIVE = 2;
const BACK_UP = 3;
/** Tags from here on are entries that are queued later. */
const LATER = 4;

/**
 * Cron for a cluster (mesos/chronos at c1348dd). It is driven by its queue: per batch of offers the head goes to the first offer that
 * fits, and one that fits none ends the batch. It never suppresses and revives only when it registers.
 */
export class ChronosScheduler implements Framework, FiringHost {
  private readonly queue: TaskQueue;
  private readonly graph: JobGraph;
  private readonly byName: ReadonlyMap<string, ChronosJob>;
  /** Entries of submitted records by job id, until their tasks have ended. */
  private readonly entries = new Map<string, QueueEntry>();
  private readonly running = new RunningTasks();
  private readonly later: LaterEntries;
  private readonly random: () => number;
  private lookTimer = -1;
  private lookUs = Number.POSITIVE_INFINITY;
  private readonly revival: Revival;
  private openTaskCount = 0;
  private isDown = false;
  private readonly unread: { told: Told; agent: number }[] = [];
  private readonly tally: Tally;

  constructor(
    readonly jobs: readonly ChronosJob[],
    private readonly settings: ChronosSettings,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.byName = new Map(jobs.map((job) => [job.name, job]));
    this.graph = new JobGraph(jobs);
    this.queue = new TaskQueue(settings.keysByName ? ({ job }) => job.name : taskId);
    this.random = driver.random('offer-order');
    this.tally = new Tally(driver);
    this.later = new LaterEntries(driver, LATER);
    this.revival = new Revival(driver, REVIVE);
  }

  get nowMs(): number {
    return this.settings.originMs + Math.floor(this.driver.nowUs / 1000);
  }

  onStart(): void {
    this.driver.gauge('jobs_without_parents', this.settings.droppedJobCount);
    this.driver.revive();
    this.look();
  }

  hasMore(): boolean {
    if (this.openTaskCount > 0 || this.later.retryCount > 0) return true;
    return this.jobs.some((job) => {
      const { schedule } = job;
      const hasEnd = schedule !== undefined && schedule.left > 0 && schedule.left < Number.POSITIVE_INFINITY;
      return hasEnd && !job.isDisabled && !this.isStuck(job);
    });
  }

  isEndless(): boolean {
    return this.jobs.some(({ schedule, isDisabled }) => !isDisabled && schedule?.left === Number.POSITIVE_INFINITY);
  }

  /** Its task fits no agent of the cluster: it blocks nothing and keeps no run alive. */
  private isStuck(job: ChronosJob): boolean {
    return this.queue.entries().some((entry) => entry.job === job && entry.isSubmitted && entry.pending === undefined);
  }

  // Firing ----------------------------------------------------------------------------------------------------------

  private look(): void {
    if (this.isDown) return;
    const nextMs = this.settings.rule.look(this);
    if (this.lookTimer >= 0) this.driver.cancel(this.lookTimer);
    this.lookTimer = -1;
    this.lookUs = (nextMs - this.settings.originMs) * 1000;
    const isAnyLive = this.jobs.some((job) => !job.isDisabled && (job.schedule?.left ?? 0) > 0);
    if (!isAnyLive || !Number.isFinite(nextMs)) return;
    this.lookTimer = this.driver.timer(Math.max(0, this.lookUs - this.driver.nowUs), LOOK);
  }

  isQueued(job: ChronosJob): boolean {
    return this.queue.hasJob(job.name);
  }

  fire(job: ChronosJob, dueMs: number): void {
    const entry = newEntry(job, dueMs, 0, true);
    if (dueMs <= this.nowMs) this.enqueue(entry);
    else this.later.add(entry, (dueMs - this.settings.originMs) * 1000 - this.driver.nowUs);
  }

  skipped(job: ChronosJob, dueMs: number): void {
    this.tally.skipped(job, dueMs);
  }

  private enqueue(entry: QueueEntry): void {
    if (!this.queue.add(entry)) {
      this.drop(entry, 'queued-already');
      return;
    }
    // While its job runs an entry is dropped at the next offers: it becomes a job of the books only when it can be launched.
    if (!this.isHeldBack(entry.job)) this.submit(entry);
    if (this.settings.revivesForNewJobs) this.revival.request();
    else if (this.settings.suppressesIdle && this.driver.isSuppressed) this.driver.revive();
  }

  private isHeldBack(job: ChronosJob): boolean {
    return !job.isConcurrent && this.running.has(job);
  }

  private submit(entry: QueueEntry): void {
    const { job } = entry;
    const { driver } = this;
    const drawnUs = job.times.durationUs();
    const isCut = job.maxRunUs > 0 && drawnUs > job.maxRunUs;
    const isFailure = job.times.isFailure() || isCut;
    const id = taskId(entry);
    entry.isSubmitted = true;
    this.entries.set(id, entry);
    const task = {
      amounts: driver.resources.of(job.amounts),
      durationUs: isCut ? job.maxRunUs : drawnUs,
      image: job.image,
      ...(isFailure ? { exit: 'failed' as const } : {}),
    };
    driver.submit(ownJob(id, driver.nowUs, task, { user: job.owner, queue: job.name, class: 'chronos' }));
  }

  private drop(entry: QueueEntry, reason: string): void {
    this.tally.dropped(entry, reason);
    this.entries.delete(taskId(entry));
    const pending = entry.pending;
    if (pending !== undefined && pending.pendingCount > 0) this.driver.abandon(pending.job as SchedulerJob, reason);
    // A scheduled firing stays due and is queued again; the sleeping loop finds it within a minute.
    const wakeUs = this.driver.nowUs + 60e6;
    if (entry.isFiring && wakeUs < this.lookUs && this.lookTimer >= 0) {
      this.driver.cancel(this.lookTimer);
      this.lookUs = wakeUs;
      this.lookTimer = this.driver.timer(60e6, LOOK);
    }
  }

  // Offers ----------------------------------------------------------------------------------------------------------

  onJob(_job: SchedulerJob): void {} // Its group follows at once.

  onPending(pending: PendingGroup): void {
    const entry = this.entries.get(pending.job.record.id);
    if (entry !== undefined) entry.pending = pending;
    else this.enqueue(adHocEntry(pending, this.nowMs));
    this.driver.publish();
  }

  onOffers(): void {
    if (!this.isDown) this.match();
    this.driver.accept(this.slots.refuseUs);
    const isIdle = this.settings.suppressesIdle && this.queue.isEmpty;
    if (isIdle) this.driver.suppress();
    this.driver.declineAll(isIdle ? 0 : this.slots.refuseUs);
    this.look();
  }

  /** One batch (`MesosJobFramework.generateLaunchableTasks`). */
  private match(): void {
    const agents = this.settings.shuffles ? shuffledAgents(this.driver, this.random) : heldAgents(this.driver);
    const matched = new Set<string>();
    const aside: QueueEntry[] = [];
    let isOver = false;
    while (!isOver) {
      const entry = this.queue.take();
      if (entry === undefined) break;
      isOver = this.matchHead(entry, agents, matched, aside) && this.settings.blocksBatch;
    }
    for (const entry of aside) this.queue.add(entry);
  }

  /** True when this entry ends the batch. */
  private matchHead(entry: QueueEntry, agents: readonly number[], matched: Set<string>, aside: QueueEntry[]): boolean {
    const { job, pending } = entry;
    if (job.isDisabled) {
      this.drop(entry, 'disabled');
      return !job.isHighPriority;
    }
    if (this.isHeldBack(job) || matched.has(job.name)) {
      this.drop(entry, 'already-running');
      return false;
    }
    if (pending !== undefined && pending.pendingCount === 0) {
      // Paused by the operator, or ended: the former waits on and is in nobody's way.
      if (pending.job.finishUs < 0) aside.push(entry);
      return false;
    }
    if (this.launch(entry, agents)) {
      matched.add(job.name);
      return false;
    }
    aside.push(entry);
    return true;
  }

  private launch(entry: QueueEntry, agents: readonly number[]): boolean {
    const { driver } = this;
    const { job } = entry;
    if (!entry.isSubmitted) this.submit(entry);
    const { pending } = entry;
    if (pending === undefined) return false;
    const fits = agents.find(
      (agent) =>
        driver.offers.firstFit(pending.group.amounts, agent) === agent &&
        (!this.settings.readsFirstEntry || fitsFirstEntries(pending.group.amounts, driver.offers.reservedOn(agent))) &&
        job.constraints.every((matches) => matches(driver.attributes(agent), driver.agentId(agent))),
    );
    if (fits === undefined || !driver.place(pending, fits)) return false;
    if (isAdHoc(entry)) return this.launchRest(entry, pending, agents);
    this.note(entry);
    this.openTaskCount++;
    this.running.launched(job, entry.attempt);
    return true;
  }

  /** Jobs that others submit may have several tasks; all of them are one entry. */
  private launchRest(entry: QueueEntry, pending: PendingGroup, agents: readonly number[]): boolean {
    this.openTaskCount++;
    return pending.pendingCount === 0 || this.launch(entry, agents);
  }

  /** A launch in the counts; a firing moves its schedule on. */
  private note(entry: QueueEntry): void {
    const { job, dueMs, isFiring } = entry;
    const lateS = (this.nowMs - dueMs) / 1000;
    this.tally.launched(entry, lateS);
    if (!isFiring || job.schedule === undefined) return;
    this.tally.fired(lateS, this.settings.rule.launched(job.schedule, this.nowMs));
  }

  // Outcomes --------------------------------------------------------------------------------------------------------

  onUpdate(update: TaskUpdate): void {
    const { pending, state, reason, task, agent } = update;
    if (state !== 'running') this.openTaskCount--;
    // Updates are sent again until they are acknowledged: a scheduler that is down reads them when it is back.
    if (this.isDown) this.unread.push({ told: { pending, state, reason, task }, agent });
    else this.read(update);
  }

  private read({ pending, state, reason, task }: Told): void {
    const entry = this.entries.get(pending.job.record.id);
    if (entry === undefined) return;
    const { job } = entry;
    if (state === 'running') {
      this.graph.started(job.name);
      this.running.started(job, entry.attempt, task);
      return;
    }
    this.entries.delete(pending.job.record.id);
    this.running.ended(job, entry.attempt, task);
    if (reason === 'agent-lost' && this.settings.forgetsOthers) this.running.clear();
    if (state === 'finished') this.succeeded(job);
    else if (state === 'failed' || state === 'lost') this.failed(entry);
    else this.tally.killed(job);
  }

  private succeeded(job: ChronosJob): void {
    noteSuccess(job, this.nowMs);
    this.trigger(job);
  }

  private trigger(parent: ChronosJob): void {
    for (const name of this.graph.succeeded(parent.name)) {
      const job = this.byName.get(name);
      if (job === undefined || job.isDisabled) continue;
      this.tally.triggered();
      this.enqueue(newEntry(job, this.nowMs, 0, false));
    }
  }

  private failed({ job, attempt }: QueueEntry): void {
    if (isRetried(job, attempt)) {
      this.tally.retried();
      const dueMs = this.nowMs + Math.round(this.settings.retryUs / 1000);
      this.later.add(newEntry(job, dueMs, attempt + 1, false), this.settings.retryUs);
      return;
    }
    noteExhausted(job, this.nowMs, this.settings.disableAfterFailures);
    this.tally.exhausted(job);
    if (job.isSoftError) this.trigger(job);
  }

  onTimer(tag: number): void {
    if (tag === LOOK) {
      this.lookTimer = -1;
      this.look();
    } else if (tag === REVIVE) this.revival.fired(!this.isDown);
    else if (tag === BACK_UP) this.backUp();
    else this.queueLater(tag);
  }

  private queueLater(tag: number): void {
    const entry = this.later.take(tag);
    // Retries that wait live in memory only.
    if (entry !== undefined && !this.isDown) this.enqueue(entry);
  }

  // Operators -------------------------------------------------------------------------------------------------------

  onAction(action: string, values: Readonly<Record<string, unknown>>): void {
    if (action === 'failover') {
      this.goDown(parseDurationUs(String(values['for'] ?? '1 min'), 'actions.tell.for'));
      return;
    }
    const job = this.byName.get(String(values['job']));
    if (job === undefined) {
      throw new InputError('E_ACTION', `${this.driver.name} has no job "${String(values['job'])}"`);
    }
    if (action === 'enable' || action === 'disable') {
      job.isDisabled = action === 'disable';
      this.look();
    } else if (action === 'run') {
      this.enqueue(newEntry(job, this.nowMs, 0, false));
    } else if (action === 'kill') {
      for (const task of this.running.rowsOf(job)) this.driver.kill(task, 'killed-by-operator');
    } else {
      throw new InputError('E_ACTION', `chronos knows enable, disable, run, kill and failover, got "${action}"`);
    }
  }

  /** The scheduler is gone for a while. Jobs persist; the queue, waiting retries and what it knew to run do not. */
  private goDown(downUs: number): void {
    this.isDown = true;
    this.driver.suppress();
    this.driver.declineAll(0);
    this.forget();
    this.driver.timer(downUs, BACK_UP);
  }

  /** What lived in memory alone. */
  private forget(): void {
    for (const entry of this.queue.clear()) this.drop(entry, 'scheduler-down');
    this.running.clear();
  }

  /** A new leader: firings that are due are found again, retries that waited are not. */
  onFailover(): void {
    this.later.forget();
    this.forget();
    this.look();
  }

  private backUp(): void {
    if (!this.isDown) return;
    this.isDown = false;
    for (const { told } of this.unread.splice(0)) this.read(told);
    this.driver.revive();
    this.look();
  }

  // What others ask -------------------------------------------------------------------------------------------------

  private waiting(): PendingGroup[] {
    return this.queue.entries().flatMap(({ pending }) => (pending === undefined ? [] : [pending]));
  }

  demand(): readonly DemandEntry[] {
    return demandOf(this.slots.client, this.waiting());
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    // Only the head is looked at: what fits no offer ends the batch.
    const [head] = this.waiting();
    const cause = this.isDown ? () => 'framework-down' as const : undefined;
    chargeGroups(this.driver, head === undefined ? [] : [head], waiting, counts, cause);
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const pending of this.waiting()) visit(pending);
  }
}
