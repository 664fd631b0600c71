const ARITY = 4;
const FIRST_CAPACITY = 1024;

/**
 * A 4-ary heap of (time, slot). Among equal times the slot that was first in goes first: its sequence stands at `sequences[slot × stride]`,
 * and is read on ties only, so that a search among children reads times alone.
 */
export class EventHeap {
  size = 0;
  private times = new Float64Array(FIRST_CAPACITY);
  private slots = new Int32Array(FIRST_CAPACITY);

  constructor(
    /** Owned by the queue, which sets it anew when it grows. */
    public sequences: Float64Array,
    private readonly stride: number,
  ) {}

  /** Time and slot of the earliest entry; only when there is one. */
  get headTimeUs(): number {
    return this.times[0] as number;
  }
  get headSlot(): number {
    return this.slots[0] as number;
  }

  slotAt(index: number): number {
    return this.slots[index] as number;
  }

  push(timeUs: number, slot: number): void {
    if (this.size === this.times.length) this.grow();
    const { times, slots, sequences, stride } = this;
    const sequence = sequences[slot * stride] as number;
    let index = this.size++;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      const parentTimeUs = times[parent] as number;
      if (parentTimeUs < timeUs) break;
      const parentSlot = slots[parent] as number;
      if (parentTimeUs === timeUs && (sequences[parentSlot * stride] as number) < sequence) break;
      times[index] = parentTimeUs;
      slots[index] = parentSlot;
      index = parent;
    }
    times[index] = timeUs;
    slots[index] = slot;
  }

  /** Takes the earliest entry away. */
  drop(): void {
    const last = --this.size;
    if (last > 0) this.siftDown(this.times[last] as number, this.slots[last] as number, last);
  }

  private siftDown(timeUs: number, slot: number, size: number): void {
    const { times, slots, sequences, stride } = this;
    const sequence = sequences[slot * stride] as number;
    let index = 0;
    for (;;) {
      const first = index * ARITY + 1;
      if (first >= size) break;
      const child = this.earliest(first, Math.min(first + ARITY, size));
      const childTimeUs = times[child] as number;
      if (childTimeUs > timeUs) break;
      const childSlot = slots[child] as number;
      if (childTimeUs === timeUs && (sequences[childSlot * stride] as number) > sequence) break;
      times[index] = childTimeUs;
      slots[index] = childSlot;
      index = child;
    }
    times[index] = timeUs;
    slots[index] = slot;
  }

  /** The entry of [first, end) that goes first. */
  private earliest(first: number, end: number): number {
    const { times, slots, sequences, stride } = this;
    let best = first;
    let bestUs = times[first] as number;
    for (let index = first + 1; index < end; index++) {
      const timeUs = times[index] as number;
      if (timeUs > bestUs) continue;
      if (
        timeUs < bestUs ||
        (sequences[(slots[index] as number) * stride] as number) <
          (sequences[(slots[best] as number) * stride] as number)
      ) {
        best = index;
        bestUs = timeUs;
      }
    }
    return best;
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    const slots = new Int32Array(this.slots.length * 2);
    times.set(this.times);
    slots.set(this.slots);
    this.times = times;
    this.slots = slots;
  }
}
