import { EventHeap } from './event-heap.js';
import { EventLane } from './event-lane.js';
import { sortNumbers } from './sort-numbers.js';

const FIRST_CAPACITY = 1024;
/** Reals and integers of a slot's record. */
const REALS = 4;
const INTS = 8;
const SEQUENCE = 0;
const TIME = 1;
const A = 4;
const B = 5;
const KIND = 6;
const NEXT = 7;

/** With fewer events far ahead a heap alone is as fast. */
const FEW = 4096;
const EVENTS_PER_BUCKET = 4;
const LEAST_BUCKETS = 256;
const MOST_BUCKETS = 1 << 18;
/** Events whose times are looked at to choose how far the buckets reach, and the share of events that they shall hold. */
const SAMPLES = 256;
const COVERED = 0.75;

/**
 * Pending events in order of (time, insertion). What comes next stands in a heap; what is further away in buckets of equal width, or
 * beyond them in one list, as linked lists without order: an event that is 100 s ahead is written once, and read when its bucket's time
 * has come. Buckets are made anew, with a width that fits the events of then, when the last one is empty; each time most of the list
 * goes into them. How events are spread decides about speed alone: the order is that of the heap. An event is a record of 32 bytes,
 * half a line of the cache. Events of one constant delay go through first-in-first-out lanes that are merged in the same order.
 * An event that no longer applies is recognised by its receiver through an epoch among the operands; nothing is ever searched.
 */
export class EventQueue {
  /** The event that `pop` took last. */
  timeUs = 0;
  kind = 0;
  a = 0;
  b = 0;

  private sequence = 0;
  private reals = new Float64Array(FIRST_CAPACITY * REALS);
  private ints = new Int32Array(this.reals.buffer);
  private freeSlots = new Int32Array(FIRST_CAPACITY);
  private freeCount = 0;
  private usedSlots = 0;
  private readonly lanes: EventLane[] = [];
  private laneEvents = 0;

  private readonly heap = new EventHeap(this.reals, REALS);
  /** True while what is far ahead stands in buckets: an event is in the heap up to bucket `cursor`. */
  private isSpread = false;
  /** As many events in the heap are spread. */
  private spreadAt: number;
  private heads = new Int32Array(LEAST_BUCKETS).fill(-1);
  private bucketCount = 0;
  private cursor = 0;
  private firstUs = 0;
  private bucketsPerUs = 0;
  private inBuckets = 0;
  private beyondHead = -1;
  private beyondCount = 0;
  private readonly samples = new Float64Array(SAMPLES);

  constructor(
    /** As many events are kept in the heap alone; tests take fewer. */
    private readonly few = FEW,
  ) {
    this.spreadAt = 2 * few;
  }

  /** Number of pending events. */
  get size(): number {
    return this.heap.size + this.inBuckets + this.beyondCount + this.laneEvents;
  }

  /** Opens a lane; its events must be pushed in order of time. */
  openLane(): number {
    this.lanes.push(new EventLane());
    return this.lanes.length - 1;
  }

  push(timeUs: number, kind: number, a: number, b: number): void {
    const slot = this.freeCount > 0 ? (this.freeSlots[--this.freeCount] as number) : this.newSlot();
    const { reals, ints } = this;
    reals[slot * REALS + SEQUENCE] = this.sequence++;
    reals[slot * REALS + TIME] = timeUs;
    ints[slot * INTS + A] = a;
    ints[slot * INTS + B] = b;
    ints[slot * INTS + KIND] = kind;
    if (this.isSpread) {
      this.put(timeUs, slot);
      return;
    }
    this.heap.push(timeUs, slot);
    if (this.heap.size > this.spreadAt) this.spreadHeap();
  }

  pushLane(lane: number, timeUs: number, kind: number, a: number, b: number): void {
    (this.lanes[lane] as EventLane).push(timeUs, this.sequence++, kind, a, b);
    this.laneEvents++;
  }

  /** Time of the earliest event, Infinity when none is pending. */
  nextTimeUs(): number {
    let best = this.heap.size > 0 ? this.heap.headTimeUs : Number.POSITIVE_INFINITY;
    if (this.laneEvents === 0) return best;
    for (let index = 0; index < this.lanes.length; index++) {
      const lane = this.lanes[index] as EventLane;
      if (lane.size > 0 && lane.headTimeUs() < best) best = lane.headTimeUs();
    }
    return best;
  }

