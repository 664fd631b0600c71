import { compareBytes } from '../../src/core/text-order.js';
import type { Sorter } from '../../src/model/allocator.js';

/** A flat DRF sorter that recomputes and sorts everything each time: obviously right, slow. */
export class NaiveSorter implements Sorter {
  order = new Int32Array(0);
  activeCount = 0;
  private total: Float64Array = new Float64Array(0);
  private readonly clients = new Map<number, { path: string; active: boolean; held: number[]; count: number }>();
  private readonly weights = new Map<string, number>();

  add(client: number, path: string): void {
    this.clients.set(client, { path, active: false, held: [], count: 0 });
  }
  remove(client: number): void {
    this.clients.delete(client);
  }
  activate(client: number): void {
    this.of(client).active = true;
  }
  deactivate(client: number): void {
    this.of(client).active = false;
  }
  setWeight(path: string, weight: number): void {
    this.weights.set(path, weight);
  }
  setTotal(total: Float64Array): void {
    this.total = total;
  }
  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    const state = this.of(client);
    for (let i = 0; i < this.total.length; i++) state.held[i] = (state.held[i] ?? 0) + (amounts[offset + i] as number);
    state.count += grantCount;
  }
  unallocated(client: number, amounts: Float64Array, offset: number): void {
    const state = this.of(client);
    for (let i = 0; i < this.total.length; i++) state.held[i] = (state.held[i] ?? 0) - (amounts[offset + i] as number);
  }
  refresh(): void {
    const rows = [...this.clients.keys()].filter((row) => this.of(row).active);
    rows.sort((a, b) => {
      const [x, y] = [this.of(a), this.of(b)];
      return this.keyOf(a) - this.keyOf(b) || x.count - y.count || compareBytes(x.path, y.path);
    });
    this.order = Int32Array.from(rows);
    this.activeCount = rows.length;
  }
  keyOf(client: number): number {
    const state = this.of(client);
    let share = 0;
    for (let i = 0; i < this.total.length; i++) {
      const total = this.total[i] as number;
      if (total > 0) share = Math.max(share, (state.held[i] ?? 0) / 1000 / (total / 1000));
    }
    return share / (this.weights.get(state.path) ?? 1);
  }
  private of(client: number) {
    const state = this.clients.get(client);
    if (state === undefined) throw new Error('unknown client');
    return state;
  }
}
