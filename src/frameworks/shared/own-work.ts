import type { DemandEntry } from '../../model/allocator.js';
import type { SchedulerDriver } from '../../model/framework.js';
import type { JobRecord, TaskGroup } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { causeRow, type WaitCause } from '../../model/waits.js';

/** What one task of a framework's own asks for and does. */
export type OwnTask = Pick<TaskGroup, 'amounts' | 'durationUs'> & Partial<TaskGroup>;

/** A job record of the framework's own: `count` alike tasks, of which the framework decides itself what happens when one is lost. */
export function ownJob(id: string, nowUs: number, task: OwnTask, more: Partial<JobRecord> = {}): JobRecord {
  return {
    id,
    user: '',
    queue: '',
    class: '',
    submitUs: nowUs,
    priority: 0,
    deadlineUs: -1,
    after: [],
    groups: [
      {
        name: '',
        count: 1,
        gang: false,
        estimateUs: -1,
        constraints: '',
        after: [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
        retry: false,
        ...task,
      },
    ],
    ...more,
  };
}

/** Demand of waiting groups, in the order given. */
export function demandOf(client: number, waiting: Iterable<PendingGroup>): DemandEntry[] {
  const entries: DemandEntry[] = [];
  for (const pending of waiting) if (pending.pendingCount > 0) entries.push(demandEntry(client, pending));
  return entries;
}

/** What a waiting group asks for, as allocators and bidders read it. */
export function demandEntry(client: number, pending: PendingGroup): DemandEntry {
  const { job, group } = pending;
  return {
    client,
    id: pending.sequence,
    amounts: group.amounts,
    count: pending.pendingCount,
    gang: group.gang ? group.count : 1,
    priority: job.record.priority,
    deadlineUs: job.record.deadlineUs,
    estimateUs: group.estimateUs,
    doneUs: pending.doneUs,
    submitUs: job.submitUs,
    queuedUs: pending.queuedUs,
  };
}

/** Charges waiting attempts: of each group its own cause where the framework knows one, else the head's, the rest behind it. */
export function chargeGroups(
  driver: SchedulerDriver,
  groups: Iterable<PendingGroup>,
  waiting: number,
  counts: Float64Array,
  causeOf: (pending: PendingGroup) => WaitCause | undefined = () => undefined,
): void {
  let left = waiting;
  const charge = (cause: WaitCause, count: number): void => {
    const row = causeRow(cause);
    const charged = Math.min(left, count);
    counts[row] = (counts[row] as number) + charged;
    left -= charged;
  };
  for (const pending of groups) {
    if (left === 0) return;
    if (pending.pendingCount === 0) continue;
    const known = causeOf(pending);
    if (known !== undefined) charge(known, pending.pendingCount);
    else charge(driver.headCause(pending.group.amounts), 1);
  }
  charge('behind-in-queue', left);
}

/** Agents on which something is held, in a seeded random order: real schedulers meet offers in the order of a hash table. */
export function shuffledAgents(driver: SchedulerDriver, random: () => number): number[] {
  const agents = heldAgents(driver);
  for (let last = agents.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [agents[last], agents[other]] = [agents[other] as number, agents[last] as number];
  }
  return agents;
}

/** Agents on which something is held, by row. */
export function heldAgents(driver: SchedulerDriver): number[] {
  const agents: number[] = [];
  for (let agent = driver.offers.nextAgent(-1); agent >= 0; agent = driver.offers.nextAgent(agent)) agents.push(agent);
  return agents;
}
