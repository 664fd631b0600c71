import { fail } from '../core/errors.js';
import type { Sorter } from '../model/allocator.js';
import { compareNodes, DrfNode } from './drf-tree.js';

/** How a sorter departs from Mesos's own. */
export interface DrfSettings {
  /** True for resources left out of shares. */
  readonly isExcluded: (resource: number) => boolean;
  /** [Q] A weight set later does not reach a purely internal role. */
  readonly keepsInternalWeights: boolean;
}

/**
 * The DRF sorter: share = max over resources of allocated/total, over weight; ties by allocation count, then path bytes.
 * Source: `src/master/allocator/mesos/sorter/drf/sorter.{cpp,hpp}`. Clients whose paths have one component form a flat list that is
 * kept sorted by moving the changed client alone; nested roles form a tree that is re-sorted when something in it moved.
 */
export class DrfSorter implements Sorter {
  order = new Int32Array(16);
  activeCount = 0;
  private readonly leaves: (DrfNode | undefined)[] = [];
  private readonly root: DrfNode;
  private readonly weights = new Map<string, number>();
  private total: Float64Array = new Float64Array(0);
  /** Totals as Mesos's doubles: thousandths over 1000. */
  private scalars = new Float64Array(0);
  private isFlat = true;
  private isDirty = false;
  private sorted: DrfNode[] = [];

  constructor(private readonly settings: DrfSettings) {
    this.root = new DrfNode('', undefined, 0);
  }

  setTotal(total: Float64Array): void {
    this.total = total;
    if (this.scalars.length !== total.length) {
      this.scalars = new Float64Array(total.length);
      this.root.held = new Float64Array(total.length);
    }
    for (let index = 0; index < total.length; index++) this.scalars[index] = (total[index] as number) / 1000;
    this.reshare(this.root);
    this.resort();
  }

  add(client: number, path: string): void {
    const parts = path.split('/');
    if (parts.length > 1) this.isFlat = false;
    let node = this.root;
    for (let depth = 0; depth < parts.length - 1; depth++) {
      node = this.child(node, parts.slice(0, depth + 1).join('/'));
      if (node.client >= 0) node = this.split(node);
    }
    const last = this.child(node, path);
    const leaf = last.children.length > 0 ? this.child(last, `${path}/.`) : last;
    leaf.client = client;
    this.leaves[client] = leaf;
    this.updateShare(leaf);
    this.isDirty = true;
  }

  /** A client gets children: its allocation and count move to a virtual leaf `path/.` that competes with them. */
  private split(node: DrfNode): DrfNode {
    const leaf = this.child(node, `${node.path}/.`);
    leaf.client = node.client;
    leaf.isActive = node.isActive;
    leaf.held.set(node.held);
    leaf.count = node.count;
    this.leaves[leaf.client] = leaf;
    node.client = -1;
    node.isActive = false;
    this.unplace(node);
    this.updateShare(leaf);
    return node;
  }

  private child(parent: DrfNode, path: string): DrfNode {
    const known = parent.children.find((node) => node.path === path);
    if (known !== undefined) return known;
    const node = new DrfNode(path, parent, this.total.length);
    parent.children.push(node);
    return node;
  }

  remove(client: number): void {
    const leaf = this.leafOf(client);
    this.deactivate(client);
    for (let node = leaf.parent; node !== undefined; node = node.parent) {
      for (let index = 0; index < leaf.held.length; index++) {
        node.held[index] = (node.held[index] as number) - (leaf.held[index] as number);
      }
    }
    this.leaves[client] = undefined;
    let node: DrfNode = leaf;
    node.client = -1;
    while (node.parent !== undefined && node.children.length === 0 && node.client < 0) {
      const { parent } = node;
      parent.children.splice(parent.children.indexOf(node), 1);
      node = parent;
    }
    this.collapse(node);
    for (let above: DrfNode | undefined = node; above !== undefined; above = above.parent) this.updateShare(above);
    this.isDirty = true;
  }

  /** When only the virtual leaf is left, it becomes the role's own leaf again. */
  private collapse(node: DrfNode): void {
    const only = node.children[0];
    if (node.parent === undefined || node.children.length !== 1 || only === undefined || only.path !== `${node.path}/.`) return;
    node.children.length = 0;
    node.client = only.client;
    node.isActive = only.isActive;
    node.held.set(only.held);
    node.count = only.count;
    this.leaves[node.client] = node;
    this.resort();
  }

  activate(client: number): void {
    const leaf = this.leafOf(client);
    if (leaf.isActive) return;
    leaf.isActive = true;
    this.activeCount++;
    if (!this.isFlat || this.isDirty) {
      this.isDirty = true;
      return;
    }
    this.sorted.push(leaf);
    leaf.place = this.sorted.length - 1;
    this.reserve();
    this.replace(leaf);
  }

