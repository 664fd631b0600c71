import { InputError, InvariantError } from '../core/errors.js';
import { Loop, type LoopHandler } from '../core/loop.js';
import type { Framework } from '../model/framework.js';
import type { JobView } from '../model/observer.js';
import { checkInvariants } from './check.js';
import { BLANKET } from './cycle.js';
import { Driver } from './driver.js';
import { NO_TRAITS } from './general/settings.js';
import { Intake } from './intake.js';
import * as kinds from './kinds.js';
import { Membership } from './membership.js';
import { Operators } from './operators.js';
import type { ClusterSetup, FrameworkSetup, RoleSetup } from './setup.js';
import { type ClusterSettings, type FrameworkState, World } from './world.js';

export type { FrameworkSlots } from '../model/framework.js';
export type { ActionSource, ClusterSetup, FrameworkSetup, RoleSetup } from './setup.js';

/** Samples until the time between them doubles first, and then again. */
const SAMPLES_FIRST = 1000;
const SAMPLES_NEXT = 500;

/** This long without a launch while nothing runs and nothing is to come is a standstill. */
const MAX_IDLE_US = 3_600_000_000;

/** The framework will do more by itself. */
function hasMore({ scheduler }: FrameworkState): boolean {
  return scheduler.hasMore?.() ?? false;
}

/** The modelled cluster under the loop of rounds: wires the parts and dispatches events to them. */
export class Cluster implements LoopHandler {
  readonly world: World;
  readonly intake: Intake;
  readonly membership: Membership;
  readonly operators: Operators;
  readonly loop: Loop;
  private nextSample: number;
  private samplePeriodUs: number;
  private samplesLeft = SAMPLES_FIRST;
  private progressUs = 0;
  private launchesSeen = 0;
  isStalled = false;

  constructor(readonly setup: ClusterSetup) {
    const { settings, resources, allocator, observers } = setup;
    this.world = new World(settings, resources, allocator, observers, setup.readsDemand, setup.successor);
    this.world.clock.policyView = setup.policyView(this.world);
    this.membership = new Membership(this.world);
    this.operators = new Operators(this.world, this.membership);
    this.loop = new Loop(this.world.queue, this);
    this.world.absences.dispatch = (kind, a, b) => this.dispatch(kind, a, b);
    this.world.mastership.streams = setup.streams;
    this.nextSample = setup.sampleUs;
    this.samplePeriodUs = setup.sampleUs;
    for (const role of setup.roles) this.addRole(role);
    for (const agent of setup.agents) this.membership.join(agent, false);
    for (const framework of setup.frameworks) this.register(framework);
    this.intake = new Intake(this.world, setup.sources, setup.route);
    this.membership.onCapacity = () => this.intake.reconsiderInfeasible();
    // One run after all agents and frameworks are registered (a named departure: Mesos would run after each).
    this.world.clock.wantRun();
    if (this.world.frameworks.some(({ scheduler }) => scheduler.onStart !== undefined)) {
      this.world.sendNow(kinds.FRAMEWORKS_START, 0, 0);
    }
    this.intake.open();
  }

  private addRole({ path, weight, quota }: RoleSetup): void {
    this.world.clients.roleOf(path);
    if (weight !== 1) this.world.clients.setWeight(path, weight);
    this.world.engine.roleAdded(path, weight);
    if (quota !== undefined) this.world.engine.setQuota(path, quota);
  }

  private register(setup: FrameworkSetup): void {
    const { world } = this;
    const row = world.frameworks.length;
    const roles = setup.roles ?? [setup.role];
    const clients = roles.map((role) => world.clients.add(row, role));
    const client = clients[0] as number;
    const driver = new Driver(world, row, setup.name, clients, this.setup.streams);
    const state = {
      row,
      name: setup.name,
      role: setup.role,
      client,
      clients,
      traits: setup.traits ?? NO_TRAITS,
      maxJobs: setup.maxJobs,
      makePlacement: setup.placement,
      driver,
      failoverTimeoutUs: setup.failoverTimeoutUs ?? Number.POSITIVE_INFINITY,
      liveJobCount: 0,
      pendingTaskCount: 0,
      runningTaskCount: 0,
      waitingCount: 0,
      parkedCount: 0,
      stagingCount: 0,
      returningCount: 0,
      unoffered: [],
    } as unknown as FrameworkState;
    world.frameworks.push(state);
    world.ledger.addFramework();
    world.waits.addFramework();
    world.engine.subscribed(row);
    state.scheduler = setup.create(driver, client);
  }

