import type { UpdateConfig } from './job.js';

/** What an update asks of the scheduler. */
export interface UpdateHost {
  readonly nowUs: number;
  /** Kills the instance's task, if there is one. */
  kill(instance: number): void;
  /** Creates a task of the instance, in the new or the old configuration. */
  create(instance: number, isNew: boolean): void;
  /** Calls `onWatched(instance)` later. */
  watch(instance: number, delayUs: number): void;
  /** It waits for a pulse or an operator, or goes on. */
  blocked(isBlocked: boolean): void;
  over(state: 'ROLLED_FORWARD' | 'ROLLED_BACK' | 'FAILED'): void;
}

/** What the job was and is to be. */
export interface UpdateScope {
  readonly oldCount: number;
  readonly newCount: number;
  /** Only the number of instances changes: those that stay are left alone (`updater/JobDiff.java`). */
  readonly isOnlyCount?: boolean;
}

type Step = 'waiting' | 'killing' | 'vacant' | 'starting' | 'watching' | 'done' | 'failed';

interface Work {
  readonly instance: number;
  step: Step;
  failures: number;
  runningUs: number;
}

/**
 * One update of a job (`updater/OneWayJobUpdater.java`, `InstanceUpdater.java`): instances to create, to update, then to kill, each by number,
 * as its strategy says (`updater/strategy/`): so many in progress, or batch by batch. An instance is done when its new task has been RUNNING
 * for `watch_secs`; ends before that are failures. Too many failed instances roll all back in reverse, or fail the update where it stands.
 */
export class JobUpdate {
  private works: Work[];
  private isForward = true;
  private failedCount = 0;
  private isOver = false;
  /** Batches that have been begun, of strategies that go by batches. */
  private batchCount = 0;
  private isPaused = false;
  private wasBlocked = false;
  /** Until when the last pulse holds; an update without pulses is never blocked. */
  private pulseEndUs: number;