  deactivate(client: number): void {
    const leaf = this.leafOf(client);
    if (!leaf.isActive) return;
    leaf.isActive = false;
    this.activeCount--;
    this.unplace(leaf);
  }

  private unplace(leaf: DrfNode): void {
    if (leaf.place < 0) return;
    this.sorted.splice(leaf.place, 1);
    for (let index = leaf.place; index < this.sorted.length; index++) this.put(index, this.sorted[index] as DrfNode);
    leaf.place = -1;
    if (!this.isFlat) this.isDirty = true;
  }

  setWeight(path: string, weight: number): void {
    this.weights.set(path, weight);
    const node = this.find(path);
    if (node === undefined) return;
    const isClient = node.client >= 0 || node.children.some((child) => child.path === `${path}/.`);
    if (!isClient && this.settings.keepsInternalWeights && node.weight > 0) return;
    node.weight = weight;
    this.updateShare(node);
    this.moved(node);
  }

  private find(path: string): DrfNode | undefined {
    const parts = path.split('/');
    let node: DrfNode | undefined = this.root;
    for (let depth = 0; depth < parts.length && node !== undefined; depth++) {
      const prefix = parts.slice(0, depth + 1).join('/');
      node = node.children.find((child) => child.path === prefix);
    }
    return node;
  }

  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    for (let node: DrfNode | undefined = this.leafOf(client); node !== undefined; node = node.parent) {
      node.count += grantCount;
      const { held } = node;
      for (let index = 0; index < held.length; index++) held[index] = (held[index] as number) + (amounts[offset + index] as number);
      if (node.parent !== undefined) this.updateShare(node);
    }
    this.moved(this.leafOf(client));
  }

  unallocated(client: number, amounts: Float64Array, offset: number): void {
    for (let node: DrfNode | undefined = this.leafOf(client); node !== undefined; node = node.parent) {
      const { held } = node;
      for (let index = 0; index < held.length; index++) held[index] = (held[index] as number) - (amounts[offset + index] as number);
      if (node.parent !== undefined) this.updateShare(node);
    }
    this.moved(this.leafOf(client));
  }

  private moved(node: DrfNode): void {
    if (!this.isFlat) this.isDirty = true;
    else if (node.place >= 0) this.replace(node);
  }

  /** Flat lists: the changed client walks to its new place. */
  private replace(node: DrfNode): void {
    const { sorted } = this;
    let place = node.place;
    while (place > 0 && compareNodes(node, sorted[place - 1] as DrfNode) < 0) {
      this.put(place, sorted[place - 1] as DrfNode);
      place--;
    }
    while (place + 1 < sorted.length && compareNodes(node, sorted[place + 1] as DrfNode) > 0) {
      this.put(place, sorted[place + 1] as DrfNode);
      place++;
    }
    this.put(place, node);
  }

  private put(place: number, node: DrfNode): void {
    this.sorted[place] = node;
    node.place = place;
    this.order[place] = node.client;
  }

  refresh(): void {
    if (this.isDirty) this.resort();
  }

  private resort(): void {
    this.isDirty = false;
    for (const node of this.sorted) node.place = -1;
    this.sorted = [];
    this.list(this.root);
    this.reserve();
    for (let place = 0; place < this.sorted.length; place++) this.put(place, this.sorted[place] as DrfNode);
  }

  /** Depth first, children in order; inactive leaves are left out, but count in their ancestors. */
  private list(node: DrfNode): void {
    node.children.sort(compareNodes);
    for (const child of node.children) {
      if (child.client >= 0) {
        if (child.isActive) this.sorted.push(child);
      } else {
        this.list(child);
      }
    }
  }

  private reserve(): void {
    if (this.order.length >= this.sorted.length) return;
    const order = new Int32Array(this.sorted.length * 2);
    order.set(this.order);
    this.order = order;
  }

  keyOf(client: number): number {
    return this.leafOf(client).share;
  }

  private updateShare(node: DrfNode): void {
    if (node.weight === 0) node.weight = node.path.endsWith('/.') ? 1 : (this.weights.get(node.path) ?? 1);
    let share = 0;
    for (let index = 0; index < node.held.length; index++) {
      const total = this.scalars[index] as number;
      if (total <= 0 || this.settings.isExcluded(index)) continue;
      const part = (node.held[index] as number) / 1000 / total;
      if (part > share) share = part;
    }
    node.share = share / node.weight;
  }

  private reshare(node: DrfNode): void {
    for (const child of node.children) {
      if (child.held.length !== this.total.length) child.held = widened(child.held, this.total.length);
      this.updateShare(child);
      this.reshare(child);
    }
  }

  private leafOf(client: number): DrfNode {
    return this.leaves[client] ?? fail(`the sorter does not know client ${client}`);
  }
}

function widened(held: Float64Array, width: number): Float64Array {
  const wider = new Float64Array(width);
  wider.set(held.subarray(0, width));
  return wider;
}