  // Operator actions ------------------------------------------------------------------------------------------------

  /** Weights change later allocations only. */
  setWeight(role: string, weight: number): void {
    this.world.clients.setWeight(role, weight);
    this.world.engine.setWeight(role, weight);
    this.world.facts.record(
      kinds.FACT_ROLE,
      this.world.nowUs,
      this.world.clients.rowOfRole(role),
      Math.round(weight * 1e6),
    );
  }

  /** The fork has come: other settings, and the other allocator when it brings one. */
  succeed(settings: Partial<ClusterSettings>): void {
    const { world } = this;
    Object.assign(world.settings, settings);
    world.engine.wake();
    world.succeed();
  }

  /** Ends a live job: what waits is given up, what runs is killed. A job that is not live is left alone. */
  killJob(id: string): void {
    const job = this.intake.liveJob(id);
    if (job === undefined) return;
    const stop = { reason: 'killed-by-operator', state: 'killed' as const, isRetried: false };
    this.world.abandon(job, stop);
    this.tellScheduler(job.framework, (scheduler) => scheduler.onKillJob?.(job));
    for (const task of this.intake.tasksOf(job)) this.world.lifecycle.kill(task, stop, 0);
  }

  /** Stops a job's tasks, which wait again, and keeps them from being launched until it is resumed. */
  pauseJob(id: string): void {
    const job = this.intake.liveJob(id);
    if (job === undefined || job.isPaused) return;
    this.intake.pause(job);
    this.tellJob('job-paused', job);
    this.tellScheduler(job.framework, (scheduler) => scheduler.onPauseJob?.(job));
    const stop = { reason: 'paused', state: 'killed' as const, isRetried: true };
    for (const task of this.intake.tasksOf(job)) this.world.lifecycle.kill(task, stop, 0);
  }

  resumeJob(id: string): void {
    const job = this.intake.liveJob(id);
    if (!job?.isPaused) return;
    this.tellJob('job-resumed', job);
    this.intake.resume(job);
  }

  private tellJob(event: string, { framework, record }: JobView): void {
    this.world.facts.event({ event, framework, job: record.id, task: '', agent: -1, offer: -1, detail: '' });
  }

  /** An operator's word to a framework. InputError E_ACTION when there is none of that name or it takes no such word. */
  tell(name: string, action: string, values: Readonly<Record<string, unknown>>): void {
    const state = this.world.frameworks.find((framework) => framework.name === name);
    if (state?.scheduler.onAction === undefined) {
      const what = state === undefined ? 'that the run does not have' : 'that takes no actions';
      throw new InputError('E_ACTION', `actions name a framework "${name}" ${what}`);
    }
    this.tellScheduler(state.row, (scheduler) => scheduler.onAction?.(action, values));
  }

  /** Now, or when the framework's scheduler is back. */
  private tellScheduler(framework: number, word: (scheduler: Framework) => void): void {
    this.world.absences.tell(framework, () => word((this.world.frameworks[framework] as FrameworkState).scheduler));
  }

  // The loop's handler ----------------------------------------------------------------------------------------------

  nextActionUs(): number {
    // The end is an instant of its own.
    return Math.min(this.setup.actions.nextUs(), this.loop.isOver ? Number.POSITIVE_INFINITY : this.setup.untilUs);
  }

  act(nowUs: number): void {
    this.world.nowUs = nowUs;
    this.setup.actions.act(nowUs, this);
  }

  nextRunUs(nextEventUs: number): number {
    const nextUs = this.world.clock.nextRunUs(nextEventUs);
    // Without anything left to happen but batch ticks of a naive run, the end has come.
    return this.canProgress(nextEventUs) ? nextUs : Number.POSITIVE_INFINITY;
  }

  private canProgress(nextEventUs: number): boolean {
    return nextEventUs !== Number.POSITIVE_INFINITY || !this.isFinished();
  }

