import type { InverseOffer, SchedulerDriver } from '../../model/framework.js';
import type { TaskGroup } from '../../model/job.js';

/** A framework that heeds maintenance: it starts nothing that would still run at the window, and moves what does in time. */
export class Leaving {
  constructor(private readonly driver: SchedulerDriver) {}

  /** True when a task of the group, if started now, is expected to have ended before the agent goes. */
  allows(agent: number, group: TaskGroup): boolean {
    const window = this.driver.unavailability(agent);
    if (window === undefined) return true;
    return group.estimateUs >= 0 && this.driver.nowUs + group.estimateUs <= window.startUs;
  }

  /** Accepts, and queues again what would not have ended: the less it has run, the less is lost. */
  heed({ agent, startUs }: InverseOffer): 'accept' {
    for (const { task, pending, startUs: sinceUs } of this.driver.tasksOn(agent)) {
      const { estimateUs } = pending.group;
      const isOver = estimateUs >= 0 && sinceUs >= 0 && sinceUs + estimateUs <= startUs;
      if (!isOver) this.driver.requeue(task, 'maintenance');
    }
    return 'accept';
  }
}
