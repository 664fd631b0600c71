import type { SchedulerDriver, SchedulerJob } from '../../model/framework.js';
import type { JobRecord } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import type { Amounts } from '../../model/resources.js';

/** A task of the framework's own in which tasks of jobs run: an executor, a task tracker, one slot of it. */
export interface HostPlan {
  readonly id: string;
  readonly agent: number;
  readonly amounts: Amounts;
  /** FOREVER_US, or the run time of the one task that it carries. */
  readonly durationUs: number;
  readonly image: string;
}

/** Launches hosts: each is a job of one task that is not tried again by itself. */
export class HostMaker {
  private made: SchedulerJob | undefined;

  constructor(private readonly driver: SchedulerDriver) {}

  /** Plans a host on what is held on the agent; `accept` sends it. Undefined when it does not fit. */
  launch(plan: HostPlan): PendingGroup | undefined {
    const { driver } = this;
    driver.submit(recordOf(plan, driver.nowUs));
    const job = this.made as SchedulerJob;
    this.made = undefined;
    const pending = job.groups[0] as PendingGroup;
    if (driver.place(pending, plan.agent)) return pending;
    driver.abandon(job, 'no-fit');
    return undefined;
  }

  /** Call first in `onJob`: true when the job is a host, which is none of the framework's work. */
  takes(job: SchedulerJob): boolean {
    if (job.record.isHost !== true) return false;
    this.made = job;
    return true;
  }
}

function recordOf(plan: HostPlan, submitUs: number): JobRecord {
  return {
    id: plan.id,
    user: '',
    queue: '',
    class: '',
    submitUs,
    priority: 0,
    deadlineUs: -1,
    after: [],
    isHost: true,
    groups: [
      {
        name: '',
        count: 1,
        gang: false,
        amounts: plan.amounts,
        durationUs: plan.durationUs,
        estimateUs: -1,
        constraints: '',
        after: [],
        image: plan.image,
        inputs: [],
        outputMilliMib: 0,
        retry: false,
      },
    ],
  };
}
