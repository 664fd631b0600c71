import { compareBytes } from '../../src/core/text-order.js';

interface Leaf {
  active: boolean;
  held: number[];
}

/**
 * A DRF sorter over plain maps that keeps no order: every call of `sort` adds up what each role's subtree holds and sorts from
 * scratch. Only what Mesos remembers is remembered: grants per node, and the weight that a node has read.
 */
export class NaiveDrf {
  readonly clients = new Map<string, Leaf>();
  private readonly weights = new Map<string, number>();
  /** By node path; `a/.` is the virtual leaf of a client `a` with children. A node is forgotten when nothing is below it. */
  private readonly counts = new Map<string, number>();
  private readonly readWeights = new Map<string, number>();
  total: number[] = [];

  constructor(
    private readonly excluded: readonly number[] = [],
    private readonly keepsInternalWeights = true,
  ) {}

  add(path: string): void {
    // A client that gets its first child hands its count to its virtual leaf as well.
    for (const above of ancestorsOf(path))
      if (this.isLeaf(above)) this.counts.set(`${above}/.`, this.counts.get(above) ?? 0);
    this.clients.set(path, { active: false, held: this.total.map(() => 0) });
    this.counts.set(this.nodeOf(path), this.counts.get(this.nodeOf(path)) ?? 0);
  }

  remove(path: string): void {
    const node = this.nodeOf(path);
    this.clients.delete(path);
    this.forget(node);
    for (const above of [...ancestorsOf(path).reverse(), path]) {
      if (![...this.clients.keys()].some((other) => other === above || other.startsWith(`${above}/`)))
        this.forget(above);
      else if (this.isLeaf(above)) this.forget(`${above}/.`);
    }
  }

  setWeight(path: string, weight: number): void {
    this.weights.set(path, weight);
    if (this.clients.has(path) || !this.keepsInternalWeights) this.readWeights.set(path, weight);
  }

  charge(path: string, amounts: readonly number[], sign: number, grantCount: number): void {
    const leaf = this.of(path);
    leaf.held = this.total.map((_, index) => (leaf.held[index] ?? 0) + sign * (amounts[index] as number));
    for (const node of new Set([this.nodeOf(path), ...ancestorsOf(path), ...(this.isLeaf(path) ? [] : [path])])) {
      this.counts.set(node, (this.counts.get(node) ?? 0) + grantCount);
    }
  }

  sort(): string[] {
    return this.below('');
  }

  private below(prefix: string): string[] {
    const names = new Set<string>();
    for (const path of this.clients.keys()) {
      if (path === prefix) names.add(`${path}/.`);
      else if (prefix === '' || path.startsWith(`${prefix}/`)) {
        const rest = path.slice(prefix === '' ? 0 : prefix.length + 1).split('/')[0] as string;
        names.add(prefix === '' ? rest : `${prefix}/${rest}`);
      }
    }
    const nodes = [...names].filter((node) => !this.isOut(node));
    // Every share is worked out, of an only child too: that is when a node reads its weight.
    const shares = new Map(nodes.map((node) => [node, this.share(node)]));
    const order = (a: string, b: string): number =>
      (shares.get(a) ?? 0) - (shares.get(b) ?? 0) ||
      (this.counts.get(a) ?? 0) - (this.counts.get(b) ?? 0) ||
      compareBytes(a, b);
    nodes.sort(order);
    return nodes.flatMap((node) => (this.isLeafNode(node) ? [clientOf(node)] : this.below(node)));
  }

  private isOut(node: string): boolean {
    return this.isLeafNode(node) && !this.of(clientOf(node)).active;
  }

  share(node: string): number {
    if (!this.readWeights.has(node)) this.readWeights.set(node, this.weights.get(node) ?? 1);
    const members = this.isLeafNode(node)
      ? [clientOf(node)]
      : [...this.clients.keys()].filter((path) => path === node || path.startsWith(`${node}/`));
    let share = 0;
    for (const [index, total] of this.total.entries()) {
      if (total <= 0 || this.excluded.includes(index)) continue;
      const held = members.reduce((sum, path) => sum + (this.of(path).held[index] ?? 0), 0);
      share = Math.max(share, held / 1000 / (total / 1000));
    }
    return share / (this.readWeights.get(node) as number);
  }

  /** The node that stands for a client alone. */
  private nodeOf(path: string): string {
    return this.isLeaf(path) ? path : `${path}/.`;
  }

  private isLeaf(path: string): boolean {
    return this.clients.has(path) && ![...this.clients.keys()].some((other) => other.startsWith(`${path}/`));
  }

  private isLeafNode(node: string): boolean {
    return node.endsWith('/.') || this.isLeaf(node);
  }

  private of(path: string): Leaf {
    const leaf = this.clients.get(path);
    if (leaf === undefined) throw new Error(`no client ${path}`);
    return leaf;
  }

  private forget(node: string): void {
    this.counts.delete(node);
    this.readWeights.delete(node);
  }
}

function clientOf(node: string): string {
  return node.endsWith('/.') ? node.slice(0, -2) : node;
}

/** `a/b/c` → `a`, `a/b`. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
