import type { SchedulerDriver, SchedulerJob } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import { Luck } from '../inside/luck.js';
import { BarrierGate } from './barrier-gate.js';
import { Health } from './exclusions.js';
import { fairOrder, fifoOrder, type SetOrder } from './pools.js';
import type { SparkSettings } from './settings.js';
import {
  ANY,
  type Attempt,
  type Choice,
  LEVEL_NAMES,
  PROCESS,
  RACK,
  TaskSet,
  type Topology,
  type Worker,
} from './task-set.js';

/** How a back end runs and stops attempts. */
export interface Backend {
  /** Starts an attempt that takes `durationUs`; false when it cannot. */
  launch(attempt: Attempt, durationUs: number): boolean;
  /** Stops one that runs or is on its way; the scheduler has let go of it. */
  stop(attempt: Attempt): void;
  /** A worker has cores again. */
  freed(worker: Worker): void;
  /** Tasks wait that did not before: a new stage, a failure, slow tasks. */
  wanted(): void;
  /** Tasks that what is registered could run at once. */
  readonly slotCount: number;
  readonly registered: readonly Worker[];
}

interface LiveJob {
  readonly sequence: number;
  readonly sets: Map<string, TaskSet>;
}

/** Stages of one job are far fewer than this. */
const STAGES = 1e6;

/**
 * The task scheduler of one application: stages become task sets, task sets become attempts on workers.
 * Source: TaskSchedulerImpl.resourceOffers, DAGScheduler (executor lost, fetch failures, aborted stages).
 */
export class TaskScheduler {
  readonly jobs = new Map<SchedulerJob, LiveJob>();
  /** Stages with tasks that wait or run. */
  sets: TaskSet[] = [];
  runningCount = 0;
  readonly launches = new Float64Array(LEVEL_NAMES.length);
  wastedUs = 0;
  private jobCount = 0;
  /** Of the deal that goes on: the most local launch, and whether a worker was refused for locality. */
  private nearest = 0;
  private isRefused = false;
  private readonly order: SetOrder;
  private readonly shuffleDraw: () => number;
  private readonly luck: Luck;
  private readonly outputLives: boolean;
  readonly health: Health;
  readonly gate: BarrierGate;

  constructor(
    private readonly settings: SparkSettings,
    private readonly driver: SchedulerDriver,
    private readonly topology: Topology,
    private readonly backend: Backend,
  ) {
    const fair = fairOrder(settings.pools);
    this.order = settings.scheduler === 'FAIR' ? fair : fifoOrder;
    this.shuffleDraw = driver.random('offers');
    this.luck = new Luck(settings, driver);
    this.health = new Health(settings);
    this.gate = new BarrierGate(settings, () => backend.slotCount);
    this.outputLives = settings.shuffleService || settings.dynamicAllocation;
  }

  /** Waiting tasks, slow ones that want a copy included. */
  get waitingCount(): number {
    let count = 0;
    for (const set of this.sets) if (!set.isBlocked) count += set.waitingCount + set.speculatable.size;
    return count;
  }

  /** A stage is ready, or its job goes on after a pause. */
  submit(pending: PendingGroup): void {
    const job = pending.job as SchedulerJob;
    let live = this.jobs.get(job);
    if (live === undefined) {
      live = { sequence: this.jobCount++, sets: new Map() };
      this.jobs.set(job, live);
    }
    const { name, after } = pending.group;
    if (live.sets.has(name)) return this.backend.wanted();
    const { record } = job;
    const sequence = live.sequence * STAGES + job.groups.indexOf(pending);
    const pool = record.queue || record.user || 'default';
    const set = new TaskSet(pending, sequence, pool, this.settings, this.topology, this.driver.nowUs);
    for (const parent of after) {
      const parentSet = live.sets.get(parent);
      if (parentSet !== undefined) set.parents.push(parentSet);
    }
    live.sets.set(name, set);
    this.sets.push(set);
    if (live.sets.size === 1) this.gate.look(job);
    this.backend.wanted();
  }

  /** A look at the jobs whose barrier stages had too few slots. */
  lookAtHeld(): void {
    for (const job of this.gate.jobs()) {
      const verdict = this.gate.look(job);
      if (verdict === 'refused') this.abort(job, 'barrier-slots');
      else if (verdict === 'goes') this.backend.wanted();
    }
  }

  workersChanged(isAdded: boolean): void {
    for (const set of this.sets) set.workersChanged(isAdded);
  }

  // Offer rounds ----------------------------------------------------------------------------------------------------

