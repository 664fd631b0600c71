import type { AuroraTask } from './task.js';

/** Modes of an agent in the order in which its offers are used. */
export const NORMAL = 0;
export const SCHEDULED = 1;
export const DRAINING = 2;
export const DRAINED = 3;

export interface Drain {
  readonly agent: number;
  /** SLA drains kill a task only when its job's SLA holds without it. */
  readonly isSlaAware: boolean;
  /** From here on tasks are killed whatever their SLA. */
  readonly forcedUs: number;
}

/** Agents under maintenance (`maintenance/MaintenanceController.java`). */
export class Maintenance {
  private readonly modes = new Map<number, number>();
  readonly drains = new Map<number, Drain>();

  modeOf(agent: number): number {
    return this.modes.get(agent) ?? NORMAL;
  }

  begin(drain: Drain): void {
    this.modes.set(drain.agent, DRAINING);
    this.drains.set(drain.agent, drain);
  }

  schedule(agent: number): void {
    this.modes.set(agent, SCHEDULED);
  }

  /** Nothing of ours is left there. */
  drained(agent: number): void {
    this.modes.set(agent, DRAINED);
    this.drains.delete(agent);
  }

  end(agent: number): void {
    this.modes.delete(agent);
    this.drains.delete(agent);
  }
}

/** Jobs with fewer active tasks have no SLA to keep (`sla/SlaManager.java`). */
const MIN_SLA_TASKS = 20;

/**
 * May this task be killed? Only production jobs with at least 20 active tasks are asked; of the others so many must have been RUNNING for
 * the policy's duration that its share holds without this one. A policy that could never be met allows one task at a time.
 */
export function isSlaKept(task: AuroraTask, siblings: readonly AuroraTask[], nowUs: number): boolean {
  const { tier, sla } = task.config;
  const active = siblings.filter((other) => !other.isOver && other.state !== 'PENDING' && other.state !== 'THROTTLED');
  if (tier !== 'preferred' || active.length < MIN_SLA_TASKS) return true;
  const up = siblings.filter(
    (other) => other !== task && other.state === 'RUNNING' && nowUs - other.runningUs >= sla.durationUs,
  );
  const count = siblings.length;
  const needed = Math.ceil(count * sla.ratio);
  const most = count - 1;
  return up.length >= Math.min(needed, most);
}
