import type { SchedulerDriver, SchedulerJob } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import { type Amounts, CPUS, MEM } from '../../model/resources.js';
import { type Delay, type DelayView, delayOf } from './delay.js';
import { Durations } from './durations.js';
import { MapReduceJob } from './job.js';
import { ANY, type Attempt, type Choice, type DataMap, LEVEL_NAMES, type Phase } from './phase.js';
import { policyOf } from './policies.js';
import type { Pools } from './pools.js';
import type { HadoopSettings } from './settings.js';
import type { SlotPolicy } from './slot-policy.js';
import { copiesFromUs, slowTask } from './speculation.js';
import { freeMaps, freeReduces, type Tracker } from './tracker.js';

/** What the JobTracker asks of what is around it. */
export interface TrackerHost {
  readonly trackers: ReadonlyMap<number, Tracker>;
  /** Period of heartbeats with as many trackers as there are. */
  readonly heartbeatUs: number;
  timeEnd(attempt: Attempt, delayUs: number): void;
  cancelEnd(attempt: Attempt): void;
  /** Heartbeats may find something to do. */
  workChanged(): void;
  /** A task on the tracker has ended. */
  taskEnded(tracker: Tracker): void;
  jobEnded(job: MapReduceJob): void;
}

export interface WorkAhead {
  readonly hasMaps: boolean;
  readonly hasReduces: boolean;
  readonly copiesFromUs: number;
}

/**
 * The JobTracker: jobs in their phases, tasks given to trackers at heartbeats, ends learnt at heartbeats.
 * Source: Hadoop 1.x JobTracker, JobInProgress (obtainNewMapTask, scheduleReduces, failedTask, lost trackers).
 */
export class JobTracker {
  readonly jobs = new Map<SchedulerJob, MapReduceJob>();
  readonly delay: Delay;
  mapCapacity = 0;
  reduceCapacity = 0;
  runningCount = 0;
  copyCount = 0;
  wastedUs = 0;
  readonly launches = new Float64Array(LEVEL_NAMES.length);
  private jobCount = 0;
  private lastBeatUs = -1;
  private readonly policy: SlotPolicy;
  private readonly durations: Durations;
  private readonly usesOfSlot = new Map<Amounts, Amounts>();

  constructor(
    private readonly settings: HadoopSettings,
    private readonly driver: SchedulerDriver,
    private readonly data: DataMap,
    private readonly host: TrackerHost,
    pools: Pools,
  ) {
    this.delay = delayOf(settings);
    this.policy = policyOf(settings, pools);
    this.durations = new Durations(settings, driver);
  }

  /** A phase may start: by itself, after a pause, or because the phases before it have ended. */
  ready(pending: PendingGroup): void {
    const job = pending.job as SchedulerJob;
    let entry = this.jobs.get(job);
    if (entry === undefined) {
      entry = new MapReduceJob(job, this.jobCount++, this.data, this.settings.inputBlocks);
      this.jobs.set(job, entry);
    }
    const phase = entry.phases.find((candidate) => candidate.pending === pending);
    if (phase !== undefined) phase.isReady = true;
    this.host.workChanged();
  }

  get nowUs(): number {
    return this.driver.nowUs;
  }

  get delayView(): DelayView {
    const { replicaCount } = this;
    return { heartbeatUs: this.host.heartbeatUs, nodeCount: this.driver.agentCount, replicaCount };
  }

  /** Copies that blocks of the cluster have: any block tells. */
  private get replicaCount(): number {
    if (this.copies < 0) this.copies = this.data.replicasOf('').length;
    return this.copies;
  }
  private copies = -1;

  /** Jobs by priority, then arrival (JobQueueJobInProgressListener.FIFO_JOB_QUEUE_COMPARATOR). */
  private inOrder(): MapReduceJob[] {
    return [...this.jobs.values()].sort(
      (a, b) => b.job.record.priority - a.job.record.priority || a.sequence - b.sequence,
    );
  }

  // Heartbeats ------------------------------------------------------------------------------------------------------

