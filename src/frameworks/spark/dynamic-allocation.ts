import type { SparkSettings } from './settings.js';

/** What the manager sees at a poll. */
export interface AllocationView {
  readonly nowUs: number;
  /** Tasks that run or wait. */
  readonly taskCount: number;
  /** Executors that are registered. */
  readonly executorCount: number;
}

const NOT_SET = -1;

/**
 * How many executors the application asks for: one more when tasks wait for `schedulerBacklogTimeout`, then 2, 4, 8 … after each
 * further period; down at once to what all tasks can use.
 * Source: core/src/main/scala/org/apache/spark/ExecutorAllocationManager.scala (updateAndSyncNumExecutorsTarget, addExecutors).
 */
export class DynamicAllocation {
  /** The executors wanted: the limit of the back end. */
  target: number;
  private addUs = NOT_SET;
  private step = 1;
  private readonly least: number;
  private readonly most: number;
  private readonly tasksPerExecutor: number;
  private readonly sustainedUs: number;

  constructor(private readonly settings: SparkSettings) {
    const { minExecutors, maxExecutors, initialExecutors, executorCores, taskCpus } = settings;
    this.least = minExecutors;
    this.most = maxExecutors > 0 ? maxExecutors : Number.POSITIVE_INFINITY;
    this.target = Math.max(minExecutors, initialExecutors);
    this.tasksPerExecutor = Math.max(1, Math.floor(Math.max(1, executorCores) / taskCpus));
    this.sustainedUs =
      settings.sustainedBacklogTimeout >= 0 ? settings.sustainedBacklogTimeout : settings.schedulerBacklogTimeout;
  }

  /** Tasks have begun to wait, or none waits any more (onSchedulerBacklogged, onSchedulerQueueEmpty). */
  note(nowUs: number, hasBacklog: boolean): void {
    if (!hasBacklog) {
      this.addUs = NOT_SET;
      this.step = 1;
    } else if (this.addUs === NOT_SET) {
      this.addUs = nowUs + this.settings.schedulerBacklogTimeout;
    }
  }

  /** When a poll could add; infinity = not while nothing changes. */
  get nextUs(): number {
    return this.addUs === NOT_SET ? Number.POSITIVE_INFINITY : this.addUs;
  }

  /** One turn of the 100 ms loop; true when the target has changed. */
  poll(view: AllocationView): boolean {
    const before = this.target;
    const needed = this.needed(view.taskCount);
    if (needed < this.target) {
      this.target = Math.max(needed, this.least);
      this.step = 1;
    } else if (this.addUs !== NOT_SET && view.nowUs >= this.addUs) {
      this.add(view, needed);
      this.addUs = view.nowUs + this.sustainedUs;
    }
    return this.target !== before;
  }

  /** More are wanted than all tasks can use: the next poll takes some back. */
  isAbove(taskCount: number): boolean {
    return this.target > Math.max(this.needed(taskCount), this.least);
  }

  private needed(taskCount: number): number {
    return Math.ceil((taskCount * this.settings.executorAllocationRatio) / this.tasksPerExecutor);
  }

  private add(view: AllocationView, needed: number): void {
    const before = this.target;
    if (before >= this.most) {
      this.step = 1;
      return;
    }
    const wanted = Math.min(Math.max(before, view.executorCount) + this.step, needed);
    this.target = Math.max(Math.min(wanted, this.most), this.least);
    // The step doubles only when the whole of it was used.
    this.step = this.target - before === this.step ? this.step * 2 : 1;
  }

  /** False when losing one more would leave fewer than are wanted. */
  mayLose(executorCount: number): boolean {
    return executorCount - 1 >= this.least && executorCount - 1 >= this.target;
  }
}
