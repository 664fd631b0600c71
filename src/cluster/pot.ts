import { IntList } from '../core/int-list.js';
import { grown } from '../core/rows.js';
import type { GrantTerms } from '../model/allocator.js';
import type { AgentStore } from './agents.js';

/** What the offers of one ACCEPT hold together, merged per agent; emptied by a serial number, not by clearing. */
export class Pot {
  /** Agents with something in the pot, in order of naming. */
  readonly agents = new IntList();
  amounts = new Float64Array(0);
  /** Terms of what a market sold, per agent of this pot; of offers with unlike terms the average by amount. */
  private readonly termsOf = new Map<number, GrantTerms>();
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
    this.termsOf.clear();
  }

  /** Terms of the agent's merged offers, undefined when no market sold them. */
  terms(agent: number): GrantTerms | undefined {
    return this.termsOf.get(agent);
  }

  /** Like `add`, for an offer that a market sold. */
  addSold(agent: number, amounts: Float64Array, offset: number, terms: GrantTerms): void {
    const held = this.termsOf.get(agent);
    if (held === undefined || held === terms) {
      this.termsOf.set(agent, terms);
    } else {
      const before = this.amounts.subarray(agent * this.width, (agent + 1) * this.width);
      const added = amounts.subarray(offset, offset + this.width);
      this.termsOf.set(agent, {
        unitPrices: averaged(held.unitPrices, before, terms.unitPrices, added),
        unitValues: averaged(held.unitValues, before, terms.unitValues, added),
      });
    }
    this.add(agent, amounts, offset);
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

/** Average of two rates by amount, per resource. */
function averaged(a: Float64Array, amountsA: Float64Array, b: Float64Array, amountsB: Float64Array): Float64Array {
  return a.map((rate, index) => {
    const [weightA, weightB] = [amountsA[index] as number, amountsB[index] as number];
    const weight = weightA + weightB;
    return weight > 0 ? (rate * weightA + (b[index] as number) * weightB) / weight : rate;
  });
}
