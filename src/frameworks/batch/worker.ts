import type { PendingGroup } from '../../model/order.js';
import type { Amounts } from '../../model/resources.js';

/** Tasks of one group that are to be sent to workers. */
export interface Batchlet {
  readonly pending: PendingGroup;
  /** Indices of its tasks that no worker has yet; with late binding workers take them from here. */
  readonly indices: number[];
}

/** What stands in a worker's queue: one task, or, with late binding, a reservation for whichever is next. */
export interface Entry {
  readonly work: Batchlet;
  /** -1 = a reservation. */
  readonly index: number;
}

/** A task that runs in a worker. */
export interface Running {
  readonly pending: PendingGroup;
  readonly index: number;
  /** Row of the task inside. */
  readonly task: number;
  readonly timer: number;
  readonly worker: Worker;
}

/** A long-lived task on one agent with a first-in-first-out queue of its own. */
export class Worker {
  readonly queue: Entry[] = [];
  readonly running = new Set<Running>();
  readonly free: Float64Array;
  isUp = false;
  /** Place among the workers that are up. */
  position = -1;

  constructor(
    readonly agent: number,
    readonly capacity: Amounts,
  ) {
    this.free = Float64Array.from(capacity);
  }

  /** What a probe is told: tasks that run and wait here. */
  get load(): number {
    return this.queue.length + this.running.size;
  }

  canHold(demand: Amounts): boolean {
    return isWithin(demand, this.capacity);
  }

  fits(demand: Amounts): boolean {
    return isWithin(demand, this.free);
  }

  take(demand: Amounts, sign: 1 | -1): void {
    for (let index = 0; index < demand.length; index++) {
      this.free[index] = (this.free[index] as number) - sign * (demand[index] as number);
    }
  }
}

function isWithin(demand: Amounts, room: Amounts): boolean {
  for (let index = 0; index < demand.length; index++) {
    if ((demand[index] as number) > (room[index] as number)) return false;
  }
  return true;
}
