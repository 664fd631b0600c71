import type { SchedulerDriver, TaskUpdate } from '../../model/framework.js';
import type { PendingGroup, PlanView, RunningWork } from '../../model/order.js';
import type { Amounts } from '../../model/resources.js';

interface Work extends RunningWork {
  readonly pending: PendingGroup;
}

/** The view of an order that plans: the queue, what is held, and when the framework's own running work should end. */
export class Planner implements PlanView {
  waiting: readonly PendingGroup[] = [];
  private readonly work: Work[] = [];
  /** What has ended since the last offers came: free again, but not offered again yet. */
  private returning: Work[] = [];

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly allowsFor: (pending: PendingGroup, agent: number) => boolean,
    private readonly onStart: (pending: PendingGroup) => void,
  ) {}

  get nowUs(): number {
    return this.driver.nowUs;
  }

  get width(): number {
    return this.driver.resources.count;
  }

  get agentCount(): number {
    return this.driver.agentCount;
  }

  heldOn(agent: number): Amounts {
    return this.driver.offers.heldOn(agent);
  }

  allows(pending: PendingGroup, agent: number): boolean {
    return this.allowsFor(pending, agent);
  }

  /** Work that has outlived its estimate is about to end, as far as anybody knows. */
  *running(): Iterable<RunningWork> {
    const soonestUs = this.nowUs + 1;
    for (const { amounts, agent, endUs } of this.work) yield { amounts, agent, endUs: Math.max(endUs, soonestUs) };
    for (const { amounts, agent } of this.returning) yield { amounts, agent, endUs: soonestUs };
  }

  get isUnsettled(): boolean {
    const { nowUs } = this;
    return this.work.some(({ endUs }) => endUs === nowUs) || this.returning.some(({ endUs }) => endUs === nowUs);
  }

  start(pending: PendingGroup, agents: readonly number[]): void {
    const { group, doneUs } = pending;
    const endUs = this.nowUs + (group.estimateUs >= 0 ? group.estimateUs : group.durationUs) - doneUs;
    for (const agent of agents) {
      if (!this.driver.place(pending, agent)) return;
      this.work.push({ pending, amounts: group.amounts, agent, endUs });
      this.onStart(pending);
    }
  }

  /** What has come back is among the offers that have come. */
  offersArrived(): void {
    this.returning = [];
  }

  /** A task has ended: one of its group on its agent runs no more. */
  ended({ pending, agent, state }: TaskUpdate): void {
    if (state === 'running') return;
    const index = this.work.findIndex((work) => work.pending === pending && work.agent === agent);
    for (const work of index >= 0 ? this.work.splice(index, 1) : [])
      this.returning.push({ ...work, endUs: this.nowUs });
  }
}
