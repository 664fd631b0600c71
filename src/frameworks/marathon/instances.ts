import type { SchedulerDriver, SchedulerJob, TaskUpdate } from '../../model/framework.js';
import { FOREVER_US, type JobRecord } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import type { Alarm, Alarms } from '../shared/alarms.js';
import { Checks } from './checks.js';
import type { App, Instance, Version } from './instance.js';
import { KillQueue } from './kill-queue.js';
import type { LaunchTokens } from './launch-delay.js';
import { modelFor, type ProgramModel, Programs } from './program.js';
import type { Reservations } from './reservations.js';
import type { MarathonSettings } from './settings.js';

/** The sweep that expunges unreachable instances (core/task/jobs/impl/ExpungeOverdueLostTasksActor.scala). */
const SWEEP_US = 30e6;
const FIRST_SWEEP_US = 300e6;

/** Overdue launches are looked for from 30 s on, each 5 s (core/task/jobs/impl/OverdueInstancesActor.scala). */
const OVERDUE_FIRST_US = 30e6;
const OVERDUE_US = 5e6;

/** The first look at which a launch of now is older than the bound. */
function overdueUs(nowUs: number, boundUs: number): number {
  const rounds = Math.floor((nowUs + boundUs - OVERDUE_FIRST_US) / OVERDUE_US) + 1;
  return OVERDUE_FIRST_US + Math.max(0, rounds) * OVERDUE_US;
}

/** What others want to hear of instances. */
export interface InstanceEvents {
  /** An instance wants an offer. */
  wanted(instance: Instance): void;
  /** A launch has moved the back-off of its version on. */
  delayMoved(version: Version): void;
  /** Its condition, health or readiness has changed. */
  changed(app: App, instance: Instance): void;
}

/**
 * The life of instances: asked for, launched, started, checked, failed and launched again, given up. An instance is a job of one task
 * that runs for ever; its launches are attempts of that task.
 */
