import { fail } from '../../core/errors.js';
import type { Sorter } from '../../model/allocator.js';
import type { ResourceSpace } from '../../model/resources.js';
import { AgentColumns } from './agent-columns.js';
import { ClientTable, type FrameworkState, type MinAllocatable } from './client-table.js';
import { HoldingTable } from './holding-table.js';
import { InverseOffers } from './inverse-offers.js';
import { OfferFilters, type RangeSets } from './offer-filters.js';
import { KindTable } from './resource-kinds.js';
import { type RoleState, RoleTable } from './role-table.js';

/** Oddities of the real allocator (semantics §9, §10); true = as Mesos does it. */
export interface AllocationQuirks {
  /** A parent's limit does not bind what its child roles are given, which is charged to it only from the next cycle on. */
  readonly childrenEscapeLimits: boolean;
  /** Guarantees of roles without an active framework are held back too. */
  readonly holdsForAbsent: boolean;
  /** Guarantees are given even if others' can then no longer be met. */
  readonly guaranteesFirst: boolean;
  /** A role that makes progress on an agent also takes all of every resource it has no guarantee for. */
  readonly takesUnguaranteed: boolean;
  /** Reservations count as use of the quota while nobody uses them. */
  readonly reservationsAreUse: boolean;
  /** What is held back is held back per resource: an offer may hold memory without CPUs. */
  readonly offersRemainders: boolean;
  /** REVIVE makes a deactivated framework's role active again. */
  readonly reviveActivates: boolean;
}

/** All as Mesos does it. */
export const MESOS_QUIRKS: AllocationQuirks = {
  childrenEscapeLimits: true,
  holdsForAbsent: true,
  guaranteesFirst: true,
  takesUnguaranteed: true,
  reservationsAreUse: true,
  offersRemainders: true,
  reviveActivates: true,
};

export interface AllocationSettings {
  readonly seed: number;
  /** `id` orders agents by row. */
  readonly agentOrder: 'shuffle' | 'id';
  /** The least lifetime of an offer filter. */
  readonly allocationIntervalUs: number;
  readonly minAllocatable: MinAllocatable;
  /** Agents with GPUs are offered to GPU_RESOURCES frameworks only. */
  readonly filterGpuResources: boolean;
  /** Region of the master; agents elsewhere go to REGION_AWARE frameworks only. */
  readonly region?: string | undefined;
  readonly quirks: AllocationQuirks;
}

/** Who else holds a copy of a shared volume. */
const NO_COPY = 0;
const OTHER_COPY = 1;
const ROLE_COPY = 2;
const OWN_COPY = 3;

/** All that the allocator remembers between cycles (HAh), and the one function that charges and credits clients. */
export class AllocationState {
  readonly kinds: KindTable;
  readonly agents: AgentColumns;
  readonly clients: ClientTable;
  readonly roles: RoleTable;
  readonly holdings: HoldingTable;
  readonly filters: OfferFilters;
  readonly inverse = new InverseOffers();
  readonly roleSorter: Sorter;
  /** Per resource: total of all agents; offered or allocated; reserved; offered or allocated of what is reserved. */
  readonly total: Float64Array;
  readonly allocated: Float64Array;
  readonly reserved: Float64Array;
  readonly reservedHeld: Float64Array;
  /** Number of resources (sums by name). */
  readonly width: number;
  /** Raised by everything after which a run could offer what the last one did not. */
  changeCount = 0;
  private isTotalStale = true;
  private readonly byName: Float64Array;
  private readonly byNameForRole: Float64Array;

  constructor(
    readonly resources: ResourceSpace,
    readonly settings: AllocationSettings,
    private readonly makeSorter: (level: 'role' | 'framework') => Sorter,
  ) {
    this.width = resources.count;
    this.kinds = new KindTable(resources);
    this.agents = new AgentColumns(this.kinds);
    this.clients = new ClientTable(settings.minAllocatable);
    this.roles = new RoleTable(this.kinds);
    this.holdings = new HoldingTable(this.kinds, this.agents);
    this.filters = new OfferFilters(this.kinds);
    this.total = resources.zero();
    this.allocated = resources.zero();
    this.reserved = resources.zero();
    this.reservedHeld = resources.zero();
    this.byName = resources.zero();
    this.byNameForRole = resources.zero();
    this.roleSorter = makeSorter('role');
    this.roleSorter.setTotal(this.total);
  }

