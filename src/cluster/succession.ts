import type { Allocator, AllocatorView, Sorter } from '../model/allocator.js';
import type { World } from './world.js';

/** Whether the policy that a run was forked into has taken over. */
export interface Succession {
  hasCome: boolean;
}

/** The allocator of a fork, and what it may see once it has taken over. */
export interface Successor extends Succession {
  readonly allocator: Allocator;
  readonly policyView: (world: World) => AllocatorView;
  readonly readsDemand: boolean;
}

/**
 * Two sorters that are told the same from the start, of which one ranks until the run is forked and the other from then on: the
 * second knows all that has been allocated as if it had ranked itself.
 */
export class SuccessionSorter implements Sorter {
  constructor(
    private readonly first: Sorter,
    private readonly second: Sorter,
    private readonly succession: Succession,
  ) {}

  private get ranking(): Sorter {
    return this.succession.hasCome ? this.second : this.first;
  }

  add(client: number, path: string): void {
    this.first.add(client, path);
    this.second.add(client, path);
  }

  remove(client: number): void {
    this.first.remove(client);
    this.second.remove(client);
  }

  activate(client: number): void {
    this.first.activate(client);
    this.second.activate(client);
  }

  deactivate(client: number): void {
    this.first.deactivate(client);
    this.second.deactivate(client);
  }

  setWeight(path: string, weight: number): void {
    this.first.setWeight(path, weight);
    this.second.setWeight(path, weight);
  }

  setTotal(total: Float64Array): void {
    this.first.setTotal(total);
    this.second.setTotal(total);
  }

  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    this.first.allocated(client, amounts, offset, grantCount);
    this.second.allocated(client, amounts, offset, grantCount);
  }

  unallocated(client: number, amounts: Float64Array, offset: number): void {
    this.first.unallocated(client, amounts, offset);
    this.second.unallocated(client, amounts, offset);
  }

  get order(): Int32Array {
    return this.ranking.order;
  }

  get activeCount(): number {
    return this.ranking.activeCount;
  }

  refresh(): void {
    this.ranking.refresh();
  }

  keyOf(client: number): number {
    return this.ranking.keyOf(client);
  }
}
