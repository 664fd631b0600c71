import type { SchedulerDriver } from '../../model/framework.js';

/** Something that will be done at a time, unless it is cancelled. */
export interface Alarm {
  cancel(): void;
}

/** Timers with what they do. Tags of the driver's timers are even or odd numbers from 0, so that two sets and negative tags go together. */
export class Alarms {
  private readonly actions: ((() => void) | undefined)[] = [];
  private readonly free: number[] = [];

  constructor(
    private readonly driver: SchedulerDriver,
    /** 0 or 1. */
    readonly parity: number,
  ) {}

  after(delayUs: number, action: () => void): Alarm {
    const row = this.free.pop() ?? this.actions.push(undefined) - 1;
    this.actions[row] = action;
    const timer = this.driver.timer(Math.max(0, Math.round(delayUs)), 2 * row + this.parity);
    return {
      cancel: () => {
        if (this.actions[row] !== action) return;
        this.driver.cancel(timer);
        this.release(row);
      },
    };
  }

  fire(tag: number): void {
    const row = (tag - this.parity) / 2;
    const action = this.actions[row];
    this.release(row);
    action?.();
  }

  private release(row: number): void {
    this.actions[row] = undefined;
    this.free.push(row);
  }
}
