import { compareBytes } from '../core/text-order.js';

/** A role or framework in a sorter's tree. A leaf stands for a client; an internal node for the subtree below it. */
export class DrfNode {
  readonly children: DrfNode[] = [];
  /** Client row of a leaf, -1 = internal. */
  client = -1;
  isActive = false;
  /** Everything offered or in use below, per resource. */
  held: Float64Array;
  /** Grants so far; the second key of every tie. */
  count = 0;
  share = 0;
  /** Read once, at the first computation of the share, and then kept. */
  weight = 0;
  /** Place among the active leaves of a flat tree, -1 = not there. */
  place = -1;

  constructor(
    readonly path: string,
    public parent: DrfNode | undefined,
    width: number,
  ) {
    this.held = new Float64Array(width);
  }
}

/** Smaller share, then fewer grants, then path bytes (sorter.cpp compareDRF): raw doubles, no rounding. */
export function compareNodes(a: DrfNode, b: DrfNode): number {
  if (a.share !== b.share) return a.share - b.share;
  if (a.count !== b.count) return a.count - b.count;
  return compareBytes(a.path, b.path);
}