  /** Takes the earliest event into `timeUs`, `kind`, `a`, `b`; false when none is pending. */
  pop(): boolean {
    if (this.laneEvents === 0) {
      if (this.heap.size === 0) return false;
      this.popHeap();
      return true;
    }
    let bestLane: EventLane | undefined;
    let bestTimeUs = Number.POSITIVE_INFINITY;
    let bestSequence = 0;
    if (this.heap.size > 0) {
      bestTimeUs = this.heap.headTimeUs;
      bestSequence = this.reals[this.heap.headSlot * REALS + SEQUENCE] as number;
    }
    for (let index = 0; index < this.lanes.length; index++) {
      const lane = this.lanes[index] as EventLane;
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

  private popLane(lane: EventLane): void {
    const head = lane.head;
    this.timeUs = lane.times[head] as number;
    this.kind = lane.kinds[head] as number;
    this.a = lane.as[head] as number;
    this.b = lane.bs[head] as number;
    lane.drop();
    this.laneEvents--;
  }

  private popHeap(): void {
    const { heap, ints } = this;
    const slot = heap.headSlot;
    this.timeUs = heap.headTimeUs;
    this.kind = ints[slot * INTS + KIND] as number;
    this.a = ints[slot * INTS + A] as number;
    this.b = ints[slot * INTS + B] as number;
    this.freeSlots[this.freeCount++] = slot;
    heap.drop();
    if (this.isSpread && heap.size === 0) this.refill();
  }

  // What is far ahead -----------------------------------------------------------------------------------------------

  /** Into the heap, a bucket or the list beyond: the number of its bucket never falls with time, so that buckets are in order. */
  private put(timeUs: number, slot: number): void {
    const place = (timeUs - this.firstUs) * this.bucketsPerUs;
    if (place < this.cursor + 1) {
      this.heap.push(timeUs, slot);
    } else if (place < this.bucketCount) {
      const bucket = Math.floor(place);
      this.ints[slot * INTS + NEXT] = this.heads[bucket] as number;
      this.heads[bucket] = slot;
      this.inBuckets++;
    } else {
      this.ints[slot * INTS + NEXT] = this.beyondHead;
      this.beyondHead = slot;
      this.beyondCount++;
    }
  }

  /** The heap is empty: the next bucket that is not goes into it. */
  private refill(): void {
    if (this.inBuckets === 0) {
      this.spreadBeyond();
      return;
    }
    let bucket = this.cursor + 1;
    while ((this.heads[bucket] as number) < 0) bucket++;
    this.cursor = bucket;
    let slot = this.heads[bucket] as number;
    this.heads[bucket] = -1;
    while (slot >= 0) {
      this.heap.push(this.reals[slot * REALS + TIME] as number, slot);
      slot = this.ints[slot * INTS + NEXT] as number;
      this.inBuckets--;
    }
  }

  private spreadHeap(): void {
    const { heap } = this;
    for (let index = 0; index < heap.size; index++) {
      const slot = heap.slotAt(index);
      this.ints[slot * INTS + NEXT] = this.beyondHead;
      this.beyondHead = slot;
    }
    this.beyondCount = heap.size;
    heap.size = 0;
    this.spreadBeyond();
  }

  /** All that is left is in the list beyond: buckets are made for most of it, or, if it is short or all of one time, the heap takes it. */
  private spreadBeyond(): void {
    let slot = this.beyondHead;
    const count = this.beyondCount;
    this.beyondHead = -1;
    this.beyondCount = 0;
    const reachUs = count > this.few ? this.reach(slot, count) : 0;
    this.isSpread = reachUs > 0 && reachUs < Number.POSITIVE_INFINITY;
    this.cursor = 0;
    if (this.isSpread) this.makeBuckets(reachUs, count);
    while (slot >= 0) {
      const next = this.ints[slot * INTS + NEXT] as number;
      const timeUs = this.reals[slot * REALS + TIME] as number;
      if (this.isSpread) this.put(timeUs, slot);
      else this.heap.push(timeUs, slot);
      slot = next;
    }
    // Events that cannot be told apart by time are not looked through again and again.
    this.spreadAt = Math.max(2 * this.few, 2 * this.heap.size);
  }

  private makeBuckets(reachUs: number, count: number): void {
    const wanted = (count * COVERED) / EVENTS_PER_BUCKET;
    this.bucketCount = Math.min(MOST_BUCKETS, Math.max(LEAST_BUCKETS, 2 ** Math.ceil(Math.log2(wanted))));
    if (this.heads.length < this.bucketCount) this.heads = new Int32Array(this.bucketCount).fill(-1);
    this.bucketsPerUs = this.bucketCount / reachUs;
  }

  /** How far from the earliest event of the list the greater part of it reaches. Sets `firstUs`. */
  private reach(head: number, count: number): number {
    const { samples, reals, ints } = this;
    const step = Math.ceil(count / SAMPLES);
    let firstUs = Number.POSITIVE_INFINITY;
    let sampled = 0;
    let number = 0;
    for (let slot = head; slot >= 0; slot = ints[slot * INTS + NEXT] as number) {
      const timeUs = reals[slot * REALS + TIME] as number;
      if (timeUs < firstUs) firstUs = timeUs;
      if (number++ % step === 0) samples[sampled++] = timeUs;
    }
    this.firstUs = firstUs;
    const sorted = sortNumbers(samples.subarray(0, sampled));
    return (sorted[Math.floor(sampled * COVERED)] as number) - firstUs;
  }

  private newSlot(): number {
    if (this.usedSlots === this.freeSlots.length) {
      const reals = new Float64Array(this.reals.length * 2);
      reals.set(this.reals);
      this.reals = reals;
      this.ints = new Int32Array(reals.buffer);
      this.heap.sequences = reals;
      // Every slot is in use: none is free.
      this.freeSlots = new Int32Array(this.freeSlots.length * 2);
    }
    return this.usedSlots++;
  }
}
