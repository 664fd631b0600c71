import type { DemandEntry } from '../../model/allocator.js';
import {
  defineFramework,
  type Framework,
  type FrameworkSlots,
  type InverseOffer,
  type SchedulerDriver,
  type SchedulerJob,
  type TaskUpdate,
} from '../../model/framework.js';
import type { OrderView, PendingGroup } from '../../model/order.js';
import { causeRow, type WaitCause } from '../../model/waits.js';
import { demandEntry } from '../shared/own-work.js';
import { AllowedCandidates } from './allowed-candidates.js';
import { ConstraintBook } from './constraints.js';
import { Leaving } from './leaving.js';
import { Planner } from './planner.js';
import { Probing } from './probing.js';
import { type Shape, ShapeQueue } from './shape-queue.js';

const THINK = 1;
const RELEASE = 2;

/** Tasks of one user: running, and launched so far. */
interface UserBook {
  running: number;
  served: number;
}

/**
 * Runs the jobs of a trace: a queue in the order of a policy, tasks placed on what is offered, the rest declined.
 *
 * Without think time every decision goes through the whole queue. With `tJob + tTask·n` it is a busy server: one job per decision, n
 * its waiting tasks, over the offers held when the decision began; it goes on with the next job on what is still held.
 * A gang is held for until it is complete or the release timeout passes. With an empty queue the framework suppresses first and then
 * declines without a filter (REVIVE would drop it anyway).
 */
class Batch implements Framework, OrderView {
  private readonly queue: ShapeQueue;
  private readonly users = new Map<string, UserBook>();
  private readonly constraints: ConstraintBook;
  private readonly allowed: AllowedCandidates;
  private readonly hasThinkTime: boolean;
  private readonly planner: Planner | undefined;
  /** Only who plans wants to hear of every task. */
  readonly onUpdate?: (update: TaskUpdate) => void;
  /** The group being thought about. */
  private subject: Shape | undefined;
  private isThinking = false;
  private readonly leaving: Leaving | undefined;
  private releaseTimer = -1;
  private isReleased = false;
  /** Number of the decision over the whole queue. */
  private decision = 0;
  /** What the demand book was told last, and at which change. */
  private told: readonly DemandEntry[] = [];
  private toldAt = -1;

  constructor(
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.constraints = new ConstraintBook(driver);
    this.allowed = new AllowedCandidates(driver.offers);
    this.leaving = slots.heedsMaintenance === true ? new Leaving(driver) : undefined;
    this.hasThinkTime = slots.tJobUs > 0 || slots.tTaskUs > 0;
    this.queue = new ShapeQueue(slots.order, this, {
      // Thinking takes time: that nothing behind a head that does not fit is thought about is behaviour, not a short cut.
      isNaive: slots.isNaive === true && !this.hasThinkTime,
      hangsOnEstimate: this.leaving !== undefined,
    });
    if (slots.order.plan === undefined) return;
    const planner = new Planner(
      driver,
      (pending, agent) => this.constraints.allowsOf(pending.group.constraints)?.(agent) ?? true,
      (pending) => this.noteServed(pending, 1),
    );
    this.planner = planner;
    this.onUpdate = (update) => planner.ended(update);
  }

  get nowUs(): number {
    return this.driver.nowUs;
  }

  runningOfUser(user: string): number {
    return this.users.get(user)?.running ?? 0;
  }

  servedOfUser(user: string): number {
    return this.users.get(user)?.served ?? 0;
  }

  /** A scheduler that never suppresses is offered resources from its registration on. */
  onStart(): void {
    if (!this.slots.suppressWhenIdle) this.driver.revive();
  }

  onJob(_job: SchedulerJob): void {
    // Its groups follow by onPending as soon as they may start.
  }

  onPending(pending: PendingGroup): void {
    this.queue.add(pending);
    this.driver.publish();
    if (this.driver.isSuppressed || this.slots.reviveOnArrival) this.driver.revive();
    // Offers that are held (for a gang, or while thinking) can serve the newcomer too.
    if (!this.isThinking && !this.driver.offers.isEmpty) this.consider();
  }

  onOffers(): void {
    this.planner?.offersArrived();
    if (this.isThinking) return;
    this.queue.unblock();
    this.consider();
  }

  onRescind(): void {
    if (!this.isThinking && this.releaseTimer >= 0 && this.driver.offers.isEmpty) this.disarm();
  }

  onEnded(pending: PendingGroup, count: number): void {
    const book = this.users.get(pending.job.record.user);
    if (book !== undefined) book.running = Math.max(0, book.running - count);
  }

  onTimer(tag: number): void {
    if (tag === THINK) {
      this.isThinking = false;
      this.decideSubject();
      return;
    }
    // The gang could not be completed in time: everything goes back, with the filter.
    this.releaseTimer = -1;
    this.isReleased = true;
    this.queue.unblock();
    this.consider();
    this.isReleased = false;
  }

