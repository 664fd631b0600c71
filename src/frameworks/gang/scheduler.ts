import type { DemandEntry } from '../../model/allocator.js';
import type { Framework, FrameworkSlots, SchedulerDriver, SchedulerJob, TaskUpdate } from '../../model/framework.js';
import { FOREVER_US } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { HostMaker } from '../inside/hosts.js';
import { endInner, Gang, type Host, type Member } from './gang.js';
import { type GangJob, type GangPlan, planOfRecord } from './job.js';
import { Placing, type Seat } from './placing.js';
import { GangQueue } from './queue.js';
import { type Reservation, Reserving } from './reserving.js';
import { answerRest } from './rest.js';
import type { GangSettings } from './settings.js';
import { GangTally } from './tally.js';
import { FINISH, GangTimers, INSIST, RELEASE, RETURN, START, SUBMIT, TOO_SMALL } from './timers.js';
import { isChain, keyOf, Waiting } from './waiting.js';

/** Gangs as MPI, TensorFlow and PyTorch start on Mesos: see the styles in `settings.ts`. */
export class GangScheduler implements Framework {
  private readonly maker: HostMaker;
  private readonly placing: Placing;
  private readonly tally: GangTally;
  private readonly random: () => number;
  private readonly gangs: GangQueue;
  private readonly hosts = new Map<string, { gang: Gang; member: Member; host: Host }>();
  private readonly plans = new Map<string, GangPlan>();
  private readonly timers: GangTimers;
  private readonly waiting: Waiting;
  private readonly reserving: Reserving | undefined;
  private toSubmit = 0;
  private entryCount = 0;

  constructor(
    private readonly jobs: readonly GangJob[],
    private readonly settings: GangSettings,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.maker = new HostMaker(driver);
    this.placing = new Placing(driver, settings);
    this.tally = new GangTally(driver);
    this.timers = new GangTimers(driver);
    this.gangs = new GangQueue(slots.order, driver);
    this.random = driver.random('backoff');
    this.waiting = new Waiting(this.gangs, slots.client, driver);
    this.reserving = settings.mode === 'reserve' ? new Reserving(driver) : undefined;
  }

  private get nowUs(): number {
    return this.driver.nowUs;
  }

  onStart(): void {
    this.toSubmit = this.jobs.length;
    for (const [row, { record }] of this.jobs.entries()) this.timers.submitAt(row, record.submitUs);
    // A program that never suppresses sees offers from its registration on.
    if (this.settings.whenFull !== 'suppress') this.driver.revive();
  }

  hasMore(): boolean {
    return this.toSubmit > 0 || this.hosts.size > 0;
  }

  // Jobs ------------------------------------------------------------------------------------------------------------

  onJob(job: SchedulerJob): void {
    this.maker.takes(job);
  }

  onPending(pending: PendingGroup): void {
    if (pending.job.record.isHost === true) return;
    const key = keyOf(pending);
    const gang = this.gangs.get(key);
    if (gang === undefined) this.gangs.add(key, (row) => this.gangOf(row, pending));
    else if (gang.isPaused) gang.resume(this.nowUs);
    this.driver.publish();
    this.wake();
  }

  private gangOf(row: number, pending: PendingGroup): Gang {
    const job = pending.job as SchedulerJob;
    const groups = isChain(job) ? [pending] : job.groups;
    const given = this.plans.get(job.record.id);
    const records = groups.map(({ group }) => group);
    return new Gang(row, job, groups, given ?? planOfRecord(records, this.settings), this.entryCount++, this.nowUs);
  }

  private wake(): void {
    // A filter for ever would keep offers from all that comes later.
    if (this.driver.isSuppressed || this.settings.whenFull === 'refuse') this.driver.revive();
    if (!this.driver.offers.isEmpty) this.onOffers();
  }

  // Offers ----------------------------------------------------------------------------------------------------------

  onOffers(): void {
    const isStrict = this.settings.gathers === 'head' && this.settings.mode !== 'atomic';
    this.reserving?.unreserve();
    for (const gang of this.gangs.inOrder()) {
      if (!gang.isHungry) continue;
      this.gather(gang);
      // The order is strict at a gang that is not complete, or two gangs of one framework would starve each other.
      if (isStrict && gang.phase === 'gathering' && gang.missing.length > 0) break;
    }
    this.driver.accept(this.reserving === undefined ? this.slots.refuseUs : 0);
    this.reserving?.declineReserved();
    const isHungry = this.reserving?.isLeaving === true || [...this.gangs.values()].some((gang) => gang.isHungry);
    answerRest(this.driver, this.settings, { isHungry, isEmpty: this.gangs.size === 0 }, this.slots.refuseUs);
    this.tally.holding(this.gangs.values());
  }