  /** Tells the sorters of a changed total. */
  syncTotals(): void {
    if (!this.isTotalStale) return;
    this.isTotalStale = false;
    this.roleSorter.setTotal(this.total);
    for (const role of this.roles.roles) role.sorter?.setTotal(this.total);
  }

  /** Adds (`sign` 1) or takes away (-1) an agent's total from the cluster's and from the reservations of roles. */
  countTotal(agent: number, sign: number): void {
    const { kinds, agents, roles, width } = this;
    const base = agent * kinds.stride;
    for (let kind = 0; kind < kinds.count; kind++) {
      const amount = sign * (agents.total[base + kind] as number);
      if (amount === 0 || kinds.isScalar[kind] === 0) continue;
      const name = kinds.nameRows[kind] as number;
      this.total[name] = (this.total[name] as number) + amount;
      if (kinds.isReserved[kind] === 0) continue;
      this.reserved[name] = (this.reserved[name] as number) + amount;
      const cell = roles.topOfKind(kind) * width + name;
      roles.reserved[cell] = (roles.reserved[cell] as number) + amount;
    }
    this.isTotalStale = true;
    this.changeCount++;
  }

  /**
   * A framework subscribes to a role, or is found to hold something in it: the client joins the sorters, inactive
   * (hierarchical.cpp trackFrameworkUnderRole).
   */
  track(framework: FrameworkState, roleRow: number): number {
    const known = framework.clients.get(roleRow);
    if (known !== undefined) return known;
    const client = this.clients.rowOf(framework.row, roleRow);
    const role = this.roles.of(roleRow);
    if (role.clientCount++ === 0) {
      this.roleSorter.add(role.row, role.path);
      this.roleSorter.activate(role.row);
      role.sorter = this.makeSorter('framework');
      role.sorter.setTotal(this.total);
    }
    framework.clients.set(roleRow, client);
    this.clients.classify(client);
    this.sorterOf(role).add(client, framework.id);
    this.changeCount++;
    return client;
  }

  /** Ends what `track` began; the client must hold nothing. */
  untrack(framework: FrameworkState, roleRow: number): void {
    const client = framework.clients.get(roleRow);
    if (client === undefined) return;
    const role = this.roles.of(roleRow);
    this.setActive(client, false);
    this.sorterOf(role).remove(client);
    framework.clients.delete(roleRow);
    if (--role.clientCount > 0) return;
    this.roleSorter.remove(role.row);
    role.sorter = undefined;
  }

  /** The role whose quota binds a role, and is charged, in the fair-share stage. */
  payerOf(role: RoleState): RoleState | undefined {
    const payer = role.isNested && !this.settings.quirks.childrenEscapeLimits ? this.roles.of(role.top) : role;
    return payer.guarantees !== undefined || payer.limits !== undefined ? payer : undefined;
  }

  /** Ends all filters of a framework, also those in roles that it has left. */
  clearFilters(framework: number): void {
    for (const client of this.clients.rowsOf(framework)) this.filters.clearClient(client);
  }

  sorterOf(role: RoleState): Sorter {
    return role.sorter ?? fail(`role ${role.path} has no sorter`);
  }

  setActive(client: number, isActive: boolean): void {
    const { clients } = this;
    if ((clients.isActive[client] === 1) === isActive) return;
    clients.isActive[client] = isActive ? 1 : 0;
    clients.activeCount += isActive ? 1 : -1;
    const sorter = this.sorterOf(this.roles.of(clients.roleOf[client] as number));
    if (isActive) sorter.activate(client);
    else sorter.deactivate(client);
    this.changeCount++;
  }

  /** Charges amounts on an agent to a client: one grant (trackAllocatedResources). A `grantCount` of 0 leaves its count as it is. */
  charge(
    client: number,
    agent: number,
    amounts: Float64Array,
    offset: number,
    ranges: RangeSets | undefined,
    grantCount: number,
  ): void {
    const role = this.roles.of(this.clients.roleOf[client] as number);
    if (this.kinds.hasShared) this.dropSharedCopies(agent, client, role, amounts, offset, 1);
    else this.sumNames(amounts, offset, this.byName);
    this.holdings.add(agent, client, amounts, offset, ranges);
    this.agents.hold(agent, amounts, offset, 1, ranges);
    this.account(role, amounts, offset, 1);
    const forRole = this.kinds.hasShared ? this.byNameForRole : this.byName;
    this.roleSorter.allocated(role.row, forRole, 0, grantCount);
    this.sorterOf(role).allocated(client, this.byName, 0, grantCount);
  }

