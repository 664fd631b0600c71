import type { SchedulerDriver } from '../../model/framework.js';
import { type Amounts, DISK } from '../../model/resources.js';
import type { Instance } from './instance.js';

/** What an instance of a resident app has on its agent. */
interface Home {
  readonly agent: number;
  readonly role: string;
  readonly volume: string;
  readonly amounts: Amounts;
}

/**
 * Reservations and volumes of resident apps (core/launcher/impl/InstanceOpFactoryImpl.scala, core/matcher/reconcile). An instance reserves what
 * it asks for and makes a volume of all its disk, and is launched there by a later offer; both outlive its tasks. Those of instances
 * that are given up are destroyed as soon as they are offered.
 */
export class Reservations {
  private readonly homes = new Map<Instance, Home>();
  private readonly leaving: Home[] = [];

  constructor(
    private readonly driver: SchedulerDriver,
    /** The run's engine knows reservations. Else residents only stay on their agents. */
    readonly isKnown: boolean,
  ) {}

  /** Reservations are made for a role of one's own alone. */
  canReserve(role: string): boolean {
    return this.isKnown && role !== '*';
  }

  /** RESERVE and CREATE on what is held of the agent; false when it does not fit. */
  settle(instance: Instance, agent: number, role: string): boolean {
    const { pending } = instance;
    if (pending === undefined) return false;
    const { amounts } = pending.group;
    if (!this.driver.operate({ type: 'reserve', agent, role, amounts })) return false;
    const diskMilliMib = amounts[DISK] as number;
    const volume = diskMilliMib > 0 ? `${instance.appId}#${instance.number}@${this.driver.nowUs}` : '';
    if (volume !== '') this.driver.operate({ type: 'create', agent, role, volume, diskMilliMib });
    this.homes.set(instance, { agent, role, volume, amounts });
    return true;
  }

  /** The volume of an instance; empty when it has none. */
  volumeOf(instance: Instance): string {
    return this.homes.get(instance)?.volume ?? '';
  }

  has(instance: Instance): boolean {
    return this.homes.has(instance);
  }

  /** An instance of ours has something there: what is reserved on the agent is not for others. */
  isOn(agent: number): boolean {
    if (this.homes.size === 0) return false;
    for (const home of this.homes.values()) if (home.agent === agent) return true;
    return false;
  }

  /** The instance is given up, or begins anew elsewhere. */
  leave(instance: Instance): void {
    const home = this.homes.get(instance);
    if (home === undefined) return;
    this.homes.delete(instance);
    this.leaving.push(home);
  }

  /** Its agent is gone for good: there is nothing to give back. */
  forget(instance: Instance): void {
    this.homes.delete(instance);
  }

  /** A reservation of nobody is still to be taken off. */
  get isLeaving(): boolean {
    return this.leaving.length > 0;
  }

  /** DESTROY and UNRESERVE of what nobody owns on the agent; true when there was something: the apps do not see that offer. */
  cleanUp(agent: number): boolean {
    if (this.leaving.length === 0) return false;
    const here = this.leaving.filter((home) => home.agent === agent && this.takeOff(home));
    for (const home of here) this.leaving.splice(this.leaving.indexOf(home), 1);
    return here.length > 0;
  }

  private takeOff({ agent, role, volume, amounts }: Home): boolean {
    const { driver } = this;
    if (volume !== '') {
      if (!driver.offers.volumesOn(agent).includes(volume)) return false;
      driver.operate({ type: 'destroy', agent, role, volume });
    }
    return driver.operate({ type: 'unreserve', agent, role, amounts });
  }
}
