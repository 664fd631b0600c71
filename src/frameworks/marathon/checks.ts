import type { SchedulerDriver } from '../../model/framework.js';
import type { Alarm, Alarms } from '../shared/alarms.js';
import type { HealthCheck } from './app-definition.js';
import type { Instance } from './instance.js';

/** Marathon's own checks begin this long after the version, at most (core/health/impl/HealthCheckActor.scala). */
const FIRST_CHECK_US = 5e6;

/** What one check knows of one launch. */
interface CheckState {
  isAlive: boolean;
  failureCount: number;
  hasSucceeded: boolean;
  alarm: Alarm | undefined;
}

export interface CheckEvents {
  /** All checks of the instance now agree that it is healthy, or no longer. */
  healthChanged(instance: Instance): void;
  becameReady(instance: Instance): void;
  failedChecks(instance: Instance): void;
}

/**
 * Health and readiness checks. A check is carried out only when it can change something: while what it last saw is not what the
 * program does, or while failures are to be counted; the times are those at which it would run anyway.
 */
export class Checks {
  private readonly states = new Map<Instance, CheckState[]>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly alarms: Alarms,
    /** Failure number max + 1 kills, not number max (a quirk: the count before this failure is compared). */
    private readonly killsLate: boolean,
    private readonly events: CheckEvents,
  ) {}

  started(instance: Instance): void {
    const { healthChecks, readinessUs } = instance.definition;
    instance.isReady = readinessUs === 0;
    instance.isHealthy = healthChecks.length === 0;
    this.states.set(
      instance,
      healthChecks.map(() => ({ isAlive: false, failureCount: 0, hasSucceeded: false, alarm: undefined })),
    );
    this.arm(instance);
    if (readinessUs > 0) this.probe(instance, 0);
  }

  /** The program answers, or does not. */
  answered(instance: Instance): void {
    if (this.states.has(instance)) this.arm(instance);
  }

  ended(instance: Instance): void {
    for (const state of this.states.get(instance) ?? []) state.alarm?.cancel();
    this.states.delete(instance);
    instance.isHealthy = false;
    instance.isReady = false;
  }

  /** Health lives in the leader's memory: a new one knows none. */
  forget(): void {
    for (const [instance, states] of this.states) {
      for (const [index, state] of states.entries()) {
        if (instance.definition.healthChecks[index]?.isExecutorRun === true) continue;
        state.isAlive = false;
        state.failureCount = 0;
        state.hasSucceeded = false;
        instance.isHealthy = false;
      }
      this.arm(instance);
    }
  }

  private probe(instance: Instance, delayUs: number): void {
    const alarm: Alarm = this.alarms.after(delayUs, () => {
      instance.alarms.delete(alarm);
      if (!instance.isAnswering) {
        this.probe(instance, instance.definition.readinessUs);
        return;
      }
      instance.isReady = true;
      this.events.becameReady(instance);
    });
    instance.alarms.add(alarm);
  }

  private arm(instance: Instance): void {
    for (const [index, state] of (this.states.get(instance) ?? []).entries()) {
      const check = instance.definition.healthChecks[index] as HealthCheck;
      const counts = !instance.isAnswering && check.maxFailures > 0;
      const matters = state.isAlive !== instance.isAnswering || state.failureCount > 0 || counts;
      if (!matters || state.alarm !== undefined) continue;
      const delayUs = this.nextUs(instance, check) - this.driver.nowUs;
      state.alarm = this.alarms.after(delayUs, () => {
        state.alarm = undefined;
        this.check(instance, check, state);
      });
    }
  }

  /** The next time on the check's grid that lies after now. */
  private nextUs(instance: Instance, check: HealthCheck): number {
    const baseUs = check.isExecutorRun
      ? instance.startUs + check.delayUs
      : instance.version.sinceUs + Math.min(check.intervalUs, FIRST_CHECK_US);
    const passed = Math.floor((this.driver.nowUs - baseUs) / check.intervalUs) + 1;
    return baseUs + Math.max(0, passed) * check.intervalUs;
  }

  private check(instance: Instance, check: HealthCheck, state: CheckState): void {
    if (instance.isAnswering) {
      state.isAlive = true;
      state.hasSucceeded = true;
      state.failureCount = 0;
    } else if (this.failed(instance, check, state)) {
      this.events.failedChecks(instance);
      return;
    }
    const states = this.states.get(instance) ?? [];
    const isHealthy = states.every(({ isAlive }) => isAlive);
    if (isHealthy !== instance.isHealthy) {
      instance.isHealthy = isHealthy;
      this.events.healthChanged(instance);
    }
    this.arm(instance);
  }

  /** One more failure; true when it is one too many. */
  private failed(instance: Instance, check: HealthCheck, state: CheckState): boolean {
    const inGrace = this.driver.nowUs - instance.startUs < check.graceUs;
    if (inGrace && !state.hasSucceeded) return false;
    const before = state.failureCount++;
    state.isAlive = false;
    if (check.maxFailures === 0) return false;
    return check.isExecutorRun || !this.killsLate ? before + 1 >= check.maxFailures : before >= check.maxFailures;
  }
}
