import type { SchedulerDriver } from '../../model/framework.js';
import type { Alarm, Alarms } from '../shared/alarms.js';
import { heldAgents } from '../shared/own-work.js';

export interface PoolSettings {
  /** Offers are held this long and up to `jitterUs` more; Infinity = for ever. */
  readonly holdUs: number;
  readonly jitterUs: number;
  readonly refuseUs: number;
  readonly order: 'RANDOM' | 'CPU' | 'MEMORY' | 'DISK';
}

interface Held {
  readonly rank: number;
  readonly alarm: Alarm | undefined;
  readonly amounts: Float64Array;
}

const RESOURCE = { CPU: 0, MEMORY: 1, DISK: 2 } as const;

/** Offers wait here for tasks (`offers/OfferManagerImpl.java`), each for minutes; a second offer of an agent sends both back. */
export class OfferPool {
  private readonly held = new Map<number, Held>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly settings: PoolSettings,
    private readonly random: () => number,
    private readonly alarms: Alarms,
  ) {}

  /** Offers have come. */
  sync(): void {
    const agents = heldAgents(this.driver);
    for (const agent of agents) {
      const before = this.held.get(agent);
      const amounts = this.driver.offers.heldOn(agent);
      if (before === undefined) this.add(agent, amounts);
      // Merged in the pool it would be larger: both are declined, and come back as one.
      else if (amounts.some((amount, index) => amount > (before.amounts[index] as number))) this.giveBack(agent);
    }
    this.prune();
  }

  private add(agent: number, amounts: Float64Array): void {
    const { holdUs, jitterUs } = this.settings;
    const rank = this.random();
    const delayUs = holdUs + Math.floor(this.random() * jitterUs);
    const alarm = Number.isFinite(holdUs) ? this.alarms.after(delayUs, () => this.giveBack(agent)) : undefined;
    this.held.set(agent, { rank, alarm, amounts: Float64Array.from(amounts) });
  }

  /** What was withdrawn is no longer in the pool. */
  prune(): void {
    const present = new Set(heldAgents(this.driver));
    for (const agent of this.held.keys()) if (!present.has(agent)) this.forget(agent);
  }

  giveBack(agent: number): void {
    this.forget(agent);
    this.driver.decline(agent, this.settings.refuseUs);
  }

  /** The agent's offer has been used or is over. */
  forget(agent: number): void {
    this.held.get(agent)?.alarm?.cancel();
    this.held.delete(agent);
  }

  has(agent: number): boolean {
    return this.held.has(agent);
  }

  /** Agents in the order in which they are looked at: by maintenance, then by the offers' order, a drawn rank last. */
  inOrder(modeOf: (agent: number) => number): number[] {
    const { order } = this.settings;
    const sizeOf = ({ amounts }: Held): number => (order === 'RANDOM' ? 0 : (amounts[RESOURCE[order]] as number));
    return [...this.held.entries()]
      .sort(([a, first], [b, second]) => {
        return modeOf(a) - modeOf(b) || sizeOf(first) - sizeOf(second) || first.rank - second.rank || a - b;
      })
      .map(([agent]) => agent);
  }
}