  constructor(
    private readonly config: UpdateConfig,
    private readonly host: UpdateHost,
    private readonly scope: UpdateScope,
  ) {
    const { oldCount, newCount, isOnlyCount } = scope;
    const range = (from: number, to: number): number[] =>
      Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    const order = [
      ...range(oldCount, newCount),
      ...(isOnlyCount === true ? [] : range(0, Math.min(oldCount, newCount))),
      ...range(newCount, oldCount),
    ];
    this.works = order.map((instance) => ({ instance, step: 'waiting', failures: 0, runningUs: -1 }));
    this.pulseEndUs = config.pulse_interval_secs > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  start(): void {
    this.advance();
  }

  /** A coordinator lives: the update goes on for another interval (`pulseJobUpdate`). */
  pulse(): void {
    if (this.config.pulse_interval_secs === 0) return;
    this.pulseEndUs = this.host.nowUs + Math.round(this.config.pulse_interval_secs * 1e6);
    this.advance();
  }

  pause(): void {
    this.isPaused = true;
    this.advance();
  }

  resume(): void {
    this.isPaused = false;
    this.advance();
  }

  /** True while a task of the instance that ends is the update's business. */
  owns(instance: number): boolean {
    const work = this.works.find((other) => other.instance === instance);
    return !this.isOver && work !== undefined && isOpen(work);
  }

  /** The instance's task is still to be killed. */
  isKilling(instance: number): boolean {
    return this.workOf(instance)?.step === 'killing';
  }

  private isKept({ instance }: Work): boolean {
    return instance < (this.isForward ? this.scope.newCount : this.scope.oldCount);
  }

  /** Nothing new is begun, and nothing that has ended is started, until the next pulse or word. */
  private get isBlocked(): boolean {
    return this.isPaused || this.host.nowUs > this.pulseEndUs;
  }

  private advance(): void {
    if (this.isOver) return;
    const { isBlocked } = this;
    if (isBlocked !== this.wasBlocked) this.host.blocked(isBlocked);
    this.wasBlocked = isBlocked;
    if (isBlocked) return;
    for (const work of this.works) if (work.step === 'vacant') this.create(work);
    this.beginSome(this.room());
    if (!this.isOver && this.works.every(({ step }) => step === 'done' || step === 'failed')) {
      this.finish(this.isForward ? 'ROLLED_FORWARD' : 'ROLLED_BACK');
    }
  }

  private beginSome(room: number): void {
    let left = room;
    for (const work of this.works) {
      if (left <= 0 || this.isOver) return;
      if (work.step !== 'waiting') continue;
      left--;
      this.begin(work);
    }
  }

  /** How many instances may be begun now. */
  private room(): number {
    const openCount = this.works.filter(isOpen).length;
    const { update_strategy: strategy, batch_size: batchSize, wait_for_batch_completion: waits } = this.config;
    const isVariable = strategy !== undefined && 'batch_sizes' in strategy;
    const isBatched = strategy === undefined ? waits : strategy.autopause_after_batch !== undefined;
    const isLeft = this.works.some(({ step }) => step === 'waiting');
    if (!isBatched) return (isVariable ? 0 : (strategy?.batch_size ?? batchSize)) - openCount;
    if (openCount > 0 || !isLeft) return 0;
    if (strategy?.autopause_after_batch === true && this.batchCount > 0 && !this.isResumed()) return 0;
    const sizes = isVariable ? strategy.batch_sizes : [strategy?.batch_size ?? batchSize];
    return sizes[Math.min(this.batchCount++, sizes.length - 1)] as number;
  }

  /** Between two batches it pauses by itself; true when it has been told to go on. */
  private isResumed(): boolean {
    if (this.pausedAfter === this.batchCount) return true;
    this.pausedAfter = this.batchCount;
    this.pause();
    return false;
  }
  private pausedAfter = 0;

  private begin(work: Work): void {
    work.step = 'killing';
    const { oldCount, newCount } = this.scope;
    const hadTask = work.instance < (this.isForward ? oldCount : Math.max(newCount, oldCount));
    if (hadTask) this.host.kill(work.instance);
    else this.create(work);
  }

  /** The instance has no task: nothing to kill, or the old one has ended. */
  vacated(instance: number): void {
    const work = this.workOf(instance);
    if (work?.step !== 'killing') return;
    work.step = 'vacant';
    if (this.isBlocked) this.advance();
    else this.create(work);
  }

  private create(work: Work): void {
    if (!this.isKept(work)) {
      this.close(work, 'done');
      return;
    }
    work.step = 'starting';
    this.host.create(work.instance, this.isForward);
  }

  running(instance: number): void {
    const work = this.workOf(instance);
    if (work?.step !== 'starting') return;
    work.step = 'watching';
    work.runningUs = this.host.nowUs;
    this.host.watch(instance, Math.round(this.config.watch_secs * 1e6));
  }

  /** It has been running for `watch_secs`, unless it ended meanwhile. */
  watched(instance: number): void {
    const work = this.workOf(instance);
    const isWhole = work !== undefined && this.host.nowUs - work.runningUs >= Math.round(this.config.watch_secs * 1e6);
    if (work?.step === 'watching' && isWhole) this.close(work, 'done');
  }

  /** A task of the instance ended by itself before it was done: tried again, or the instance has failed. */
  ended(instance: number): void {
    const work = this.workOf(instance);
    if (work === undefined || (work.step !== 'starting' && work.step !== 'watching')) return;
    work.failures++;
    if (work.failures <= this.config.max_per_shard_failures) {
      work.step = 'vacant';
      if (this.isBlocked) this.advance();
      else this.create(work);
      return;
    }
    this.failedCount++;
    this.close(work, 'failed');
  }

  private close(work: Work, step: 'done' | 'failed'): void {
    work.step = step;
    if (this.isForward && this.failedCount > this.config.max_total_failures) this.fallBack();
    else this.advance();
  }

  private fallBack(): void {
    if (!this.config.rollback_on_failure) {
      this.finish('FAILED');
      return;
    }
    this.isForward = false;
    this.failedCount = 0;
    this.batchCount = 0;
    this.pausedAfter = 0;
    // Only what was touched goes back, in reverse.
    this.works = this.works
      .filter(({ step }) => step !== 'waiting')
      .reverse()
      .map(({ instance }) => ({ instance, step: 'waiting', failures: 0, runningUs: -1 }));
    this.advance();
  }

  private finish(state: 'ROLLED_FORWARD' | 'ROLLED_BACK' | 'FAILED'): void {
    this.isOver = true;
    this.host.over(state);
  }

  private workOf(instance: number): Work | undefined {
    return this.isOver ? undefined : this.works.find((work) => work.instance === instance);
  }
}

function isOpen({ step }: Work): boolean {
  return step === 'killing' || step === 'vacant' || step === 'starting' || step === 'watching';
}
