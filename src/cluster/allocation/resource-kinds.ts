import { fail } from '../../core/errors.js';
import { grown } from '../../core/rows.js';
import type { ResourceSpace } from '../../model/resources.js';

/** What tells resources of one name apart (Mesos `Resource`: reservations, revocable, disk source, shared). */
export interface KindTraits {
  readonly name: string;
  /** Roles that it is reserved to, refinements last; empty = unreserved. */
  readonly reservations: readonly string[];
  readonly isRevocable: boolean;
  /** A MOUNT disk or persistent volume: given whole or not at all. */
  readonly isIndivisible: boolean;
  readonly isShared: boolean;
  /** Slot of the agent's persistent volume that it is, absent = none. */
  readonly volume?: number;
  /** Whole numbers such as ports, not an amount. The column holds how many, in thousandths. */
  readonly isRange: boolean;
}

/**
 * The columns of resource amounts: kinds. The plain kinds of the scenario's resources come first, in its order, so that in a world
 * without reservations and the like a kind's row is the resource's.
 */
export class KindTable {
  count = 0;
  /** Columns that rows of amounts have room for. */
  stride: number;
  readonly traits: KindTraits[] = [];
  /** Row of the name: a resource of the space, or beyond those a range. */
  nameRows = new Int32Array(8);
  /** 1 for amounts that a quota counts: scalar, unreserved, not revocable. */
  isQuota = new Uint8Array(8);
  isScalar = new Uint8Array(8);
  isReserved = new Uint8Array(8);
  isRevocable = new Uint8Array(8);
  isRefined = new Uint8Array(8);
  isIndivisible = new Uint8Array(8);
  isShared = new Uint8Array(8);
  /** True while every kind is a plain one of the space. */
  isPlain = true;
  hasRevocable = false;
  hasShared = false;
  hasRange = false;
  readonly rangeNames: string[] = [];
  private readonly rows = new Map<string, number>();
  private readonly listeners: ((oldStride: number, stride: number) => void)[] = [];

  constructor(readonly resources: ResourceSpace) {
    this.stride = resources.count;
    for (const name of resources.names) this.intern(plainKind(name));
    this.isPlain = true;
  }

  /** Number of names: the space's, then ranges. */
  get nameCount(): number {
    return this.resources.count + this.rangeNames.length;
  }

  /** Called when amounts must be laid out anew. */
  onWiden(listener: (oldStride: number, stride: number) => void): void {
    this.listeners.push(listener);
  }

  /** Row of a kind, added when new. A scalar's name must be in the space. */
  intern(traits: KindTraits): number {
    const key = kindText(traits);
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    const row = this.count++;
    this.rows.set(key, row);
    this.traits.push(traits);
    this.reserve();
    this.nameRows[row] = this.nameRow(traits);
    const isReserved = traits.reservations.length > 0;
    this.isScalar[row] = traits.isRange ? 0 : 1;
    this.isReserved[row] = isReserved ? 1 : 0;
    this.isRefined[row] = traits.reservations.length > 1 ? 1 : 0;
    this.isRevocable[row] = traits.isRevocable ? 1 : 0;
    this.isIndivisible[row] = traits.isIndivisible ? 1 : 0;
    this.isShared[row] = traits.isShared ? 1 : 0;
    this.isQuota[row] = !traits.isRange && !isReserved && !traits.isRevocable ? 1 : 0;
    this.isPlain = false;
    this.hasRevocable ||= traits.isRevocable;
    this.hasShared ||= traits.isShared;
    this.hasRange ||= traits.isRange;
    return row;
  }

  /** The kind that results from reserving one more time, or -1 popped. */
  reservedTo(kind: number, role: string): number {
    const traits = this.traitsOf(kind);
    return this.intern({ ...traits, reservations: [...traits.reservations, role] });
  }

  /** The kind without its last reservation. */
  unreservedOf(kind: number): number {
    const traits = this.traitsOf(kind);
    return this.intern({ ...traits, reservations: traits.reservations.slice(0, -1) });
  }

  traitsOf(kind: number): KindTraits {
    return this.traits[kind] ?? fail(`there is no resource kind ${kind}`);
  }

  private nameRow(traits: KindTraits): number {
    if (!traits.isRange) {
      const row = this.resources.indexOf(traits.name);
      return row >= 0 ? row : fail(`resource ${traits.name} is not in the scenario's space`);
    }
    const known = this.rangeNames.indexOf(traits.name);
    return this.resources.count + (known >= 0 ? known : this.rangeNames.push(traits.name) - 1);
  }

  private reserve(): void {
    if (this.count > this.nameRows.length) {
      const capacity = this.nameRows.length * 2;
      this.nameRows = grown(this.nameRows, capacity);
      this.isQuota = grown(this.isQuota, capacity);
      this.isScalar = grown(this.isScalar, capacity);
      this.isReserved = grown(this.isReserved, capacity);
      this.isRevocable = grown(this.isRevocable, capacity);
      this.isRefined = grown(this.isRefined, capacity);
      this.isIndivisible = grown(this.isIndivisible, capacity);
      this.isShared = grown(this.isShared, capacity);
    }
    if (this.count <= this.stride) return;
    const old = this.stride;
    this.stride = this.count + 3;
    for (const listener of this.listeners) listener(old, this.stride);
  }
}

/** The plain kind of a name. */
export function plainKind(name: string): KindTraits {
  return { name, reservations: [], isRevocable: false, isIndivisible: false, isShared: false, isRange: false };
}

/** `name(role>role){TAG}`: the spelling of allocator cases. */
export function kindText(traits: KindTraits): string {
  let text = traits.name;
  if (traits.reservations.length > 0) text += `(${traits.reservations.join('>')})`;
  if (traits.isRevocable) text += '{REV}';
  if (traits.isIndivisible) text += '{MOUNT}';
  if (traits.isShared) text += '{SHARED}';
  if (traits.volume !== undefined) text += `{VOLUME ${traits.volume}}`;
  return traits.isRange ? `${text}[]` : text;
}

/** Rows of amounts in a wider layout. */
export function relaid(amounts: Float64Array, rowCount: number, oldStride: number, stride: number): Float64Array {
  const wider = new Float64Array(rowCount * stride);
  for (let row = 0; row < rowCount; row++) {
    wider.set(amounts.subarray(row * oldStride, (row + 1) * oldStride), row * stride);
  }
  return wider;
}
