/** A binary heap of objects under a total order: for queues of jobs, not for the event loop. */
export class Heap<T> {
  private readonly items: T[] = [];

  constructor(private readonly isBefore: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  /** The first item, or undefined. */
  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items } = this;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as T;
      if (!this.isBefore(item, above)) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) this.sink(0, last);
    return top;
  }

  /** All items, in no order that means anything. */
  values(): readonly T[] {
    return this.items;
  }

  /** Restores the order after ranks have changed. */
  reorder(): void {
    for (let index = (this.items.length >> 1) - 1; index >= 0; index--) this.sink(index, this.items[index] as T);
  }

  /** Keeps the items that pass. */
  keep(passes: (item: T) => boolean): void {
    const kept = this.items.filter(passes);
    this.items.length = 0;
    for (const item of kept) this.items.push(item);
    this.reorder();
  }

  private sink(start: number, item: T): void {
    const { items } = this;
    let index = start;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.isBefore(items[child + 1] as T, items[child] as T)) child++;
      const below = items[child] as T;
      if (!this.isBefore(below, item)) break;
      items[index] = below;
      index = child;
    }
    items[index] = item;
  }
}
