import { IntList } from '../../core/int-list.js';
import { grown } from '../../core/rows.js';
import type { KindTable } from '../allocation/resource-kinds.js';
import { KindColumn } from './kind-column.js';

/** What the offers of one ACCEPT hold together, by agent and kind; emptied by a serial number. */
export class KindPot {
  /** Agents with something in the pot, in order of naming. */
  readonly agents = new IntList();
  readonly amounts: KindColumn;
  /** Of that, what operations of this ACCEPT have made: unused, it returns without a filter. */
  readonly made: KindColumn;
  private serials = new Int32Array(16);
  private serial = 0;

  constructor(private readonly kinds: KindTable) {
    this.amounts = new KindColumn(kinds);
    this.made = new KindColumn(kinds);
  }

  begin(): void {
    this.serial++;
    this.agents.clear();
  }

  add(agent: number, amounts: Float64Array, offset: number): void {
    if (agent >= this.serials.length) this.serials = grown(this.serials, Math.max(agent + 1, this.serials.length * 2));
    if (this.serials[agent] !== this.serial) {
      this.serials[agent] = this.serial;
      this.amounts.clear(agent);
      this.made.clear(agent);
      this.agents.push(agent);
    }
    this.amounts.add(agent, amounts, offset, 1);
  }

  contains(agent: number, amounts: Float64Array, offset: number): boolean {
    return this.serials[agent] === this.serial && this.amounts.contains(agent, amounts, offset);
  }

  /** Takes out what operations have made and no task has used; it then stands in `made`. False when there is none. */
  takeMade(agent: number): boolean {
    const { made, amounts } = this;
    if (made.isEmpty(agent)) return false;
    const offset = made.at(agent);
    const leftOffset = amounts.at(agent);
    for (let kind = 0; kind < this.kinds.count; kind++) {
      const left = amounts.amounts[leftOffset + kind] as number;
      made.amounts[offset + kind] = Math.min(left, made.amounts[offset + kind] as number);
    }
    if (made.isEmpty(agent)) return false;
    amounts.add(agent, made.amounts, offset, -1);
    return true;
  }
}
