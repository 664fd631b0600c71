import type { SchedulerJob } from '../../model/framework.js';
import type { SparkSettings } from './settings.js';

/** What becomes of a job with a barrier stage. */
export type Verdict = 'goes' | 'waits' | 'refused';

/**
 * A job with a barrier stage starts only when the application has slots for all tasks of that stage at once; it is looked at again
 * every 15 s, and refused when 40 looks were not enough.
 * Source: DAGScheduler.checkBarrierStageWithNumSlots, spark.scheduler.barrier.maxConcurrentTasksCheck.{interval,maxFailures}.
 */
export class BarrierGate {
  private readonly held = new Map<SchedulerJob, number>();

  constructor(
    private readonly settings: SparkSettings,
    /** Tasks that the registered executors could run at once. */
    private readonly slotCount: () => number,
  ) {}

  get isHolding(): boolean {
    return this.held.size > 0;
  }

  isHeld(job: SchedulerJob): boolean {
    return this.held.has(job);
  }

  jobs(): SchedulerJob[] {
    return [...this.held.keys()];
  }

  forget(job: SchedulerJob): void {
    this.held.delete(job);
  }

  look(job: SchedulerJob): Verdict {
    const { barrierCheckInterval, barrierChecks } = this.settings;
    const widest = Math.max(0, ...job.groups.map(({ group }) => (group.gang ? group.count : 0)));
    if (widest === 0 || barrierCheckInterval === 0 || widest <= this.slotCount()) {
      this.held.delete(job);
      return 'goes';
    }
    const failures = (this.held.get(job) ?? 0) + 1;
    this.held.set(job, failures);
    if (failures <= barrierChecks) return 'waits';
    this.held.delete(job);
    return 'refused';
  }
}
