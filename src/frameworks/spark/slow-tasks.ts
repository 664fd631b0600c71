import type { SparkSettings } from './settings.js';
import type { Attempt, TaskSet } from './task-set.js';

/** No task is slow before it has run this long. */
const LEAST_US = 100e3;

/**
 * Which running tasks of a stage are slow: when enough are done, those that have run longer than a multiple of the median.
 * Source: TaskSetManager.checkSpeculatableTasks.
 */
export class SlowTasks {
  /** Run times of finished tasks, ascending. */
  private readonly durations: number[] = [];

  constructor(
    private readonly set: TaskSet,
    private readonly settings: SparkSettings,
  ) {}

  ended(durationUs: number): void {
    const { durations } = this;
    let at = durations.length;
    while (at > 0 && (durations[at - 1] as number) > durationUs) at--;
    durations.splice(at, 0, durationUs);
  }

  /** Run time beyond which a task is slow, or -1 while too few are done. */
  private slowUs(): number {
    const { settings, set, durations } = this;
    const needed = Math.max(1, Math.floor(settings.speculationQuantile * set.count));
    if (set.count < 2 || set.isGang || set.finishedCount < needed || durations.length === 0) return -1;
    const middle = durations.length >> 1;
    const upper = durations[middle] as number;
    const median = durations.length % 2 === 1 ? upper : ((durations[middle - 1] as number) + upper) / 2;
    return Math.max(settings.speculationMultiplier * median, LEAST_US);
  }

  /** Tasks with exactly one copy, which runs, and which nobody has called slow yet. */
  private *candidates(): Iterable<Attempt> {
    for (const [index, [only, second]] of this.set.attempts) {
      if (only === undefined || second !== undefined || only.row < 0 || this.set.speculatable.has(index)) continue;
      yield only;
    }
  }

  /** Marks the tasks that are slow now; true when there are new ones. */
  find(nowUs: number): boolean {
    const slowUs = this.slowUs();
    if (slowUs < 0) return false;
    let found = false;
    for (const attempt of this.candidates()) {
      const { index, startUs } = attempt;
      if (nowUs - startUs <= slowUs || !this.isInefficient(attempt, nowUs - startUs, slowUs)) continue;
      this.set.speculatable.add(index);
      found = true;
    }
    return found;
  }

  /**
   * Since 3.4: slow and with a data rate below 0.75 of the stage's mean, or very slow. Tasks of a stage read alike here: rates are as
   * the inverse of run times, and the mean rate is that of the finished tasks (TaskSetManager.InefficientTaskCalculator).
   */
  private isInefficient({ durationUs }: Attempt, ranUs: number, slowUs: number): boolean {
    const { speculationEfficiency, speculationRate, speculationLongRun } = this.settings;
    if (!speculationEfficiency || ranUs > speculationLongRun * slowUs) return true;
    const meanUs = this.durations.reduce((sum, each) => sum + each, 0) / this.durations.length;
    return 1 / durationUs < speculationRate / meanUs;
  }

  private slowFromUs(attempt: Attempt, slowUs: number): number {
    const isSlowSoon = this.isInefficient(attempt, slowUs, slowUs);
    return attempt.startUs + Math.floor(isSlowSoon ? slowUs : this.settings.speculationLongRun * slowUs) + 1;
  }

  /** When the next task becomes slow, if nothing ends before; infinity = none. */
  nextUs(): number {
    const slowUs = this.slowUs();
    let nextUs = Number.POSITIVE_INFINITY;
    if (slowUs < 0) return nextUs;
    for (const attempt of this.candidates()) nextUs = Math.min(nextUs, this.slowFromUs(attempt, slowUs));
    return nextUs;
  }
}