  /** Deals tasks to workers: sets in pool order, levels from near to far, one task per worker and pass. */
  round(workers: Worker[], isAll: boolean): void {
    const { taskCpus } = this.settings;
    const { nowUs } = this.driver;
    const open = workers.filter((worker) => worker.freeCores >= taskCpus && !this.health.excludes(worker, nowUs));
    if (open.length === 0 || this.sets.length === 0) return;
    this.shuffle(open);
    for (const set of this.order(this.sets)) {
      if (
        !set.wants ||
        set.isBlocked ||
        this.gate.isHeld(set.pending.job as SchedulerJob) ||
        (set.isGang && !this.hasRoomForAll(set, open))
      )
        continue;
      this.deal(set, open, isAll);
    }
  }

  private shuffle(workers: Worker[]): void {
    for (let index = workers.length - 1; index > 0; index--) {
      const other = Math.floor(this.shuffleDraw() * (index + 1));
      const worker = workers[index] as Worker;
      workers[index] = workers[other] as Worker;
      workers[other] = worker;
    }
  }

  /** A barrier stage starts whole or not at all. */
  private hasRoomForAll(set: TaskSet, workers: readonly Worker[]): boolean {
    let slots = 0;
    for (const { freeCores } of workers) slots += Math.floor(freeCores / this.settings.taskCpus);
    return slots >= set.waitingCount;
  }

  private deal(set: TaskSet, workers: readonly Worker[], isAll: boolean): void {
    this.nearest = ANY + 1;
    this.isRefused = false;
    for (const level of set.levels) while (this.pass(set, workers, level));
    if (this.settings.localityReset === 'round') this.noteRound(set, this.nearest, this.isRefused, isAll);
  }

  /** At most one task per worker; true when something was launched. */
  private pass(set: TaskSet, workers: readonly Worker[], level: number): boolean {
    let launched = false;
    for (const worker of workers) {
      if (worker.freeCores < this.settings.taskCpus) continue;
      const choice = set.offer(worker, level, this.driver.nowUs);
      if (choice === undefined) {
        this.isRefused ||= level === ANY && set.wants;
      } else if (this.launch(set, worker, choice, level)) {
        launched = true;
        this.nearest = Math.min(this.nearest, choice.level);
      }
    }
    return launched;
  }

  /** Spark ≥ 3.1: the wait starts anew only when all that was free was used without a refusal. */
  private noteRound(set: TaskSet, nearest: number, isRefused: boolean, isAll: boolean): void {
    if (isRefused || nearest > ANY) {
      set.hasNoRejects = false;
    } else if (isAll || set.hasNoRejects) {
      set.resetTimer(nearest, this.driver.nowUs);
      set.hasNoRejects = true;
    }
  }

  private launch(set: TaskSet, worker: Worker, choice: Choice, maxLevel: number): boolean {
    const { index, level, isCopy } = choice;
    const cost = set.costLevel(index, worker);
    const isFailing = this.luck.fails();
    const durationUs = this.runTimeUs(set, cost, worker, isFailing);
    const attempt: Attempt = {
      row: -1,
      timer: -1,
      set,
      index,
      worker,
      level,
      isCopy,
      startUs: this.driver.nowUs,
      durationUs,
      isFailing,
    };
    if (!this.backend.launch(attempt, durationUs)) return false;
    worker.freeCores -= this.settings.taskCpus;
    this.runningCount++;
    this.launches[cost] = (this.launches[cost] as number) + 1;
    set.launched(attempt, maxLevel, this.driver.nowUs);
    return true;
  }

  /** The trace's run time is that of a task that reads its block from the local disk of an agent of speed 1. */
  private runTimeUs(set: TaskSet, cost: number, worker: Worker, isFailing: boolean): number {
    const { cachedFactor, rackFactor, anyFactor } = this.settings;
    const factor = cost === PROCESS ? cachedFactor : cost === RACK ? rackFactor : cost === ANY ? anyFactor : 1;
    const wholeUs = set.pending.group.durationUs * factor * this.luck.factorOn(worker.agent);
    return Math.round(isFailing ? wholeUs / 2 : wholeUs);
  }

  // Ends ------------------------------------------------------------------------------------------------------------

  /** The run time of an attempt is over. */
  completed(attempt: Attempt): void {
    if (attempt.isFailing) {
      this.failed(attempt);
      return;
    }
    const { set, index } = attempt;
    const other = set.attempts.get(index)?.find((copy) => copy !== attempt);
    this.release(attempt, true);
    this.driver.inside.end(attempt.row, 'finished', '', false);
    if (other !== undefined) this.stop(other, 'killed', 'speculation', false);
    if (set.isDone) this.stageDone(set);
    this.forgetIfOver(set.pending.job as SchedulerJob);
    this.backend.freed(attempt.worker);
  }

  private stageDone(set: TaskSet): void {
    this.sets = this.sets.filter((candidate) => candidate !== set);
    if (set.exclusions !== undefined) this.health.stageSucceeded(set.exclusions, this.driver.nowUs);
  }

