import { fail } from '../core/errors.js';
import type { Sorter } from '../model/allocator.js';
import type { ClientState } from './flat-sorter.js';
import type { RankRule } from './rank-rule.js';
import { compareNodes, RoleNode } from './role-node.js';

/** How a tree of roles departs from Mesos's own. */
export interface TreeSettings {
  /** [Q] A weight set later does not reach a purely internal role (sorter.cpp updateWeight: find(path) fails → return). */
  readonly keepsInternalWeights: boolean;
}

/**
 * Roles with a hierarchy, as `src/master/allocator/mesos/sorter/drf/sorter.cpp` keeps them: nodes per path component; a client with
 * children is a virtual leaf `path/.` among them. Each node's children are kept in order; only nodes on the path of a change are
 * ordered again.
 */
export class TreeSorter implements Sorter {
  order = new Int32Array(16);
  activeCount = 0;
  protected readonly root = new RoleNode('', undefined, 0);
  private readonly nodes = new Map<string, RoleNode>();
  private readonly leaves: (RoleNode | undefined)[] = [];
  private scalars = new Float64Array(0);
  private grantTotal = 0;

  constructor(
    private readonly rule: RankRule,
    private readonly weightOf: ReadonlyMap<string, number>,
    private readonly settings: TreeSettings,
  ) {}

  /** Takes over the clients of a flat sorter, with their counts and the weights read so far. */
  adopt(states: readonly ClientState[]): void {
    for (const state of states) {
      this.add(state.client, state.path);
      const leaf = this.leafOf(state.client);
      if (state.isActive) this.activate(state.client);
      this.charge(leaf, state.held, 0, 1, state.count);
      leaf.weight = state.weight;
      leaf.stamp = state.stamp;
      this.grantTotal = Math.max(this.grantTotal, state.stamp);
    }
  }

  add(client: number, path: string): void {
    let node = this.root;
    let end = path.indexOf('/');
    for (; end >= 0; end = path.indexOf('/', end + 1)) {
      node = this.child(node, path.slice(0, end));
      if (node.client >= 0) this.split(node);
    }
    const last = this.child(node, path);
    const leaf = last.children.length > 0 ? this.child(last, `${path}/.`) : last;
    leaf.client = client;
    this.leaves[client] = leaf;
    stale(leaf);
  }

  /** A client gets children: its allocation and count are copied to a virtual leaf that stands for it among them. */
  private split(node: RoleNode): void {
    const leaf = this.child(node, `${node.path}/.`);
    leaf.client = node.client;
    leaf.isActive = node.isActive;
    leaf.held.set(node.held);
    leaf.count = node.count;
    leaf.stamp = node.stamp;
    this.leaves[leaf.client] = leaf;
    node.client = -1;
    node.isActive = false;
  }

  private child(parent: RoleNode, path: string): RoleNode {
    const known = this.nodes.get(path);
    if (known !== undefined) return known;
    const node = new RoleNode(path, parent, this.scalars.length);
    parent.children.push(node);
    this.nodes.set(path, node);
    return node;
  }

  remove(client: number): void {
    const leaf = this.leafOf(client);
    this.deactivate(client);
    this.leaves[client] = undefined;
    leaf.client = -1;
    for (let node = leaf.parent; node !== undefined; node = node.parent) {
      for (let resource = 0; resource < leaf.held.length; resource++) {
        node.held[resource] = (node.held[resource] as number) - (leaf.held[resource] as number);
      }
    }
    let node: RoleNode = leaf;
    while (node.parent !== undefined && node.children.length === 0 && node.client < 0) {
      const { parent } = node;
      parent.children.splice(parent.children.indexOf(node), 1);
      this.nodes.delete(node.path);
      node = parent;
    }
    this.collapse(node);
    stale(node);
  }

  /** When only the virtual leaf is left, the role is a leaf again. It keeps its own count: grants of the subtree are not forgotten. */
  private collapse(node: RoleNode): void {
    const only = node.children[0];
    if (node.parent === undefined || node.children.length !== 1 || only === undefined || !only.isVirtual) return;
    node.children.length = 0;
    this.nodes.delete(only.path);
    node.client = only.client;
    node.isActive = only.isActive;
    this.leaves[node.client] = node;
  }

