/**
 * A 64-bit digest of the facts of a run, kept as two 32-bit lanes. `add` mixes words in order; a fact is closed by `fact`,
 * which binds it to its kind and time. The mixing function is MurmurHash3's 32-bit finalizer (Austin Appleby, public domain).
 */
export class Digest {
  private low = 0x9e3779b9 | 0;
  private high = 0x85ebca6b | 0;
  factCount = 0;

  /** Mixes one number: whole numbers below 2^53 exactly. */
  add(value: number): void {
    const upper = Math.floor(value / 0x100000000);
    this.low = mix32(this.low ^ (value | 0) ^ Math.imul(upper, 0x27d4eb2f));
    this.high = mix32((this.high + (value | 0)) ^ Math.imul(upper | 0, 0x165667b1) ^ this.low);
  }

  text(value: string): void {
    for (let index = 0; index < value.length; index++) this.add(value.charCodeAt(index));
    this.add(value.length);
  }

  /** Opens a fact of a kind at a time. */
  fact(kind: number, timeUs: number): void {
    this.factCount++;
    this.add(kind);
    this.add(timeUs);
  }

  /** 16 hexadecimal digits. */
  hex(): string {
    return hex32(this.high) + hex32(this.low);
  }
}

export function mix32(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Hash of an owner and whole amounts, for commutative sums (added modulo 2^32). */
export function hashAmounts(owner: number, amounts: Float64Array, offset: number, count: number): number {
  let hash = mix32(owner + 0x9e3779b9);
  for (let index = offset; index < offset + count; index++) {
    const value = amounts[index] as number;
    hash = Math.imul(hash ^ (value | 0) ^ Math.imul((value / 0x100000000) | 0, 0x27d4eb2f), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return mix32(hash);
}

/** The order of an agent in a shuffled cycle: a function of its operands alone, so skipped cycles leave no trace. */
export function shuffleKey(seed: number, stage: number, cycle: number, row: number): number {
  return mix32(Math.imul(seed ^ mix32(cycle), 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca77) ^ stage) >>> 0;
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
