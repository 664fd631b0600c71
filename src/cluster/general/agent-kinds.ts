import type { AgentStore } from '../agents.js';
import type { KindTable } from '../allocation/resource-kinds.js';
import { plainKind } from '../allocation/resource-kinds.js';
import type { Volumes } from './volumes.js';

/**
 * Totals of agents by kind: what an agent is configured with, its reservations and volumes carved out of it. Dynamic reservations and
 * volumes are checkpointed on the agent, so that one that leaves and comes back has them still (docs/reservation.md, semantics §11).
 */
export class AgentKinds {
  /** Reserved amounts and volumes of agents that are away. */
  private readonly kept = new Map<number, Float64Array>();

  constructor(
    private readonly kinds: KindTable,
    private readonly agents: AgentStore,
    private readonly volumes: Volumes,
  ) {}

  /** The total of an agent that registers, again or for the first time. */
  joined(agent: number): Float64Array {
    const kept = this.kept.get(agent);
    this.kept.delete(agent);
    const total = this.around(agent, kept ?? this.configured(agent));
    if (total !== undefined) return total;
    // It came back smaller than what was reserved of it: it starts anew.
    this.volumes.forget(agent);
    return this.around(agent, this.configured(agent)) ?? this.plain(agent);
  }

  /** The agent leaves with what is reserved and created on it. */
  left(agent: number, total: Float64Array): void {
    const kept = new Float64Array(this.kinds.stride);
    for (let kind = 0; kind < this.kinds.count; kind++) {
      if (this.kinds.isReserved[kind] === 1) kept[kind] = total[kind] as number;
    }
    this.kept.set(agent, kept);
  }

  /** The total of an agent of another size: special amounts stay, plain ones are the rest (never below 0). */
  resized(agent: number, before: Float64Array): Float64Array {
    return this.around(agent, before) ?? this.plain(agent);
  }

  /** Special amounts, and what the agent's size leaves as plain ones; undefined when there is not enough of it. */
  private around(agent: number, special: Float64Array): Float64Array | undefined {
    const { kinds } = this;
    const total = this.plain(agent);
    for (let kind = 0; kind < kinds.count; kind++) {
      const amount = this.isSpecial(kind) ? (special[kind] ?? 0) : 0;
      if (amount === 0) continue;
      const name = kinds.nameRows[kind] as number;
      total[kind] = amount;
      total[name] = (total[name] as number) - amount;
      if ((total[name] as number) < 0) return undefined;
    }
    return total;
  }

  private isSpecial(kind: number): boolean {
    return kind >= this.kinds.resources.count;
  }

  private plain(agent: number): Float64Array {
    const total = new Float64Array(this.kinds.stride);
    total.set(this.agents.totalOf(agent));
    return total;
  }

  /** Static reservations (`--resources='cpus(role):4'`). */
  private configured(agent: number): Float64Array {
    const pairs = (this.agents.reservedOf(agent) ?? []).flatMap(({ roles, amounts }) =>
      this.kinds.resources.names.map((name, row) => ({
        kind: (amounts[row] as number) > 0 ? this.kinds.intern({ ...plainKind(name), reservations: roles }) : -1,
        milli: amounts[row] as number,
      })),
    );
    const special = new Float64Array(this.kinds.stride);
    for (const { kind, milli } of pairs) if (kind >= 0) special[kind] = (special[kind] as number) + milli;
    return special;
  }
}
