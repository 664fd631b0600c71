import { compareBytes } from '../core/text-order.js';

/** A role in a sorter's tree. A leaf stands for a client; an internal node for the subtree below it. */
export class RoleNode {
  readonly children: RoleNode[] = [];
  /** Client row of a leaf, -1 = internal. */
  client = -1;
  isActive = false;
  /** Everything offered or in use below, per resource. */
  held: Float64Array;
  /** Grants so far, of a subtree all that were made while it stood. */
  count = 0;
  /** Number of the sorter's last grant that went here. */
  stamp = 0;
  key = 0;
  /** Read once, at the first computation of the key, and then kept; 0 = not read yet. */
  weight = 0;
  /** Its children, or something below, must be ordered again. */
  isStale = true;
  readonly isVirtual: boolean;

  constructor(
    readonly path: string,
    readonly parent: RoleNode | undefined,
    width: number,
  ) {
    this.held = new Float64Array(width);
    this.isVirtual = path.endsWith('/.');
  }

  widen(width: number): void {
    const held = new Float64Array(width);
    held.set(this.held.subarray(0, width));
    this.held = held;
  }
}

/** Smaller key, then fewer grants, then path bytes (sorter.hpp compareDRF); inactive leaves last. */
export function compareNodes(a: RoleNode, b: RoleNode): number {
  const isAOut = a.client >= 0 && !a.isActive;
  const isBOut = b.client >= 0 && !b.isActive;
  if (isAOut !== isBOut) return isAOut ? 1 : -1;
  if (!isAOut && a.key !== b.key) return a.key < b.key ? -1 : 1;
  if (!isAOut && a.count !== b.count) return a.count - b.count;
  return compareBytes(a.path, b.path);
}
