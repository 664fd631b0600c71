import { grown } from '../core/rows.js';
import type { Amounts } from '../model/resources.js';

/**
 * Agents on which a framework holds something, ascending, each with a reference to what that is: the row of a slot, or `~row` of the only
 * offer. Most offers are answered as they came: their amounts stand in the offer alone, and nothing is kept per agent of the cluster.
 */
export class HeldAgents {
  size = 0;
  private agents = new Int32Array(16);
  private refs = new Int32Array(16);

  /** For how many agents there is room. */
  get capacity(): number {
    return this.agents.length;
  }

  agentAt(index: number): number {
    return this.agents[index] as number;
  }

  refAt(index: number): number {
    return this.refs[index] as number;
  }

  setRef(index: number, ref: number): void {
    this.refs[index] = ref;
  }

  /** Appends an agent that comes after all others. */
  push(agent: number, ref: number): void {
    if (this.size === this.agents.length) this.grow();
    this.agents[this.size] = agent;
    this.refs[this.size++] = ref;
  }

  /** Appends the entries of another list from a place on whose agents come before this one; returns the first that does not. */
  takeBelow(agent: number, from: HeldAgents, start: number): number {
    let index = start;
    for (; index < from.size && from.agentAt(index) < agent; index++) this.push(from.agentAt(index), from.refAt(index));
    return index;
  }

  /** Adds an agent on which nothing is held yet. */
  add(agent: number, ref: number): void {
    const index = this.lowerBound(agent);
    if (this.size === this.agents.length) this.grow();
    this.agents.copyWithin(index + 1, index, this.size);
    this.refs.copyWithin(index + 1, index, this.size);
    this.agents[index] = agent;
    this.refs[index] = ref;
    this.size++;
  }

  remove(index: number): void {
    this.agents.copyWithin(index, index + 1, this.size);
    this.refs.copyWithin(index, index + 1, this.size);
    this.size--;
  }

  clear(): void {
    this.size = 0;
  }

  /** Place of an agent, -1 when nothing is held on it. */
  indexOf(agent: number): number {
    const index = this.lowerBound(agent);
    return index < this.size && this.agents[index] === agent ? index : -1;
  }

  /** First place whose agent does not come before this one. */
  lowerBound(agent: number): number {
    const { agents } = this;
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((agents[middle] as number) < agent) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private grow(): void {
    this.agents = grown(this.agents, this.size * 2);
    this.refs = grown(this.refs, this.size * 2);
  }
}

/** True when the demand fits the amounts at an offset. */
export function fitsAt(demand: Amounts, amounts: Float64Array, offset: number): boolean {
  for (let index = 0; index < demand.length; index++) {
    if ((demand[index] as number) > (amounts[offset + index] as number)) return false;
  }
  return true;
}
