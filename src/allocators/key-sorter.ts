import type { AllocatorView, Sorter } from '../model/allocator.js';

/** Told of every grant to a client of the sorter. */
export type OnServed = (client: number, amounts: Float64Array, offset: number) => void;

/** Ranks clients by a key that the policy sets before each cycle: smaller first, ties in order of registration. */
export class KeySorter implements Sorter {
  order: Int32Array = new Int32Array(16);
  activeCount = 0;
  private readonly active: number[] = [];
  private isDirty = false;

  constructor(
    private readonly keys: Map<string | number, number>,
    private readonly level: 'role' | 'framework',
    private readonly onServed?: OnServed,
  ) {}

  private readonly paths: string[] = [];

  add(client: number, path: string): void {
    this.paths[client] = path;
  }
  remove(client: number): void {
    this.deactivate(client);
  }
  activate(client: number): void {
    this.active.push(client);
    this.isDirty = true;
  }
  deactivate(client: number): void {
    const index = this.active.indexOf(client);
    if (index >= 0) this.active.splice(index, 1);
    this.isDirty = true;
  }
  setWeight(): void {
    // These orders know no weight.
  }
  setTotal(): void {
    this.isDirty = true;
  }
  allocated(client: number, amounts: Float64Array, offset: number): void {
    if (this.onServed === undefined) return;
    this.onServed(client, amounts, offset);
    this.isDirty = true;
  }
  unallocated(): void {
    // What comes back does not move the order.
  }
  /** Keys have changed. */
  touch(): void {
    this.isDirty = true;
  }
  refresh(): void {
    if (!this.isDirty) return;
    this.isDirty = false;
    this.active.sort((a, b) => this.keyOf(a) - this.keyOf(b) || a - b);
    if (this.order.length < this.active.length) this.order = new Int32Array(this.active.length * 2);
    this.order.set(this.active);
    this.activeCount = this.active.length;
  }
  keyOf(client: number): number {
    return this.keys.get(this.level === 'framework' ? client : (this.paths[client] as string)) ?? Number.MAX_VALUE;
  }
}

/** Keys of clients by row, and of roles by path: a role is as urgent as its most urgent client. */
export class ClientKeys {
  readonly keys = new Map<string | number, number>();
  readonly sorters: KeySorter[] = [];

  sorter(level: 'role' | 'framework', onServed?: OnServed): KeySorter {
    const sorter = new KeySorter(this.keys, level, onServed);
    this.sorters.push(sorter);
    return sorter;
  }

  /** Takes all keys anew. */
  update(view: AllocatorView, keyOf: (client: number) => number): void {
    this.keys.clear();
    for (let client = 0; client < view.clientCount; client++) {
      const key = keyOf(client);
      this.keys.set(client, key);
      const role = view.roleOf(client);
      this.keys.set(role, Math.min(this.keys.get(role) ?? Number.MAX_VALUE, key));
    }
    for (const sorter of this.sorters) sorter.touch();
  }

  /** One client's key has changed, and perhaps its role's. */
  rekey(view: AllocatorView, client: number, key: number): void {
    this.keys.set(client, key);
    const role = view.roleOf(client);
    let least = Number.MAX_VALUE;
    for (let other = 0; other < view.clientCount; other++) {
      if (view.roleOf(other) === role) least = Math.min(least, this.keys.get(other) ?? Number.MAX_VALUE);
    }
    this.keys.set(role, least);
    for (const sorter of this.sorters) sorter.touch();
  }
}
