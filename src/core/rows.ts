/** Rows of a store: handed out lowest-last-freed first, with an epoch that tells a reused row from its former self. */
export class Rows {
  epochs = new Int32Array(64);
  /** One more than the highest row ever used. */
  end = 0;
  liveCount = 0;
  private free = new Int32Array(64);
  private freeCount = 0;

  /** Called with the new capacity when the columns of the store must grow. */
  constructor(private readonly onGrow: (capacity: number) => void) {
    onGrow(64);
  }

  take(): number {
    this.liveCount++;
    if (this.freeCount > 0) return this.free[--this.freeCount] as number;
    if (this.end === this.epochs.length) this.grow();
    return this.end++;
  }

  release(row: number): void {
    this.liveCount--;
    this.epochs[row] = ((this.epochs[row] as number) + 1) | 0;
    this.free[this.freeCount++] = row;
  }

  private grow(): void {
    const capacity = this.epochs.length * 2;
    this.epochs = grown(this.epochs, capacity);
    this.free = grown(this.free, capacity);
    this.onGrow(capacity);
  }
}

/** A larger copy of a typed column. */
export function grown<C extends Float64Array | Int32Array | Uint8Array | Uint32Array>(column: C, capacity: number): C {
  const larger = new (column.constructor as new (length: number) => C)(capacity);
  larger.set(column);
  return larger;
}
