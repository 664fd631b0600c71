import { IntList } from '../core/int-list.js';
import { grown } from '../core/rows.js';
import type { AgentStore } from './agents.js';

/** What the offers of one ACCEPT hold together, merged per agent; emptied by a serial number, not by clearing. */
export class Pot {
  /** Agents with something in the pot, in order of naming. */
  readonly agents = new IntList();
  amounts = new Float64Array(0);
  private serials = new Int32Array(16);
  private serial = 0;
  private readonly width: number;

  constructor(private readonly store: AgentStore) {
    this.width = store.resources.count;
  }

  begin(): void {
    const { count } = this.store;
    if (this.serials.length < count) this.serials = grown(this.serials, count);
    if (this.amounts.length < count * this.width) this.amounts = grown(this.amounts, count * this.width);
    this.serial++;
    this.agents.clear();
  }

  add(agent: number, amounts: Float64Array, offset: number): void {
    const base = agent * this.width;
    if (this.serials[agent] !== this.serial) {
      this.serials[agent] = this.serial;
      this.amounts.fill(0, base, base + this.width);
      this.agents.push(agent);
    }
    for (let index = 0; index < this.width; index++) {
      this.amounts[base + index] = (this.amounts[base + index] as number) + (amounts[offset + index] as number);
    }
  }

  isEmpty(agent: number): boolean {
    const base = agent * this.width;
    for (let index = 0; index < this.width; index++) if ((this.amounts[base + index] as number) > 0) return false;
    return true;
  }

  /** Takes one task's amounts; false when the agent is gone or they do not fit. */
  take(agent: number, amounts: Float64Array): boolean {
    const base = agent * this.width;
    if (this.serials[agent] !== this.serial || this.store.isUp[agent] !== 1) return false;
    for (let index = 0; index < this.width; index++) {
      if ((amounts[index] as number) > (this.amounts[base + index] as number)) return false;
    }
    for (let index = 0; index < this.width; index++) {
      this.amounts[base + index] = (this.amounts[base + index] as number) - (amounts[index] as number);
    }
    return true;
  }
}
