import { fail } from '../core/errors.js';
import { grown, Rows } from '../core/rows.js';
import { compareBytes } from '../core/text-order.js';
import type { Sorter } from '../model/allocator.js';
import type { RankRule } from './rank-rule.js';

/** What a client brings along when its sorter changes shape. */
export interface ClientState {
  readonly client: number;
  readonly path: string;
  readonly isActive: boolean;
  readonly held: Float64Array;
  readonly count: number;
  readonly stamp: number;
  /** 0 = not read yet. */
  readonly weight: number;
}

/**
 * Clients without a hierarchy, in typed arrays. The order is kept: a changed client is found by its old key and moved to its new
 * place, both by binary search; nothing is sorted again but after a change of totals.
 */
export class FlatSorter implements Sorter {
  order = new Int32Array(16);
  activeCount = 0;
  /** Slots in the order of `order`. */
  private sorted = new Int32Array(16);
  private slotOfClient = new Int32Array(16).fill(-1);
  private readonly slots: Rows;
  private readonly paths: string[] = [];
  private clients!: Int32Array;
  private isActive!: Uint8Array;
  private isMoved!: Uint8Array;
  private counts!: Float64Array;
  private stamps!: Float64Array;
  private weights!: Float64Array;
  /** Place of the path among all paths ever added, by bytes. */
  private ranks!: Float64Array;
  /** The keys under which the order was made. */
  private keys!: Float64Array;
  private keyCounts!: Float64Array;
  private held = new Float64Array(0);
  private scalars = new Float64Array(0);
  private width = 0;
  private moved = new Int32Array(16);
  private movedCount = 0;
  private isSortNeeded = false;
  private areRanksStale = false;
  private lastPath = '';
  private lastRank = 0;
  private grantTotal = 0;

  constructor(
    private readonly rule: RankRule,
    /** Weights by path, owned by the caller; 1 where none is set. */
    private readonly weightOf: ReadonlyMap<string, number>,
  ) {
    this.slots = new Rows((capacity) => this.resize(capacity));
  }

  add(client: number, path: string): void {
    const slot = this.slots.take();
    this.reserve(client);
    this.slotOfClient[client] = slot;
    this.clients[slot] = client;
    this.paths[slot] = path;
    this.isActive[slot] = 0;
    this.isMoved[slot] = 0;
    this.counts[slot] = 0;
    this.stamps[slot] = 0;
    this.weights[slot] = 0;
    this.held.fill(0, slot * this.width, (slot + 1) * this.width);
    // Frameworks come in the order of their ids: ranks are then known without sorting.
    if (compareBytes(path, this.lastPath) >= 0) {
      this.ranks[slot] = ++this.lastRank;
      this.lastPath = path;
    } else {
      this.areRanksStale = true;
      this.isSortNeeded = true;
    }
  }

  remove(client: number): void {
    this.deactivate(client);
    const slot = this.slotOf(client);
    this.slotOfClient[client] = -1;
    this.slots.release(slot);
    this.clients[slot] = -1;
  }

  activate(client: number): void {
    const slot = this.slotOf(client);
    if (this.isActive[slot] === 1) return;
    this.isActive[slot] = 1;
    if (this.activeCount === this.sorted.length) {
      this.sorted = grown(this.sorted, this.activeCount * 2);
      this.order = grown(this.order, this.activeCount * 2);
    }
    if (this.isSortNeeded) {
      this.put(this.activeCount++, slot);
      return;
    }
    this.rekey(slot);
    const place = this.search(slot, 0, this.activeCount);
    this.sorted.copyWithin(place + 1, place, this.activeCount);
    this.order.copyWithin(place + 1, place, this.activeCount);
    this.activeCount++;
    this.put(place, slot);
  }

  deactivate(client: number): void {
    const slot = this.slotOf(client);
    if (this.isActive[slot] === 0) return;
    const place = this.isSortNeeded ? this.sorted.indexOf(slot) : this.search(slot, 0, this.activeCount);
    this.sorted.copyWithin(place, place + 1, this.activeCount);
    this.order.copyWithin(place, place + 1, this.activeCount);
    this.activeCount--;
    this.isActive[slot] = 0;
  }

