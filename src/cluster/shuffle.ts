import { shuffleKey } from '../core/digest.js';
import { sortNumbers } from '../core/sort-numbers.js';

/** Orders rows of agents by a hash of (seed, stage, cycle, row): a function of the cycle's number alone, whatever was skipped. */
export class AgentShuffle {
  private keys = new Float64Array(16);

  /** Reorders the first `count` rows in place. */
  shuffle(rows: Int32Array, count: number, seed: number, stage: number, cycle: number): void {
    if (this.keys.length < count) this.keys = new Float64Array(count * 2);
    const keys = this.keys.subarray(0, count);
    // 32-bit key and 21-bit row in one double: rows break ties, and the sort needs no comparator.
    for (let index = 0; index < count; index++) {
      const row = rows[index] as number;
      keys[index] = shuffleKey(seed, stage, cycle, row) * 0x200000 + row;
    }
    sortNumbers(keys);
    for (let index = 0; index < count; index++) {
      const key = keys[index] as number;
      rows[index] = key - Math.floor(key / 0x200000) * 0x200000;
    }
  }
}
