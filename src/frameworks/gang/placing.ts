import type { SchedulerDriver } from '../../model/framework.js';
import { Constraints } from '../batch/constraints.js';
import { heldAgents } from '../shared/own-work.js';
import { type Gang, type Host, type Member, speedOf } from './gang.js';
import { type Level, levelOf, Room, ranked } from './packing.js';
import type { GangSettings } from './settings.js';

export interface Seat {
  readonly member: Member;
  readonly agent: number;
}

/** Decides where the missing members of a gang go on what is held. */
export class Placing {
  private readonly constraints = new Map<string, Constraints>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly settings: GangSettings,
  ) {}

  /** Seats for as many missing members as there is room for, in order of the members. */
  seats(gang: Gang): Seat[] {
    const { driver, settings } = this;
    const room = new Room(driver, heldAgents(driver), settings.rackAttribute, settings.mode === 'reserve');
    const near = nearTo(gang);
    const seats: Seat[] = [];
    const missing = gang.missing.filter((member) => !gang.reserved.has(member));
    for (let first = 0; first < missing.length; ) {
      // Members of one group are alike: they are seated together.
      const { pending } = missing[first] as Member;
      const alike = missing.slice(first).filter((member) => member.pending === pending);
      this.seatAll(gang, alike, room, near, seats);
      first += alike.length;
    }
    return seats;
  }

  private seatAll(gang: Gang, alike: readonly Member[], room: Room, near: readonly number[], seats: Seat[]): void {
    const { group } = (alike[0] as Member).pending;
    const { packing, onePerOffer } = this.settings;
    const order = ranked(room, group.amounts, alike.length, packing, near).filter(
      (agent) => this.allows(group.constraints, agent) && !gang.shuns(agent, this.driver.nowUs),
    );
    const isSpread = packing === 'spread' || onePerOffer;
    let next = 0;
    const seatOn = (agent: number): boolean => {
      if (next >= alike.length || !room.fits(agent, group.amounts)) return false;
      if (onePerOffer && room.taken(agent) > 0) return false;
      room.take(agent, group.amounts);
      seats.push({ member: alike[next++] as Member, agent });
      return true;
    };
    // One per agent and pass where members are spread, else as many as fit.
    for (let isMoving = true; isMoving; ) {
      isMoving = false;
      for (const agent of order) {
        while (seatOn(agent)) {
          isMoving = true;
          if (isSpread) break;
        }
      }
    }
  }

  /** A gang that insists on one rack takes no other seats while it may. */
  isGoodEnough(gang: Gang, seats: readonly Seat[]): boolean {
    const { insist, rackAttribute } = this.settings;
    if (insist === 0 || this.driver.nowUs - gang.gatheringUs >= insist) return true;
    const agents = [...nearTo(gang), ...seats.map(({ agent }) => agent)];
    return levelOf(this.driver, agents, rackAttribute) !== 'cross';
  }

  levelOf(hosts: readonly Host[]): Level {
    const agents = hosts.map(({ agent }) => agent);
    return levelOf(this.driver, agents, this.settings.rackAttribute);
  }

  /** Speed of the members that work now, units of work per µs. */
  speed(gang: Gang): number {
    const working = gang.ready.filter(({ inner }) => inner >= 0);
    const hosts = working.map(({ host }) => host as Host);
    const speeds = hosts.map(({ agent }) => Number(this.driver.attributes(agent)['speed'] ?? 1));
    const servers = working.filter(({ isServer }) => isServer).length;
    const spread = {
      level: this.levelOf(hosts),
      workers: working.length - servers,
      servers,
      allWorkers: gang.members.filter(({ isServer }) => !isServer).length,
      agentCount: new Set(hosts.map(({ agent }) => agent)).size,
      slowest: Math.min(...speeds.filter((speed) => speed > 0)),
      devices: [...new Set(hosts.map(({ agent }) => this.driver.attributes(agent)['gpu'] ?? ''))],
    };
    return speedOf(gang.plan, spread, this.settings);
  }

  private allows(text: string, agent: number): boolean {
    if (text === '') return true;
    let parsed = this.constraints.get(text);
    if (parsed === undefined) {
      parsed = new Constraints(text);
      this.constraints.set(text, parsed);
    }
    return parsed.allows(agent, this.driver.offers);
  }
}

/** Agents on which members are, or have a seat reserved. */
function nearTo(gang: Gang): number[] {
  const placed = gang.placed.flatMap(({ host }) => (host === undefined ? [] : [host.agent]));
  return [...placed, ...[...gang.reserved.values()].map(({ agent }) => agent)];
}
