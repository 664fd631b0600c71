const ARITY = 4;
const FIRST_CAPACITY = 1024;

/**
 * Pending events in order of (time, insertion). Heap entries are (time, slot); sequence, kind and operands stand in slot-indexed
 * columns that are read on ties and on dispatch only. Events of one constant delay go through first-in-first-out lanes that are
 * merged in the same order, so they never enter the heap.
 * An event that no longer applies is recognised by its receiver through an epoch among the operands; nothing is ever searched.
 */
export class EventQueue {
  /** The event that `pop` took last. */
  timeUs = 0;
  kind = 0;
  a = 0;
  b = 0;

  private sequence = 0;
  private heapSize = 0;
  private heapTimes = new Float64Array(FIRST_CAPACITY);
  private heapSlots = new Int32Array(FIRST_CAPACITY);
  private slotSequences = new Float64Array(FIRST_CAPACITY);
  private slotKinds = new Uint8Array(FIRST_CAPACITY);
  private slotA = new Int32Array(FIRST_CAPACITY);
  private slotB = new Int32Array(FIRST_CAPACITY);
  private freeSlots = new Int32Array(FIRST_CAPACITY);
  private freeCount = 0;
  private usedSlots = 0;
  private readonly lanes: Lane[] = [];
  private laneEvents = 0;

  /** Number of pending events. */
  get size(): number {
    return this.heapSize + this.laneEvents;
  }

  /** Opens a lane; its events must be pushed in order of time. */
  openLane(): number {
    this.lanes.push(new Lane());
    return this.lanes.length - 1;
  }

  push(timeUs: number, kind: number, a: number, b: number): void {
    if (this.heapSize === this.heapTimes.length) this.grow();
    const slot = this.freeCount > 0 ? (this.freeSlots[--this.freeCount] as number) : this.usedSlots++;
    this.slotSequences[slot] = this.sequence++;
    this.slotKinds[slot] = kind;
    this.slotA[slot] = a;
    this.slotB[slot] = b;
    this.siftUp(this.heapSize++, timeUs, slot);
  }

  pushLane(lane: number, timeUs: number, kind: number, a: number, b: number): void {
    (this.lanes[lane] as Lane).push(timeUs, this.sequence++, kind, a, b);
    this.laneEvents++;
  }

  /** Time of the earliest event, Infinity when none is pending. */
  nextTimeUs(): number {
    let best = this.heapSize > 0 ? (this.heapTimes[0] as number) : Number.POSITIVE_INFINITY;
    if (this.laneEvents === 0) return best;
    for (let index = 0; index < this.lanes.length; index++) {
      const lane = this.lanes[index] as Lane;
      if (lane.size > 0 && lane.headTimeUs() < best) best = lane.headTimeUs();
    }
    return best;
  }

  /** Takes the earliest event into `timeUs`, `kind`, `a`, `b`; false when none is pending. */
  pop(): boolean {
    if (this.laneEvents === 0) {
      if (this.heapSize === 0) return false;
      this.popHeap();
      return true;
    }
    let bestLane: Lane | undefined;
    let bestTimeUs = Number.POSITIVE_INFINITY;
    let bestSequence = 0;
    if (this.heapSize > 0) {
      bestTimeUs = this.heapTimes[0] as number;
      bestSequence = this.slotSequences[this.heapSlots[0] as number] as number;
    }
    for (let index = 0; index < this.lanes.length; index++) {
      const lane = this.lanes[index] as Lane;
      if (lane.size === 0) continue;
      const timeUs = lane.headTimeUs();
      if (timeUs < bestTimeUs || (timeUs === bestTimeUs && lane.headSequence() < bestSequence)) {
        bestLane = lane;
        bestTimeUs = timeUs;
        bestSequence = lane.headSequence();
      }
    }
    if (bestLane === undefined) this.popHeap();
    else this.popLane(bestLane);
    return true;
  }

  private popLane(lane: Lane): void {
    const head = lane.head;
    this.timeUs = lane.times[head] as number;
    this.kind = lane.kinds[head] as number;
    this.a = lane.as[head] as number;
    this.b = lane.bs[head] as number;
    lane.drop();
    this.laneEvents--;
  }

  private popHeap(): void {
    const slot = this.heapSlots[0] as number;
    this.timeUs = this.heapTimes[0] as number;
    this.kind = this.slotKinds[slot] as number;
    this.a = this.slotA[slot] as number;
    this.b = this.slotB[slot] as number;
    this.freeSlots[this.freeCount++] = slot;
    const last = --this.heapSize;
    if (last > 0) this.siftDown(this.heapTimes[last] as number, this.heapSlots[last] as number, last);
  }

  private siftUp(start: number, timeUs: number, slot: number): void {
    const times = this.heapTimes;
    const slots = this.heapSlots;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      // A new event has the largest sequence, so on equal times it stays below its parent.
      if ((times[parent] as number) <= timeUs) break;
      times[index] = times[parent] as number;
      slots[index] = slots[parent] as number;
      index = parent;
    }
    times[index] = timeUs;
    slots[index] = slot;
  }

  private siftDown(timeUs: number, slot: number, size: number): void {
    const times = this.heapTimes;
    const slots = this.heapSlots;
    const sequences = this.slotSequences;
    const sequence = sequences[slot] as number;
    let index = 0;
    for (;;) {
      const first = index * ARITY + 1;
      if (first >= size) break;
      let child = first;
      let childTimeUs = times[first] as number;
      const end = Math.min(first + ARITY, size);
      for (let other = first + 1; other < end; other++) {
        const otherTimeUs = times[other] as number;
        if (otherTimeUs > childTimeUs) continue;
        if (
          otherTimeUs < childTimeUs ||
          (sequences[slots[other] as number] as number) < (sequences[slots[child] as number] as number)
        ) {
          child = other;
          childTimeUs = otherTimeUs;
        }
      }
      if (childTimeUs > timeUs) break;
      const childSlot = slots[child] as number;
      if (childTimeUs === timeUs && (sequences[childSlot] as number) > sequence) break;
      times[index] = childTimeUs;
      slots[index] = childSlot;
      index = child;
    }
    times[index] = timeUs;
    slots[index] = slot;
  }

  private grow(): void {
    const capacity = this.heapTimes.length * 2;
    this.heapTimes = copyInto(new Float64Array(capacity), this.heapTimes);
    this.heapSlots = copyInto(new Int32Array(capacity), this.heapSlots);
    this.slotSequences = copyInto(new Float64Array(capacity), this.slotSequences);
    this.slotKinds = copyInto(new Uint8Array(capacity), this.slotKinds);
    this.slotA = copyInto(new Int32Array(capacity), this.slotA);
    this.slotB = copyInto(new Int32Array(capacity), this.slotB);
    this.freeSlots = copyInto(new Int32Array(capacity), this.freeSlots);
  }
}

/** A ring of events that arrive in order of time. */
class Lane {
  size = 0;
  head = 0;
  times = new Float64Array(64);
  sequences = new Float64Array(64);
  kinds = new Uint8Array(64);
  as = new Int32Array(64);
  bs = new Int32Array(64);
  private mask = 63;

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

function copyInto<C extends Column>(target: C, from: C): C {
  target.set(from);
  return target;
}

function unroll<C extends Column>(target: C, from: C, head: number): C {
  target.set(from.subarray(head));
  target.set(from.subarray(0, head), from.length - head);
  return target;
}
