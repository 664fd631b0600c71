import type { Sorter } from '../model/allocator.js';
import { FlatSorter } from './flat-sorter.js';
import type { RankRule } from './rank-rule.js';
import { type TreeSettings, TreeSorter } from './tree-sorter.js';

/** Settings of a sorter over paths. */
export interface PathSettings extends TreeSettings {
  /** 1 for resources left out of keys. */
  readonly excluded: Uint8Array;
}

/** A sorter by any rule: flat in typed arrays until the first client with a nested path, a tree from then on. */
export class PathSorter implements Sorter {
  private readonly weights = new Map<string, number>();
  private total = new Float64Array(0);
  private engine: FlatSorter | TreeSorter;

  constructor(
    private readonly rule: RankRule,
    private readonly settings: PathSettings,
  ) {
    this.engine = new FlatSorter(rule, this.weights);
  }

  get order(): Int32Array {
    return this.engine.order;
  }

  get activeCount(): number {
    return this.engine.activeCount;
  }

  add(client: number, path: string): void {
    if (this.engine instanceof FlatSorter && path.includes('/')) {
      const tree = new TreeSorter(this.rule, this.weights, this.settings);
      tree.setTotal(this.total);
      tree.adopt(this.engine.states());
      this.engine = tree;
    }
    this.engine.add(client, path);
  }

  remove(client: number): void {
    this.engine.remove(client);
  }

  activate(client: number): void {
    this.engine.activate(client);
  }

  deactivate(client: number): void {
    this.engine.deactivate(client);
  }

  setWeight(path: string, weight: number): void {
    this.weights.set(path, weight);
    this.engine.setWeight(path, weight);
  }

  setTotal(total: Float64Array): void {
    if (this.total.length !== total.length) this.total = new Float64Array(total.length);
    for (let resource = 0; resource < total.length; resource++) {
      this.total[resource] = this.settings.excluded[resource] === 1 ? 0 : (total[resource] as number);
    }
    this.engine.setTotal(this.total);
  }

  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    this.engine.allocated(client, amounts, offset, grantCount);
  }

  unallocated(client: number, amounts: Float64Array, offset: number): void {
    this.engine.unallocated(client, amounts, offset);
  }

  touch(client: number): void {
    this.engine.touch(client);
  }

  refresh(): void {
    this.engine.refresh();
  }

  keyOf(client: number): number {
    return this.engine.keyOf(client);
  }
}