  isRunDue(nowUs: number): boolean {
    this.world.nowUs = nowUs;
    return this.world.clock.isRunDue(nowUs);
  }

  run(nowUs: number): void {
    // Before the run: afterwards its own offers are on their way. One that changes nothing is no reason to judge waits anew.
    const hasEvents = this.world.queue.size > 0;
    if (this.world.waits.isOn && !this.world.clock.isIdle(nowUs)) this.world.waits.touchWaiting();
    this.world.clock.run(nowUs);
    if (this.setup.settings.checksInvariants) checkInvariants(this.world);
    this.watchProgress(hasEvents);
  }

  /** Runs follow each other while nothing runs, arrives or is scheduled and tasks wait: the run says so and stops. */
  private watchProgress(hasEvents: boolean): void {
    const { world } = this;
    // Tasks that end by themselves have their end in the queue: what is left may hold its agents for ever, as hoarders do.
    const isHeld = world.tasks.rows.liveCount > 0 && this.setup.untilUs !== Number.POSITIVE_INFINITY;
    // Runs are rare where little changes: a last one long after the one before it is no stall once every job is over.
    const isOver = this.intake.liveCount === 0;
    const isMoving = world.launchCount !== this.launchesSeen || isHeld || hasEvents || isOver;
    if (isMoving || !this.intake.isExhausted || this.hasHelpToCome()) {
      this.launchesSeen = world.launchCount;
      this.progressUs = world.nowUs;
    } else if (world.nowUs - this.progressUs > MAX_IDLE_US) {
      this.isStalled = true;
    }
  }

  private hasHelpToCome(): boolean {
    const { actions } = this.setup;
    return (actions.nextHelpUs?.() ?? actions.nextUs()) !== Number.POSITIVE_INFINITY;
  }

  nextSampleUs(): number {
    return this.nextSample;
  }

  sample(nowUs: number): void {
    this.world.nowUs = nowUs;
    this.samplesLeft--;
    if (this.setup.isSamplingSparser === true && this.samplesLeft === 0) {
      this.samplePeriodUs *= 2;
      this.samplesLeft = SAMPLES_NEXT;
    }
    // Samples stay on multiples of the period.
    this.nextSample = (Math.floor(this.nextSample / this.samplePeriodUs) + 1) * this.samplePeriodUs;
    this.world.facts.sample();
  }

  isOver(nowUs: number): boolean {
    if (this.world.waits.isOn) this.world.waits.settle();
    return (
      nowUs >= this.setup.untilUs ||
      this.isStalled ||
      (this.setup.untilUs === Number.POSITIVE_INFINITY && this.isFinished())
    );
  }

  /**
   * Every job of the workload has ended or can never start. Services keep no run alive, but what an operator will do to them does, and
   * agents that will come back do for jobs that cannot start without them.
   */
  private isFinished(): boolean {
    const { intake } = this;
    if (intake.serviceCount + intake.infeasibleCount > 0 && this.hasHelpToCome()) return false;
    return (
      intake.isExhausted &&
      intake.liveCount === intake.infeasibleCount + intake.serviceCount &&
      !this.world.frameworks.some(hasMore)
    );
  }

  handle(kind: number, a: number, b: number): void {
    const { world } = this;
    world.nowUs = this.loop.nowUs;
    if (world.mastership.keeps(kind, a, b) || world.absences.keeps(kind, a, b)) return;
    this.dispatch(kind, a, b);
    if (this.setup.settings.checksInvariants) checkInvariants(world);
  }

  private dispatch(kind: number, a: number, b: number): void {
    if (kind >= kinds.RUN && kind <= kinds.END_ACK_AT_AGENT) this.handleBundle(kind, a, b);
    else if (kind >= kinds.TIMER) this.handleRare(kind, a, b);
    else this.handleOffer(kind, a, b);
  }

