import type { SchedulerDriver } from '../../model/framework.js';
import type { TaskBook } from './book.js';
import type { TaskGroup } from './groups.js';
import type { TaskConfig } from './job.js';
import type { Maintenance } from './maintenance.js';
import type { Filter } from './matching.js';
import type { OfferPool } from './offer-pool.js';
import { type Slot, victimsOn } from './preemptor.js';
import type { AuroraOptions } from './settings.js';
import type { AuroraTask } from './task.js';

interface Reservation {
  readonly config: TaskConfig;
  readonly untilUs: number;
}

/** Tasks meet offers here, and where there are none, tasks that may be evicted (`scheduling/`, `preemptor/`). */
export class Assigner {
  /** Slots found, by configuration of the group. */
  private readonly slots = new Map<TaskConfig, Slot>();
  private readonly reserved = new Map<number, Reservation>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly options: AuroraOptions,
    private readonly book: TaskBook,
    private readonly pool: OfferPool,
    private readonly filter: Filter,
    private readonly maintenance: Maintenance,
    private readonly random: () => number,
    /** The filter on what an accepted offer has left. */
    private readonly refuseUs: number,
    private readonly preempt: (task: AuroraTask) => void,
  ) {}

  /** One attempt of a group: each task takes the first agent without a veto; one launch per offer. */
  attempt(group: TaskGroup, tasks: readonly AuroraTask[]): ReadonlySet<AuroraTask> {
    const placed = new Set<AuroraTask>();
    this.pool.prune();
    for (const task of tasks) {
      const { pending } = task;
      if (pending === undefined || pending.pendingCount === 0) continue;
      const agent = this.choose(task.config);
      if (agent < 0 || !this.driver.place(pending, agent)) continue;
      task.agent = agent;
      task.state = 'ASSIGNED';
      placed.add(task);
      this.pool.forget(agent);
      this.reserved.delete(agent);
      // What the offer has left is refused; it is accepted at once, or the next task could take of it too.
      this.driver.accept(this.refuseUs);
    }
    if (placed.size === 0) this.useSlot(group.config);
    return placed;
  }

  private choose(config: TaskConfig): number {
    const agents = this.pool.inOrder((agent) => this.maintenance.modeOf(agent));
    const found = agents.find((agent) => {
      const reservation = this.reserved.get(agent);
      const isKept =
        reservation !== undefined && reservation.untilUs > this.driver.nowUs && reservation.config !== config;
      return !isKept && this.fits(config, agent) && this.filter.allows(config, agent);
    });
    return found ?? -1;
  }

  private fits({ amounts }: TaskConfig, agent: number): boolean {
    return this.driver.offers.firstFit(amounts, agent) === agent;
  }

  /** The slot that a search found is looked at again: what is still true is carried out. */
  private useSlot(config: TaskConfig): void {
    const slot = this.slots.get(config);
    if (slot === undefined) return;
    this.slots.delete(config);
    if (slot.untilUs <= this.driver.nowUs) return;
    const victims = this.victims(config, slot.agent);
    if (victims === undefined) return;
    this.reserved.set(slot.agent, { config, untilUs: this.driver.nowUs + this.options.reservation });
    for (const victim of victims) this.preempt(victim);
  }

  /** A new leader knows of no slot and no reservation. */
  forget(): void {
    this.slots.clear();
    this.reserved.clear();
  }

  /** Looks for slots for groups that have waited long enough; at most one per agent. */
  search(groups: Iterable<TaskGroup>): void {
    const { nowUs } = this.driver;
    for (const [config, slot] of this.slots) if (slot.untilUs <= nowUs) this.slots.delete(config);
    const used = new Set([...this.slots.values()].map(({ agent }) => agent));
    for (const { config, tasks } of groups) {
      const isDue = tasks.some((task) => nowUs - task.pendingUs >= this.options.preemptAfter);
      if (!isDue || this.slots.has(config)) continue;
      const slot = this.findSlot(config, used);
      if (slot === undefined) continue;
      this.slots.set(config, slot);
      used.add(slot.agent);
    }
  }

  private findSlot(config: TaskConfig, used: ReadonlySet<number>): Slot | undefined {
    // The first agent that works, in the order of a hash table.
    const agents = [...this.book.byAgent().keys()];
    for (let last = agents.length - 1; last > 0; last--) {
      const other = Math.floor(this.random() * (last + 1));
      [agents[last], agents[other]] = [agents[other] as number, agents[last] as number];
    }
    for (const agent of agents) {
      if (used.has(agent) || !this.filter.allows(config, agent)) continue;
      const victims = this.victims(config, agent);
      if (victims !== undefined) return { agent, victims, untilUs: this.driver.nowUs + this.options.slotHold };
    }
    return undefined;
  }

  private victims(config: TaskConfig, agent: number): AuroraTask[] | undefined {
    const held = this.pool.has(agent) ? this.driver.offers.heldOn(agent) : undefined;
    return victimsOn(config, this.book.onAgent(agent), held);
  }
}