export class Instances {
  readonly apps = new Map<string, App>();
  private readonly byJob = new Map<string, Instance>();
  private readonly programs: Programs;
  readonly checks: Checks;
  private readonly kills: KillQueue;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly alarms: Alarms,
    /** Those of the programs go on while the scheduler is down. */
    worldAlarms: Alarms,
    private readonly settings: MarathonSettings,
    private readonly tokens: LaunchTokens,
    private readonly reservations: Reservations,
    private readonly events: InstanceEvents,
  ) {
    this.kills = new KillQueue((instance, reason) => driver.kill(instance.task, reason, this.graceUs(instance)));
    this.programs = new Programs(
      driver,
      worldAlarms,
      (instance) => this.checks.answered(instance),
      (instance, reason) => driver.fail(instance.task, reason, true),
    );
    this.checks = new Checks(driver, alarms, settings.hasQuirk('late-kill'), {
      healthChanged: (instance) => {
        if (instance.isHealthy) this.tokens.giveBack();
        this.tell(instance);
      },
      becameReady: (instance) => this.tell(instance),
      failedChecks: (instance) => this.relaunch(instance, 'unhealthy'),
    });
  }

  /** Asks for more instances of an app's present version. */
  schedule(app: App, count: number): void {
    for (let index = 0; index < count; index++) {
      const instance = app.add();
      const record = this.recordOf(instance);
      this.byJob.set(record.id, instance);
      this.driver.submit(record);
    }
  }

  /** Gives an instance up: what waits is dropped, what runs is killed. */
  decommission(instance: Instance, reason: string): void {
    if (instance.isDecommissioned) return;
    instance.isDecommissioned = true;
    if (instance.condition === 'staging' || instance.condition === 'running') {
      instance.condition = 'killing';
      this.kills.add(instance, reason);
      this.tell(instance);
    } else if (instance.condition !== 'killing') {
      if (instance.job !== undefined) this.driver.abandon(instance.job, reason, 'killed');
      this.gone(instance);
    }
  }

  /** Kills a task whose instance is to be launched again. */
  relaunch(instance: Instance, reason: string): void {
    if (instance.condition !== 'staging' && instance.condition !== 'running') return;
    instance.condition = 'killing';
    this.driver.requeue(instance.task, reason, this.graceUs(instance));
    this.tell(instance);
  }

  /** The matcher has placed the instance's task. */
  launched(instance: Instance, agent: number, ports: readonly number[]): void {
    instance.condition = 'staging';
    instance.pending = undefined;
    instance.agent = agent;
    instance.ports = ports;
    instance.task = this.driver.plannedTask;
    instance.stagedUs = this.driver.nowUs;
    this.holdSiblings(instance);
    const { nowUs } = this.driver;
    this.after(instance, overdueUs(nowUs, this.settings.overdueUs) - nowUs, () => this.relaunch(instance, 'overdue'));
  }

  /** RESERVE and CREATE are on their way: it is launched when they are offered, or begins anew elsewhere when they are not. */
  reserved(instance: Instance, agent: number): void {
    instance.home = this.driver.agentId(agent);
    const alarm: Alarm = this.alarms.after(this.settings.reservationTimeoutUs, () => {
      instance.alarms.delete(alarm);
      if (instance.condition !== 'waiting') return;
      this.reservations.leave(instance);
      instance.home = '';
      this.events.wanted(instance);
    });
    instance.alarms.add(alarm);
  }

  /** TASK_GONE_BY_OPERATOR: the agent will never come back, and what residents have there is lost (shouldAbandonReservation). */
  abandonAgent(agentId: string): void {
    for (const app of this.apps.values()) {
      for (const instance of app.instances) {
        if (instance.home !== agentId || instance.isPlaced) continue;
        instance.home = '';
        this.reservations.forget(instance);
        if (instance.pending !== undefined) this.wait(instance);
        else if (instance.condition === 'unreachable') instance.condition = 'waiting';
      }
    }
  }

  // What the driver tells --------------------------------------------------------------------------------------------

  onJob(job: SchedulerJob): void {
    const instance = this.byJob.get(job.record.id);
    if (instance !== undefined) instance.job = job;
  }

  onPending(pending: PendingGroup): void {
    const instance = this.byJob.get(pending.job.record.id);
    if (instance === undefined) {
      this.driver.note('job-refused', `reason=not-an-app job=${pending.job.record.id}`);
      this.driver.abandon(pending.job as SchedulerJob, 'not-an-app');
    } else if (instance.condition === 'ended') {
      this.driver.abandon(pending.job as SchedulerJob, 'decommissioned');
      this.byJob.delete(pending.job.record.id);
    } else {
      instance.pending = pending;
      if (instance.condition !== 'unreachable') this.wait(instance);
    }
  }

  onUpdate(update: TaskUpdate): void {
    const instance = this.byJob.get(update.pending.job.record.id);
    if (instance === undefined) return;
    if (update.state === 'running') this.started(instance);
    else this.ended(instance, update.state, update.reason);
  }

  private started(instance: Instance): void {
    if (instance.condition !== 'staging') return;
    instance.cancelAlarms();
    instance.condition = 'running';
    instance.startUs = this.driver.nowUs;
    instance.isAnswering = false;
    if (instance.definition.isResident) instance.home = this.driver.agentId(instance.agent);
    this.holdSiblings(instance);
    this.checks.started(instance);
    if (instance.isHealthy) this.tokens.giveBack();
    this.tell(instance);
    this.programs.started(instance, this.modelOf(instance));
  }

  private ended(instance: Instance, state: TaskUpdate['state'], reason: string): void {
    instance.cancelAlarms();
    this.checks.ended(instance);
    this.kills.done(instance);
    const isAgentLost = state === 'lost' && reason === 'agent-lost';
    const isFailure = state === 'failed' || state === 'finished' || (state === 'lost' && !isAgentLost);
    if (isFailure && !instance.isDecommissioned) instance.version.delay.failed(this.driver.nowUs);
    // Ends of a drain are nobody's failure (NotifyRateLimiterStepImpl.scala).
    if (reason === 'agent-draining') instance.version.delay.reset();
    const lostOn = instance.agent;
    instance.task = -1;
    instance.agent = -1;
    // Given up by us, or ended for good by an operator.
    if (instance.isDecommissioned || (instance.job?.finishUs ?? -1) >= 0) {
      this.gone(instance);
      return;
    }
    instance.condition = 'waiting';
    if (isAgentLost) this.unreachable(instance, lostOn);
    this.tell(instance);
  }

  // Waiting and leaving ----------------------------------------------------------------------------------------------

  private wait(instance: Instance): void {
    instance.condition = 'waiting';
    const app = this.appOf(instance);
    this.events.changed(app, instance);
    if (instance.condition === 'waiting' && !instance.isDecommissioned) this.events.wanted(instance);
  }

  /** With 0 · 0, the default, it is replaced at once; residents wait for their agent; else after `inactiveAfterSeconds`. */
  private unreachable(instance: Instance, agent: number): void {
    const { unreachable, isResident } = instance.definition;
    if (isResident || (unreachable?.inactiveUs === 0 && unreachable.expungeUs === 0)) return;
    instance.condition = 'unreachable';
    if (unreachable === undefined) return;
    const lostUs = this.driver.nowUs;
    this.after(instance, unreachable.inactiveUs, () => {
      this.inactive(instance, agent, lostUs + unreachable.expungeUs);
      if (instance.pending !== undefined) this.wait(instance);
      else instance.condition = 'waiting';
    });
  }

  private inactive(instance: Instance, agent: number, expungeUs: number): void {
    const app = this.appOf(instance);
    const ghost = { agent, version: instance.version };
    const sweepUs = Math.max(FIRST_SWEEP_US, Math.ceil(expungeUs / SWEEP_US) * SWEEP_US);
    if (sweepUs <= this.driver.nowUs) return;
    app.inactive.push(ghost);
    this.alarms.after(sweepUs - this.driver.nowUs, () => app.inactive.splice(app.inactive.indexOf(ghost), 1));
  }

  private gone(instance: Instance): void {
    instance.cancelAlarms();
    instance.condition = 'ended';
    instance.pending = undefined;
    this.reservations.leave(instance);
    const app = this.appOf(instance);
    app.remove(instance);
    // A task that comes back to wait is given up then.
    if ((instance.job?.finishUs ?? 0) >= 0) this.byJob.delete(jobId(instance));
    this.events.changed(app, instance);
  }

  private holdSiblings({ version }: Instance): void {
    if (!this.settings.hasQuirk('launch-holds-siblings')) return;
    version.delay.launched(this.driver.nowUs);
    this.events.delayMoved(version);
  }

  private after(instance: Instance, delayUs: number, action: () => void): void {
    const alarm: Alarm = this.alarms.after(delayUs, () => {
      instance.alarms.delete(alarm);
      action();
    });
    instance.alarms.add(alarm);
  }

  private modelOf({ definition, appId }: Instance): ProgramModel {
    return modelFor(this.settings.program, definition.labels, appId);
  }

  /** How long the task goes on after it was told to end. */
  private graceUs(instance: Instance): number {
    return Math.min(instance.definition.graceUs, this.modelOf(instance).shutdownUs);
  }

  private tell(instance: Instance): void {
    this.events.changed(this.appOf(instance), instance);
  }

  private appOf(instance: Instance): App {
    return this.apps.get(instance.appId) as App;
  }

  private recordOf(instance: Instance): JobRecord {
    const { resources, image } = instance.definition;
    return {
      id: jobId(instance),
      user: '',
      queue: '',
      class: 'service',
      submitUs: this.driver.nowUs,
      priority: 0,
      deadlineUs: -1,
      after: [],
      groups: [
        {
          name: '',
          count: 1,
          gang: false,
          amounts: this.driver.resources.of({ ...resources }),
          durationUs: FOREVER_US,
          estimateUs: -1,
          constraints: '',
          after: [],
          image,
          inputs: [],
          outputMilliMib: 0,
        },
      ],
    };
  }
}

function jobId(instance: Instance): string {
  return `${instance.appId}.instance-${instance.number}`;
}