  setWeight(path: string, weight: number): void {
    for (let slot = 0; slot < this.slots.end; slot++) {
      if ((this.clients[slot] as number) < 0 || this.paths[slot] !== path) continue;
      this.weights[slot] = weight;
      this.mark(slot);
    }
  }

  setTotal(total: Float64Array): void {
    if (total.length !== this.width) this.widen(total.length);
    for (let resource = 0; resource < total.length; resource++) {
      this.scalars[resource] = (total[resource] as number) / 1000;
    }
    this.isSortNeeded = true;
  }

  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    const slot = this.slotOf(client);
    const base = slot * this.width;
    const { held, width } = this;
    for (let resource = 0; resource < width; resource++) {
      held[base + resource] = (held[base + resource] as number) + (amounts[offset + resource] as number);
    }
    if (grantCount > 0) {
      this.counts[slot] = (this.counts[slot] as number) + grantCount;
      this.stamps[slot] = ++this.grantTotal;
    }
    this.mark(slot);
  }

  unallocated(client: number, amounts: Float64Array, offset: number): void {
    const slot = this.slotOf(client);
    const base = slot * this.width;
    const { held, width } = this;
    for (let resource = 0; resource < width; resource++) {
      held[base + resource] = (held[base + resource] as number) - (amounts[offset + resource] as number);
    }
    this.mark(slot);
  }

  /** The client's key must be computed anew, for rules that look at more than what it holds. */
  touch(client: number): void {
    this.mark(this.slotOf(client));
  }

  private mark(slot: number): void {
    if (this.isSortNeeded || this.isMoved[slot] === 1 || this.isActive[slot] === 0) return;
    this.isMoved[slot] = 1;
    if (this.movedCount === this.moved.length) this.moved = grown(this.moved, this.movedCount * 2);
    this.moved[this.movedCount++] = slot;
  }

  refresh(): void {
    if (this.isSortNeeded || this.movedCount * 4 > this.activeCount + 16) {
      this.sortAll();
      return;
    }
    for (let index = 0; index < this.movedCount; index++) {
      const slot = this.moved[index] as number;
      if (this.isActive[slot] === 1 && this.isMoved[slot] === 1) this.move(slot);
      this.isMoved[slot] = 0;
    }
    this.movedCount = 0;
  }

  private sortAll(): void {
    if (this.areRanksStale) this.rankPaths();
    for (let index = 0; index < this.movedCount; index++) this.isMoved[this.moved[index] as number] = 0;
    this.movedCount = 0;
    const slots = this.sorted.subarray(0, this.activeCount);
    for (let index = 0; index < slots.length; index++) this.rekey(slots[index] as number);
    slots.sort((a, b) => this.compare(a, b));
    for (let index = 0; index < slots.length; index++) {
      this.order[index] = this.clients[slots[index] as number] as number;
    }
    this.isSortNeeded = false;
  }

  private rankPaths(): void {
    const slots: number[] = [];
    for (let slot = 0; slot < this.slots.end; slot++) if ((this.clients[slot] as number) >= 0) slots.push(slot);
    slots.sort((a, b) => compareBytes(this.paths[a] as string, this.paths[b] as string) || a - b);
    for (let index = 0; index < slots.length; index++) this.ranks[slots[index] as number] = index + 1;
    this.lastRank = slots.length;
    this.lastPath = this.paths[slots[slots.length - 1] as number] ?? '';
    this.areRanksStale = false;
  }

  private rekey(slot: number): void {
    if (this.weights[slot] === 0) this.weights[slot] = this.weightOf.get(this.paths[slot] as string) ?? 1;
    const key = this.rule.key(this.held, slot * this.width, this.scalars, this.stamps[slot] as number);
    this.keys[slot] = this.rule.isWeighted ? key / (this.weights[slot] as number) : key;
    this.keyCounts[slot] = this.counts[slot] as number;
  }

  /** Takes the client from the place of its old key to that of its new one. */
  private move(slot: number): void {
    const { sorted, order } = this;
    const last = this.activeCount - 1;
    // Who was served is often the first, and then the last.
    const from = sorted[0] === slot ? 0 : this.search(slot, 0, this.activeCount);
    this.rekey(slot);
    if (from < last && this.compare(slot, sorted[from + 1] as number) > 0) {
      const isLast = this.compare(slot, sorted[last] as number) > 0;
      const to = isLast ? last : this.search(slot, from + 1, last + 1) - 1;
      for (let place = from; place < to; place++) {
        sorted[place] = sorted[place + 1] as number;
        order[place] = order[place + 1] as number;
      }
      this.put(to, slot);
    } else if (from > 0 && this.compare(slot, sorted[from - 1] as number) < 0) {
      const to = this.search(slot, 0, from);
      sorted.copyWithin(to + 1, to, from);
      order.copyWithin(to + 1, to, from);
      this.put(to, slot);
    }
  }

  private put(place: number, slot: number): void {
    this.sorted[place] = slot;
    this.order[place] = this.clients[slot] as number;
  }

  /** First place in [low, high) whose client does not come before the slot's key. */
  private search(slot: number, low: number, high: number): number {
    let from = low;
    let to = high;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.compare(this.sorted[middle] as number, slot) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  private compare(a: number, b: number): number {
    const { keys, keyCounts, ranks } = this;
    if (keys[a] !== keys[b]) return (keys[a] as number) < (keys[b] as number) ? -1 : 1;
    if (keyCounts[a] !== keyCounts[b]) return (keyCounts[a] as number) - (keyCounts[b] as number);
    return (ranks[a] as number) - (ranks[b] as number);
  }

  keyOf(client: number): number {
    const slot = this.slotOf(client);
    const weight = this.weights[slot] || (this.weightOf.get(this.paths[slot] as string) ?? 1);
    const key = this.rule.key(this.held, slot * this.width, this.scalars, this.stamps[slot] as number);
    return this.rule.isWeighted ? key / weight : key;
  }

  /** Everything it knows of its clients, in order of their rows. */
  states(): ClientState[] {
    const states: ClientState[] = [];
    for (let client = 0; client < this.slotOfClient.length; client++) {
      const slot = this.slotOfClient[client] as number;
      if (slot < 0) continue;
      states.push({
        client,
        path: this.paths[slot] as string,
        isActive: this.isActive[slot] === 1,
        held: this.held.slice(slot * this.width, (slot + 1) * this.width),
        count: this.counts[slot] as number,
        stamp: this.stamps[slot] as number,
        weight: this.weights[slot] as number,
      });
    }
    return states;
  }

  private slotOf(client: number): number {
    const slot = client < this.slotOfClient.length ? (this.slotOfClient[client] as number) : -1;
    return slot >= 0 ? slot : fail(`the sorter does not know client ${client}`);
  }

  private reserve(client: number): void {
    const length = this.slotOfClient.length;
    if (client < length) return;
    this.slotOfClient = grown(this.slotOfClient, Math.max(length * 2, client + 1));
    this.slotOfClient.fill(-1, length);
  }

  private widen(width: number): void {
    const held = new Float64Array(this.slots.epochs.length * width);
    for (let slot = 0; slot < this.slots.end; slot++) {
      held.set(this.held.subarray(slot * this.width, (slot + 1) * this.width), slot * width);
    }
    this.held = held;
    this.width = width;
    this.scalars = new Float64Array(width);
  }

  private resize(capacity: number): void {
    const empty = new Float64Array(0);
    this.clients = grown(this.clients ?? new Int32Array(0), capacity);
    this.isActive = grown(this.isActive ?? new Uint8Array(0), capacity);
    this.isMoved = grown(this.isMoved ?? new Uint8Array(0), capacity);
    this.counts = grown(this.counts ?? empty, capacity);
    this.stamps = grown(this.stamps ?? empty, capacity);
    this.weights = grown(this.weights ?? empty, capacity);
    this.ranks = grown(this.ranks ?? empty, capacity);
    this.keys = grown(this.keys ?? empty, capacity);
    this.keyCounts = grown(this.keyCounts ?? empty, capacity);
    if (this.width > 0) this.held = grown(this.held, capacity * this.width);
  }
}
