/** What an event does to a task, in whichever numbers a trace writes it. */
export type Happening = 'submit' | 'schedule' | 'evict' | 'end' | 'other';

/** Numbers of a task, side by side: what an event touches lies in one line of the cache. */
const WIDTH = 8;
const INDEX = 0;
/** Where the running run began, -1 = it does not run. */
const SCHEDULE = 1;
/** The last run that ended other than by eviction: its begin and length, -1 = none in the files. */
const RUN_START = 2;
const RUN = 3;
/** Requests are shares of the largest machine. */
const CPU = 4;
const MEMORY = 5;
const DISK = 6;
/** The eighth number holds two integers: the job, and the task of the job that was met after this one (-1 = none). */
const JOB = 14;
const NEXT = 15;

const SUBMITTED = 1;
const RESUBMITTED = 2;
/** Killed while it waited. */
const GONE = 4;
const REQUESTED = 8;
const DISTINCT = 16;

const BLOCK_BITS = 14;
const BLOCK_TASKS = 2 ** BLOCK_BITS;
const BLOCK_MASK = BLOCK_TASKS - 1;

class Block {
  readonly numbers = new Float64Array(BLOCK_TASKS * WIDTH);
  readonly integers = new Int32Array(this.numbers.buffer);
  readonly flags = new Uint8Array(BLOCK_TASKS);
  /** Tasks that are not given back yet. */
  left = BLOCK_TASKS;
}

/** What the files tell of a task. */
export interface ToldTask {
  readonly index: number;
  readonly scheduleUs: number;
  readonly runStartUs: number;
  readonly runUs: number;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly isResubmitted: boolean;
  readonly isGone: boolean;
  readonly hasRequest: boolean;
  readonly isDistinct: boolean;
}

/** Tasks by (job, index), in 65 bytes each and the slots of a hash table: traces have millions of them. */
export class TaskTable {
  private readonly blocks: (Block | undefined)[] = [];
  private count = 0;
  /** Rows, from 1, by hash of job and index; 0 = free. */
  private slots = new Int32Array(2048);

  /** Row of a task, -1 = it is not known. */
  find(job: number, index: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = hashOf(job, index) & mask;
    for (let row = slots[slot] as number; row > 0; row = slots[slot] as number) {
      const { numbers, integers } = this.block(row - 1);
      const at = ((row - 1) & BLOCK_MASK) * WIDTH;
      if (numbers[at] === index && integers[2 * at + JOB] === job) return row - 1;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** Row of a new task. */
  add(job: number, index: number): number {
    const row = this.count++;
    if ((row & BLOCK_MASK) === 0) this.blocks.push(new Block());
    const { numbers, integers } = this.block(row);
    const at = (row & BLOCK_MASK) * WIDTH;
    numbers[at + INDEX] = index;
    numbers[at + SCHEDULE] = -1;
    numbers[at + RUN_START] = -1;
    numbers[at + RUN] = -1;
    integers[2 * at + JOB] = job;
    integers[2 * at + NEXT] = -1;
    if (this.count * 2 > this.slots.length) this.grow();
    else this.insert(row);
    return row;
  }

  /** A task that was met after another one of its job. */
  link(before: number, row: number): void {
    this.block(before).integers[(before & BLOCK_MASK) * WIDTH * 2 + NEXT] = row;
  }

  nextOfJob(row: number): number {
    return this.block(row).integers[(row & BLOCK_MASK) * WIDTH * 2 + NEXT] as number;
  }

  /** A task may run several times: the last run that did not end by eviction counts. */
  happened(row: number, what: Happening, timeUs: number): void {
    if (what === 'other') return;
    const { numbers, flags } = this.block(row);
    const task = row & BLOCK_MASK;
    const at = task * WIDTH;
    const scheduleUs = numbers[at + SCHEDULE] as number;
    const isGone = what === 'end' && scheduleUs < 0;
    let known = (flags[task] as number) & ~GONE;
    if (isGone) known |= GONE;
    if (what === 'submit') known |= (known & SUBMITTED) === 0 ? SUBMITTED : RESUBMITTED;
    flags[task] = known;
    if (what === 'schedule') numbers[at + SCHEDULE] = timeUs;
    else if (what !== 'submit' && scheduleUs >= 0) {
      if (what === 'end') {
        numbers[at + RUN_START] = scheduleUs;
        numbers[at + RUN] = timeUs - scheduleUs;
      }
      numbers[at + SCHEDULE] = -1;
    }
  }

  /** What an event says a task asks for; what is no number of at least 0 it does not say. */
  asks(row: number, cpus: number, mem: number, disk: number): void {
    const { numbers, flags } = this.block(row);
    const task = row & BLOCK_MASK;
    const at = task * WIDTH;
    if (cpus >= 0) numbers[at + CPU] = cpus;
    if (mem >= 0) numbers[at + MEMORY] = mem;
    if (disk >= 0) numbers[at + DISK] = disk;
    if (cpus >= 0 && mem >= 0) flags[task] = (flags[task] as number) | REQUESTED;
  }

  /** It must run on another machine than the other tasks of its job. */
  parts(row: number): void {
    const { flags } = this.block(row);
    flags[row & BLOCK_MASK] = (flags[row & BLOCK_MASK] as number) | DISTINCT;
  }

  told(row: number): ToldTask {
    const { numbers, flags } = this.block(row);
    const at = (row & BLOCK_MASK) * WIDTH;
    const flag = flags[row & BLOCK_MASK] as number;
    return {
      index: numbers[at + INDEX] as number,
      scheduleUs: numbers[at + SCHEDULE] as number,
      runStartUs: numbers[at + RUN_START] as number,
      runUs: numbers[at + RUN] as number,
      cpus: numbers[at + CPU] as number,
      mem: numbers[at + MEMORY] as number,
      disk: numbers[at + DISK] as number,
      isResubmitted: (flag & RESUBMITTED) !== 0,
      isGone: (flag & GONE) !== 0,
      hasRequest: (flag & REQUESTED) !== 0,
      isDistinct: (flag & DISTINCT) !== 0,
    };
  }

  /** The task is not asked for again; memory is given back by the block. Nothing can be found by then. */
  release(row: number): void {
    this.slots = NO_SLOTS;
    const block = this.block(row);
    block.left--;
    if (block.left === 0) this.blocks[row >>> BLOCK_BITS] = undefined;
  }

  private block(row: number): Block {
    return this.blocks[row >>> BLOCK_BITS] as Block;
  }

  private insert(row: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    const { numbers, integers } = this.block(row);
    const at = (row & BLOCK_MASK) * WIDTH;
    let slot = hashOf(integers[2 * at + JOB] as number, numbers[at] as number) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    for (let row = 0; row < this.count; row++) this.insert(row);
  }
}

const NO_SLOTS = new Int32Array(0);

function hashOf(job: number, index: number): number {
  const hash = Math.imul(job, 0x9e3779b1) ^ Math.imul(index | 0, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
