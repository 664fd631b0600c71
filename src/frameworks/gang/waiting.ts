import type { DemandEntry } from '../../model/allocator.js';
import type { SchedulerDriver, SchedulerJob } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import { chargeGroups, demandOf } from '../shared/own-work.js';
import type { GangQueue } from './queue.js';

/** What others ask of the gangs that wait. */
export class Waiting {
  constructor(
    private readonly gangs: GangQueue,
    private readonly client: number,
    private readonly driver: SchedulerDriver,
  ) {}

  private *groups(): Iterable<PendingGroup> {
    for (const gang of this.gangs.values()) yield* gang.groups;
  }

  demand(): readonly DemandEntry[] {
    return demandOf(this.client, this.groups());
  }

  charge(waiting: number, counts: Float64Array): void {
    chargeGroups(this.driver, this.groups(), waiting, counts, (pending) => {
      const gang = this.gangs.get(keyOf(pending));
      if (gang?.phase === 'backoff') return 'backoff';
      return gang !== undefined && gang.placed.length + gang.reserved.size > 0 ? 'gang-hold' : undefined;
    });
  }

  visit(visit: (pending: PendingGroup) => void): void {
    for (const pending of this.groups()) visit(pending);
  }
}

/** The groups of a job are one gang, unless they wait for each other: then each is. */
export function keyOf({ job, group }: PendingGroup): string {
  return isChain(job as SchedulerJob) ? `${job.record.id}/${group.name}` : job.record.id;
}

export function isChain(job: SchedulerJob): boolean {
  return job.record.groups.some(({ after }) => after.length > 0);
}
