import type { AllocatorView, DemandEntry, RunningTask } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import { add, type Room } from './room.js';

export interface Protection {
  /** Clients that would hold less than their weighted share are left alone. */
  readonly protectsShares: boolean;
  /** Roles that would hold less than their quota guarantees are left alone. */
  readonly protectsQuota: boolean;
}

/**
 * Whose tasks may not end for a waiting task, given the victims that have been chosen before. A quota guarantee is a promise to a role:
 * no other role's work takes it back; within the role anything may make room.
 */
export class Guard {
  private readonly heldByClient = new Map<number, Amounts>();
  private readonly heldByRole = new Map<string, Amounts>();
  private readonly role: string;

  constructor(
    private readonly protection: Protection,
    entry: DemandEntry,
    private readonly room: Room,
    private readonly view: AllocatorView,
  ) {
    this.role = topRole(view, entry.client);
  }

  /** Whether the task may end; if so it counts as gone. */
  allows(task: RunningTask): boolean {
    const { protectsShares, protectsQuota } = this.protection;
    if (protectsQuota && !this.leavesGuarantee(task)) return false;
    if (protectsShares && !this.leavesShare(task)) return false;
    if (protectsQuota) add(this.ofRole(topRole(this.view, task.client)), task.amounts, -1);
    if (protectsShares) add(this.ofClient(task.client), task.amounts, -1);
    return true;
  }

  private leavesGuarantee({ client, amounts }: RunningTask): boolean {
    const role = topRole(this.view, client);
    const guarantee = role === this.role ? undefined : this.view.guaranteeOf(client);
    if (guarantee === undefined) return true;
    const held = this.ofRole(role);
    return guarantee.every((amount, resource) => {
      const taken = amounts[resource] as number;
      return taken === 0 || (held[resource] as number) - taken >= amount;
    });
  }

  /** The client would still hold its weighted share of the cluster (by dominant share) without the task. */
  private leavesShare({ client, amounts }: RunningTask): boolean {
    const { view } = this;
    let weightSum = 0;
    for (let other = 0; other < view.clientCount; other++) weightSum += view.weightOf(other);
    const guaranteed = view.weightOf(client) / weightSum;
    let share = 0;
    this.ofClient(client).forEach((held, resource) => {
      const total = view.total[resource] as number;
      if (total > 0) share = Math.max(share, (held - (amounts[resource] as number)) / total);
    });
    return share >= guaranteed;
  }

  private ofClient(client: number): Amounts {
    const held = this.heldByClient.get(client) ?? this.room.heldBy(client).slice();
    this.heldByClient.set(client, held);
    return held;
  }

  private ofRole(role: string): Amounts {
    const known = this.heldByRole.get(role);
    if (known !== undefined) return known;
    const held = this.view.resources.zero();
    for (let client = 0; client < this.view.clientCount; client++) {
      if (topRole(this.view, client) === role) add(held, this.room.heldBy(client), 1);
    }
    this.heldByRole.set(role, held);
    return held;
  }
}

function topRole(view: AllocatorView, client: number): string {
  const role = view.roleOf(client);
  const slash = role.indexOf('/');
  return slash < 0 ? role : role.slice(0, slash);
}