  private gather(gang: Gang): void {
    const seats = this.placing.seats(gang);
    // Whose members have all a reservation waits for nothing but to be offered it.
    if (seats.length === 0 && this.reserving !== undefined && gang.reserved.size > 0)
      this.launchReserved(gang, this.reserving);
    if (seats.length === 0 || (this.settings.mode === 'atomic' && seats.length < gang.missing.length)) return;
    if (!this.placing.isGoodEnough(gang, seats)) {
      this.timers.arm(gang, INSIST, gang.gatheringUs + this.settings.insist - this.nowUs);
      return;
    }
    if (this.reserving === undefined) for (const seat of seats) this.launch(gang, seat);
    else if (!this.reserve(gang, seats, this.reserving)) return;
    this.gangs.noteServed(gang);
    if (gang.missing.length === 0) this.timers.disarm(gang, RELEASE);
    else if (gang.phase === 'gathering' && !gang.canWork()) this.armRelease(gang);
  }

  /** Mode `reserve`: seats are reserved, and taken together once there is one for each. False when nothing was gained. */
  private reserve(gang: Gang, seats: readonly Seat[], reserving: Reserving): boolean {
    const hasGained = reserving.reserve(gang, seats);
    this.launchReserved(gang, reserving);
    return hasGained;
  }

  private launchReserved(gang: Gang, reserving: Reserving): void {
    for (const seat of reserving.seatsOf(gang) ?? []) this.launch(gang, seat);
    if (gang.missing.length === 0) this.timers.disarm(gang, RELEASE);
  }

  private armRelease(gang: Gang): void {
    const { releaseUs, onLoss } = this.settings;
    // One that has shrunk waits where it is, until it is given up.
    const isShrunk = gang.hasWorked && onLoss === 'shrink';
    if (releaseUs > 0 && !isShrunk) this.timers.arm(gang, RELEASE, releaseUs);
  }

  private launch(gang: Gang, { member, agent }: Seat): void {
    const { group } = member.pending;
    const name = `${group.name === '' ? 'member' : group.name}-${member.index}`;
    const id = `${gang.job.record.id}/${name}#${++gang.launchCount}`;
    const pending = this.maker.launch({
      id,
      agent,
      amounts: group.amounts,
      durationUs: FOREVER_US,
      image: group.image,
    });
    if (pending === undefined) return;
    const reservation = gang.reserved.get(member);
    const launchedUs = reservation?.sinceUs ?? this.nowUs;
    const host: Host = { id, agent, launchedUs, task: -1, isLeaving: false, reservation };
    gang.reserved.delete(member);
    member.host = host;
    this.hosts.set(id, { gang, member, host });
  }

  // Members come and go ---------------------------------------------------------------------------------------------

  onUpdate(update: TaskUpdate): void {
    const found = this.hosts.get(update.pending.job.record.id);
    if (found === undefined) return;
    const { gang, member, host } = found;
    if (update.state === 'running') {
      host.task = update.task;
      if (host.isLeaving) this.driver.kill(host.task, 'released');
      else this.memberReady(gang);
      return;
    }
    this.hosts.delete(host.id);
    // What it ran on is reserved still, and is given back when it is offered.
    if (host.reservation !== undefined) this.giveBack([host.reservation]);
    if (host.isLeaving) return;
    member.host = undefined;
    this.memberLost(gang, member, host, update.reason === '' ? update.state : update.reason);
  }

  private memberReady(gang: Gang): void {
    if (!gang.canWork() || this.timers.isArmed(gang, START)) return;
    const isGrowing = gang.phase === 'working' && gang.ready.some(({ inner }) => inner < 0);
    if (gang.phase !== 'gathering' && !isGrowing) return;
    // The launcher asks each second whether all have answered.
    if (this.settings.pollUs > 0) this.timers.arm(gang, START, this.settings.pollUs);
    else this.startWork(gang);
  }

