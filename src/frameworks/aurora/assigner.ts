import type { SchedulerDriver } from '../../model/framework.js';
import type { TaskUse } from '../../model/operations.js';
import { CPUS } from '../../model/resources.js';
import type { TaskBook } from './book.js';
import type { TaskGroup } from './groups.js';
import type { TaskConfig } from './job.js';
import type { Maintenance } from './maintenance.js';
import type { Filter } from './matching.js';
import type { OfferPool } from './offer-pool.js';
import { preemptionSequence, type Slot, victimsOn } from './preemptor.js';
import type { AuroraOptions } from './settings.js';
import type { AuroraTask } from './task.js';

/** An agent that is kept for a group that evicted there, or for one instance that an update is about to start anew. */
interface Reservation {
  /** The group, or undefined. */
  readonly config: TaskConfig | undefined;
  /** `job#instance`, or empty. */
  readonly instance: string;
  readonly untilUs: number;
}

const ORDINARY: TaskUse = { revocable: 'never' };
const REVOCABLE: TaskUse = { revocable: 'only' };

/** What the assigner is made of. */
export interface AssignerParts {
  readonly driver: SchedulerDriver;
  readonly options: AuroraOptions;
  readonly book: TaskBook;
  readonly pool: OfferPool;
  readonly filter: Filter;
  readonly maintenance: Maintenance;
  readonly random: () => number;
  /** The filter on what an accepted offer has left. */
  readonly refuseUs: number;
  /** Tasks of the tier revocable run on revocable CPUs. */
  readonly usesRevocable: boolean;
  readonly launched: (task: AuroraTask, agent: number) => void;
  readonly preempt: (task: AuroraTask) => void;
}

/** Tasks meet offers here, and where there are none, tasks that may be evicted (`scheduling/`, `preemptor/`). */
export class Assigner {
  /** Slots found, by configuration of the group. */
  private readonly slots = new Map<TaskConfig, Slot[]>();
  private readonly reserved = new Map<number, Reservation>();

  constructor(private readonly parts: AssignerParts) {}

  /** One attempt of a group: each task takes the first agent without a veto; one launch per offer. */
  attempt(group: TaskGroup, tasks: readonly AuroraTask[]): ReadonlySet<AuroraTask> {
    const placed = new Set<AuroraTask>();
    this.parts.pool.prune();
    this.expire();
    for (const task of tasks) if (this.launch(task)) placed.add(task);
    for (const task of tasks) if (!placed.has(task)) this.useSlot(group.config);
    return placed;
  }

  private launch(task: AuroraTask): boolean {
    const { driver, pool, refuseUs } = this.parts;
    const { pending } = task;
    if (pending === undefined || pending.pendingCount === 0) return false;
    for (const agent of this.candidates(task)) {
      if (!this.parts.filter.allows(task.config, agent) || !this.hasRevocable(task.config, agent)) continue;
      if (!driver.place(pending, agent, this.useOf(task.config))) continue;
      pool.forget(agent);
      this.reserved.delete(agent);
      this.parts.launched(task, agent);
      // What the offer has left is refused; it is accepted at once, or the next task could take of it too.
      driver.accept(refuseUs);
      return true;
    }
    return false;
  }

  /** An instance whose agent is kept for it waits for that one; all others pass over agents that are kept for somebody else. */
  private candidates(task: AuroraTask): number[] {
    const agents = this.parts.pool.inOrder((agent) => this.parts.maintenance.modeOf(agent));
    const instance = instanceKey(task.config.key, task.instance);
    const own = [...this.reserved].find(([, reservation]) => reservation.instance === instance);
    if (own !== undefined) return agents.filter((agent) => agent === own[0]);
    return agents.filter((agent) => {
      const reservation = this.reserved.get(agent);
      return reservation === undefined || reservation.config === task.config;
    });
  }

  /** Tasks on revocable CPUs take no others, also where nothing revocable has ever been offered. */
  private hasRevocable({ tier, amounts }: TaskConfig, agent: number): boolean {
    if (!this.parts.usesRevocable || tier !== 'revocable') return true;
    return (amounts[CPUS] as number) <= (this.parts.driver.offers.revocableOn(agent)[CPUS] as number);
  }

