import { DateTime } from 'luxon';
import { InputError } from '../../core/errors.js';
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
import type { PendingGroup } from '../../model/order.js';
import { parseDurationUs } from '../../model/units.js';
import { readJobFile } from '../job-file.js';
import { Alarms } from '../shared/alarms.js';
import { chargeGroups, demandOf } from '../shared/own-work.js';
import { changeOf } from './change.js';
import { foreignConfig } from './foreign.js';
import { type AuroraJob, readAuroraJobs } from './job.js';
import { Jobs } from './jobs.js';
import { TaskMachine } from './machine.js';
import { type QuotaRules, readQuotas } from './quota.js';
import { type AuroraOptions, auroraOptions } from './settings.js';

/** The preemptor's first search. */
const FIRST_SEARCH_US = 180e6;

/** Apache Aurora: services, ad-hoc and cron jobs of many roles, tiers and preemption, updates and maintenance. */
class Aurora implements Framework {
  private readonly alarms: Alarms;
  private readonly machine: TaskMachine;
  private readonly jobs: Jobs;
  private readonly drainOrder: () => number;
  private isSearching = false;

  constructor(
    private readonly options: AuroraOptions,
    private readonly given: readonly AuroraJob[],
    quotas: QuotaRules,
    originMs: number,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.alarms = new Alarms(driver, 0);
    const holdUs =
      options.hold === 'forever' ? Number.POSITIVE_INFINITY : parseDurationUs(options.hold, 'framework aurora[hold]');
    const { revocableTier } = options;
    const usesRevocable = revocableTier === 'auto' ? slots.takesRevocable === true : revocableTier === 'revocable';
    const setup = { holdUs, refuseUs: slots.refuseUs, usesRevocable };
    this.machine = new TaskMachine(driver, options, this.alarms, setup);
    this.jobs = new Jobs(driver, this.machine, this.alarms, options, quotas, originMs);
    this.drainOrder = driver.random('drain');
  }

  onStart(): void {
    // It neither suppresses nor revives again: offers wait in its pool.
    this.driver.revive();
    for (const job of this.given) this.jobs.add(job);
    if (this.options.preempt) this.alarms.after(FIRST_SEARCH_US, () => this.search());
    if (this.options.maxLeading > 0) this.alarms.after(this.options.maxLeading, () => this.changeLeader());
  }

  /** The leader has led long enough: it exits, and another one registers. */
  private changeLeader(): void {
    this.driver.note('aurora-leader', 'reason=max-leading-duration');
    this.machine.leaderChanged(this.driver.random('startup'));
    this.alarms.after(this.options.maxLeading, () => this.changeLeader());
  }

  hasMore(): boolean {
    return this.machine.isOpen || this.jobs.isUpdating;
  }

  isEndless(): boolean {
    return this.given.some(({ cron }) => cron !== undefined);
  }

  /** Searches follow each other while tasks wait; when the next would find nobody, none is set. */
  private search(): void {
    this.machine.assigner.search(this.machine.groups.values());
    this.isSearching = [...this.machine.groups.values()].length > 0;
    if (this.isSearching) this.alarms.after(this.options.preemptInterval, () => this.search());
  }

  private searchAgain(): void {
    if (!this.options.preempt || this.isSearching || this.driver.nowUs < FIRST_SEARCH_US) return;
    this.isSearching = true;
    const { preemptInterval } = this.options;
    const waitUs = preemptInterval - ((this.driver.nowUs - FIRST_SEARCH_US) % preemptInterval);
    this.alarms.after(waitUs, () => this.search());
  }

  onJob(_job: SchedulerJob): void {
    // Its groups follow by onPending.
  }

  onPending(pending: PendingGroup): void {
    this.machine.onPending(pending, () => foreignConfig(pending));
    this.searchAgain();
    this.driver.publish();
  }

  onOffers(): void {
    this.machine.pool.sync();
  }

  onRescind(): void {
    this.machine.pool.prune();
  }

  /** Offers, delays, slots and reservations are lost; tasks are kept (replicated log). */
  onFailover(): void {
    this.machine.leaderChanged(this.driver.random('startup'));
  }

  /** Always accepted; what is there goes when the time has come (`mesos/MesosCallbackHandler.java`). */
  onInverseOffer({ agent }: InverseOffer): 'accept' {
    this.machine.vacate(agent);
    return 'accept';
  }

  onUpdate(update: TaskUpdate): void {
    this.machine.onUpdate(update);
  }

  onTimer(tag: number): void {
    this.alarms.fire(tag);
  }

  // Operators -------------------------------------------------------------------------------------------------------

