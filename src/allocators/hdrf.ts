import { defineAllocator } from '../model/allocator.js';
import { excludedOf } from './drf.js';
import { PathSorter } from './path-sorter.js';
import { dominantShare } from './rank-rule.js';
import type { RoleNode } from './role-node.js';
import { TreeSorter } from './tree-sorter.js';

/**
 * A role tree whose internal nodes are charged the rescaled sum of their children: every child that wants something is scaled down to
 * the least weighted share among them, and those that want nothing are left out. So a subtree does not pay for what one of its leaves
 * got only because a sibling could not use its share.
 */
class HdrfSorter extends TreeSorter {
  private readonly weights: Map<string, number>;
  private readonly charges = new Map<RoleNode, Float64Array>();
  private total = new Float64Array(0);

  constructor(private readonly excluded: Uint8Array) {
    const weights = new Map<string, number>();
    super(dominantShare, weights, { keepsInternalWeights: false });
    this.weights = weights;
  }

  override setWeight(path: string, weight: number): void {
    this.weights.set(path, weight);
    super.setWeight(path, weight);
  }

  override setTotal(total: Float64Array): void {
    this.total = total.map((amount, resource) => (this.excluded[resource] === 1 ? 0 : amount));
    super.setTotal(this.total);
  }

  override refresh(): void {
    if (this.root.isStale) {
      this.charges.clear();
      this.rescale(this.root);
      // Any change below moves the scale of every level above.
      markAll(this.root);
    }
    super.refresh();
  }

  protected override keyOfNode(node: RoleNode): number {
    return this.share(this.charges.get(node) ?? node.held) / this.weightOfNode(node);
  }

  /** What a node is charged: a leaf what it holds, an internal node the rescaled sum of the children that want something. */
  private rescale(node: RoleNode): Float64Array {
    if (node.client >= 0) return node.held;
    const children = node.children.filter(wants).map((child) => {
      const charge = this.rescale(child);
      return { charge, key: this.share(charge) / this.weightOfNode(child) };
    });
    const least = children.reduce((low, { key }) => Math.min(low, key), Number.POSITIVE_INFINITY);
    const sum = new Float64Array(this.total.length);
    for (const { charge, key } of children) {
      const scale = key > 0 ? least / key : 1;
      for (let index = 0; index < sum.length; index++) {
        sum[index] = (sum[index] as number) + scale * (charge[index] as number);
      }
    }
    this.charges.set(node, sum);
    return sum;
  }

  private share(charge: Float64Array): number {
    let share = 0;
    for (let index = 0; index < charge.length; index++) {
      const total = this.total[index] as number;
      if (total > 0) share = Math.max(share, (charge[index] as number) / total);
    }
    return share;
  }
}

/** Not blocked: some leaf of it wants offers. */
function wants(node: RoleNode): boolean {
  return node.client >= 0 ? node.isActive : node.children.some(wants);
}

function markAll(node: RoleNode): void {
  node.isStale = true;
  for (const child of node.children) if (child.client < 0) markAll(child);
}

export const hdrf = defineAllocator({
  name: 'hdrf',
  summary: 'hierarchical DRF: roles share by dominant share level by level, without starvation of subtrees',
  source:
    'Bhattacharya et al., Hierarchical Scheduling for Diverse Datacenter Workloads, SoCC 2013 (H-DRF: rescaling to the minimum node, blocked nodes ignored)',
  options: {},
  reads: [],
  wakesOn: ['free', 'client'],
  create: (_options, context) => {
    const excluded = excludedOf(context);
    const settings = { excluded, keepsInternalWeights: false };
    return {
      kind: 'sorter',
      sorter: (level) => (level === 'role' ? new HdrfSorter(excluded) : new PathSorter(dominantShare, settings)),
    };
  },
});
