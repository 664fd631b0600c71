import type { GoogleJob, TaskBook } from './task-book.js';
import type { Happening } from './task-table.js';

/** What an event of an instance tells; NaN = it tells nothing of that. */
export interface InstanceEvent {
  timeUs: number;
  job: GoogleJob;
  /** Row of its task. */
  task: number;
  what: Happening;
  priority: number;
  cpus: number;
  mem: number;
}

/** Where events go as they are read. */
export interface EventSink {
  add(event: Readonly<InstanceEvent>): void;
}

/** Thrown where an event stands behind a later one. */
export class OutOfOrder extends Error {}

/** Carries events out as they come, which is in order of time: nothing is held. */
export class EventsInOrder implements EventSink {
  private lastUs = Number.NEGATIVE_INFINITY;

  constructor(private readonly book: TaskBook) {}

  add(event: Readonly<InstanceEvent>): void {
    if (event.timeUs < this.lastUs) throw new OutOfOrder();
    this.lastUs = event.timeUs;
    carryOut(this.book, event);
  }
}

function carryOut(
  { tasks }: TaskBook,
  { timeUs, job, task, what, priority, cpus, mem }: Readonly<InstanceEvent>,
): void {
  if (!Number.isNaN(priority)) job.priority = priority;
  tasks.asks(task, cpus, mem, Number.NaN);
  tasks.happened(task, what, timeUs);
}

const HAPPENINGS: readonly Happening[] = ['submit', 'schedule', 'evict', 'end', 'other'];
const NUMBERS = 4;
const BLOCK_BITS = 14;
const BLOCK_EVENTS = 2 ** BLOCK_BITS;
const BLOCK_MASK = BLOCK_EVENTS - 1;

class Block {
  readonly numbers = new Float64Array(BLOCK_EVENTS * NUMBERS);
  readonly tasks = new Int32Array(BLOCK_EVENTS);
  readonly whats = new Uint8Array(BLOCK_EVENTS);
  readonly jobs: GoogleJob[] = [];
}

/**
 * Events in any order, carried out in order of time: a query of BigQuery, or one shard of an export, has none. A column each, as there
 * are many.
 */
export class EventQueue implements EventSink {
  private readonly blocks: Block[] = [];
  private count = 0;
  private lastUs = Number.NEGATIVE_INFINITY;
  /** Events that stand behind a later one. */
  moved = 0;

  add({ timeUs, job, task, what, priority, cpus, mem }: Readonly<InstanceEvent>): void {
    if (timeUs < this.lastUs) this.moved++;
    else this.lastUs = timeUs;
    const row = this.count++;
    if ((row & BLOCK_MASK) === 0) this.blocks.push(new Block());
    const block = this.blocks[row >>> BLOCK_BITS] as Block;
    const at = (row & BLOCK_MASK) * NUMBERS;
    block.numbers[at] = timeUs;
    block.numbers[at + 1] = priority;
    block.numbers[at + 2] = cpus;
    block.numbers[at + 3] = mem;
    block.tasks[row & BLOCK_MASK] = task;
    block.whats[row & BLOCK_MASK] = HAPPENINGS.indexOf(what);
    block.jobs.push(job);
  }

  private time(row: number): number {
    return (this.blocks[row >>> BLOCK_BITS] as Block).numbers[(row & BLOCK_MASK) * NUMBERS] as number;
  }

  /** Each event once, those of one instant as they stand. */
  carryOut(book: TaskBook): void {
    const order = new Uint32Array(this.count).map((_, row) => row);
    if (this.moved > 0) order.sort((a, b) => this.time(a) - this.time(b) || a - b);
    for (const row of order) {
      const { numbers, tasks, whats, jobs } = this.blocks[row >>> BLOCK_BITS] as Block;
      const [at, place] = [(row & BLOCK_MASK) * NUMBERS, row & BLOCK_MASK];
      carryOut(book, {
        timeUs: numbers[at] as number,
        job: jobs[place] as GoogleJob,
        task: tasks[place] as number,
        what: HAPPENINGS[whats[place] as number] as Happening,
        priority: numbers[at + 1] as number,
        cpus: numbers[at + 2] as number,
        mem: numbers[at + 3] as number,
      });
    }
    this.blocks.length = 0;
    this.count = 0;
  }
}