  onAction(action: string, values: Readonly<Record<string, unknown>>): void {
    switch (action) {
      case 'update': {
        const job = this.jobNamed(values);
        const isStarted = this.jobs.update(
          job,
          changeOf(job, values, this.driver.resources, (name) => this.driver.random(name)),
        );
        if (!isStarted) this.driver.note('aurora-refused', `job=${job.key} what=update`);
        return;
      }
      case 'kill':
        this.jobs.kill(this.jobNamed(values), instancesOf(values['instances']));
        return;
      case 'restart':
        this.jobs.restart(this.jobNamed(values));
        return;
      case 'pulse':
      case 'pause':
      case 'resume': {
        const job = this.jobNamed(values);
        if (!this.jobs.tellUpdate(job, action)) this.driver.note('aurora-refused', `job=${job.key} what=${action}`);
        return;
      }
      case 'cron':
        this.jobs.trigger(this.jobNamed(values));
        return;
      case 'drain':
        this.drain(values);
        return;
      case 'activate':
        this.machine.maintenance.end(this.agentNamed(values));
        return;
      default:
        throw new InputError(
          'E_ACTION',
          `aurora knows update, pulse, pause, resume, kill, restart, cron, drain and activate, got "${action}"`,
        );
    }
  }

  private drain(values: Readonly<Record<string, unknown>>): void {
    const timeoutUs = parseDurationUs(String(values['timeout'] ?? '2 h'), 'actions.tell.timeout');
    this.machine.drain(this.agentNamed(values), values['sla'] === true, timeoutUs, this.drainOrder);
  }

  private jobNamed(values: Readonly<Record<string, unknown>>): AuroraJob {
    const job = this.jobs.get(String(values['job']));
    if (job === undefined)
      throw new InputError('E_ACTION', `${this.driver.name} has no job "${String(values['job'])}"`);
    return job;
  }

  private agentNamed(values: Readonly<Record<string, unknown>>): number {
    for (let agent = 0; agent < this.driver.agentCount; agent++) {
      if (this.driver.agentId(agent) === String(values['agent'])) return agent;
    }
    throw new InputError(
      'E_ACTION',
      `actions name an agent "${String(values['agent'])}" that the cluster does not have`,
    );
  }

  // What others ask -------------------------------------------------------------------------------------------------

  private *waiting(): Iterable<PendingGroup> {
    const seen = new Set<PendingGroup>();
    for (const { tasks } of this.machine.groups.values()) {
      for (const { pending } of tasks) {
        if (pending === undefined || seen.has(pending)) continue;
        seen.add(pending);
        yield pending;
      }
    }
  }

  demand(): readonly DemandEntry[] {
    return demandOf(this.slots.client, this.waiting());
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    chargeGroups(this.driver, this.waiting(), waiting, counts, ({ group }) => {
      // What fits an offer of the pool waits for the timer of its group.
      const fits = this.driver.offers.firstFit(group.amounts, 0) >= 0;
      return fits ? 'backoff' : undefined;
    });
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const pending of this.waiting()) visit(pending);
  }
}

function instancesOf(value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  return (Array.isArray(value) ? value : String(value).split(',')).map(Number);
}

export const aurora = defineFramework({
  name: 'aurora',
  // mesos/CommandLineDriverSettingsModule.java: 21 days.
  failoverTimeoutUs: 21 * 86_400e6,
  summary: 'services, ad-hoc and cron jobs of many roles: tiers, preemption, quota, rolling updates, maintenance',
  source:
    'apache/aurora at 11ebaeeb (2020-02): scheduling/, offers/, preemptor/, updater/, cron/, quota/, maintenance/',
  options: auroraOptions,
  create: (options, slots, driver) => {
    const origin = DateTime.fromISO(options.origin, { setZone: true, zone: 'utc' });
    if (!origin.isValid) {
      throw new InputError(
        'E_OPTION_VALUE',
        `framework aurora[origin] must be an ISO 8601 time, got "${options.origin}"`,
      );
    }
    const jobs = readAuroraJobs(options.jobs.map(readJobFile), {
      resources: driver.resources,
      defaultDurationUs: options.duration,
      executor: { cpus: options.executorCpus, memMilliMib: options.executorRam * 1000 },
      random: (name) => driver.random(name),
    });
    const quotas = options.quotas === '' ? new Map() : readQuotas(readJobFile(options.quotas), driver.resources);
    const rules = { quotas, isUnsetZero: options.unsetQuota === 'zero' };
    return new Aurora(options, jobs, rules, origin.toMillis(), slots, driver);
  },
});