  /** All are there, or an elastic gang has grown: work goes on with those that are ready. */
  private startWork(gang: Gang): void {
    if (!gang.canWork() || gang.isPaused) return;
    this.timers.disarm(gang, RELEASE);
    this.timers.disarm(gang, TOO_SMALL);
    const { nowUs } = this;
    const isResize = gang.phase === 'working';
    if (isResize) gang.clock.stop(nowUs, 'all');
    const ready = gang.ready;
    for (const member of ready) {
      if (member.inner >= 0) continue;
      const { pending, index, host } = member;
      member.inner = this.driver.inside.start(pending, index, (host as Host).agent, pending.group.amounts);
    }
    const hosts = ready.map(({ host }) => host as Host);
    if (isResize) this.tally.resized(gang, ready.length);
    else this.tally.started(gang, this.placing.levelOf(hosts), hosts);
    gang.phase = 'working';
    gang.clock.begin(nowUs + (gang.hasWorked ? gang.plan.restartUs : 0), this.placing.speed(gang));
    gang.hasWorked = true;
    this.armFinish(gang);
    // The others behind it may gather now.
    if (!isResize) this.wake();
  }

  private armFinish(gang: Gang): void {
    const finishUs = gang.clock.finishUs();
    if (Number.isFinite(finishUs)) this.timers.arm(gang, FINISH, finishUs - this.nowUs);
  }

  private memberLost(gang: Gang, member: Member, host: Host, reason: string): void {
    if (gang.phase === 'over' || gang.phase === 'hung') return;
    const wasWorking = gang.phase === 'working' && member.inner >= 0;
    if (this.settings.blacklists) gang.shun(host.agent, this.nowUs, this.settings, this.random);
    const isRetried = this.settings.onLoss !== 'abort' && this.settings.onLoss !== 'hang';
    endInner(this.driver.inside, member, 'lost', reason, isRetried);
    // One that was only waiting: MPI gives up all the same, the others look for another.
    if (this.settings.onLoss === 'abort') this.giveUp(gang, reason);
    // Nobody is left who knows the state (Horovod, runner/elastic/driver.py).
    else if (this.settings.onLoss === 'shrink' && gang.hasWorked && gang.placed.length === 0)
      this.giveUp(gang, 'no-host-left');
    else if (!wasWorking) this.wake();
    else if (this.settings.onLoss === 'hang') this.hang(gang);
    else if (this.settings.onLoss === 'shrink' && gang.isElastic) this.shrink(gang, reason);
    else this.restart(gang, reason);
  }

  /** Quirk of tfmesos: offers are asked for again, but the lost member is not marked as missing. The rest waits for it for ever. */
  private hang(gang: Gang): void {
    gang.clock.stop(this.nowUs, 'checkpoint');
    this.timers.disarm(gang, FINISH);
    gang.phase = 'hung';
    this.tally.over(gang, 'hung');
    this.driver.revive();
  }

  /** Elastic: the rest rolls back to the last commit and goes on, or waits until it is large enough again. */
  private shrink(gang: Gang, reason: string): void {
    // State is committed in memory with every batch: nothing but the step is lost, unless checkpoints are all there is.
    const keeps = Number.isFinite(gang.plan.checkpoint.intervalUs) ? 'checkpoint' : 'all';
    const lostUs = gang.clock.stop(this.nowUs, keeps);
    this.timers.disarm(gang, FINISH);
    this.tally.stopped(gang, reason, lostUs, gang.ready.length);
    if (!this.countRestart(gang)) return;
    if (gang.canWork()) {
      gang.clock.begin(this.nowUs + gang.plan.restartUs, this.placing.speed(gang));
      this.armFinish(gang);
    } else {
      gang.endWork(this.driver.inside, 'killed', 'too-small', true);
      gang.gatherAgain(this.nowUs);
      this.timers.arm(gang, TOO_SMALL, this.settings.elasticTimeout);
    }
    this.wake();
  }

  /** All start again from the last checkpoint; those that are left keep what they hold and wait for the missing one. */
  private restart(gang: Gang, reason: string): void {
    const lostUs = gang.clock.stop(this.nowUs, 'checkpoint');
    this.timers.disarm(gang, FINISH);
    this.tally.stopped(gang, reason, lostUs, gang.members.length);
    gang.endWork(this.driver.inside, 'killed', 'gang-restarted', true);
    gang.gatherAgain(this.nowUs);
    if (!this.countRestart(gang)) return;
    if (this.settings.mode === 'atomic') this.letGo(gang, 'gang-restarted');
    else this.armRelease(gang);
    this.wake();
  }

