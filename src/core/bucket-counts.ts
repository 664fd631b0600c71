/** Buckets per block. */
const BLOCK = 128;
const MOST_IN_32_BITS = 2 ** 32 - 1;

/**
 * Counts of buckets, kept in blocks that are made when they are first met: the values of a sketch lie in a few blocks far apart, and a
 * run has a sketch per framework, user and measure.
 */
export class BucketCounts {
  private readonly blocks: (Uint32Array | Float64Array | undefined)[] = [];

  /** Whole numbers: `bucket` ≥ 0, `count` ≥ 0. */
  add(bucket: number, count: number): void {
    const row = Math.floor(bucket / BLOCK);
    let block = this.blocks[row] ?? this.make(row);
    const sum = (block[bucket % BLOCK] as number) + count;
    if (sum > MOST_IN_32_BITS && block instanceof Uint32Array) {
      block = Float64Array.from(block);
      this.blocks[row] = block;
    }
    block[bucket % BLOCK] = sum;
  }

  /** Buckets that hold something, ascending, as long as the visitor returns true. */
  visit(visitor: (bucket: number, count: number) => boolean): void {
    for (let row = 0; row < this.blocks.length; row++) {
      const block = this.blocks[row];
      if (block === undefined) continue;
      for (let index = 0; index < BLOCK; index++) {
        const count = block[index] as number;
        if (count > 0 && !visitor(row * BLOCK + index, count)) return;
      }
    }
  }

  private make(row: number): Uint32Array {
    while (this.blocks.length <= row) this.blocks.push(undefined);
    const block = new Uint32Array(BLOCK);
    this.blocks[row] = block;
    return block;
  }
}
