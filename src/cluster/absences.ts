import { fail } from '../core/errors.js';
import type { Framework } from '../model/framework.js';
import { causeRow } from '../model/waits.js';
import { ENDED_AT_FRAMEWORK, FACT_FRAMEWORK, FAILOVER_TIMEOUT, RUNNING_AT_FRAMEWORK, TIMER } from './kinds.js';
import type { StopReason } from './stop-reason.js';
import type { FrameworkState, World } from './world.js';

/** Second operand of a framework's fact; 0 and 1 are SUPPRESS and REVIVE. */
const DISCONNECTED = 2;
const REGISTERED_AGAIN = 3;
const FRAMEWORK_REMOVED = 4;

const REMOVED: StopReason = { reason: 'framework-removed', state: 'killed', isRetried: false };
const FRAMEWORK_DOWN = causeRow('framework-down');

/** A framework that is away: what has been meant for it meanwhile, in order. */
interface Absence {
  readonly sinceUs: number;
  /** Faults and actions that keep it away. */
  holds: number;
  readonly mail: (() => void)[];
}

/**
 * Frameworks whose scheduler is gone for a while. The master deactivates the framework and takes its offers back (master.cpp
 * disconnect); tasks run on; updates, timers and new work wait for it. Back within its failover timeout it subscribes anew under its
 * old id, hears of everything in order and goes on (failoverFramework); after that its tasks are killed and it is removed for good
 * (frameworkFailoverTimeout). One mechanism for all kinds of framework: they hear only of what `Framework.onFailover` is told.
 */
export class Absences {
  /** How many are away: nothing is looked at in an event while none is. */
  count = 0;
  /** Carries out an event that has waited. */
  dispatch: (kind: number, a: number, b: number) => void = () => fail('absences are not wired');
  private readonly away: (Absence | undefined)[] = [];
  private readonly isRemoved: boolean[] = [];
  /** Raised at every departure, so that the timeout of an earlier one is recognised. */
  private readonly epochs: number[] = [];

  constructor(private readonly world: World) {}

  isAway(framework: number): boolean {
    return this.count > 0 && this.away[framework] !== undefined;
  }

  /** It has no scheduler: it is away, or removed for good. */
  isWithout(framework: number): boolean {
    return this.isAway(framework) || this.hasBeenRemoved(framework);
  }

  hasBeenRemoved(framework: number): boolean {
    return this.isRemoved[framework] === true;
  }

  /** Something for a framework's scheduler: now, or when it is back. */
  tell(framework: number, word: () => void): void {
    const absence = this.away[framework];
    if (absence === undefined) word();
    else absence.mail.push(word);
  }

  /** Keeps an event that is for a scheduler which is away; false when it is to be carried out. */
  keeps(kind: number, a: number, b: number): boolean {
    const absence = this.away[this.addressee(kind, a, b)];
    absence?.mail.push(() => this.dispatch(kind, a, b));
    return absence !== undefined;
  }

  /** The framework that an event goes to and that would have to act on it; -1 = none, or one that needs no scheduler for it. */
  private addressee(kind: number, a: number, b: number): number {
    const { bundles, clients, timers, frameworks } = this.world;
    if (kind === RUNNING_AT_FRAMEWORK || kind === ENDED_AT_FRAMEWORK) {
      return bundles.rows.epochs[a] === b ? (clients.framework[bundles.client[a] as number] as number) : -1;
    }
    if (kind !== TIMER) return -1;
    const owner = timers.ownerOf(a);
    return frameworks[owner]?.scheduler.isOfPrograms?.(timers.tagOf(a)) === true ? -1 : owner;
  }

  // The master's side -----------------------------------------------------------------------------------------------

