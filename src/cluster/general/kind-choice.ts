import { DISK } from '../../model/resources.js';
import type { KindTable } from '../allocation/resource-kinds.js';
import type { RevocableUse } from './settings.js';

/** What a task is to run on, with volumes by kind. */
export interface KindUse {
  readonly revocable: RevocableUse;
  /** Kind of the persistent volume that serves its demand for disk; -1 = none. */
  readonly volumeKind: number;
  /** Whether reserved amounts may serve it. */
  readonly reserved: 'never' | 'allow' | 'only';
}

/**
 * Chooses the kinds of amounts that a task takes from an offer, as a framework names them in TaskInfo.resources: reserved ones first,
 * the deepest reservation before others, then unreserved ones. A name is served either by revocable or by other amounts, never by both
 * (master/validation.cpp validateRevocableAndNonRevocableResources). A volume is taken whole and by its name only.
 */
export class KindChoice {
  /** The last choice, by kind. */
  chosen = new Float64Array(0);
  private order: number[][] = [];
  private orderedCount = 0;

  constructor(private readonly kinds: KindTable) {}

  /** True when the demand can be served from `amounts[offset …]`; `chosen` then says how. */
  choose(amounts: Float64Array, offset: number, demand: Float64Array, use: KindUse): boolean {
    this.arrange();
    const { chosen } = this;
    chosen.fill(0);
    for (let name = 0; name < demand.length; name++) {
      const wanted = demand[name] as number;
      if (wanted > 0 && !this.serve(name, wanted, amounts, offset, use)) return false;
    }
    return true;
  }

  private serve(name: number, wanted: number, amounts: Float64Array, offset: number, use: KindUse): boolean {
    const order = this.order[name] as number[];
    if (use.volumeKind >= 0 && name === DISK)
      return this.serveVolume(wanted, amounts[offset + use.volumeKind] ?? 0, use);
    const mustBeRevocable = use.revocable === 'only' && this.hasRevocable(order);
    if (!mustBeRevocable && this.serveFrom(order, 0, wanted, amounts, offset, use)) return true;
    return use.revocable !== 'never' && this.serveFrom(order, 1, wanted, amounts, offset, use);
  }

  private hasRevocable(order: readonly number[]): boolean {
    return order.some((kind) => this.kinds.isRevocable[kind] === 1);
  }

  private serveFrom(
    order: number[],
    isRevocable: number,
    wanted: number,
    from: Float64Array,
    offset: number,
    { reserved }: KindUse,
  ): boolean {
    const { kinds, chosen } = this;
    let left = wanted;
    for (let index = 0; index < order.length && left > 0; index++) {
      const kind = order[index] as number;
      if (kinds.isRevocable[kind] !== isRevocable || kinds.isIndivisible[kind] === 1) continue;
      if (reserved !== 'allow' && (kinds.isReserved[kind] === 1) !== (reserved === 'only')) continue;
      const taken = Math.min(left, from[offset + kind] ?? 0);
      chosen[kind] = taken;
      left -= taken;
    }
    if (left === 0) return true;
    for (let index = 0; index < order.length; index++) chosen[order[index] as number] = 0;
    return false;
  }

  private serveVolume(wanted: number, held: number, use: KindUse): boolean {
    this.chosen[use.volumeKind] = wanted;
    return held === wanted;
  }

  /** How many tasks of the demand the amounts can serve, GPU devices not looked at. */
  count(amounts: Float64Array, offset: number, demand: Float64Array, use: KindUse): number {
    this.arrange();
    let count = Number.POSITIVE_INFINITY;
    for (let name = 0; name < demand.length; name++) {
      const wanted = demand[name] as number;
      if (wanted === 0) continue;
      const order = this.order[name] as number[];
      const isOnly = use.revocable === 'only' && this.hasRevocable(order);
      const plain = isOnly ? 0 : Math.floor(this.sumOf(order, 0, amounts, offset) / wanted);
      const revocable = use.revocable === 'never' ? 0 : Math.floor(this.sumOf(order, 1, amounts, offset) / wanted);
      count = Math.min(count, plain + revocable);
    }
    return count;
  }

  private sumOf(order: readonly number[], isRevocable: number, amounts: Float64Array, offset: number): number {
    const { kinds } = this;
    let sum = 0;
    for (const kind of order) {
      if (kinds.isRevocable[kind] === isRevocable && kinds.isIndivisible[kind] === 0)
        sum += amounts[offset + kind] ?? 0;
    }
    return sum;
  }

  /** Sums by name of all but volumes and other indivisible amounts. */
  sums(amounts: Float64Array, offset: number, out: Float64Array): void {
    this.arrange();
    for (let name = 0; name < out.length; name++) {
      const order = this.order[name] as number[];
      const before = out[name] as number;
      out[name] = before + this.sumOf(order, 0, amounts, offset) + this.sumOf(order, 1, amounts, offset);
    }
  }

  /** Kinds of each name in the order in which they are used up. */
  private arrange(): void {
    const { kinds } = this;
    if (this.chosen.length !== kinds.stride) this.chosen = new Float64Array(kinds.stride);
    if (this.orderedCount === kinds.count) return;
    this.orderedCount = kinds.count;
    this.order = kinds.resources.names.map(() => []);
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isScalar[kind] === 1) this.order[kinds.nameRows[kind] as number]?.push(kind);
    }
    const depth = (kind: number): number => kinds.traitsOf(kind).reservations.length;
    for (const list of this.order) list.sort((a, b) => depth(b) - depth(a) || a - b);
  }
}