  /** Takes amounts back from a client (untrackAllocatedResources); `row` is its holding on the agent. */
  credit(
    client: number,
    agent: number,
    row: number,
    amounts: Float64Array,
    offset: number,
    ranges: RangeSets | undefined,
  ): void {
    const role = this.roles.of(this.clients.roleOf[client] as number);
    this.holdings.subtract(row, agent, amounts, offset, ranges);
    if (this.kinds.hasShared) this.dropSharedCopies(agent, client, role, amounts, offset, -1);
    else this.sumNames(amounts, offset, this.byName);
    this.agents.hold(agent, amounts, offset, -1, ranges);
    this.account(role, amounts, offset, -1);
    const forRole = this.kinds.hasShared ? this.byNameForRole : this.byName;
    this.roleSorter.unallocated(role.row, forRole, 0);
    this.sorterOf(role).unallocated(client, this.byName, 0);
    this.changeCount++;
  }

  /** Sums of scalars by name. */
  sumNames(amounts: Float64Array, offset: number, sums: Float64Array): void {
    const { kinds, width } = this;
    if (kinds.isPlain) {
      for (let name = 0; name < width; name++) sums[name] = amounts[offset + name] as number;
      return;
    }
    sums.fill(0);
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isScalar[kind] === 0) continue;
      const name = kinds.nameRows[kind] as number;
      sums[name] = (sums[name] as number) + (amounts[offset + kind] as number);
    }
  }

  /**
   * Sums by name where a shared volume counts once for a client, and once for a role, however many copies it has
   * (sorter.hpp Allocation::add, subtract). Looks at the other holdings on the agent.
   */
  private dropSharedCopies(
    agent: number,
    client: number,
    role: RoleState,
    amounts: Float64Array,
    offset: number,
    sign: number,
  ): void {
    const { kinds, agents } = this;
    this.sumNames(amounts, offset, this.byName);
    this.sumNames(amounts, offset, this.byNameForRole);
    for (let kind = 0; kind < kinds.count; kind++) {
      const amount = amounts[offset + kind] as number;
      if (amount === 0 || kinds.isShared[kind] === 0) continue;
      const name = kinds.nameRows[kind] as number;
      const others = this.otherCopies(agent, client, role, kind);
      const copy = agents.total[agent * kinds.stride + kind] as number;
      this.byName[name] = (this.byName[name] as number) - amount + (others === OWN_COPY ? 0 : copy);
      this.byNameForRole[name] = (this.byNameForRole[name] as number) - amount + (others >= ROLE_COPY ? 0 : copy);
      if (others === NO_COPY) {
        this.allocated[name] = (this.allocated[name] as number) + sign * copy;
        this.reservedHeld[name] = (this.reservedHeld[name] as number) + sign * copy;
      }
    }
  }

  /** The closest holder of another copy of a shared volume on the agent. */
  private otherCopies(agent: number, client: number, role: RoleState, kind: number): number {
    const { kinds, holdings, clients } = this;
    let closest = NO_COPY;
    for (let row = this.agents.firstHolding[agent] as number; row >= 0; row = holdings.next[row] as number) {
      if ((holdings.amounts[row * kinds.stride + kind] as number) <= 0) continue;
      const holder = holdings.clients[row] as number;
      if (holder === client) return OWN_COPY;
      closest = Math.max(closest, clients.roleOf[holder] === role.row ? ROLE_COPY : OTHER_COPY);
    }
    return closest;
  }

  /** Books of the headroom and of quota use. */
  private account(role: RoleState, amounts: Float64Array, offset: number, sign: number): void {
    const { kinds, allocated, reservedHeld, roles, width } = this;
    for (let kind = 0; kind < kinds.count; kind++) {
      const amount = sign * (amounts[offset + kind] as number);
      if (amount === 0 || kinds.isScalar[kind] === 0 || kinds.isShared[kind] === 1) continue;
      const name = kinds.nameRows[kind] as number;
      allocated[name] = (allocated[name] as number) + amount;
      if (kinds.isReserved[kind] === 1) {
        reservedHeld[name] = (reservedHeld[name] as number) + amount;
        const cell = roles.topOfKind(kind) * width + name;
        roles.reservedHeld[cell] = (roles.reservedHeld[cell] as number) + amount;
      } else if (kinds.isRevocable[kind] === 0) {
        const cell = role.top * width + name;
        roles.charged[cell] = (roles.charged[cell] as number) + amount;
      }
    }
  }
}