  onInverseOffer(offer: InverseOffer): 'accept' | undefined {
    return this.leaving?.heed(offer);
  }

  demand(): readonly DemandEntry[] {
    const { demandChanges } = this.driver;
    if (demandChanges === this.toldAt) return this.told;
    this.toldAt = demandChanges;
    this.told = this.queue.demand((pending) => {
      const allows = this.constraints.allowsOf(pending.group.constraints);
      return { ...demandEntry(this.slots.client, pending), allows };
    });
    return this.told;
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    const charge = (cause: WaitCause, count: number): void => {
      const row = causeRow(cause);
      counts[row] = (counts[row] as number) + count;
    };
    if (this.isThinking) return charge('scheduler-busy', waiting);
    let left = waiting;
    for (const shape of this.queue.firstShapes()) {
      const pending = shape.head;
      if (pending === undefined || pending.pendingCount === 0 || left === 0) continue;
      if (shape.isGang && this.releaseTimer >= 0 && shape.isBlocked) {
        charge('gang-hold', Math.min(left, pending.pendingCount));
        left = Math.max(0, left - pending.pendingCount);
        continue;
      }
      charge(this.headCauseOf(shape), 1);
      left--;
    }
    charge('behind-in-queue', left);
  }

  causeOf(pending: PendingGroup, index: number): WaitCause {
    if (this.isThinking) return 'scheduler-busy';
    const shape = this.queue.firstShapes().find(({ head }) => head === pending);
    if (shape === undefined) return 'behind-in-queue';
    if (shape.isGang && this.releaseTimer >= 0 && shape.isBlocked) return 'gang-hold';
    return index === pending.nextWaiting ? this.headCauseOf(shape) : 'behind-in-queue';
  }

  private headCauseOf(shape: Shape): WaitCause {
    const cause = this.driver.headCause(shape.amounts);
    return shape.constraints !== '' && cause === 'in-flight' ? 'constraint' : cause;
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    this.queue.visit(visit);
  }

  // Decisions -------------------------------------------------------------------------------------------------------

  private consider(): void {
    this.queue.sweep();
    if (this.queue.size === 0) this.goIdle();
    else if (this.hasThinkTime && this.planner === undefined) this.think();
    else this.decide();
  }

  /** The whole queue against everything held. */
  private decide(): void {
    if (this.planner !== undefined) return this.decideByPlan(this.planner);
    this.decision++;
    let placedGang = false;
    for (let shape = this.queue.next(); shape !== undefined; shape = this.queue.next()) {
      const isBehind = !this.isReleased && this.queue.isBehindGang(shape);
      const isPlaced = !isBehind && this.placeShape(shape);
      placedGang ||= isPlaced && shape.isGang;
      // The order is strict at a gang: nothing behind it may take what it waits for.
      if (!isPlaced && !this.isReleased) break;
    }
    // What is held for a gang stays held also when work that goes before it has come and been placed.
    const isHolding = !this.isReleased && this.queue.hasBlockedGang;
    const isIdle = this.queue.size === 0;
    this.driver.accept(isIdle || placedGang ? 0 : this.slots.refuseUs);
    if (isHolding) this.hold();
    else this.letGo(isIdle);
  }

  /** The order says what starts where; everything else that is held is kept for what waits. */
  private decideByPlan(planner: Planner): void {
    planner.waiting = this.queue.inOrder();
    this.slots.order.plan?.(planner);
    this.queue.sweep();
    const isIdle = this.queue.size === 0;
    this.driver.accept(isIdle || !this.isReleased ? 0 : this.slots.refuseUs);
    if (isIdle || this.isReleased) this.letGo(isIdle);
    else this.hold();
  }

  private letGo(isIdle: boolean): void {
    this.disarm();
    if (isIdle) this.goIdle();
    else this.driver.declineAll(this.slots.refuseUs);
  }

  private goIdle(): void {
    if (this.slots.suppressWhenIdle) {
      this.driver.suppress();
      this.driver.declineAll(0);
    } else {
      this.driver.declineAll(this.slots.refuseUs);
    }
  }

  private hold(): void {
    if (this.releaseTimer >= 0 || this.driver.offers.isEmpty) return;
    this.releaseTimer = this.driver.timer(this.slots.gangReleaseUs, RELEASE);
  }

  private disarm(): void {
    if (this.releaseTimer < 0) return;
    this.driver.cancel(this.releaseTimer);
    this.releaseTimer = -1;
  }

  // Think time: a busy server ---------------------------------------------------------------------------------------

  private think(): void {
    const subject = this.queue.next();
    if (subject === undefined) {
      this.driver.declineAll(this.slots.refuseUs);
      return;
    }
    this.subject = subject;
    this.isThinking = true;
    const taskCount = subject.head?.pendingCount ?? 0;
    this.driver.timer(this.slots.tJobUs + this.slots.tTaskUs * taskCount, THINK);
  }

