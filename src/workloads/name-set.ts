import { NumberSet } from './number-set.js';

/**
 * Which names were met. Most traces number their jobs: names that end alike in a number (`j_17`) cost a bit each where they stand close
 * together. Others cost sixteen bytes however long they are, by a 64-bit hash: two of them may be taken for one, once in 10^19.
 */
export class NameSet {
  private low: Uint32Array = new Uint32Array(0);
  private high: Uint32Array = new Uint32Array(0);
  private readonly numbers = new NumberSet();
  private prefix: string | undefined;
  private hashed = 0;

  /** Room for so many names is taken when the first one comes that needs it; with more it grows. */
  constructor(names = 512) {
    this.slots = 2 ** Math.ceil(Math.log2(2 * names));
  }
  private readonly slots: number;

  get count(): number {
    return this.hashed + this.numbers.count;
  }

  /** True if the name is new. */
  add(name: string): boolean {
    const number = this.numberOf(name);
    if (number >= 0 && this.numbers.takes(number)) return this.numbers.add(number);
    if (this.hashed * 2 >= this.low.length) this.grow();
    this.hash(name);
    return this.insert(this.lowHash, this.highHash);
  }

  has(name: string): boolean {
    const number = this.numberOf(name);
    if (number >= 0 && this.numbers.has(number)) return true;
    if (this.hashed === 0) return false;
    this.hash(name);
    return this.high[this.slotOf(this.lowHash, this.highHash)] !== 0;
  }

  /** The number in which the name ends, if the rest is what the first such name begins with; -1 = none. */
  private numberOf(name: string): number {
    const { length } = name;
    let start = length;
    let number = 0;
    let unit = 1;
    for (; start > 0 && length - start < MOST_DIGITS; start--, unit *= 10) {
      const digit = name.charCodeAt(start - 1) - 48;
      if (digit < 0 || digit > 9) break;
      number += digit * unit;
    }
    // A number has one spelling: no zero stands before it, nor another digit.
    if (start === length || (name.charCodeAt(start) === 48 && length - start > 1)) return -1;
    if (this.prefix === undefined) this.prefix = name.slice(0, start);
    return this.prefix.length === start && name.startsWith(this.prefix) && !endsInDigit(this.prefix) ? number : -1;
  }

  private lowHash = 0;
  private highHash = 0;

  private hash(name: string): void {
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let at = 0; at < name.length; at++) {
      const code = name.charCodeAt(at);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b);
      high ^= high >>> 15;
    }
    // Zero in both halves marks a free slot.
    this.lowHash = low >>> 0;
    this.highHash = ((high ^ low) | 1) >>> 0;
  }

  private insert(low: number, high: number): boolean {
    const slot = this.slotOf(low, high);
    if (this.high[slot] !== 0) return false;
    this.low[slot] = low;
    this.high[slot] = high;
    this.hashed++;
    return true;
  }

  /** Where the name stands, or the free slot where it belongs. */
  private slotOf(low: number, high: number): number {
    const mask = this.low.length - 1;
    let slot = (low ^ (low >>> 15)) & mask;
    while (this.high[slot] !== 0 && (this.high[slot] !== high || this.low[slot] !== low)) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { low, high } = this;
    const slots = Math.max(this.slots, low.length * 2);
    this.low = new Uint32Array(slots);
    this.high = new Uint32Array(slots);
    this.hashed = 0;
    for (let slot = 0; slot < low.length; slot++)
      if (high[slot] !== 0) this.insert(low[slot] as number, high[slot] as number);
  }
}

/** So many digits are a whole number that doubles tell apart. */
const MOST_DIGITS = 15;

function endsInDigit(text: string): boolean {
  const digit = text.charCodeAt(text.length - 1) - 48;
  return digit >= 0 && digit <= 9;
}
