import type { AllocatorView, DecisionSink, DemandEntry } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import type { PreemptionSettings } from './preemption.js';
import { fitsIn, Room } from './room.js';
import { type Bound, type Candidate, cheapestVictims } from './victims.js';

/** One run's lay-out of waiting tasks, most urgent first; victims are ordered as they are needed. */
export class Layout {
  readonly room: Room;
  private victimsLeft: number;
  /** Shapes that found no place, with the urgency at which they did not: what asks for as much in the same role and is no more urgent fails too. */
  private readonly failed: { amounts: Amounts; below: number; role: string }[] = [];

  constructor(
    private readonly view: AllocatorView,
    private readonly sink: DecisionSink,
    private readonly settings: PreemptionSettings,
    private readonly byAgent: Map<number, Candidate[]>,
  ) {
    this.room = new Room(view);
    this.victimsLeft = settings.maxVictims;
  }

  /** Places the tasks of an entry; the bound says what may end for it, undefined = nothing. Returns the number of victims. */
  serve(entry: DemandEntry, bound: Bound | undefined): number {
    if (bound !== undefined && this.isHopeless(entry, bound)) return 0;
    const unit = entry.gang > 1 ? entry.count : 1;
    let victimCount = 0;
    for (let placed = 0; placed < entry.count; placed += unit) {
      const victims = this.placeUnit(entry, unit, bound);
      if (victims === undefined) {
        if (bound !== undefined && entry.allows === undefined && unit === 1)
          this.failed.push({ amounts: entry.amounts, below: bound.below, role: this.view.roleOf(entry.client) });
        break;
      }
      victimCount += victims;
    }
    return victimCount;
  }

  private isHopeless(entry: DemandEntry, { below }: Bound): boolean {
    const role = this.view.roleOf(entry.client);
    return this.failed.some(
      (shape) => below <= shape.below && role === shape.role && fitsIn(shape.amounts, entry.amounts),
    );
  }

  /** Places all tasks of a unit, and orders its victims (their number is returned), or none. */
  private placeUnit(entry: DemandEntry, unit: number, bound: Bound | undefined): number | undefined {
    const victims: Candidate[] = [];
    const agents: number[] = [];
    const mark = this.room.mark();
    while (agents.length < unit) {
      const agent = this.placeOne(entry, bound, victims);
      if (agent === undefined) {
        this.room.restore(mark);
        this.spare(victims);
        return undefined;
      }
      agents.push(agent);
    }
    for (const agent of agents) if (agent >= 0) this.room.nominate(agent, entry.client, this.sink);
    const { graceUs, keepsWork } = this.settings;
    for (const { task } of victims)
      this.sink.evict(task.task, 'preempted', graceUs, { forClient: entry.client, keepsWork });
    this.victimsLeft -= victims.length;
    return victims.length;
  }

  private spare(victims: readonly Candidate[]): void {
    for (const victim of victims) {
      const list = this.byAgent.get(victim.task.agent) as Candidate[];
      list.push(victim);
      list.sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
    }
  }

  /** The agent that one task is laid out on, -1 = an offer that its framework has; undefined = none. */
  private placeOne(entry: DemandEntry, bound: Bound | undefined, victims: Candidate[]): number | undefined {
    if (this.room.takeOffered(entry)) return -1;
    const free = this.room.firstFit(entry);
    if (free >= 0) {
      this.room.take(free, entry.amounts);
      return free;
    }
    const chosen =
      bound === undefined
        ? undefined
        : cheapestVictims(entry, bound, this.byAgent, this.room, this.settings, this.view);
    if (chosen === undefined || victims.length + chosen.length > this.victimsLeft) return undefined;
    const { agent } = (chosen[0] as Candidate).task;
    const list = this.byAgent.get(agent) as Candidate[];
    for (const victim of chosen) {
      list.splice(list.indexOf(victim), 1);
      this.room.give(agent, victim.task);
      victims.push(victim);
    }
    this.room.take(agent, entry.amounts);
    return agent;
  }
}
