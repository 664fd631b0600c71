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

/** Something meant for a framework that is away: a message of the master, or a word that its scheduler alone waits for. */
interface Letter {
  readonly isOfMaster: boolean;
  readonly word: () => void;
}

/** A framework that is away: what has been meant for it meanwhile, in order. */
interface Absence {
  readonly sinceUs: number;
  /** Faults and actions that keep its scheduler away; 0 = that is there. */
  holds: number;
  /** There is no master that it could be subscribed to. */
  isCut: boolean;
  /** Another scheduler has taken the place of the one that was there. */
  hasFailedOver: boolean;
  mail: Letter[];
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

  /** Its scheduler is there, connected or not, or has been replaced by one that does nothing. */
  hasScheduler(framework: number): boolean {
    return this.count === 0 || (this.away[framework]?.holds ?? 0) === 0;
  }

  /** Something for a framework's scheduler: now, or when it is back. */
  tell(framework: number, word: () => void): void {
    if (this.hasScheduler(framework)) word();
    else this.away[framework]?.mail.push({ isOfMaster: false, word });
  }

  /** Keeps an event that is for a scheduler which is away; false when it is to be carried out. */
  keeps(kind: number, a: number, b: number): boolean {
    if (this.count === 0) return false;
    const absence = this.away[this.addressee(kind, a, b)];
    const isOfMaster = kind !== TIMER;
    if (absence === undefined || (!isOfMaster && absence.holds === 0)) return false;
    absence.mail.push({ isOfMaster, word: () => this.dispatch(kind, a, b) });
    return true;
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

  /** The scheduler is gone. What several faults keep away is back when all of them have let go. */
  leave(framework: number): void {
    if (this.hasBeenRemoved(framework)) return;
    const absence = this.away[framework] ?? this.depart(framework);
    if (absence.holds++ > 0) return;
    absence.hasFailedOver = true;
    const { queue, frameworks, nowUs } = this.world;
    const { failoverTimeoutUs } = frameworks[framework] as FrameworkState;
    const epoch = (this.epochs[framework] ?? 0) + 1;
    this.epochs[framework] = epoch;
    if (Number.isFinite(failoverTimeoutUs)) {
      queue.push(nowUs + failoverTimeoutUs, FAILOVER_TIMEOUT, framework, epoch);
    }
  }

  /** The leading master is gone: the scheduler, if it is there, has lost its offers and goes on without a connection. */
  cut(framework: number): void {
    if (this.hasBeenRemoved(framework)) return;
    const absence = this.away[framework] ?? this.depart(framework);
    absence.isCut = true;
    if (absence.holds === 0) (this.world.frameworks[framework] as FrameworkState).scheduler.onRescind?.();
  }

  /** There is a leader to subscribe to. */
  mend(framework: number): void {
    const absence = this.away[framework];
    if (absence === undefined || !absence.isCut) return;
    absence.isCut = false;
    if (absence.holds === 0) this.subscribeAgain(framework, absence);
  }

  /** The connection is gone. */
  private depart(framework: number): Absence {
    const { engine, clients, demand, waits, frameworks, nowUs } = this.world;
    const { driver, clients: rows } = frameworks[framework] as FrameworkState;
    for (const client of rows) this.takeBlanket(client);
    for (const client of rows) if (clients.isActive[client] === true) engine.suppress(client);
    engine.disconnected(framework);
    this.rescindAll(framework);
    driver.declineAll(0);
    const absence = { sinceUs: nowUs, holds: 0, isCut: false, hasFailedOver: false, mail: [] };
    this.away[framework] = absence;
    this.count++;
    demand.changed(framework);
    waits.touch(framework);
    this.note(framework, DISCONNECTED, 'framework-disconnected', '');
    return absence;
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

  /** The scheduler is back, and subscribes with its old id if there is a leader. */
  comeBack(framework: number): void {
    const absence = this.away[framework];
    if (absence === undefined || absence.holds === 0 || --absence.holds > 0) return;
    // Its failover timeout strikes no more.
    this.epochs[framework] = (this.epochs[framework] ?? 0) + 1;
    if (!absence.isCut) return this.subscribeAgain(framework, absence);
    this.takeUp(framework, absence);
    const letters = absence.mail;
    absence.mail = letters.filter(({ isOfMaster }) => isOfMaster);
    for (const { isOfMaster, word } of letters) if (!isOfMaster) word();
  }

  /** A scheduler in the place of one that has died. */
  private takeUp(framework: number, absence: Absence): void {
    const { scheduler } = this.world.frameworks[framework] as FrameworkState;
    scheduler.onRescind?.();
    if (absence.hasFailedOver) scheduler.onFailover?.();
    absence.hasFailedOver = false;
  }

  /** The words that have waited reach it in order, then it asks for offers as before. */
  private subscribeAgain(framework: number, absence: Absence): void {
    const { world } = this;
    const { driver } = world.frameworks[framework] as FrameworkState;
    this.end(framework);
    world.engine.reconnected(framework);
    const downS = (world.nowUs - absence.sinceUs) / 1e6;
    this.note(framework, REGISTERED_AGAIN, 'framework-reregistered', `down_s=${downS}`);
    this.takeUp(framework, absence);
    for (const { word } of absence.mail) word();
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
    // The removal is the master's doing.
    if (world.mastership.isDown) return world.mastership.ask(() => this.timedOut(framework, epoch));
    const state = world.frameworks[framework] as FrameworkState;
    this.isRemoved[framework] = true;
    state.scheduler = GONE;
    this.end(framework);
    this.note(framework, FRAMEWORK_REMOVED, 'framework-removed', '');
    world.inner.endAll(framework, REMOVED.reason);
    world.tearDown(framework, REMOVED);
    for (const { word } of absence.mail) word();
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
