import type { World } from './world.js';

/** What attempts have got done, what a checkpoint holds of it, and what starting again costs. */
export class WorkBook {
  constructor(private readonly world: World) {}

  /** What the running attempt has got done by now: its run time less what starting again cost. */
  doneUs(task: number): number {
    const { tasks, nowUs } = this.world;
    return Math.max(0, nowUs - (tasks.startUs[task] as number) - (tasks.restartUs[task] as number));
  }

  /** The part of an attempt's work that the last checkpoint holds. */
  keptUs(task: number, workUs: number): number {
    const everyUs = this.world.settings.checkpointEveryUs ?? 0;
    if (everyUs === 0) return workUs;
    const doneUs = this.world.tasks.doneUs[task] as number;
    return Math.max(0, Math.floor((doneUs + workUs) / everyUs) * everyUs - doneUs);
  }

  /** What an eviction now would cost: work to be done again, and the start of the next attempt. */
  lossUs(task: number): number {
    const { settings } = this.world;
    const workUs = this.doneUs(task);
    return workUs - (settings.checkpoint ? this.keptUs(task, workUs) : 0) + (settings.restartUs ?? 0);
  }

  /** What the next attempt has to pay; one that never started leaves its own price to it. */
  nextRestartUs(task: number): number {
    const { tasks, settings } = this.world;
    return (tasks.startUs[task] as number) >= 0 ? (settings.restartUs ?? 0) : (tasks.restartUs[task] as number);
  }
}