  private countRestart(gang: Gang): boolean {
    gang.restartCount++;
    if (gang.restartCount <= this.settings.maxRestarts) return true;
    this.giveUp(gang, 'too-many-restarts');
    return false;
  }

  // Letting go ------------------------------------------------------------------------------------------------------

  private letGo(gang: Gang, reason: string): Host[] {
    this.timers.disarmAll(gang);
    this.giveBack([...gang.reserved.values()]);
    gang.reserved.clear();
    return gang.letGo((task) => this.driver.kill(task, reason));
  }

  private giveBack(reservations: readonly Reservation[]): void {
    if (this.reserving === undefined || reservations.length === 0) return;
    this.reserving.giveBack(reservations);
    if (this.driver.isSuppressed) this.driver.revive();
  }

  /** Incomplete for too long: all goes back, and a random time passes, twice as long at most with each release. */
  private release(gang: Gang): void {
    const reserved = [...gang.reserved.values()].map(({ sinceUs }) => ({ launchedUs: sinceUs }));
    const held = [...reserved, ...this.letGo(gang, 'released')];
    const mostUs = Math.min(this.settings.backoffMax, this.settings.backoff * 2 ** Math.min(30, gang.releaseCount));
    const backoffUs = Math.round(this.random() * mostUs);
    gang.releaseCount++;
    gang.phase = 'backoff';
    this.tally.released(gang, held, backoffUs);
    this.timers.arm(gang, RETURN, backoffUs);
    this.wake();
  }

  private giveUp(gang: Gang, reason: string): void {
    gang.endWork(this.driver.inside, 'failed', reason, false);
    this.driver.abandon(gang.job, reason, 'failed');
    this.close(gang, 'failed');
  }

  private finish(gang: Gang): void {
    gang.endWork(this.driver.inside, 'finished', '', false);
    // Members that an elastic gang never had are not missed.
    for (const pending of gang.groups) {
      if (pending.pendingCount > 0) this.driver.abandon(gang.job, 'not-needed', 'finished');
    }
    this.close(gang, 'finished');
  }

  private close(gang: Gang, state: string): void {
    this.letGo(gang, 'done');
    gang.phase = 'over';
    this.gangs.remove(gang);
    this.plans.delete(gang.job.record.id);
    this.tally.over(gang, state);
    this.driver.publish();
    this.wake();
  }

  onKillJob(job: SchedulerJob): void {
    for (const gang of [...this.gangs.values()].filter((other) => other.job === job)) {
      gang.endWork(this.driver.inside, 'killed', 'killed-by-operator', false);
      this.close(gang, 'killed');
    }
  }

  /** An operator pauses the job: it saves its work, lets go of everything, and waits to be resumed. */
  onPauseJob(job: SchedulerJob): void {
    for (const gang of [...this.gangs.values()].filter((other) => other.job === job)) {
      gang.endWork(this.driver.inside, 'killed', 'paused', true);
      this.letGo(gang, 'paused');
      gang.pause(this.nowUs);
    }
    this.wake();
  }

  // Timers ----------------------------------------------------------------------------------------------------------

  onTimer(tag: number): void {
    const { kind, row } = this.timers.fired(tag);
    if (kind === SUBMIT) {
      const { record, plan } = this.jobs[row] as GangJob;
      this.toSubmit--;
      this.plans.set(record.id, plan);
      this.driver.submit(record);
      return;
    }
    const gang = this.gangs.atRow(row);
    if (gang === undefined) return;
    if (kind === FINISH) this.finish(gang);
    else if (kind === RELEASE) this.release(gang);
    else if (kind === START) this.startWork(gang);
    else if (kind === TOO_SMALL) this.giveUp(gang, 'too-small');
    else {
      if (kind === RETURN) gang.phase = 'gathering';
      this.wake();
    }
  }

  // What others ask -------------------------------------------------------------------------------------------------

  demand(): readonly DemandEntry[] {
    return this.waiting.demand();
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    this.waiting.charge(waiting, counts);
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    this.waiting.visit(visit);
  }
}