  /** The connection is gone. What several faults keep away is back when all of them have let go. */
  leave(framework: number): void {
    if (this.hasBeenRemoved(framework)) return;
    const known = this.away[framework];
    if (known !== undefined) {
      known.holds++;
      return;
    }
    const { world } = this;
    const { engine, clients, demand, waits, queue, nowUs } = world;
    const { driver, failoverTimeoutUs, clients: rows } = world.frameworks[framework] as FrameworkState;
    for (const client of rows) this.takeBlanket(client);
    for (const client of rows) if (clients.isActive[client] === true) engine.suppress(client);
    engine.disconnected(framework);
    this.rescindAll(framework);
    driver.declineAll(0);
    this.away[framework] = { sinceUs: nowUs, holds: 1, mail: [] };
    this.count++;
    demand.changed(framework);
    waits.touch(framework);
    const epoch = (this.epochs[framework] ?? 0) + 1;
    this.epochs[framework] = epoch;
    if (Number.isFinite(failoverTimeoutUs)) {
      queue.push(nowUs + failoverTimeoutUs, FAILOVER_TIMEOUT, framework, epoch);
    }
    this.note(framework, DISCONNECTED, 'framework-disconnected', '');
  }

  /** Covered agents become offers, which can be rescinded. */
  private takeBlanket(client: number): void {
    const { pool, agents } = this.world;
    if (pool.blanketClient !== client) return;
    for (let agent = 0; agent < agents.count; agent++) if (pool.isCovered(agent)) pool.clear(agent);
  }

  private rescindAll(framework: number): void {
    const { offers, clients, master } = this.world;
    for (let offer = 0; offer < offers.rows.end; offer++) {
      if (offers.isOut[offer] !== 1 || clients.framework[offers.client[offer] as number] !== framework) continue;
      master.rescind(offer, true);
    }
  }

  /** It subscribes with its old id: the words that have waited reach it in order, then it asks for offers as before. */
  comeBack(framework: number): void {
    const absence = this.away[framework];
    if (absence === undefined || --absence.holds > 0) return;
    const { world } = this;
    const { driver, scheduler } = world.frameworks[framework] as FrameworkState;
    this.end(framework);
    world.engine.reconnected(framework);
    const downS = (world.nowUs - absence.sinceUs) / 1e6;
    this.note(framework, REGISTERED_AGAIN, 'framework-reregistered', `down_s=${downS}`);
    scheduler.onRescind?.();
    scheduler.onFailover?.();
    for (const word of absence.mail) word();
    if (!driver.isSuppressed) driver.revive();
    driver.publish();
  }

  private end(framework: number): void {
    this.away[framework] = undefined;
    this.count--;
    this.world.demand.changed(framework);
    this.world.waits.touch(framework);
  }

  /** The failover timeout has passed: tasks are killed, what waits is given up, and the id may not return. */
  timedOut(framework: number, epoch: number): void {
    const absence = this.away[framework];
    if (absence === undefined || this.epochs[framework] !== epoch) return;
    const { world } = this;
    const state = world.frameworks[framework] as FrameworkState;
    this.isRemoved[framework] = true;
    state.scheduler = GONE;
    this.end(framework);
    this.note(framework, FRAMEWORK_REMOVED, 'framework-removed', '');
    world.inner.endAll(framework, REMOVED.reason);
    world.tearDown(framework, REMOVED);
    for (const word of absence.mail) word();
  }

  private note(framework: number, code: number, event: string, detail: string): void {
    const { facts, frameworks, nowUs } = this.world;
    for (const client of (frameworks[framework] as FrameworkState).clients) {
      facts.record(FACT_FRAMEWORK, nowUs, client, code);
    }
    facts.event({ event, framework, job: '', task: '', agent: -1, offer: -1, detail });
  }
}

/** What stands in for the scheduler of a framework that was removed: it does nothing, and nothing waits for it. */
const GONE: Framework = {
  onJob() {
    // Nobody is there.
  },
  onPending() {
    // Nobody is there.
  },
  onOffers() {
    // It gets none.
  },
  demand: () => [],
  chargeWaits(waiting, counts) {
    counts[FRAMEWORK_DOWN] = (counts[FRAMEWORK_DOWN] as number) + waiting;
  },
  visitPending() {
    // Nothing waits.
  },
};
