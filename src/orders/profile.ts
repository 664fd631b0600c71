import type { PlanView } from '../model/order.js';
import type { Amounts } from '../model/resources.js';

/** What some tasks of one shape ask for: all of them at once, each on an agent that allows it. */
export interface Ask {
  readonly amounts: Amounts;
  readonly count: number;
  readonly allows: (agent: number) => boolean;
}

/** How often `amounts` fits in what the agent has, at most `limit` times. */
function fitsOn(free: Float64Array, agent: number, amounts: Amounts, limit: number): number {
  const base = agent * amounts.length;
  let fits = limit;
  for (let resource = 0; resource < amounts.length; resource++) {
    const amount = amounts[resource] as number;
    if (amount > 0) fits = Math.min(fits, Math.floor((free[base + resource] as number) / amount));
  }
  return fits;
}

/** Agents for all tasks of an ask, first fit, one entry per task; undefined when they do not all fit. */
export function placesFor(free: Float64Array, { amounts, count, allows }: Ask): number[] | undefined {
  const places: number[] = [];
  const agentCount = free.length / amounts.length;
  for (let agent = 0; agent < agentCount && places.length < count; agent++) {
    const fits = fitsOn(free, agent, amounts, count - places.length);
    if (fits <= 0 || !allows(agent)) continue;
    for (let task = 0; task < fits; task++) places.push(agent);
  }
  return places.length === count ? places : undefined;
}

/** Adds (or, with a negative sign, takes) the amounts on every agent of the list. */
export function shift(free: Float64Array, amounts: Amounts, agents: readonly number[], sign: number): void {
  for (const agent of agents) {
    const base = agent * amounts.length;
    for (let resource = 0; resource < amounts.length; resource++) {
      free[base + resource] = (free[base + resource] as number) + sign * (amounts[resource] as number);
    }
  }
}

/** Everything held now, agent by agent. */
export function heldNow(view: PlanView): Float64Array {
  const { width, agentCount } = view;
  const free = new Float64Array(agentCount * width);
  for (let agent = 0; agent < agentCount; agent++) free.set(view.heldOn(agent), agent * width);
  return free;
}

interface Segment {
  readonly fromUs: number;
  readonly free: Float64Array;
}

/** What will be free when: now's holdings, plus what running work returns by its estimates, less what is reserved. */
export class Profile {
  /** Ascending; the last one goes on for ever. */
  private readonly segments: Segment[];

  constructor(view: PlanView) {
    this.segments = [{ fromUs: view.nowUs, free: heldNow(view) }];
    for (const { amounts, agent, endUs } of view.running()) this.add(amounts, [agent], endUs, Infinity, 1);
  }

  /** Earliest time from now on at which the ask fits for so long, and where. Undefined = never. */
  earliest(ask: Ask, durationUs: number): { startUs: number; agents: number[] } | undefined {
    for (let first = 0; first < this.segments.length; first++) {
      const startUs = (this.segments[first] as Segment).fromUs;
      const agents = this.placesFrom(first, ask, startUs + durationUs);
      if (agents !== undefined) return { startUs, agents };
    }
    return undefined;
  }

  /** True when the amounts are there on these agents over the whole span. */
  holds(amounts: Amounts, agents: readonly number[], fromUs: number, toUs: number): boolean {
    const needed = new Map<number, number>();
    for (const agent of agents) needed.set(agent, (needed.get(agent) ?? 0) + 1);
    return this.segments.every((segment, index) => {
      const endUs = this.segments[index + 1]?.fromUs ?? Infinity;
      if (endUs <= fromUs || segment.fromUs >= toUs) return true;
      return [...needed].every(([agent, count]) => fitsOn(segment.free, agent, amounts, count) >= count);
    });
  }

  reserve(amounts: Amounts, agents: readonly number[], fromUs: number, toUs: number): void {
    this.add(amounts, agents, fromUs, toUs, -1);
  }

  release(amounts: Amounts, agents: readonly number[], fromUs: number, toUs: number): void {
    this.add(amounts, agents, fromUs, toUs, 1);
  }

  private placesFrom(first: number, ask: Ask, endUs: number): number[] | undefined {
    const least = (this.segments[first] as Segment).free.slice();
    for (let index = first + 1; index < this.segments.length; index++) {
      const { fromUs, free } = this.segments[index] as Segment;
      if (fromUs >= endUs) break;
      for (let at = 0; at < least.length; at++) least[at] = Math.min(least[at] as number, free[at] as number);
    }
    return placesFor(least, ask);
  }

  private add(amounts: Amounts, agents: readonly number[], fromUs: number, toUs: number, sign: number): void {
    this.cut(fromUs);
    if (toUs !== Infinity) this.cut(toUs);
    for (const { fromUs: us, free } of this.segments) if (us >= fromUs && us < toUs) shift(free, amounts, agents, sign);
  }

  /** Makes a segment begin at a time, if that is not in the past. */
  private cut(us: number): void {
    const next = this.segments.findIndex((segment) => segment.fromUs >= us);
    if (next >= 0 && (this.segments[next] as Segment).fromUs === us) return;
    const at = next < 0 ? this.segments.length : next;
    const before = this.segments[at - 1];
    if (before !== undefined) this.segments.splice(at, 0, { fromUs: us, free: before.free.slice() });
  }
}