  heartbeat(tracker: Tracker): void {
    const { nowUs } = this.driver;
    this.delay.heartbeat(this.jobs.values(), this.lastBeatUs < 0 ? 0 : nowUs - this.lastBeatUs);
    this.lastBeatUs = nowUs;
    const { reports } = tracker;
    tracker.reports = [];
    for (const { phase } of reports) phase.knownCount = Math.min(phase.knownCount + 1, phase.finishedCount);
    if (reports.length > 0) this.startReduces();
    if (freeMaps(tracker) > 0 || freeReduces(tracker) > 0) {
      const jobs = this.inOrder().filter((job) => !job.shuns(tracker, this.settings.maxTrackerFailures));
      this.policy.assign(tracker, jobs, this);
    }
  }

  /** Reduces may start when enough maps are known to be done (slow start). */
  private startReduces(): void {
    for (const job of this.jobs.values()) {
      for (const phase of job.reduces) {
        if (phase.isReady || !phase.parents.every((parent) => parent.isMap)) continue;
        const maps = phase.parents.reduce((total, { count }) => total + count, 0);
        const known = phase.parents.reduce((total, { knownCount }) => total + knownCount, 0);
        if (known > 0 && known >= Math.ceil(this.settings.slowStart * maps)) this.driver.inside.release(phase.pending);
      }
    }
  }

  /** What heartbeats could find: tasks that are ready, and from when on slow ones. */
  workAhead(): WorkAhead {
    let hasMaps = false;
    let hasReduces = false;
    let fromUs = Number.POSITIVE_INFINITY;
    for (const job of this.jobs.values()) {
      hasMaps ||= job.readyMaps > 0;
      hasReduces ||= job.readyReduces > 0;
      fromUs = Math.min(fromUs, copiesFromUs(job, this.settings));
    }
    return { hasMaps, hasReduces, copiesFromUs: fromUs };
  }

  // Launching -------------------------------------------------------------------------------------------------------

  launchMap(job: MapReduceJob, tracker: Tracker, maxLevel: number): boolean {
    for (const phase of job.maps) {
      if (phase.readyCount === 0) continue;
      const choice = phase.choose(tracker, maxLevel);
      if (choice !== undefined && this.launch(job, phase, choice, tracker)) {
        this.noteMap(job, choice.level);
        this.delay.launched(job, choice.level);
        return true;
      }
    }
    return this.launchCopy(job, job.maps, tracker);
  }

  /** A row of events.csv by which delay scheduling can be followed. */
  private noteMap(job: MapReduceJob, level: number): void {
    if (this.settings.delayBy !== 'skips' || level > ANY) return;
    const name = LEVEL_NAMES[level] as string;
    this.driver.note('map-launch', `job=${job.job.record.id} level=${name} skips=${job.skipCount}`);
  }

  launchReduce(job: MapReduceJob, tracker: Tracker): boolean {
    for (const phase of job.reduces) {
      if (phase.readyCount === 0) continue;
      const choice = phase.choose(tracker, 0);
      if (choice !== undefined && this.launch(job, phase, choice, tracker)) return true;
    }
    return this.launchCopy(job, job.reduces, tracker);
  }

  /** True when a second copy of a map is possible at all. */
  mayCopy(job: MapReduceJob): boolean {
    return copiesFromUs(job, this.settings) <= this.driver.nowUs;
  }

  private launchCopy(job: MapReduceJob, phases: readonly Phase[], tracker: Tracker): boolean {
    const slots = { total: this.mapCapacity + this.reduceCapacity, running: this.runningCount, copies: this.copyCount };
    for (const phase of phases) {
      const slow = slowTask(phase, tracker, this.driver.nowUs, this.settings, slots);
      if (slow === undefined) continue;
      const choice = { index: slow.index, level: phase.levelOf(slow.index, tracker) };
      return this.launch(job, phase, choice, tracker, slow);
    }
    return false;
  }

