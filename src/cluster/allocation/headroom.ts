import type { AllocationState } from './allocation-state.js';
import type { RoleState } from './role-table.js';

/**
 * The accounts of quota during one run: what each role with quota has consumed, what guarantees still require, and what is
 * available to everybody (hierarchical.cpp __generateOffers, before its first stage). All of it is per resource name.
 */
export class Headroom {
  /** Any role has a quota. */
  isActive = false;
  /** Something is required: offers must leave it. */
  isRequired = false;
  /** By top-level role and resource. */
  consumed = new Float64Array(0);
  required: Float64Array;
  available: Float64Array;
  private readonly surplus: Float64Array;

  constructor(private readonly state: AllocationState) {
    this.required = state.resources.zero();
    this.available = state.resources.zero();
    this.surplus = state.resources.zero();
  }

  begin(): void {
    const { roles } = this.state;
    this.isActive = roles.withQuota.length > 0;
    this.isRequired = false;
    if (!this.isActive) return;
    if (this.consumed.length < roles.charged.length) this.consumed = new Float64Array(roles.charged.length);
    this.required.fill(0);
    for (const role of roles.withQuota) this.beginRole(role);
    this.checkRequired();
    this.findAvailable();
  }

  private beginRole(role: RoleState): void {
    const { roles, width, settings } = this.state;
    const reservations = settings.quirks.reservationsAreUse ? roles.reserved : roles.reservedHeld;
    const isHeld = settings.quirks.holdsForAbsent || (role.sorter?.activeCount ?? 0) > 0;
    for (let name = 0; name < width; name++) {
      const cell = role.row * width + name;
      const consumed = (roles.charged[cell] as number) + (reservations[cell] as number);
      this.consumed[cell] = consumed;
      const missing = (role.guarantees?.[name] ?? 0) - consumed;
      if (missing > 0 && isHeld) this.required[name] = (this.required[name] as number) + missing;
    }
  }

  /** Total − offered or allocated − unallocated reservations − unallocated revocable; each difference stops at 0. */
  private findAvailable(): void {
    const { state, available } = this;
    for (let name = 0; name < state.width; name++) {
      const idle = above((state.total[name] as number) - (state.allocated[name] as number));
      const reserved = above((state.reserved[name] as number) - (state.reservedHeld[name] as number));
      available[name] = above(idle - reserved);
    }
    if (!state.kinds.hasRevocable) return;
    const { agents, kinds } = state;
    for (let agent = 0; agent < agents.end; agent++) {
      if (agents.isKnown[agent] !== 1) continue;
      for (let kind = 0; kind < kinds.count; kind++) {
        if (kinds.isRevocable[kind] === 0 || kinds.isScalar[kind] === 0) continue;
        const name = kinds.nameRows[kind] as number;
        const free = agents.free[agent * kinds.stride + kind] as number;
        available[name] = above((available[name] as number) - free);
      }
    }
  }

  /** Available − required. */
  surplusNow(): Float64Array {
    for (let name = 0; name < this.surplus.length; name++) {
      this.surplus[name] = above((this.available[name] as number) - (this.required[name] as number));
    }
    return this.surplus;
  }

  /** A grant has met part of the guarantees. */
  met(guaranteed: Float64Array): void {
    for (let name = 0; name < this.required.length; name++) {
      this.required[name] = above((this.required[name] as number) - (guaranteed[name] as number));
    }
    this.checkRequired();
  }

  /** A grant took unreserved resources. */
  took(amounts: Float64Array): void {
    for (let name = 0; name < this.available.length; name++) {
      this.available[name] = above((this.available[name] as number) - (amounts[name] as number));
    }
  }

  /** A role's quota is used up by so much. */
  consume(role: number, amounts: Float64Array): void {
    const { width } = this.state;
    for (let name = 0; name < width; name++) {
      const cell = role * width + name;
      this.consumed[cell] = (this.consumed[cell] as number) + (amounts[name] as number);
    }
  }

  /** What the role's guarantees still lack into `out`; false when nothing. */
  unsatisfied(role: RoleState, out: Float64Array): boolean {
    const { width } = this.state;
    let isAny = false;
    for (let name = 0; name < width; name++) {
      const missing = (role.guarantees?.[name] ?? 0) - (this.consumed[role.row * width + name] as number);
      out[name] = above(missing);
      if (missing > 0) isAny = true;
    }
    return isAny;
  }

  /** Limits − consumed − `pending` into `out`; Infinity where there is no limit. */
  roomUnder(role: RoleState, pending: Float64Array | undefined, out: Float64Array): void {
    const { width } = this.state;
    for (let name = 0; name < width; name++) {
      const limit = role.limits?.[name] ?? Number.POSITIVE_INFINITY;
      const left = limit - (this.consumed[role.row * width + name] as number);
      out[name] = above(above(left) - (pending?.[name] ?? 0));
    }
  }

  private checkRequired(): void {
    this.isRequired = false;
    for (let name = 0; name < this.required.length; name++)
      if ((this.required[name] as number) > 0) this.isRequired = true;
  }
}

/** Quantities stop at 0 (resource_quantities.cpp). */
function above(value: number): number {
  return Math.max(value, 0);
}