  /** Arrivals and the talk between frameworks and master. */
  private handleOffer(kind: number, a: number, b: number): void {
    const { world } = this;
    const { master } = world;
    switch (kind) {
      case kinds.ARRIVAL:
        return this.intake.arrived(a);
      case kinds.REVIVE:
        return master.revive(a);
      case kinds.SUPPRESS:
        return master.suppress(a);
      case kinds.OFFERS:
        return this.offersArrived(a, b);
      case kinds.ACCEPT:
        return master.accept(world.answers.get(a));
      case kinds.DECLINE:
        return master.decline(world.answers.get(a));
      case kinds.RESCIND: {
        const state = world.frameworkOf(world.offers.client[a] as number);
        if (master.rescindArrived(a, b) && !world.absences.isAway(state.row)) state.scheduler.onRescind?.();
        return;
      }
      default:
        throw new InvariantError(`unknown event kind ${kind}`);
    }
  }

  private offersArrived(client: number, bulk: number): void {
    const { world } = this;
    const { driver } = world.frameworkOf(client);
    if (bulk === BLANKET) world.master.blanketArrived(client);
    else {
      if (world.settings.offerTimeoutUs >= 0) world.master.armOfferTimeouts(bulk);
      driver.holdings.receive(bulk);
    }
    driver.offersArrived();
  }

  /** Messages about tasks that were launched together; a bundle that is gone is recognised by its epoch. */
  private handleBundle(kind: number, bundle: number, epoch: number): void {
    const { lifecycle, bundles } = this.world;
    if (bundles.rows.epochs[bundle] !== epoch) return;
    switch (kind) {
      case kinds.RUN:
        return lifecycle.arrived(bundle);
      case kinds.START:
        return lifecycle.start(bundle);
      case kinds.RUNNING_AT_MASTER:
        return lifecycle.runningAtMaster(bundle, epoch);
      case kinds.RUNNING_AT_FRAMEWORK:
        return lifecycle.runningAtFramework(bundle, epoch);
      case kinds.ACK_AT_MASTER:
        return lifecycle.ackAtMaster(bundle, epoch);
      case kinds.ACK_AT_AGENT:
        return lifecycle.ackAtAgent(bundle, epoch);
      case kinds.END:
        return lifecycle.end(bundle, epoch);
      case kinds.ENDED_AT_MASTER:
        return lifecycle.endedAtMaster(bundle, epoch);
      case kinds.ENDED_AT_FRAMEWORK:
        return lifecycle.endedAtFramework(bundle, epoch);
      case kinds.END_ACK_AT_MASTER:
        return lifecycle.endAckAtMaster(bundle, epoch);
      case kinds.END_ACK_AT_AGENT:
        return lifecycle.release(bundle);
    }
  }

  private handleRare(kind: number, a: number, b: number): void {
    const { world } = this;
    switch (kind) {
      case kinds.TIMER:
        return world.timers.fire(a, b);
      case kinds.OFFER_TIMEOUT:
        return world.master.offerTimedOut(a, b);
      case kinds.KILL_AT_MASTER: {
        const order = world.killReasons.get(a);
        world.killReasons.delete(a);
        if (order !== undefined && world.tasks.rows.epochs[a] === b) world.lifecycle.kill(a, order.stop, order.graceUs);
        return;
      }
      case kinds.KILL_AT_AGENT:
        return world.lifecycle.killAtAgent(a, b);
      case kinds.KILLED:
        return world.lifecycle.killed(a, b);
      case kinds.DEPENDENCY_MET:
        return this.intake.dependencyMet(a);
      case kinds.INVERSE_OFFER:
        return world.maintenance.invited(a, b);
      case kinds.INVERSE_ANSWER:
        return world.maintenance.answered(a, b);
      case kinds.ESTIMATE:
        return world.engine.estimate();
      case kinds.FRAMEWORKS_START:
        for (const { scheduler } of world.frameworks) scheduler.onStart?.();
        return;
      case kinds.FAILOVER_TIMEOUT:
        return world.absences.timedOut(a, b);
      case kinds.USAGE_STEP:
        return world.usage.step(a, b);
      case kinds.SNAPSHOT:
        return world.demand.snapshot(a);
      case kinds.PUBLISH:
        world.demand.arrived(a);
        if (b === 1 && world.demand.isHeard) world.clock.demandChanged();
        return;
      default:
        if (world.mastership.handle(kind, a, b)) return;
        throw new InvariantError(`unknown event kind ${kind}`);
    }
  }
}