  private launch(job: MapReduceJob, phase: Phase, { index, level }: Choice, tracker: Tracker, slow?: Attempt): boolean {
    const { inside, nowUs } = this.driver;
    const row =
      slow === undefined
        ? inside.start(phase.pending, index, tracker.agent, this.usesOf(phase))
        : inside.copy(slow.row, tracker.agent);
    if (row < 0) return false;
    const time = this.durations.of(phase, level, tracker);
    const base = { row, phase, index, tracker, level, isCopy: slow !== undefined, startUs: nowUs };
    const attempt: Attempt = { ...base, ...time, copyEndUs: -1, timer: -1 };
    phase.launched(attempt);
    tracker.attempts.add(attempt);
    tracker.jobs.add(job);
    if (phase.isMap) tracker.runningMaps++;
    else tracker.runningReduces++;
    this.runningCount++;
    if (attempt.isCopy) this.copyCount++;
    this.launches[level] = (this.launches[level] as number) + 1;
    if (phase.hasInput) this.timeEnd(attempt);
    // The last waiting task is gone: from here on slow ones may have copies.
    if (phase.waitingCount === 0) this.host.workChanged();
    return true;
  }

  /** All input is there: copying ends when the attempt has had its time, and not before the last map's part has come. */
  private timeEnd(attempt: Attempt): void {
    const { nowUs } = this.driver;
    const { phase, copyUs, workUs, startUs } = attempt;
    if (attempt.copyEndUs < 0) {
      const mapCount = Math.max(
        1,
        phase.parents.reduce((total, { count }) => total + count, 0),
      );
      attempt.copyEndUs = Math.max(startUs + copyUs, nowUs + Math.round(copyUs / mapCount));
      // One that began with all maps done has no last part to wait for.
      if (startUs === nowUs) attempt.copyEndUs = startUs + copyUs;
    }
    this.host.timeEnd(attempt, attempt.copyEndUs + workUs - nowUs);
  }

  /** A task uses what it asks for, and at most its slot. */
  private usesOf({ pending }: Phase): Amounts {
    const { amounts } = pending.group;
    let uses = this.usesOfSlot.get(amounts);
    if (uses === undefined) {
      uses = this.driver.resources.zero();
      uses[CPUS] = Math.min(amounts[CPUS] as number, Math.round(this.settings.slotCpus * 1000));
      uses[MEM] = Math.min(amounts[MEM] as number, Math.round(this.settings.slotMem * 1000));
      this.usesOfSlot.set(amounts, uses);
    }
    return uses;
  }

  // Ends ------------------------------------------------------------------------------------------------------------

  completed(attempt: Attempt): void {
    if (attempt.isFailing) {
      this.failed(attempt);
      return;
    }
    const { phase, index, tracker } = attempt;
    const other = phase.attempts.get(index)?.find((copy) => copy !== attempt);
    this.release(attempt, true);
    tracker.reports.push(attempt);
    this.driver.inside.end(attempt.row, 'finished', '', false);
    if (other !== undefined) this.stop(other, 'killed', 'speculation', false);
    if (phase.isDone) this.inputComplete(phase);
    this.forgetIfOver(phase.pending.job as SchedulerJob);
    this.host.taskEnded(tracker);
  }

  /** Running attempts that waited for these maps can end now. */
  private inputComplete(parent: Phase): void {
    const job = this.jobs.get(parent.pending.job as SchedulerJob);
    for (const phase of job?.reduces ?? []) {
      if (!phase.parents.includes(parent) || !phase.hasInput) continue;
      for (const attempt of attemptsOf(phase)) this.timeEnd(attempt);
    }
    this.host.workChanged();
  }

  private failed(attempt: Attempt): void {
    const { phase, tracker } = attempt;
    const job = this.jobs.get(phase.pending.job as SchedulerJob) as MapReduceJob;
    const isLast = phase.failed(attempt.index) >= this.settings.maxAttempts;
    job.noteFailure(tracker);
    this.stop(attempt, 'failed', 'task-failed', !isLast);
    if (isLast) {
      this.stopAll(job, 'max-attempts');
      this.driver.abandon(job.job, 'max-attempts', 'failed');
      this.forget(job.job);
    }
    this.host.workChanged();
  }

