import type { PendingGroup } from '../model/order.js';
import type { WaitCause } from '../model/waits.js';
import { fitsAt } from './held-agents.js';
import type { World } from './world.js';

/** What a framework may hope for: whether the cluster could hold its tasks at all, and what keeps them waiting now. */
export class Outlook {
  private lastAmounts: Float64Array | undefined;
  private lastEpoch = -1;
  private lastNeeded = 0;
  private readonly feasible = new Map<string, { epoch: number; count: number }>();

  constructor(private readonly world: World) {}

  /** Why the head of a shape, which fits nothing that is held, is not placed; `clients` are the framework's. */
  headCause(clients: readonly number[], demand: Float64Array): WaitCause {
    const { world } = this;
    const { pool, engine } = world;
    const outcome = world.marketCauses[clients[0] as number];
    if (outcome !== undefined) return outcome;
    pool.index.seek(demand);
    let isElsewhere = false;
    let passedOver: WaitCause | undefined;
    for (let agent = pool.index.next(0); agent >= 0; agent = pool.index.next(agent + 1)) {
      if (!fitsAt(demand, world.agents.free, agent * world.width)) continue;
      if (pool.isCovered(agent)) {
        // What the framework itself holds in the blanket is not elsewhere.
        isElsewhere ||= !clients.includes(pool.blanketClient);
        continue;
      }
      const cause = engine.causeOn(agent, clients[0] as number, demand);
      if (cause !== 'lower-share' && cause !== 'constraint') return cause;
      passedOver ??= cause;
    }
    if (passedOver === 'constraint') return passedOver;
    if (isElsewhere || this.fitsAnOffer(clients, demand)) return 'offered-elsewhere';
    // Free, and in no filter of this framework, yet the last run gave all of it to others, who stand before it.
    return passedOver ?? 'no-capacity';
  }

  /** True when an outstanding offer to another framework could hold the demand. */
  private fitsAnOffer(clients: readonly number[], demand: Float64Array): boolean {
    const { offers, ledger, width } = this.world;
    if (offers.rows.liveCount === 0 || !fitsAt(demand, ledger.offered, 0)) return false;
    for (let offer = 0; offer < offers.rows.end; offer++) {
      if (
        offers.isOut[offer] === 1 &&
        !clients.includes(offers.client[offer] as number) &&
        fitsAt(demand, offers.amounts, offer * width)
      )
        return true;
    }
    return false;
  }

  /** Empty agents of the cluster that could hold the tasks, counted once per shape and membership. */
  isFeasible(pending: PendingGroup): boolean {
    const { amounts, gang, count } = pending.group;
    const needed = gang ? count : 1;
    if (this.world.settings.isNaive) return this.countEmptyFits(amounts, needed) >= needed;
    // Alike jobs share their amounts: what was true of the last one is true of this one.
    const isKnown =
      this.lastAmounts === amounts && this.lastEpoch === this.world.agents.epoch && needed <= this.lastNeeded;
    if (isKnown) return true;
    const key = amounts.join();
    let entry = this.feasible.get(key);
    if (
      entry === undefined ||
      entry.epoch !== this.world.agents.epoch ||
      (entry.count < needed && entry.count !== -1)
    ) {
      entry = { epoch: this.world.agents.epoch, count: this.countEmptyFits(amounts, needed) };
      if (this.feasible.size > 4096) this.feasible.clear();
      this.feasible.set(key, entry);
    }
    if (entry.count < needed) return false;
    this.lastAmounts = amounts;
    this.lastEpoch = entry.epoch;
    this.lastNeeded = needed;
    return true;
  }

  private countEmptyFits(amounts: Float64Array, limit: number): number {
    const { agents, width } = this.world;
    let count = 0;
    for (let agent = 0; agent < agents.count && count < limit; agent++) {
      // One that is deactivated may be activated again.
      if (agents.isUp[agent] !== 1) continue;
      let fits = limit;
      for (let index = 0; index < width; index++) {
        const amount = amounts[index] as number;
        if (amount > 0) fits = Math.min(fits, Math.floor((agents.total[agent * width + index] as number) / amount));
      }
      count += fits;
    }
    return count;
  }
}