  private failed(attempt: Attempt): void {
    const { set, index } = attempt;
    const job = set.pending.job as SchedulerJob;
    set.exclusions?.noteFailure(attempt.worker, index);
    const isLast = set.failed(index);
    const isNowhere = !isLast && this.isOutEverywhere(set, index);
    this.stop(attempt, 'failed', 'task-failed', !isLast && !isNowhere);
    if (isLast || isNowhere) this.abort(job, isLast ? 'max-failures' : 'excluded-everywhere');
    else if (set.isGang) this.restart(set, 'barrier');
    this.backend.wanted();
  }

  /** No registered worker may run the task any more (abortIfCompletelyExcluded, up to 2.4). */
  private isOutEverywhere({ exclusions }: TaskSet, index: number): boolean {
    if (exclusions === undefined) return false;
    const { nowUs } = this.driver;
    return this.backend.registered.every(
      (worker) =>
        exclusions.excludesTask(worker, index) ||
        exclusions.excludesWorker(worker) ||
        this.health.excludes(worker, nowUs),
    );
  }

  /** All running tasks of a stage end and wait again. */
  private restart(set: TaskSet, reason: string): void {
    for (const attempt of attemptsOf(set)) this.stop(attempt, 'killed', reason, true);
  }

  /** Its executor or agent is gone. */
  lost(attempt: Attempt, reason: string): void {
    this.stop(attempt, 'lost', reason, true);
    this.backend.wanted();
  }

  private stop(attempt: Attempt, state: 'failed' | 'killed' | 'lost', reason: string, isRetried: boolean): void {
    this.release(attempt, false);
    this.backend.freed(attempt.worker);
    this.wastedUs += this.driver.nowUs - attempt.startUs;
    this.backend.stop(attempt);
    if (attempt.row >= 0) this.driver.inside.end(attempt.row, state, reason, isRetried);
    this.forgetIfOver(attempt.set.pending.job as SchedulerJob);
  }

  private release(attempt: Attempt, isFinished: boolean): void {
    attempt.worker.freeCores += this.settings.taskCpus;
    this.runningCount--;
    attempt.set.ended(attempt, isFinished, this.driver.nowUs);
  }

  private abort(job: SchedulerJob, reason: string): void {
    this.stopAll(job, reason);
    this.driver.abandon(job, reason, 'failed');
    this.forget(job);
  }

  /** An operator has ended the job. */
  killed(job: SchedulerJob): void {
    this.stopAll(job, 'killed-by-operator');
    this.forget(job);
    this.backend.wanted();
  }

  private stopAll(job: SchedulerJob, reason: string): void {
    for (const set of this.jobs.get(job)?.sets.values() ?? []) {
      for (const attempt of attemptsOf(set)) this.stop(attempt, 'killed', reason, false);
    }
  }

  private forgetIfOver(job: SchedulerJob): void {
    if (job.finishUs >= 0) this.forget(job);
  }

  private forget(job: SchedulerJob): void {
    this.gate.forget(job);
    this.jobs.delete(job);
    this.sets = this.sets.filter((set) => set.pending.job !== job);
  }

  // Lost output -----------------------------------------------------------------------------------------------------

  /** What finished map tasks left on a worker is gone: where a later stage still needs it, they run again. */
  outputLost(worker: number): void {
    if (this.outputLives) return;
    for (const [job, live] of [...this.jobs]) {
      for (const set of [...live.sets.values()]) this.redo(job, live, set, worker);
    }
  }

  private redo(job: SchedulerJob, live: LiveJob, set: TaskSet, worker: number): void {
    const { name } = set.pending.group;
    if (name === '' || !set.outputs.includes(worker)) return;
    const children = job.groups.filter(({ group }) => group.after.includes(name));
    if (!children.some(({ group }) => live.sets.get(group.name)?.isDone !== true)) return;
    const wasDone = set.isDone;
    for (let index = 0; index < set.count; index++) {
      if (set.outputs[index] !== worker || !set.isFinished(index)) continue;
      set.undo(index);
      this.driver.inside.redo(set.pending, index);
    }
    if (wasDone) this.sets.push(set);
    for (const { group } of children) {
      const child = live.sets.get(group.name);
      if (child !== undefined && !child.isDone) this.fetchFailed(job, child);
    }
  }

  /** Running tasks of a later stage cannot fetch their input; four attempts of the stage in a row abort the job. */
  private fetchFailed(job: SchedulerJob, set: TaskSet): void {
    const running = attemptsOf(set);
    if (running.length === 0) return;
    for (const attempt of running) this.stop(attempt, 'failed', 'fetch-failed', true);
    if (++set.stageAttempts > this.settings.stageMaxAttempts) this.abort(job, 'stage-attempts');
  }
}

function attemptsOf(set: TaskSet): Attempt[] {
  return [...set.attempts.values()].flat();
}