  /** Its slot goes to a pool that has waited for it for too long: it waits again, and that is no failure. */
  preempt(attempt: Attempt): void {
    this.stop(attempt, 'killed', 'preempted', true);
    this.host.workChanged();
  }

  /** The slots under it are gone. */
  lost(attempt: Attempt, reason: string): void {
    this.stop(attempt, 'lost', reason, true);
    this.host.workChanged();
  }

  private stop(attempt: Attempt, state: 'failed' | 'killed' | 'lost', reason: string, isRetried: boolean): void {
    this.host.cancelEnd(attempt);
    this.release(attempt, false);
    this.wastedUs += this.driver.nowUs - attempt.startUs;
    this.driver.inside.end(attempt.row, state, reason, isRetried);
    this.forgetIfOver(attempt.phase.pending.job as SchedulerJob);
    this.host.taskEnded(attempt.tracker);
  }

  private release(attempt: Attempt, isFinished: boolean): void {
    const { phase, tracker } = attempt;
    phase.ended(attempt, isFinished, this.driver.nowUs);
    tracker.attempts.delete(attempt);
    if (phase.isMap) tracker.runningMaps--;
    else tracker.runningReduces--;
    this.runningCount--;
    if (attempt.isCopy) this.copyCount--;
  }

  private stopAll(job: MapReduceJob, reason: string): void {
    for (const phase of job.phases)
      for (const attempt of attemptsOf(phase)) this.stop(attempt, 'killed', reason, false);
  }

  /** An operator has ended the job. */
  killed(job: SchedulerJob): void {
    const entry = this.jobs.get(job);
    if (entry === undefined) return;
    this.stopAll(entry, 'killed-by-operator');
    this.forget(job);
  }

  private forgetIfOver(job: SchedulerJob): void {
    if (job.finishUs >= 0) this.forget(job);
  }

  private forget(job: SchedulerJob): void {
    const entry = this.jobs.get(job);
    if (entry !== undefined && this.jobs.delete(job)) this.host.jobEnded(entry);
  }

  // Lost trackers ---------------------------------------------------------------------------------------------------

  /** What ran there waits again, and so do maps whose output a reduce still needs. */
  trackerLost(tracker: Tracker, reason: string): void {
    for (const attempt of [...tracker.attempts]) this.lost(attempt, reason);
    for (const job of tracker.jobs) if (this.jobs.has(job.job)) this.redoMaps(job, tracker);
    this.host.workChanged();
  }

  private redoMaps(job: MapReduceJob, tracker: Tracker): void {
    for (const phase of job.phases) {
      const readers = job.reduces.filter((reader) => reader.parents.includes(phase));
      const isNeeded = readers.some((reader) => this.stillCopies(reader));
      if (!isNeeded || !phase.outputs.includes(tracker.key)) continue;
      for (let index = 0; index < phase.count; index++) {
        if (phase.outputs[index] !== tracker.key || !phase.isFinished(index)) continue;
        phase.undo(index);
        this.driver.inside.redo(phase.pending, index);
      }
      for (const reader of readers) this.holdBack(reader);
    }
  }

  /** Some task of the phase has not copied all of its input. */
  private stillCopies(phase: Phase): boolean {
    if (phase.waitingCount > 0 || !phase.isReady) return true;
    return attemptsOf(phase).some(({ copyEndUs }) => copyEndUs < 0 || copyEndUs > this.driver.nowUs);
  }

  /** Attempts that still copy wait until the maps are done again. */
  private holdBack(phase: Phase): void {
    for (const attempt of attemptsOf(phase)) {
      if (attempt.copyEndUs >= 0 && attempt.copyEndUs <= this.driver.nowUs) continue;
      this.host.cancelEnd(attempt);
      attempt.copyEndUs = -1;
    }
  }
}

function attemptsOf(phase: Phase): Attempt[] {
  return [...phase.attempts.values()].flat();
}