  private useOf({ tier }: TaskConfig): TaskUse {
    return this.parts.usesRevocable && tier === 'revocable' ? REVOCABLE : ORDINARY;
  }

  private expire(): void {
    const { nowUs } = this.parts.driver;
    for (const [agent, { untilUs }] of this.reserved) if (untilUs <= nowUs) this.reserved.delete(agent);
  }

  /** An update ends the task of an instance: its agent is kept for the next one (`updater/UpdateAgentReserver.java`). */
  keep(agent: number, key: string, instance: number): void {
    const untilUs = this.parts.driver.nowUs + this.parts.options.affinityHold;
    this.reserved.set(agent, { config: undefined, instance: instanceKey(key, instance), untilUs });
  }

  /** A slot that a search found is looked at again: what is still true is carried out. One agent at a time is kept for a group. */
  private useSlot(config: TaskConfig): void {
    if ([...this.reserved.values()].some((reservation) => reservation.config === config)) return;
    const slots = this.slots.get(config);
    const slot = slots?.shift();
    if (slots?.length === 0) this.slots.delete(config);
    if (slot === undefined || slot.untilUs <= this.parts.driver.nowUs) return;
    const victims = this.victims(config, slot.agent);
    if (victims === undefined) return;
    const untilUs = this.parts.driver.nowUs + this.parts.options.reservation;
    this.reserved.set(slot.agent, { config, instance: '', untilUs });
    for (const victim of victims) this.parts.preempt(victim);
  }

  /** A new leader knows of no slot and no reservation. */
  forget(): void {
    this.slots.clear();
    this.reserved.clear();
  }

  /**
   * Looks for slots for groups that have waited long enough and have none: one for each task that is due, five of each group in turn, at
   * most one per agent; a group that finds nothing is passed over from then on (`preemptor/PendingTaskProcessor.java`).
   */
  search(groups: Iterable<TaskGroup>): void {
    const { driver, options } = this.parts;
    const { nowUs } = driver;
    for (const [config, slots] of this.slots) {
      const left = slots.filter(({ untilUs }) => untilUs > nowUs);
      if (left.length > 0) this.slots.set(config, left);
      else this.slots.delete(config);
    }
    const used = new Set([...this.slots.values()].flatMap((slots) => slots.map(({ agent }) => agent)));
    const due: (readonly [TaskConfig, number])[] = [];
    for (const { config, tasks } of groups) {
      const count = tasks.filter((task) => nowUs - task.pendingUs >= options.preemptAfter).length;
      if (count > 0 && !this.slots.has(config)) due.push([config, count]);
    }
    const hopeless = new Set<TaskConfig>();
    for (const config of preemptionSequence(due)) {
      if (hopeless.has(config)) continue;
      const agent = this.findAgent(config, used);
      if (agent < 0) {
        hopeless.add(config);
        continue;
      }
      used.add(agent);
      const slots = this.slots.get(config) ?? [];
      slots.push({ agent, untilUs: nowUs + options.slotHold });
      this.slots.set(config, slots);
    }
  }

  private findAgent(config: TaskConfig, used: ReadonlySet<number>): number {
    // The first agent that works, in the order of a hash table.
    const agents = [...this.parts.book.byAgent().keys()];
    for (let last = agents.length - 1; last > 0; last--) {
      const other = Math.floor(this.parts.random() * (last + 1));
      [agents[last], agents[other]] = [agents[other] as number, agents[last] as number];
    }
    const found = agents.find(
      (agent) =>
        !used.has(agent) && this.parts.filter.allows(config, agent) && this.victims(config, agent) !== undefined,
    );
    return found ?? -1;
  }

  private victims(config: TaskConfig, agent: number): AuroraTask[] | undefined {
    const { pool, driver, book, usesRevocable } = this.parts;
    let held: Float64Array | undefined;
    if (pool.has(agent)) {
      const revocable = driver.offers.revocableOn(agent);
      held = driver.offers.heldOn(agent).map((amount, index) => amount - (revocable[index] as number));
    }
    const runsOnRevocable = (task: AuroraTask): boolean => usesRevocable && task.config.tier === 'revocable';
    return victimsOn(config, book.onAgent(agent), { held, runsOnRevocable });
  }
}

function instanceKey(key: string, instance: number): string {
  return `${key}#${instance}`;
}
