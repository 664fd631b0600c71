import { shuffleKey } from '../core/digest.js';
import type { IntList } from '../core/int-list.js';

/** Orders rows of agents by a hash of (seed, stage, cycle, row): a function of the cycle's number alone, whatever was skipped. */
export class AgentShuffle {
  private keys = new Float64Array(16);

  shuffle(rows: IntList, seed: number, cycle: number): void {
    if (this.keys.length < rows.size) this.keys = new Float64Array(rows.size * 2);
    const keys = this.keys.subarray(0, rows.size);
    // 32-bit key and 21-bit row in one double: rows break ties, and the sort needs no comparator.
    for (let index = 0; index < rows.size; index++) {
      const row = rows.at(index);
      keys[index] = shuffleKey(seed, 2, cycle, row) * 0x200000 + row;
    }
    keys.sort();
    for (let index = 0; index < rows.size; index++) {
      const key = keys[index] as number;
      rows.items[index] = key - Math.floor(key / 0x200000) * 0x200000;
    }
  }
}
