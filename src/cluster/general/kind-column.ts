import { grown } from '../../core/rows.js';
import { type KindTable, relaid } from '../allocation/resource-kinds.js';

/** Amounts by kind of the rows of another store: grows with the rows and widens with the kinds. */
export class KindColumn {
  amounts: Float64Array;
  private capacity = 16;

  constructor(private readonly kinds: KindTable) {
    this.amounts = new Float64Array(this.capacity * kinds.stride);
    kinds.onWiden((oldStride, stride) => {
      this.amounts = relaid(this.amounts, this.capacity, oldStride, stride);
    });
  }

  /** Where the row begins; the row is made when it is new. */
  at(row: number): number {
    if (row >= this.capacity) {
      this.capacity = Math.max(this.capacity * 2, row + 1);
      this.amounts = grown(this.amounts, this.capacity * this.kinds.stride);
    }
    return row * this.kinds.stride;
  }

  clear(row: number): void {
    const base = this.at(row);
    this.amounts.fill(0, base, base + this.kinds.stride);
  }

  set(row: number, amounts: Float64Array, offset: number): void {
    const base = this.at(row);
    for (let kind = 0; kind < this.kinds.stride; kind++) this.amounts[base + kind] = amounts[offset + kind] ?? 0;
  }

  /** Adds `sign` times the amounts. */
  add(row: number, amounts: Float64Array, offset: number, sign: number): void {
    const base = this.at(row);
    for (let kind = 0; kind < this.kinds.count; kind++) {
      this.amounts[base + kind] = (this.amounts[base + kind] as number) + sign * (amounts[offset + kind] ?? 0);
    }
  }

  /** True when the row has at least these amounts. */
  contains(row: number, amounts: Float64Array, offset: number): boolean {
    const base = this.at(row);
    for (let kind = 0; kind < this.kinds.count; kind++) {
      if ((amounts[offset + kind] ?? 0) > (this.amounts[base + kind] as number)) return false;
    }
    return true;
  }

  isEmpty(row: number): boolean {
    const base = this.at(row);
    for (let kind = 0; kind < this.kinds.count; kind++) if ((this.amounts[base + kind] as number) > 0) return false;
    return true;
  }
}
