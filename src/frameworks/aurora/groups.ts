import type { SchedulerDriver } from '../../model/framework.js';
import type { Alarm, Alarms } from '../shared/alarms.js';
import type { Backoff } from './backoff.js';
import type { TaskConfig } from './job.js';
import type { AuroraTask } from './task.js';

const MAX_STARTUP_DELAY_US = 30e6;

/** PENDING tasks with equal configuration. */
export class TaskGroup {
  readonly tasks: AuroraTask[] = [];
  /** The last delay; its own timer wakes it, new offers do not. */
  delayUs: number;
  alarm: Alarm | undefined;

  constructor(
    readonly config: TaskConfig,
    firstDelayUs: number,
  ) {
    this.delayUs = firstDelayUs;
  }
}

export interface GroupSettings {
  readonly firstDelayUs: number;
  readonly permitUs: number;
  /** Quirk: the last delay starts at the first one, 1 ms, so that about eighteen quick tries come before a second has passed. */
  readonly startsAtFirstDelay: boolean;
  readonly tasksPerAttempt: number;
}

/** Groups on timers of their own, at so many attempts a second overall (`scheduling/TaskGroups.java`). */
export class TaskGroups {
  private readonly byConfig = new Map<TaskConfig, TaskGroup>();
  private permitUs = 0;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly settings: GroupSettings,
    private readonly backoff: Backoff,
    private readonly alarms: Alarms,
    /** Tries some tasks of a group; those that were placed. */
    private readonly assign: (group: TaskGroup, tasks: readonly AuroraTask[]) => ReadonlySet<AuroraTask>,
  ) {}

  /** A task is PENDING: a group that exists is neither reset nor woken. */
  add(task: AuroraTask): void {
    let group = this.byConfig.get(task.config);
    if (group === undefined) {
      group = new TaskGroup(task.config, this.settings.startsAtFirstDelay ? this.settings.firstDelayUs : 0);
      this.byConfig.set(task.config, group);
      this.arm(group, this.settings.firstDelayUs);
    }
    group.tasks.push(task);
  }

  /** A new leader: each group waits for a while of its own, up to 30 s (`RescheduleCalculator.java`, getStartupScheduleDelayMs). */
  restart(random: () => number): void {
    for (const group of this.byConfig.values()) {
      group.alarm?.cancel();
      group.delayUs = this.settings.startsAtFirstDelay ? this.settings.firstDelayUs : 0;
      this.arm(group, Math.floor(random() * MAX_STARTUP_DELAY_US));
    }
  }

  private arm(group: TaskGroup, delayUs: number): void {
    // One of 40 permits a second is taken when the timer fires.
    const atUs = Math.max(this.driver.nowUs + delayUs, this.permitUs);
    this.permitUs = Math.max(this.permitUs, this.driver.nowUs) + this.settings.permitUs;
    group.alarm = this.alarms.after(atUs - this.driver.nowUs, () => this.fired(group));
  }

  remove(task: AuroraTask): void {
    const group = this.byConfig.get(task.config);
    const at = group?.tasks.indexOf(task) ?? -1;
    if (group === undefined || at < 0) return;
    group.tasks.splice(at, 1);
    if (group.tasks.length === 0) this.close(group);
  }

  private close(group: TaskGroup): void {
    group.alarm?.cancel();
    this.byConfig.delete(group.config);
  }

  private fired(group: TaskGroup): void {
    group.alarm = undefined;
    const placed = this.assign(group, group.tasks.slice(0, this.settings.tasksPerAttempt));
    const left = group.tasks.filter((task) => !placed.has(task));
    group.tasks.splice(0, group.tasks.length, ...left);
    if (left.length === 0) {
      this.close(group);
      return;
    }
    if (placed.size > 0) group.delayUs = this.settings.startsAtFirstDelay ? this.settings.firstDelayUs : 0;
    else group.delayUs = this.backoff.next(group.delayUs);
    this.arm(group, placed.size > 0 ? this.settings.firstDelayUs : group.delayUs);
  }

  values(): Iterable<TaskGroup> {
    return this.byConfig.values();
  }
}