  activate(client: number): void {
    const leaf = this.leafOf(client);
    if (leaf.isActive) return;
    leaf.isActive = true;
    this.activeCount++;
    stale(leaf);
  }

  deactivate(client: number): void {
    const leaf = this.leafOf(client);
    if (!leaf.isActive) return;
    leaf.isActive = false;
    this.activeCount--;
    stale(leaf);
  }

  setWeight(path: string, weight: number): void {
    const node = this.nodes.get(path);
    if (node === undefined) return;
    const isClient = node.client >= 0 || this.nodes.has(`${path}/.`);
    if (!isClient && this.settings.keepsInternalWeights) return;
    node.weight = weight;
    stale(node);
  }

  setTotal(total: Float64Array): void {
    const isWider = total.length !== this.scalars.length;
    this.scalars = total.map((amount) => amount / 1000);
    for (const node of [this.root, ...this.nodes.values()]) {
      if (isWider) node.widen(total.length);
      node.isStale = true;
    }
  }

  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    if (grantCount > 0) this.grantTotal++;
    this.charge(this.leafOf(client), amounts, offset, 1, grantCount);
  }

  unallocated(client: number, amounts: Float64Array, offset: number): void {
    this.charge(this.leafOf(client), amounts, offset, -1, 0);
  }

  /** The client's key must be computed anew, for rules that look at more than what it holds. */
  touch(client: number): void {
    stale(this.leafOf(client));
  }

  private charge(leaf: RoleNode, amounts: Float64Array, offset: number, sign: number, grantCount: number): void {
    for (let node: RoleNode | undefined = leaf; node !== undefined; node = node.parent) {
      const { held } = node;
      for (let resource = 0; resource < held.length; resource++) {
        held[resource] = (held[resource] as number) + sign * (amounts[offset + resource] as number);
      }
      if (grantCount > 0) {
        node.count += grantCount;
        node.stamp = this.grantTotal;
      }
      node.isStale = true;
    }
  }

  refresh(): void {
    if (!this.root.isStale) return;
    if (this.order.length < this.activeCount) this.order = new Int32Array(this.activeCount * 2);
    this.list(this.root, 0);
  }

  /** Depth first, children in order; inactive leaves are left out, but count in their ancestors. */
  private list(node: RoleNode, from: number): number {
    let place = from;
    if (node.isStale) this.arrange(node);
    for (const child of node.children) {
      if (child.client < 0) place = this.list(child, place);
      else if (child.isActive) this.order[place++] = child.client;
    }
    return place;
  }

  private arrange(node: RoleNode): void {
    for (const child of node.children) {
      // The weight of an inactive leaf is not read yet: sorter.cpp stops at the first one.
      if (child.client < 0 || child.isActive) child.key = this.keyOfNode(child);
    }
    node.children.sort(compareNodes);
    node.isStale = false;
  }

  protected keyOfNode(node: RoleNode): number {
    const weight = this.weightOfNode(node);
    const key = this.rule.key(node.held, 0, this.scalars, node.stamp);
    return this.rule.isWeighted ? key / weight : key;
  }

  /** Read from the table once, then kept (sorter.cpp getWeight). */
  protected weightOfNode(node: RoleNode): number {
    if (node.weight === 0) node.weight = this.weightOf.get(node.path) ?? 1;
    return node.weight;
  }

  keyOf(client: number): number {
    const leaf = this.leafOf(client);
    const key = this.rule.key(leaf.held, 0, this.scalars, leaf.stamp);
    return this.rule.isWeighted ? key / (leaf.weight || (this.weightOf.get(leaf.path) ?? 1)) : key;
  }

  private leafOf(client: number): RoleNode {
    return this.leaves[client] ?? fail(`the sorter does not know client ${client}`);
  }
}

/** The node's parent must order its children again, and the nodes above too: their shares include it. */
function stale(node: RoleNode): void {
  for (let above: RoleNode | undefined = node; above !== undefined; above = above.parent) above.isStale = true;
}
