import { sortNumbers } from './sort-numbers.js';

/** Shorter lists are sorted by insertion: a call of the built-in sort costs more than that. */
const FEW = 32;

/** A growable list of whole numbers that is cleared and refilled without allocating. */
export class IntList {
  items = new Int32Array(16);
  size = 0;

  push(value: number): void {
    if (this.size === this.items.length) {
      const items = new Int32Array(this.size * 2);
      items.set(this.items);
      this.items = items;
    }
    this.items[this.size++] = value;
  }

  at(index: number): number {
    return this.items[index] as number;
  }

  clear(): void {
    this.size = 0;
  }

  /** Forgets all but the first `size` items. */
  truncate(size: number): void {
    this.size = size;
  }

  sortAscending(): void {
    if (this.size > FEW) sortNumbers(this.items.subarray(0, this.size));
    else this.insertEach();
  }

  private insertEach(): void {
    const { items } = this;
    for (let from = 1; from < this.size; from++) {
      const value = items[from] as number;
      let at = from;
      for (; at > 0 && (items[at - 1] as number) > value; at--) items[at] = items[at - 1] as number;
      items[at] = value;
    }
  }
}
