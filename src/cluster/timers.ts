import { TIMER } from './kinds.js';
import type { FrameworkState, World } from './world.js';

/** Timers of all frameworks: rows with an epoch, so that a cancelled one is recognised when it fires. */
export class TimerTable {
  private readonly epochs: number[] = [];
  private readonly tags: number[] = [];
  private readonly owners: number[] = [];
  private readonly free: number[] = [];

  constructor(private readonly world: World) {}

  start(framework: number, delayUs: number, tag: number): number {
    const row = this.free.pop() ?? this.epochs.push(0) - 1;
    this.tags[row] = tag;
    this.owners[row] = framework;
    this.world.queue.push(this.world.nowUs + delayUs, TIMER, row, this.epochs[row] as number);
    return row;
  }

  cancel(row: number): void {
    this.epochs[row] = (this.epochs[row] as number) + 1;
    this.free.push(row);
  }

  ownerOf(row: number): number {
    return this.owners[row] as number;
  }

  tagOf(row: number): number {
    return this.tags[row] as number;
  }

  fire(row: number, epoch: number): void {
    if (this.epochs[row] !== epoch) return;
    this.cancel(row);
    const state = this.world.frameworks[this.owners[row] as number] as FrameworkState;
    this.world.waits.touch(state.row);
    state.scheduler.onTimer?.(this.tags[row] as number);
  }
}
