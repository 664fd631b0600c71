import { InputError } from '../../core/errors.js';
import type { SchedulerDriver } from '../../model/framework.js';
import type { Amounts } from '../../model/resources.js';
import { heldAgents } from '../shared/own-work.js';
import type { Gang, Member } from './gang.js';
import type { Seat } from './placing.js';

/** What is reserved on an agent for a member that is not launched yet, or was reserved for one that is gone. */
export interface Reservation {
  readonly agent: number;
  readonly amounts: Amounts;
  readonly sinceUs: number;
}

/**
 * Mode `reserve`: seats are reserved to the role as they are found (RESERVE), and when there is one for every member all are launched
 * at once. What is reserved comes back in later offers, to this role alone: other frameworks of it see it too. What is not needed any
 * more is taken off (UNRESERVE) when it is offered next.
 * Source: Mesos docs/reservation.md (dynamic reservations); mode list of the reference for gangs.
 */
export class Reserving {
  private readonly role: string;
  private readonly leaving: Reservation[] = [];

  constructor(private readonly driver: SchedulerDriver) {
    this.role = driver.roles[0] ?? '*';
    if (this.role === '*') {
      throw new InputError('E_OPTION_VALUE', `gang[mode=reserve] needs a role of its own, got "${this.role}"`);
    }
  }

  /** Some of what is reserved waits to be offered, so that it can be given back. */
  get isLeaving(): boolean {
    return this.leaving.length > 0;
  }

  /** RESERVE for each seat; true when the gang has gained something. */
  reserve(gang: Gang, seats: readonly Seat[]): boolean {
    let hasGained = false;
    for (const { member, agent } of seats) {
      const { amounts } = member.pending.group;
      if (!this.driver.operate({ type: 'reserve', agent, role: this.role, amounts })) continue;
      gang.reserved.set(member, { agent, amounts, sinceUs: this.driver.nowUs });
      hasGained = true;
    }
    return hasGained;
  }

  /** Seats of all missing members, when each is reserved and all of it is held now; undefined = not yet. */
  seatsOf(gang: Gang): Seat[] | undefined {
    const { missing } = gang;
    const wanted = new Map<number, Float64Array>();
    for (const member of missing) {
      const reservation = gang.reserved.get(member);
      if (reservation === undefined) return undefined;
      const sum = wanted.get(reservation.agent) ?? this.driver.resources.zero();
      for (const [index, amount] of reservation.amounts.entries()) sum[index] = (sum[index] as number) + amount;
      wanted.set(reservation.agent, sum);
    }
    for (const [agent, sum] of wanted) {
      const held = this.driver.offers.reservedOn(agent);
      if (sum.some((amount, index) => amount > (held[index] as number))) return undefined;
    }
    return missing.map((member: Member) => ({ member, agent: (gang.reserved.get(member) as Reservation).agent }));
  }

  /** The gang needs it no more, or has ended: what its hosts ran on is reserved still. */
  giveBack(reservations: Iterable<Reservation>): void {
    for (const reservation of reservations) this.leaving.push(reservation);
  }

  /**
   * Offers with reservations go back without a filter: they are of use together only, and come together at the next allocation run.
   */
  declineReserved(): void {
    for (const agent of heldAgents(this.driver)) {
      if (this.driver.offers.reservedOn(agent).some((amount) => amount > 0)) this.driver.decline(agent, 0);
    }
  }

  /** UNRESERVE of what is offered again. */
  unreserve(): void {
    for (const reservation of [...this.leaving]) {
      const { agent, amounts } = reservation;
      const held = this.driver.offers.reservedOn(agent);
      if (amounts.some((amount, index) => amount > (held[index] as number))) continue;
      if (!this.driver.operate({ type: 'unreserve', agent, role: this.role, amounts })) continue;
      this.leaving.splice(this.leaving.indexOf(reservation), 1);
    }
  }
}
