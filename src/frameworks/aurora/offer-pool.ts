import { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import type { SchedulerDriver } from '../../model/framework.js';
import type { Alarm, Alarms } from '../shared/alarms.js';
import { heldAgents } from '../shared/own-work.js';

const RESOURCE = { CPU: 0, MEMORY: 1, DISK: 2 } as const;
const ORDERS = [...Object.keys(RESOURCE), 'RANDOM'];
type Order = keyof typeof RESOURCE | 'RANDOM';

export interface PoolSettings {
  /** Offers are held this long and up to `jitterUs` more; Infinity = for ever. */
  readonly holdUs: number;
  readonly jitterUs: number;
  readonly refuseUs: number;
  readonly order: readonly Order[];
  /** Quirk: the pool is a sorted set, in which offers that compare as equal are one. */
  readonly collapsesEqual: boolean;
}

interface Held {
  readonly rank: number;
  /** Counts up: what was there first. */
  readonly serial: number;
  readonly alarm: Alarm | undefined;
  readonly amounts: Float64Array;
  /** Equal to one that was there when it came: the set did not take it, and nobody looks at it. */
  readonly isHidden: boolean;
}

type Entry = readonly [number, Pick<Held, 'rank' | 'amounts'>];

/** `CPU+RANDOM` as a list. Throws InputError E_OPTION_VALUE for a name that is none. */
export function ordersOf(text: string): Order[] {
  return text.split(/[+,]/).map((part) => {
    const name = part.trim().toUpperCase();
    if (ORDERS.includes(name)) return name as Order;
    const rule = `framework aurora[offerOrder] must be some of ${ORDERS.join(', ')} joined by +, got "${part}"`;
    throw new InputError('E_OPTION_VALUE', rule, {}, nameHint(name, ORDERS));
  });
}

/** Offers wait here for tasks (`offers/OfferManagerImpl.java`), each for minutes; a second offer of an agent sends both back. */
export class OfferPool {
  private readonly held = new Map<number, Held>();
  private serial = 0;

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
    const held = { rank, serial: this.serial++, alarm, amounts: Float64Array.from(amounts) };
    const isHidden = this.settings.collapsesEqual && this.hasEqual(agent, held);
    this.held.set(agent, { ...held, isHidden });
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

  /** A new leader registers: the master takes all offers back. */
  clear(): void {
    for (const agent of [...this.held.keys()]) this.forget(agent);
    this.driver.declineAll(0);
  }

  /** The agent's offer has been used or is over. */
  forget(agent: number): void {
    this.held.get(agent)?.alarm?.cancel();
    this.held.delete(agent);
  }

  has(agent: number): boolean {
    return this.held.has(agent);
  }

  /**
   * Agents in the order in which they are looked at (`offers/OfferOrderBuilder.java`): by maintenance mode, the latest unavailability
   * first (none at all best), then by the offers' order.
   */
  inOrder(modeOf: (agent: number) => number): number[] {
    return [...this.held.entries()]
      .filter(([, { isHidden }]) => !isHidden)
      .sort((a, b) => modeOf(a[0]) - modeOf(b[0]) || this.compare(a, b) || a[1].serial - b[1].serial)
      .map(([agent]) => agent);
  }

  private compare([a, first]: Entry, [b, second]: Entry): number {
    return this.freeUntil(b) - this.freeUntil(a) || compareBy(this.settings.order, first, second);
  }

  private hasEqual(agent: number, held: Entry[1]): boolean {
    for (const entry of this.held) if (!entry[1].isHidden && this.compare(entry, [agent, held]) === 0) return true;
    return false;
  }

  /** Largest finite number where nothing is planned, so that the difference of two is one. */
  private freeUntil(agent: number): number {
    return this.driver.unavailability(agent)?.startUs ?? Number.MAX_VALUE;
  }
}

function compareBy(order: readonly Order[], first: Entry[1], second: Entry[1]): number {
  for (const name of order) {
    const sizeOf = (held: Entry[1]): number =>
      name === 'RANDOM' ? held.rank : (held.amounts[RESOURCE[name]] as number);
    const difference = sizeOf(first) - sizeOf(second);
    if (difference !== 0) return difference;
  }
  return 0;
}
