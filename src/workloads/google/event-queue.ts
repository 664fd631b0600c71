import type { GoogleJob, GoogleTask, Happening } from './task-book.js';

/** What an event of an instance tells; NaN = it tells nothing of that. */
export interface InstanceEvent {
  readonly timeUs: number;
  readonly job: GoogleJob;
  readonly task: GoogleTask;
  readonly what: Happening;
  readonly priority: number;
  readonly cpus: number;
  readonly mem: number;
}

const NUMBERS = 4;

/**
 * Events in any order, carried out in order of time: a query of BigQuery, or one shard of an export, has none. A column each, as there
 * are many.
 */
export class EventQueue {
  private readonly numbers: number[] = [];
  private readonly jobs: GoogleJob[] = [];
  private readonly tasks: GoogleTask[] = [];
  private readonly whats: Happening[] = [];
  private lastUs = Number.NEGATIVE_INFINITY;
  /** Events that stand behind a later one. */
  moved = 0;

  add({ timeUs, job, task, what, priority, cpus, mem }: InstanceEvent): void {
    if (timeUs < this.lastUs) this.moved++;
    else this.lastUs = timeUs;
    this.numbers.push(timeUs, priority, cpus, mem);
    this.jobs.push(job);
    this.tasks.push(task);
    this.whats.push(what);
  }

  private time(row: number): number {
    return this.numbers[row * NUMBERS] as number;
  }

  /** Each event once, those of one instant as they stand. */
  carryOut(): void {
    const order = Uint32Array.from(this.jobs.keys());
    if (this.moved > 0) order.sort((a, b) => this.time(a) - this.time(b) || a - b);
    for (const row of order) {
      const at = row * NUMBERS;
      const [priority, cpus, mem] = this.numbers.slice(at + 1, at + NUMBERS) as [number, number, number];
      if (!Number.isNaN(priority)) (this.jobs[row] as GoogleJob).priority = priority;
      const task = this.tasks[row] as GoogleTask;
      if (cpus >= 0) task.cpus = cpus;
      if (mem >= 0) task.mem = mem;
      if (cpus >= 0 && mem >= 0) task.hasRequest = true;
      task.happened(this.whats[row] as Happening, this.time(row));
    }
    for (const list of [this.numbers, this.jobs, this.tasks, this.whats]) list.length = 0;
  }
}
