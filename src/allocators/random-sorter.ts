import { grown } from '../core/rows.js';
import { dominantShare } from './rank-rule.js';
import type { RoleNode } from './role-node.js';
import { type TreeSettings, TreeSorter } from './tree-sorter.js';

/**
 * One flat weighted shuffle of all active leaves, anew at every refresh: sampling without replacement, where a leaf's weight is the
 * product down the tree of weight over the sum of the weights of its active siblings and itself. What is allocated plays no role.
 * Source: `src/master/allocator/mesos/sorter/random/sorter.cpp` (SortInfo::updateRelativeWeights, sort).
 */
export class RandomSorter extends TreeSorter {
  private readonly weights: Map<string, number>;
  private leafClients = new Int32Array(16);
  private leafWeights = new Float64Array(16);
  /** Weights of the leaves not drawn yet. */
  private left = new Float64Array(16);
  private leafCount = 0;
  private areEqual = true;

  constructor(
    settings: TreeSettings,
    private readonly random: () => number,
  ) {
    const weights = new Map<string, number>();
    super(dominantShare, weights, settings);
    this.weights = weights;
  }

  override setWeight(path: string, weight: number): void {
    this.weights.set(path, weight);
    super.setWeight(path, weight);
  }

  override refresh(): void {
    if (this.root.isStale) {
      this.leafCount = 0;
      this.weigh(this.root, 1);
      this.areEqual = this.leafWeights.subarray(0, this.leafCount).every((weight) => weight === this.leafWeights[0]);
      this.root.isStale = false;
    }
    if (this.order.length < this.leafCount) this.order = new Int32Array(this.leafCount * 2);
    this.order.set(this.leafClients.subarray(0, this.leafCount));
    if (this.areEqual) this.shuffle();
    else this.draw();
  }

  /** Fills the list of active leaves below the node, whose own relative weight is given. */
  private weigh(node: RoleNode, relativeWeight: number): void {
    let sum = 0;
    for (const child of node.children) if (isActive(child)) sum += this.weightOfNode(child);
    for (const child of node.children) {
      if (!isActive(child)) continue;
      const weight = (relativeWeight * this.weightOfNode(child)) / sum;
      if (child.client < 0) this.weigh(child, weight);
      else this.pushLeaf(child.client, weight);
    }
  }

  private pushLeaf(client: number, weight: number): void {
    if (this.leafCount === this.leafClients.length) {
      this.leafClients = grown(this.leafClients, this.leafCount * 2);
      this.leafWeights = grown(this.leafWeights, this.leafCount * 2);
      this.left = new Float64Array(this.leafCount * 2);
    }
    this.leafClients[this.leafCount] = client;
    this.leafWeights[this.leafCount++] = weight;
  }

  /** Fisher and Yates's shuffle. */
  private shuffle(): void {
    const { order } = this;
    for (let last = this.leafCount - 1; last > 0; last--) {
      const pick = Math.floor(this.random() * (last + 1));
      const client = order[pick] as number;
      order[pick] = order[last] as number;
      order[last] = client;
    }
  }

  /**
   * One leaf after the other, by weight among those left: the distribution of the keys u^(1/w) of random/utils.hpp (Efraimidis and
   * Spirakis 2006) without a power, whose last bit may differ between machines.
   */
  private draw(): void {
    const { order, left, leafCount } = this;
    left.set(this.leafWeights.subarray(0, leafCount));
    for (let place = 0; place < leafCount - 1; place++) {
      let sum = 0;
      for (let index = place; index < leafCount; index++) sum += left[index] as number;
      let ticket = this.random() * sum;
      let pick = place;
      while (pick < leafCount - 1 && ticket >= (left[pick] as number)) ticket -= left[pick++] as number;
      const client = order[pick] as number;
      const weight = left[pick] as number;
      order[pick] = order[place] as number;
      left[pick] = left[place] as number;
      order[place] = client;
      left[place] = weight;
    }
  }
}

/** An active leaf, or a role with one below. */
function isActive(node: RoleNode): boolean {
  return node.client >= 0 ? node.isActive : node.children.some(isActive);
}
