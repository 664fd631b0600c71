import type { Sorter } from '../model/allocator.js';
import type { FilterStore } from './filters.js';

/** One role that frameworks have subscribed to. */
export interface RoleState {
  readonly row: number;
  readonly path: string;
  weight: number;
  /** Ranks the role's clients. */
  readonly sorter: Sorter;
  readonly clients: number[];
  /** Active clients: the role is active in the role sorter while there is one. */
  activeCount: number;
}

/**
 * Clients are (framework, role) pairs; each has a row. A client is active while its framework is and has not suppressed the role.
 * Roles and clients are ranked by the sorters of the policy.
 */
export class Clients {
  readonly roles: RoleState[] = [];
  readonly framework: number[] = [];
  readonly role: number[] = [];
  readonly isActive: boolean[] = [];
  /** Offered or allocated to the client, per resource. */
  readonly held: Float64Array[] = [];
  activeCount = 0;
  /** Raised whenever a client becomes active: a run may now offer more. */
  activationCount = 0;
  private readonly roleRows = new Map<string, number>();

  constructor(
    private readonly width: number,
    readonly roleSorter: Sorter,
    private readonly makeSorter: () => Sorter,
    private readonly total: Float64Array,
    private readonly filters: FilterStore,
  ) {
    roleSorter.setTotal(total);
  }

  get count(): number {
    return this.framework.length;
  }

  /** Row of a role, added when new. */
  roleOf(path: string): number {
    const known = this.roleRows.get(path);
    if (known !== undefined) return known;
    // As in Mesos's role tree, the top of a path is a role too.
    const slash = path.indexOf('/');
    if (slash > 0) this.roleOf(path.slice(0, slash));
    const row = this.roles.length;
    const sorter = this.makeSorter();
    sorter.setTotal(this.total);
    this.roles.push({ row, path, weight: 1, sorter, clients: [], activeCount: 0 });
    this.roleRows.set(path, row);
    return row;
  }

  rowOfRole(path: string): number {
    return this.roleRows.get(path) ?? -1;
  }

  setWeight(path: string, weight: number): void {
    const role = this.roles[this.roleOf(path)] as RoleState;
    role.weight = weight;
    this.roleSorter.setWeight(path, weight);
  }

  /** Subscribes a framework to a role; the client starts inactive. Ids sort by registration, as Mesos's zero-padded counter does. */
  add(framework: number, rolePath: string): number {
    const role = this.roles[this.roleOf(rolePath)] as RoleState;
    const client = this.framework.length;
    this.framework.push(framework);
    this.role.push(role.row);
    this.isActive.push(false);
    this.held.push(new Float64Array(this.width));
    if (role.clients.length === 0) this.roleSorter.add(role.row, role.path);
    role.clients.push(client);
    role.sorter.add(client, this.idOf(framework));
    return client;
  }

  /** Id of a framework by which the last ties are broken. */
  idOf(framework: number): string {
    return `framework-${String(framework).padStart(6, '0')}`;
  }

  activate(client: number): void {
    if (this.isActive[client] === true) return;
    this.isActive[client] = true;
    this.activeCount++;
    this.activationCount++;
    const role = this.roles[this.role[client] as number] as RoleState;
    role.sorter.activate(client);
    if (role.activeCount++ === 0) this.roleSorter.activate(role.row);
  }

  /** SUPPRESS keeps the client's filters; they are dropped by REVIVE or when the framework is deactivated. */
  deactivate(client: number): void {
    if (this.isActive[client] !== true) return;
    this.isActive[client] = false;
    this.activeCount--;
    const role = this.roles[this.role[client] as number] as RoleState;
    role.sorter.deactivate(client);
    if (--role.activeCount === 0) this.roleSorter.deactivate(role.row);
  }

  /** A new master knows no grants: clients, which hold nothing, are ranked as new ones. */
  forgetCounts(): void {
    for (const role of this.roles) {
      if (role.clients.length === 0) continue;
      for (const client of role.clients) {
        role.sorter.remove(client);
        role.sorter.add(client, this.idOf(this.framework[client] as number));
      }
      this.roleSorter.remove(role.row);
      this.roleSorter.add(role.row, role.path);
    }
  }

  clearFilters(client: number): void {
    this.filters.clearClient(client);
  }

  /** The one active client, or -1 when there are none or several. */
  soleActive(): number {
    if (this.activeCount !== 1) return -1;
    for (let role = 0; role < this.roles.length; role++) {
      const state = this.roles[role] as RoleState;
      if (state.activeCount === 0) continue;
      state.sorter.refresh();
      return state.sorter.order[0] as number;
    }
    return -1;
  }

  /** Charges a grant of `grantCount` offers to the client and its role. */
  charge(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    this.chargeClient(client, amounts, offset, grantCount);
    this.chargeRole(this.role[client] as number, amounts, offset, grantCount);
  }

  /** Charges a grant to the client alone: its role is charged with several grants at once, by `chargeRole`. */
  chargeClient(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    const held = this.held[client] as Float64Array;
    for (let index = 0; index < this.width; index++) {
      held[index] = (held[index] as number) + (amounts[offset + index] as number);
    }
    const role = this.roles[this.role[client] as number] as RoleState;
    role.sorter.allocated(client, amounts, offset, grantCount);
  }

  chargeRole(role: number, amounts: Float64Array, offset: number, grantCount: number): void {
    this.roleSorter.allocated(role, amounts, offset, grantCount);
  }

  /** Takes amounts back from the client and its role. */
  credit(client: number, amounts: Float64Array, offset: number): void {
    const held = this.held[client] as Float64Array;
    for (let index = 0; index < this.width; index++) {
      held[index] = (held[index] as number) - (amounts[offset + index] as number);
    }
    const role = this.roles[this.role[client] as number] as RoleState;
    role.sorter.unallocated(client, amounts, offset);
    this.roleSorter.unallocated(role.row, amounts, offset);
  }

  /** Totals of the cluster have changed: shares must be computed anew. */
  totalsChanged(): void {
    this.roleSorter.setTotal(this.total);
    for (const role of this.roles) role.sorter.setTotal(this.total);
  }
}
