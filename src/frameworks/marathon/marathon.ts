import type { DemandEntry } from '../../model/allocator.js';
import type { Framework, FrameworkSlots, SchedulerDriver, SchedulerJob, TaskUpdate } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import { causeRow, type WaitCause } from '../../model/waits.js';
import { Alarms } from '../shared/alarms.js';
import { act } from './actions.js';
import type { AppTree } from './app-tree.js';
import { Backlog } from './backlog.js';
import type { FieldOf } from './constraints.js';
import { Deployments } from './deployments.js';
import type { App, Instance, Version } from './instance.js';
import { Instances } from './instances.js';
import { LaunchTokens } from './launch-delay.js';
import { Matcher } from './matcher.js';
import { Reservations } from './reservations.js';
import { ReviveStream } from './revive-stream.js';
import type { MarathonSettings } from './settings.js';
import { victimsOf } from './victims.js';
import { Vitals } from './vitals.js';

/** Scale checks of all apps (core/task/update/impl/steps/ScaleAppUpdateStepImpl.scala): the first, and then every so often. */
const SCALE_CHECK_FIRST_US = 15e6;
const SCALE_CHECK_US = 300e6;

/**
 * Mesosphere's Marathon 1.10: keeps apps and pods at their number of instances and changes them by deployments. The page
 * docs/frameworks/marathon.md says what is modelled; sources stand at each part.
 */
export class Marathon implements Framework {
  readonly instances: Instances;
  readonly deployments: Deployments;
  private readonly matcher: Matcher;
  private readonly revive: ReviveStream;
  private readonly tokens: LaunchTokens;
  private readonly vitals: Vitals;
  private readonly alarms: Alarms;
  private readonly worldAlarms: Alarms;
  private readonly backlog = new Backlog();
  /** Told of every instance whose condition, health or readiness has changed. */
  onInstance: (instance: Instance) => void = () => undefined;

  constructor(
    readonly driver: SchedulerDriver,
    private readonly slots: FrameworkSlots,
    readonly settings: MarathonSettings,
    private readonly tree: AppTree,
  ) {
    this.worldAlarms = new Alarms(driver, 0);
    this.alarms = new Alarms(driver, 1);
    this.tokens = new LaunchTokens(settings.tokenCount, settings.tokenRefillUs);
    const reservations = new Reservations(driver, slots.knowsReservations === true);
    this.instances = new Instances(driver, this.alarms, this.worldAlarms, settings, this.tokens, reservations, {
      wanted: (instance) => this.wanted(instance),
      delayMoved: (version) => this.watchDelay(version),
      changed: (app, instance) => this.changed(app, instance),
    });
    this.matcher = new Matcher(driver, settings, this.instances, this.tokens, reservations);
    this.revive = new ReviveStream(
      driver,
      this.alarms,
      { intervalUs: settings.reviveUs, suppresses: settings.suppresses },
      () => this.matcher.wantsOffers(),
    );
    this.deployments = new Deployments(
      driver,
      { instances: this.instances, fieldsOf: this.matcher.fieldsOf, nowUs: () => driver.nowUs },
      (app) => this.released(app),
    );
    this.vitals = new Vitals(driver, this.worldAlarms, this.instances.apps);
  }

  // The driver's calls -----------------------------------------------------------------------------------------------

  onStart(): void {
    for (const { id, ignoredKeys } of this.tree.values()) {
      if (ignoredKeys.length > 0) this.driver.note('keys-ignored', `app=${id} keys=${ignoredKeys.join('|')}`);
    }
    this.deployments.start(this.tree);
  }

  onJob(job: SchedulerJob): void {
    this.instances.onJob(job);
  }

  onPending(pending: PendingGroup): void {
    this.backlog.run(() => this.instances.onPending(pending));
  }

  onUpdate(update: TaskUpdate): void {
    if (update.state === 'lost') this.vitals.lost();
    if (!this.backlog.isDown) {
      this.instances.onUpdate(update);
      return;
    }
    const kept = { ...update };
    this.backlog.update(kept.pending.job.record.id, kept.state === 'running', () => this.instances.onUpdate(kept));
  }

  onOffers(): void {
    if (this.backlog.isDown) this.driver.declineAll(0);
    else this.matcher.match();
    this.revive.changed();
    this.driver.publish();
  }

  onTimer(tag: number): void {
    if (tag % 2 === 0) this.worldAlarms.fire(tag);
    else this.backlog.run(() => this.alarms.fire(tag));
  }

  /** Programs run on while no scheduler is there. */
  isOfPrograms(tag: number): boolean {
    return tag % 2 === 0;
  }

  onFailover(): void {
    this.takeOver();
  }

  onAction(action: string, values: Readonly<Record<string, unknown>>): void {
    act(this, action, values);
  }

  onKillJob(): void {
    // Its task is killed like any other; the scale check makes up for it.
  }

  // What actions do --------------------------------------------------------------------------------------------------

  /** The leader is gone; a new one takes over after a while. Tasks run on; back-off, tokens and health counts are lost. */
  failOver(downUs: number): void {
    if (this.backlog.isDown) return;
    this.driver.note('leader-lost', `down_s=${downUs / 1e6}`);
    this.backlog.isDown = true;
    this.driver.declineAll(0);
    this.driver.suppress();
    this.worldAlarms.after(downUs, () => {
      this.driver.note('leader-elected', '');
      this.takeOver();
    });
  }

