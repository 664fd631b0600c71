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
