const FIRST_CAPACITY = 64;

/** A ring of events that arrive in order of time. */
export class EventLane {
  size = 0;
  head = 0;
  times = new Float64Array(FIRST_CAPACITY);
  sequences = new Float64Array(FIRST_CAPACITY);
  kinds = new Uint8Array(FIRST_CAPACITY);
  as = new Int32Array(FIRST_CAPACITY);
  bs = new Int32Array(FIRST_CAPACITY);
  private mask = FIRST_CAPACITY - 1;

  headTimeUs(): number {
    return this.times[this.head] as number;
  }

  headSequence(): number {
    return this.sequences[this.head] as number;
  }

  push(timeUs: number, sequence: number, kind: number, a: number, b: number): void {
    if (this.size > this.mask) this.grow();
    const tail = (this.head + this.size++) & this.mask;
    this.times[tail] = timeUs;
    this.sequences[tail] = sequence;
    this.kinds[tail] = kind;
    this.as[tail] = a;
    this.bs[tail] = b;
  }

  drop(): void {
    this.head = (this.head + 1) & this.mask;
    this.size--;
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    this.times = unroll(new Float64Array(capacity), this.times, this.head);
    this.sequences = unroll(new Float64Array(capacity), this.sequences, this.head);
    this.kinds = unroll(new Uint8Array(capacity), this.kinds, this.head);
    this.as = unroll(new Int32Array(capacity), this.as, this.head);
    this.bs = unroll(new Int32Array(capacity), this.bs, this.head);
    this.head = 0;
    this.mask = capacity - 1;
  }
}

type Column = Float64Array | Int32Array | Uint8Array;

function unroll<C extends Column>(target: C, from: C, head: number): C {
  target.set(from.subarray(head));
  target.set(from.subarray(0, head), from.length - head);
  return target;
}
