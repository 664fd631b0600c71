import { fail } from '../../core/errors.js';
import { grown } from '../../core/rows.js';
import type { Sorter } from '../../model/allocator.js';
import type { KindTable } from './resource-kinds.js';

/** How a kind stands to a role. */
export const NOT_FOR_ROLE = 0;
export const UNRESERVED = 1;
export const OWN_RESERVATION = 2;
export const ANCESTOR_RESERVATION = 3;

/** A role that has been named by a framework, a quota, a weight or a reservation. Rows are never given away. */
export interface RoleState {
  readonly row: number;
  readonly path: string;
  /** The first component: the only roles that may have a quota. */
  readonly top: number;
  readonly isNested: boolean;
  /** Frameworks that are subscribed or still hold something in the role. */
  clientCount: number;
  /** Ranks its clients; exists while there are any. */
  sorter: Sorter | undefined;
  /** Amounts per resource, undefined = none. */
  guarantees: Float64Array | undefined;
  /** Amounts per resource, Infinity where there is no limit; undefined = none at all. */
  limits: Float64Array | undefined;
  /** By kind: NOT_FOR_ROLE, UNRESERVED, … */
  kindUse: Uint8Array;
}

/** The role tree with its quota accounts. */
export class RoleTable {
  readonly roles: RoleState[] = [];
  /** Roles with a guarantee or limit, in order of row. */
  withQuota: RoleState[] = [];
  hasGuarantees = false;
  /** Unreserved, not revocable, offered or allocated, of the whole subtree, per top-level role and resource. */
  charged: Float64Array;
  /** Reserved to the subtree, allocated or not, per top-level role and resource. */
  reserved: Float64Array;
  /** Of those reservations, what is offered or allocated. */
  reservedHeld: Float64Array;
  private readonly rows = new Map<string, number>();
  private readonly kindTops: number[] = [];

  constructor(private readonly kinds: KindTable) {
    this.charged = new Float64Array(8 * kinds.resources.count);
    this.reserved = new Float64Array(8 * kinds.resources.count);
    this.reservedHeld = new Float64Array(8 * kinds.resources.count);
  }

  /** Row of a role, added when new. */
  rowOf(path: string): number {
    const known = this.rows.get(path);
    if (known !== undefined) return known;
    const slash = path.indexOf('/');
    const top = slash < 0 ? this.roles.length : this.rowOf(path.slice(0, slash));
    const row = this.roles.length;
    const kindUse = new Uint8Array(0);
    this.roles.push({
      row,
      path,
      top,
      isNested: slash >= 0,
      clientCount: 0,
      sorter: undefined,
      guarantees: undefined,
      limits: undefined,
      kindUse,
    });
    this.rows.set(path, row);
    const width = this.kinds.resources.count;
    if ((row + 1) * width > this.charged.length) {
      this.charged = grown(this.charged, this.charged.length * 2);
      this.reserved = grown(this.reserved, this.reserved.length * 2);
      this.reservedHeld = grown(this.reservedHeld, this.reservedHeld.length * 2);
    }
    return row;
  }

  of(row: number): RoleState {
    return this.roles[row] ?? fail(`there is no role ${row}`);
  }

  /** Sets guarantees and limits of a top-level role; empty ones remove the quota. */
  setQuota(row: number, guarantees: Float64Array | undefined, limits: Float64Array | undefined): void {
    const role = this.of(row);
    if (role.isNested) fail(`role ${role.path} is not top-level and cannot have a quota`);
    role.guarantees = guarantees?.some((amount) => amount > 0) ? guarantees : undefined;
    role.limits = limits?.some((amount) => amount < Number.POSITIVE_INFINITY) ? limits : undefined;
    this.withQuota = this.roles.filter((other) => other.guarantees !== undefined || other.limits !== undefined);
    this.hasGuarantees = this.withQuota.some((other) => other.guarantees !== undefined);
  }

  /** By kind, how the role may use it: unreserved, reserved to it, or reserved to an ancestor (Resources isAllocatableTo). */
  kindUseOf(role: RoleState): Uint8Array {
    const { count, traits } = this.kinds;
    if (role.kindUse.length !== count) {
      role.kindUse = Uint8Array.from(traits, ({ reservations }) => {
        const owner = reservations[reservations.length - 1];
        if (owner === undefined) return UNRESERVED;
        if (owner === role.path) return OWN_RESERVATION;
        return role.path.startsWith(`${owner}/`) ? ANCESTOR_RESERVATION : NOT_FOR_ROLE;
      });
    }
    return role.kindUse;
  }

  /** Row of the top-level role that a kind is reserved to, -1 = unreserved. */
  topOfKind(kind: number): number {
    const known = this.kindTops[kind];
    if (known !== undefined) return known;
    const { reservations } = this.kinds.traitsOf(kind);
    const owner = reservations[reservations.length - 1];
    const top = owner === undefined ? -1 : this.of(this.rowOf(owner)).top;
    this.kindTops[kind] = top;
    return top;
  }
}
