/** Which names were met, by a 64-bit hash each: sixteen bytes a name however long it is. Two names may be taken for one, once in 10^19. */
export class NameSet {
  private low: Uint32Array;
  private high: Uint32Array;
  count = 0;

  /** Room for so many names is taken at once; with more it grows. */
  constructor(names = 512) {
    const slots = 2 ** Math.ceil(Math.log2(2 * names));
    this.low = new Uint32Array(slots);
    this.high = new Uint32Array(slots);
  }

  /** True if the name is new. */
  add(name: string): boolean {
    if (this.count * 2 >= this.low.length) this.grow();
    this.hash(name);
    return this.insert(this.lowHash, this.highHash);
  }

  has(name: string): boolean {
    this.hash(name);
    return this.high[this.slotOf(this.lowHash, this.highHash)] !== 0;
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
    this.count++;
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
    this.low = new Uint32Array(low.length * 2);
    this.high = new Uint32Array(low.length * 2);
    this.count = 0;
    for (let slot = 0; slot < low.length; slot++)
      if (high[slot] !== 0) this.insert(low[slot] as number, high[slot] as number);
  }
}