  /** One job, on everything held; what is left serves the next one. */
  private decideSubject(): void {
    const subject = this.subject as Shape;
    this.subject = undefined;
    this.queue.sweep();
    if (subject.heap.size > 0) {
      if (subject.isGang) this.placeGang(subject);
      else this.placeHead(subject);
    }
    this.driver.accept(this.queue.size === 0 ? 0 : this.slots.refuseUs);
    if (this.queue.size === 0) this.goIdle();
    else if (this.driver.offers.isEmpty) this.queue.unblock();
    else this.think();
  }

  // Placing ---------------------------------------------------------------------------------------------------------

  /** False for a gang that does not fit. */
  private placeShape(shape: Shape): boolean {
    if (shape.isGang) return this.placeGang(shape);
    this.placeAll(shape);
    return true;
  }

  /** Places groups of a shape until one does not fit, or a head of another shape goes before the next. */
  private placeAll(shape: Shape): void {
    const rival = this.queue.next(shape);
    // What was held when the decision began only gets less: what came before the last place is too small since then.
    let from = shape.cursorOf(this.decision);
    do {
      from = this.placeGroup(shape, from);
      if (from < 0) return;
    } while (shape.heap.size > 0 && (rival === undefined || this.queue.goesBefore(shape, rival)));
    shape.keepCursor(from, this.decision);
  }

  private placeHead(shape: Shape): void {
    this.placeGroup(shape, 0);
  }

  /** Places the waiting tasks of the head; -1 and the shape is blocked when one does not fit, else where to search on. */
  private placeGroup(shape: Shape, start: number): number {
    const { placement } = this.slots;
    const { driver } = this;
    const pending = shape.head as PendingGroup;
    const { pendingCount } = pending;
    let from = start;
    while (pending.pendingCount > 0) {
      const agent = this.choose(shape, from);
      if (agent < 0 || !driver.place(pending, agent)) {
        shape.isBlocked = true;
        break;
      }
      if (placement.keepsCursor) from = agent;
    }
    this.noteServed(pending, pendingCount - pending.pendingCount);
    if (pending.pendingCount > 0) return -1;
    this.queue.pop(shape);
    return from;
  }

  private choose(shape: Shape, from: number): number {
    const { offers } = this.driver;
    const inputs = shape.head?.group.inputs ?? [];
    const allows = this.allowsOf(shape);
    const candidates = allows === undefined ? offers : this.allowed.where(allows);
    return this.slots.placement.choose(shape.amounts, candidates, from, inputs);
  }

  /** Which agents may run the head of a shape; undefined = every one. */
  private allowsOf(shape: Shape): ((agent: number) => boolean) | undefined {
    const { leaving, driver } = this;
    if (shape.constraints === '' && leaving === undefined) return undefined;
    const constraints = this.constraints.of(shape.constraints);
    const { group } = shape.head as PendingGroup;
    return (agent) => constraints.allows(agent, driver.offers) && (leaving?.allows(agent, group) ?? true);
  }

  /** All tasks of a gang or none. */
  private placeGang(shape: Shape): boolean {
    const pending = shape.head as PendingGroup;
    const { pendingCount } = pending;
    if (this.driver.offers.countFits(shape.amounts, pendingCount, this.allowsOf(shape)) < pendingCount) {
      shape.isBlocked = true;
      return false;
    }
    return this.placeGroup(shape, 0) >= 0;
  }

  private noteServed(pending: PendingGroup, count: number): void {
    if (count === 0) return;
    const { user } = pending.job.record;
    const book = this.users.get(user) ?? { running: 0, served: 0 };
    if (book.served === 0) this.users.set(user, book);
    book.running += count;
    book.served += count;
  }
}

export const batch = defineFramework({
  name: 'batch',
  summary: "runs a trace's jobs in the order of a policy, with think time, gangs and constraints",
  source:
    'Omega (Schwarzkopf et al., EuroSys 2013, §4: decision time t_job + t_task·tasks); Mesos scheduler API; Sparrow (Ousterhout et al., SOSP 2013)',
  options: {
    probe: {
      type: 'choice',
      default: 'none',
      choices: ['none', 'random', 'per-task', 'batch'],
      help: 'tasks queue at workers (long-lived tasks, one per agent) that are found by probing (Sparrow)',
    },
    d: { type: 'integer', default: 2, range: [1, 1e6], help: 'probes per task' },
    lateBinding: {
      type: 'boolean',
      default: false,
      help: 'probes leave reservations; a worker with room takes the next task',
    },
    probeDelay: { type: 'duration', default: '0 s', help: 'until the probes of a job have been answered' },
    share: { type: 'number', default: 1, range: [0, 1], help: 'share of each agent that its worker takes' },
  },
  create: ({ probe, d, lateBinding, probeDelay, share }, slots, driver) => {
    if (probe !== 'random' && probe !== 'per-task' && probe !== 'batch') return new Batch(slots, driver);
    return new Probing({ probe, ratio: d, isLate: lateBinding, delayUs: probeDelay, share }, slots, driver);
  },
});
