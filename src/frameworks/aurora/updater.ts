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
  over(state: 'ROLLED_FORWARD' | 'ROLLED_BACK' | 'FAILED'): void;
}

type Step = 'waiting' | 'killing' | 'starting' | 'watching' | 'done' | 'failed';

interface Work {
  readonly instance: number;
  step: Step;
  failures: number;
  runningUs: number;
}

/**
 * One update of a job (`updater/OneWayJobUpdater.java`, `InstanceUpdater.java`): instances to create, to update, then to kill, each by number,
 * `batch_size` of them in progress, or batch by batch. An instance is done when its new task has been RUNNING for `watch_secs`; ends before
 * that are failures. Too many failed instances roll all back in reverse, or fail the update where it stands.
 */
export class JobUpdate {
  private works: Work[];
  private isForward = true;
  private failedCount = 0;
  private isOver = false;

  constructor(
    private readonly config: UpdateConfig,
    private readonly host: UpdateHost,
    private readonly oldCount: number,
    private readonly newCount: number,
  ) {
    const range = (from: number, to: number): number[] =>
      Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    const order = [
      ...range(oldCount, newCount),
      ...range(0, Math.min(oldCount, newCount)),
      ...range(newCount, oldCount),
    ];
    this.works = order.map((instance) => ({ instance, step: 'waiting', failures: 0, runningUs: -1 }));
  }

  start(): void {
    this.advance();
  }

  /** True while a task of the instance that ends is the update's business. */
  owns(instance: number): boolean {
    const step = this.works.find((work) => work.instance === instance)?.step;
    return !this.isOver && (step === 'killing' || step === 'starting' || step === 'watching');
  }

  private isKept({ instance }: Work): boolean {
    return instance < (this.isForward ? this.newCount : this.oldCount);
  }

  private advance(): void {
    if (this.isOver) return;
    const open = this.works.filter(
      ({ step }) => step === 'killing' || step === 'starting' || step === 'watching',
    ).length;
    let room = this.config.wait_for_batch_completion && open > 0 ? 0 : this.config.batch_size - open;
    for (const work of this.works) {
      if (room <= 0 || this.isOver) break;
      if (work.step !== 'waiting') continue;
      room--;
      this.begin(work);
    }
    if (!this.isOver && this.works.every(({ step }) => step === 'done' || step === 'failed')) {
      this.finish(this.isForward ? 'ROLLED_FORWARD' : 'ROLLED_BACK');
    }
  }

  private begin(work: Work): void {
    work.step = 'killing';
    const hadTask = work.instance < (this.isForward ? this.oldCount : Math.max(this.newCount, this.oldCount));
    if (hadTask) this.host.kill(work.instance);
    else this.create(work);
  }

  /** The instance has no task: nothing to kill, or the old one has ended. */
  vacated(instance: number): void {
    const work = this.workOf(instance);
    if (work?.step === 'killing') this.create(work);
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
      work.step = 'starting';
      this.host.create(instance, this.isForward);
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