  /** A new leader: back-off, tokens and health lived in the old one's memory (no storage is found for them). */
  private takeOver(): void {
    for (const app of this.instances.apps.values()) {
      for (const { version } of app.instances) version.delay.reset();
    }
    this.tokens.reset();
    this.backlog.flush();
    this.instances.checks.forget();
    for (const app of this.instances.apps.values()) this.deployments.poke(app);
    this.revive.restart();
  }

  /** An app's number of instances; false when a deployment holds the app. */
  scale(appId: string, instances: number, isForced: boolean): boolean {
    const definition = this.deployments.root.get(appId);
    if (definition === undefined) return false;
    if (definition.instances === instances) return true;
    return this.deployments.request({ changes: new Map([[appId, { ...definition, instances }]]), isForced });
  }

  resetDelay(app: App): void {
    for (const { version } of app.instances) version.delay.reset();
    this.revive.wanted();
  }

  fieldsOf(agent: number): FieldOf {
    return this.matcher.fieldsOf(agent);
  }

  // What instances tell ----------------------------------------------------------------------------------------------

  private wanted({ version }: Instance): void {
    if (version.delay.nextUs(this.driver.nowUs) > this.driver.nowUs) this.watchDelay(version);
    else this.revive.wanted();
    this.driver.publish();
  }

  /** Whoever waits for a version's delay wants offers when it has ended; each launch of a sibling moves it on. */
  private watchDelay(version: Version): void {
    const { nowUs } = this.driver;
    const delayUs = version.delay.nextUs(nowUs) - nowUs;
    if (version.isDelayWatched || delayUs <= 0) return;
    version.isDelayWatched = true;
    this.alarms.after(delayUs, () => {
      version.isDelayWatched = false;
      if (version.delay.nextUs(this.driver.nowUs) > this.driver.nowUs) this.watchDelay(version);
      else this.revive.wanted();
    });
  }

  private changed(app: App, instance: Instance): void {
    this.onInstance(instance);
    this.vitals.touch();
    if (app.lock !== undefined) this.deployments.poke(app);
    else if (instance.condition === 'ended') this.checkScale(app);
  }

  /** Too few instances are made up for, whatever ended them; of too many some are given up. */
  private checkScale(app: App): void {
    if (app.lock !== undefined) return;
    const missing = app.targetCount - app.count;
    if (missing > 0) this.instances.schedule(app, missing);
    for (const victim of victimsOf(app, Math.max(0, -missing), this.matcher.fieldsOf)) {
      this.instances.decommission(victim, 'surplus');
    }
  }

  /** A deployment was stopped where it stood: the next check of all apps puts the number right. */
  private released(app: App): void {
    if (app.count === app.targetCount) return;
    const { nowUs } = this.driver;
    const rounds = Math.max(0, Math.ceil((nowUs - SCALE_CHECK_FIRST_US) / SCALE_CHECK_US));
    this.alarms.after(SCALE_CHECK_FIRST_US + rounds * SCALE_CHECK_US - nowUs, () => this.checkScale(app));
  }

  // What the cluster asks --------------------------------------------------------------------------------------------

  demand(): readonly DemandEntry[] {
    const entries: DemandEntry[] = [];
    this.visitPending((pending) => {
      const { job, group } = pending;
      entries.push({
        client: this.slots.client,
        id: pending.sequence,
        amounts: group.amounts,
        count: pending.pendingCount,
        gang: 1,
        priority: job.record.priority,
        deadlineUs: -1,
        estimateUs: -1,
        doneUs: pending.doneUs,
        submitUs: job.submitUs,
        queuedUs: pending.queuedUs,
      });
    });
    return entries.sort((a, b) => a.submitUs - b.submitUs || a.id - b.id);
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    let left = waiting;
    const charge = (cause: WaitCause, count: number): void => {
      const charged = Math.min(left, count);
      counts[causeRow(cause)] = (counts[causeRow(cause)] as number) + charged;
      left -= charged;
    };
    if (this.backlog.isDown) charge('framework-down', left);
    for (const app of this.instances.apps.values()) if (left > 0) this.chargeApp(app, charge);
    charge('in-flight', left);
  }

  /** The first instance of an app waits for a reason of its own, the others wait behind it. */
  private chargeApp(app: App, charge: (cause: WaitCause, count: number) => void): void {
    const waiting = app.instances.filter(({ pending }) => pending !== undefined);
    const isHeld = (instance: Instance): boolean => instance.condition === 'unreachable' || this.isDelayed(instance);
    const free = waiting.filter((instance) => !isHeld(instance));
    charge('backoff', waiting.length - free.length);
    const [head] = free;
    if (head === undefined) return;
    charge(this.headCause(head), 1);
    charge('behind-in-queue', free.length - 1);
  }

  private isDelayed({ version }: Instance): boolean {
    return version.delay.nextUs(this.driver.nowUs) > this.driver.nowUs;
  }

  private headCause({ pending, definition, home }: Instance): WaitCause {
    const cause = pending === undefined ? 'in-flight' : this.driver.headCause(pending.group.amounts);
    const isPicky = definition.constraints.length > 0 || home !== '' || definition.hostPorts.length > 0;
    return isPicky && (cause === 'in-flight' || cause === 'filter') ? 'constraint' : cause;
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const app of this.instances.apps.values()) {
      for (const { pending } of app.instances) if (pending !== undefined && pending.pendingCount > 0) visit(pending);
    }
  }
}
