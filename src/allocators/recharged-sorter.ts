import type { AllocatorView, Sorter } from '../model/allocator.js';
import { type PathSettings, PathSorter } from './path-sorter.js';
import { dominantShare } from './rank-rule.js';

/**
 * A DRF sorter whose accounts a policy may rewrite before each cycle: clients then rank by what the policy holds against them
 * (decayed usage, useful part of an allocation). What is granted or returned within a cycle counts in full until the next.
 */
class RechargedSorter extends PathSorter {
  private readonly charged = new Map<number, Float64Array>();
  readonly clientOfPath = new Map<string, number>();
  private readonly paths = new Map<number, string>();
  private width = 0;

  constructor(settings: PathSettings) {
    super(dominantShare, settings);
  }

  override add(client: number, path: string): void {
    super.add(client, path);
    this.charged.set(client, new Float64Array(this.width));
    this.clientOfPath.set(path, client);
    this.paths.set(client, path);
  }

  override remove(client: number): void {
    super.remove(client);
    this.charged.delete(client);
    this.clientOfPath.delete(this.paths.get(client) ?? '');
    this.paths.delete(client);
  }

  override setTotal(total: Float64Array): void {
    super.setTotal(total);
    this.width = total.length;
  }

  override allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    super.allocated(client, amounts, offset, grantCount);
    this.note(client, amounts, offset, 1);
  }

  override unallocated(client: number, amounts: Float64Array, offset: number): void {
    super.unallocated(client, amounts, offset);
    this.note(client, amounts, offset, -1);
  }

  private note(client: number, amounts: Float64Array, offset: number, sign: number): void {
    const own = this.charged.get(client);
    if (own === undefined) return;
    for (let index = 0; index < own.length; index++) {
      own[index] = (own[index] as number) + sign * (amounts[offset + index] as number);
    }
  }

  has(client: number): boolean {
    return this.charged.has(client);
  }

  /** From now on the client holds just this, in whole thousandths. */
  recharge(client: number, wanted: Float64Array): void {
    const own = this.charged.get(client);
    if (own === undefined) return;
    const change = own.map((amount, index) => Math.round(wanted[index] as number) - amount);
    if (change.some((amount) => amount !== 0)) this.allocated(client, change, 0, 0);
  }
}

/** All sorters of one policy; knows which of them a client is in. */
export class RechargedSorters {
  private roleSorter: RechargedSorter | undefined;
  private readonly frameworkSorters: RechargedSorter[] = [];

  constructor(private readonly settings: PathSettings) {}

  sorter(level: 'role' | 'framework'): Sorter {
    const sorter = new RechargedSorter(this.settings);
    if (level === 'role') this.roleSorter = sorter;
    else this.frameworkSorters.push(sorter);
    return sorter;
  }

  /** Sets what every client is charged; a role is charged the sum of its clients. */
  recharge(view: AllocatorView, chargeOf: (client: number) => Float64Array): void {
    const byRole = new Map<string, Float64Array>();
    for (let client = 0; client < view.clientCount; client++) {
      const charge = chargeOf(client);
      for (const sorter of this.frameworkSorters) if (sorter.has(client)) sorter.recharge(client, charge);
      const role = view.roleOf(client);
      const sum = byRole.get(role) ?? view.resources.zero();
      for (let index = 0; index < sum.length; index++) {
        sum[index] = (sum[index] as number) + Math.round(charge[index] as number);
      }
      byRole.set(role, sum);
    }
    for (const [role, sum] of byRole) {
      const client = this.roleSorter?.clientOfPath.get(role);
      if (client !== undefined) this.roleSorter?.recharge(client, sum);
    }
  }
}
