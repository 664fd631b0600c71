import type { OrderView, PendingGroup, QueuePolicy } from '../../model/order.js';
import type { Gang } from './gang.js';

/** The gangs of a framework in the order of its policy, ties by submit time, then by entry. */
export class GangQueue implements OrderView {
  private readonly served = new Map<string, number>();
  private readonly byKey = new Map<string, Gang>();
  private sorted: Gang[] | undefined;
  private readonly rows: (Gang | undefined)[] = [];
  private readonly free: number[] = [];

  constructor(
    private readonly policy: QueuePolicy,
    private readonly clock: { readonly nowUs: number },
  ) {}

  get nowUs(): number {
    return this.clock.nowUs;
  }

  runningOfUser(user: string): number {
    let count = 0;
    for (const gang of this.values()) if (gang.job.record.user === user) count += gang.placed.length;
    return count;
  }

  servedOfUser(user: string): number {
    return this.served.get(user) ?? 0;
  }

  noteServed({ job }: Gang): void {
    const { user } = job.record;
    this.served.set(user, (this.served.get(user) ?? 0) + 1);
  }

  get(key: string): Gang | undefined {
    return this.byKey.get(key);
  }

  atRow(row: number): Gang | undefined {
    return this.rows[row];
  }

  get size(): number {
    return this.byKey.size;
  }

  values(): Iterable<Gang> {
    return this.byKey.values();
  }

  /** Makes a gang on a row of its own. */
  add(key: string, make: (row: number) => Gang): Gang {
    const row = this.free.pop() ?? this.rows.length;
    const gang = make(row);
    this.rows[row] = gang;
    this.byKey.set(key, gang);
    this.sorted = undefined;
    return gang;
  }

  remove(gang: Gang): void {
    for (const [key, other] of this.byKey) {
      if (other !== gang) continue;
      this.byKey.delete(key);
      this.rows[gang.row] = undefined;
      this.free.push(gang.row);
    }
    this.sorted = undefined;
  }

  inOrder(): readonly Gang[] {
    if (this.sorted !== undefined && !this.policy.isDynamic) return this.sorted;
    const ranks = [...this.byKey.values()].map((gang) => ({
      gang,
      rank: this.policy.rank(gang.groups[0] as PendingGroup, this),
    }));
    ranks.sort((a, b) => a.rank - b.rank || a.gang.job.submitUs - b.gang.job.submitUs || a.gang.entry - b.gang.entry);
    this.sorted = ranks.map(({ gang }) => gang);
    return this.sorted;
  }
}
