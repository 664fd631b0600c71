import { shuffleKey } from '../core/digest.js';

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
/** Fewer rows are sorted by insertion. */
const FEW = 48;

/** Orders rows of agents by a hash of (seed, stage, cycle, row): a function of the cycle's number alone, whatever was skipped. */
export class AgentShuffle {
  private keys = new Uint32Array(16);
  private nextKeys = new Uint32Array(16);
  private nextRows = new Int32Array(16);
  private readonly counts = new Int32Array(DIGITS);

  /** Reorders the first `count` rows, in place: by key, then by row. */
  shuffle(rows: Int32Array, count: number, seed: number, stage: number, cycle: number): void {
    if (this.keys.length < count) {
      this.keys = new Uint32Array(count * 2);
      this.nextKeys = new Uint32Array(count * 2);
      this.nextRows = new Int32Array(count * 2);
    }
    for (let index = 0; index < count; index++)
      this.keys[index] = shuffleKey(seed, stage, cycle, rows[index] as number);
    if (count > FEW) {
      // Three stable passes over the digits of the keys, from the lowest.
      this.pass(this.keys, rows, this.nextKeys, this.nextRows, count, 0);
      this.pass(this.nextKeys, this.nextRows, this.keys, rows, count, DIGIT_BITS);
      this.pass(this.keys, rows, this.nextKeys, this.nextRows, count, 2 * DIGIT_BITS);
      rows.set(this.nextRows.subarray(0, count));
      this.keys.set(this.nextKeys.subarray(0, count));
    }
    // Few rows, or equal keys among many: next to nothing is moved then.
    this.insertEach(rows, count);
  }

  private insertEach(rows: Int32Array, count: number): void {
    const { keys } = this;
    for (let from = 1; from < count; from++) {
      const key = keys[from] as number;
      const row = rows[from] as number;
      let at = from;
      for (; at > 0; at--) {
        const before = keys[at - 1] as number;
        if (before < key || (before === key && (rows[at - 1] as number) < row)) break;
        keys[at] = keys[at - 1] as number;
        rows[at] = rows[at - 1] as number;
      }
      keys[at] = key;
      rows[at] = row;
    }
  }

  private pass(
    keys: Uint32Array,
    rows: Int32Array,
    toKeys: Uint32Array,
    toRows: Int32Array,
    count: number,
    shift: number,
  ): void {
    const { counts } = this;
    counts.fill(0);
    for (let index = 0; index < count; index++) {
      const digit = ((keys[index] as number) >>> shift) & (DIGITS - 1);
      counts[digit] = (counts[digit] as number) + 1;
    }
    let place = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const inDigit = counts[digit] as number;
      counts[digit] = place;
      place += inDigit;
    }
    for (let index = 0; index < count; index++) {
      const key = keys[index] as number;
      const digit = (key >>> shift) & (DIGITS - 1);
      const to = counts[digit] as number;
      counts[digit] = to + 1;
      toKeys[to] = key;
      toRows[to] = rows[index] as number;
    }
  }
}
