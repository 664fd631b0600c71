import type { SchedulerDriver } from '../../model/framework.js';
import type { Amounts } from '../../model/resources.js';
import type { Alarms } from '../shared/alarms.js';
import { Backoff } from './backoff.js';
import { nextTrigger } from './cron.js';
import type { AuroraJob, TaskConfig, UpdateConfig } from './job.js';
import type { TaskListener, TaskMachine } from './machine.js';
import { isWithinQuota, largerOf, type QuotaRules, templateUsage } from './quota.js';
import type { AuroraOptions } from './settings.js';
import { isSlaKept } from './sla.js';
import type { AuroraTask } from './task.js';
import { JobUpdate } from './updater.js';

/** How long a cron run waits for the tasks that it killed, growing (`cron/quartz/AuroraCronJob.java`). */
const POLL_US = 5e6;
const POLL_MAX_US = 60e6;

/** What a job is to become. */
export interface JobChange {
  readonly config: TaskConfig;
  readonly instances: number;
  readonly update: UpdateConfig;
}

/** Jobs: their creation, cron runs, updates and ends. */
export class Jobs implements TaskListener {
  private readonly jobs = new Map<string, AuroraJob>();
  private readonly updates = new Map<string, { readonly update: JobUpdate; readonly change: JobChange }>();
  private readonly slaRetry: Backoff;
  private refusedCount = 0;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly machine: TaskMachine,
    private readonly alarms: Alarms,
    private readonly options: AuroraOptions,
    private readonly quotas: QuotaRules,
    /** Milliseconds since 1970 at the start of the run. */
    private readonly originMs: number,
  ) {
    machine.listener = this;
    this.slaRetry = new Backoff(options.slaKillRetry, options.slaKillRetryMax, driver.random('sla-kill'));
  }

  /** Takes a job in, if its role's quota allows: its instances are PENDING, or it waits for its times. */
  add(job: AuroraJob): void {
    if (!this.isAllowed(job, 'create')) return;
    this.jobs.set(job.key, job);
    if (job.cron !== undefined) this.schedule(job, job.cron);
    else for (let instance = 0; instance < job.instances; instance++) this.machine.create(job, instance);
  }

  private isAllowed(job: AuroraJob, what: string): boolean {
    if (isWithinQuota(this.quotas, this.jobs.values(), job, (other) => this.usageOf(other))) return true;
    this.driver.gauge('jobs_refused', ++this.refusedCount);
    this.driver.note('aurora-refused', `job=${job.key} what=${what} reason=quota`);
    return false;
  }

  /** Active tasks; of a job that is being updated the larger of old and new; of a cron job its template, even while it is idle. */
  private usageOf(job: AuroraJob): Amounts {
    const usage = this.driver.resources.zero();
    for (const { config } of this.machine.book.ofJob(job.key)) {
      for (const [index, amount] of config.amounts.entries()) usage[index] = (usage[index] as number) + amount;
    }
    const change = this.updates.get(job.key)?.change;
    if (change !== undefined) return largerOf(templateUsage(job), templateUsage(change));
    return job.cron === undefined ? usage : largerOf(usage, templateUsage(job));
  }

  get(key: string): AuroraJob | undefined {
    return this.jobs.get(key);
  }

  get hasCron(): boolean {
    return [...this.jobs.values()].some(({ cron }) => cron !== undefined);
  }

  get isUpdating(): boolean {
    return this.updates.size > 0;
  }

  // Cron ------------------------------------------------------------------------------------------------------------

  private schedule(job: AuroraJob, cron: string): void {
    const nowMs = this.originMs + Math.floor(this.driver.nowUs / 1000);
    const nextMs = nextTrigger(cron, nowMs);
    if (!Number.isFinite(nextMs)) return;
    this.alarms.after((nextMs - this.originMs) * 1000 - this.driver.nowUs, () => {
      if (this.jobs.get(job.key) !== job) return;
      // Triggers are made anew from now when a leader starts: what fell into its absence is not made up for (`cron/quartz/CronLifecycle.java`).
      const isOnTime = this.originMs + Math.floor(this.driver.nowUs / 1000) <= nextMs;
      if (isOnTime) this.trigger(job);
      else this.driver.note('aurora-cron-missed', `job=${job.key}`);
      this.schedule(job, cron);
    });
  }

  /** A cron run: at its time, or when an operator starts it. */
  trigger(job: AuroraJob): void {
    const active = this.machine.book.ofJob(job.key);
    this.driver.note('aurora-cron', `job=${job.key} active=${active.length}`);
    if (active.length === 0) {
      this.run(job);
    } else if (job.collision === 'KILL_EXISTING' && !this.collisions.has(job.key)) {
      // Triggers that come while it waits are ignored.
      this.collisions.add(job.key);
      for (const task of active) this.machine.stop(task, 'KILLING');
      this.await(job, POLL_US);
    }
  }
  private readonly collisions = new Set<string>();

  private await(job: AuroraJob, delayUs: number): void {
    this.alarms.after(delayUs, () => {
      if (this.machine.book.ofJob(job.key).length > 0) {
        this.await(job, Math.min(POLL_MAX_US, 2 * delayUs));
        return;
      }
      this.collisions.delete(job.key);
      if (this.jobs.get(job.key) === job) this.run(job);
    });
  }

  private run(job: AuroraJob): void {
    for (let instance = 0; instance < job.instances; instance++) this.machine.create(job, instance);
  }

  // Updates ---------------------------------------------------------------------------------------------------------

  /** Starts a rolling update; false when one is under way or the quota does not allow it. */
  update(job: AuroraJob, change: JobChange): boolean {
    if (this.updates.has(job.key)) return false;
    const after = { ...job, config: change.config, instances: change.instances };
    if (!this.isAllowed(after, 'update')) return false;
    const before = { config: job.config, instances: job.instances };
    const { machine, driver } = this;
    const update = new JobUpdate(
      change.update,
      {
        get nowUs() {
          return driver.nowUs;
        },
        kill: (instance) => this.vacate(job, instance),
        create: (instance, isNew) => machine.create(job, instance, isNew ? change.config : before.config),
        watch: (instance, delayUs) => void this.alarms.after(delayUs, () => update.watched(instance)),
        blocked: (isBlocked) =>
          driver.note('aurora-update', `job=${job.key} state=${isBlocked ? 'BLOCKED' : 'UNBLOCKED'}`),
        over: (state) => {
          const isNew = state === 'ROLLED_FORWARD';
          if (state !== 'FAILED') job.config = isNew ? change.config : before.config;
          job.instances = isNew ? change.instances : before.instances;
          this.updates.delete(job.key);
          driver.note('aurora-update', `job=${job.key} state=${state}`);
          driver.gauge(`updates_${state.toLowerCase()}`, this.countUpdate(state));
        },
      },
      { oldCount: job.instances, newCount: change.instances, isOnlyCount: change.config === job.config },
    );
    this.updates.set(job.key, { update, change });
    driver.note('aurora-update', `job=${job.key} state=STARTED`);
    update.start();
    return true;
  }

  /** A word to the update of a job; false when there is none. */
  tellUpdate(job: AuroraJob, word: 'pulse' | 'pause' | 'resume'): boolean {
    const update = this.updates.get(job.key)?.update;
    update?.[word]();
    return update !== undefined;
  }

  private countUpdate(state: string): number {
    const count = (this.updateCounts.get(state) ?? 0) + 1;
    this.updateCounts.set(state, count);
    return count;
  }
  private readonly updateCounts = new Map<string, number>();

  private vacate(job: AuroraJob, instance: number, delayUs = 0): void {
    const running = this.updates.get(job.key);
    const task = this.machine.book.ofInstance(job.key, instance);
    if (task === undefined) {
      running?.update.vacated(instance);
      return;
    }
    const change = running?.change;
    const { nowUs } = this.driver;
    if (change?.update.sla_aware === true && !isSlaKept(task, this.machine.book.ofJob(job.key), nowUs)) {
      const waitUs = this.slaRetry.next(delayUs);
      this.alarms.after(waitUs, () => {
        if (this.updates.get(job.key)?.update.isKilling(instance) === true) this.vacate(job, instance, waitUs);
      });
      return;
    }
    if (this.options.updateAffinity && change !== undefined && task.agent >= 0 && isAlike(change.config, task.config)) {
      this.machine.assigner.keep(task.agent, job.key, instance);
    }
    this.machine.stop(task, 'KILLING');
  }

  running(task: AuroraTask): void {
    this.updates.get(task.config.key)?.update.running(task.instance);
  }

  /** False when the update makes the successor, or nobody does. */
  over(task: AuroraTask, isReplaced: boolean): boolean {
    const update = this.updates.get(task.config.key)?.update;
    if (update?.owns(task.instance) !== true) return isReplaced;
    if (task.state === 'KILLED' && !isReplaced) update.vacated(task.instance);
    else update.ended(task.instance);
    return false;
  }

  // Ends ------------------------------------------------------------------------------------------------------------

  /** Ends some or all instances; a job of which all are ended is gone. */
  kill(job: AuroraJob, instances: readonly number[] | undefined): void {
    if (instances === undefined) {
      this.jobs.delete(job.key);
      this.updates.delete(job.key);
    }
    for (const task of this.machine.book.ofJob(job.key)) {
      if (instances === undefined || instances.includes(task.instance)) this.machine.stop(task, 'KILLING');
    }
  }

  restart(job: AuroraJob): void {
    for (const task of this.machine.book.ofJob(job.key)) if (task.isActive) this.machine.stop(task, 'RESTARTING');
  }
}

/** The new task takes no more than the old one and is as choosy: it may go where that was (`updater/UpdateAgentReserver.java`). */
function isAlike(after: TaskConfig, before: TaskConfig): boolean {
  const fits = after.amounts.every((amount, index) => amount <= (before.amounts[index] as number));
  return fits && after.dedicated === before.dedicated && isSame(after.constraints, before.constraints);
}

function isSame(a: TaskConfig['constraints'], b: TaskConfig['constraints']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
