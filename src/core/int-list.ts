import { sortNumbers } from './sort-numbers.js';

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
    sortNumbers(this.items.subarray(0, this.size));
  }
}
