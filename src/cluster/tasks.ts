import { grown, Rows } from '../core/rows.js';
import type { Amounts } from '../model/resources.js';
import type { GroupState, Job } from './jobs.js';

/** States of a task's row. */
export const PLANNED = 0;
export const STAGING = 1;
export const RUNNING = 2;
export const ENDED = 3;

/**
 * Launched tasks, from the framework's decision until the end of their status stream, as columns by row. Tasks of one group that
 * were launched together form a bundle: their equal messages travel as one event.
 */
export class TaskStore {
  readonly rows: Rows;
  agent!: Int32Array;
  bundle!: Int32Array;
  /** Next task of the bundle, -1 = last. */
  nextInBundle!: Int32Array;
  nextOnAgent!: Int32Array;
  previousOnAgent!: Int32Array;
  /** Index of the task in its group. */
  index!: Int32Array;
  attempt!: Int32Array;
  state!: Uint8Array;
  /** Mask of the GPU devices in use. */
  devices!: Int32Array;
  queuedUs!: Float64Array;
  startUs!: Float64Array;
  endUs!: Float64Array;
  /** Work already done in earlier attempts that a checkpoint kept. */
  doneUs!: Float64Array;
  /** Time that its start costs because an earlier attempt has run. */
  restartUs!: Float64Array;
  /** Currency per second while it runs. */
  pricePerS!: Float64Array;

  constructor() {
    this.rows = new Rows((capacity) => this.resize(capacity));
  }

  private resize(capacity: number): void {
    const int = (column?: Int32Array): Int32Array => grown(column ?? new Int32Array(0), capacity);
    const real = (column?: Float64Array): Float64Array => grown(column ?? new Float64Array(0), capacity);
    this.agent = int(this.agent);
    this.bundle = int(this.bundle);
    this.nextInBundle = int(this.nextInBundle);
    this.nextOnAgent = int(this.nextOnAgent);
    this.previousOnAgent = int(this.previousOnAgent);
    this.index = int(this.index);
    this.attempt = int(this.attempt);
    this.devices = int(this.devices);
    this.state = grown(this.state ?? new Uint8Array(0), capacity);
    this.queuedUs = real(this.queuedUs);
    this.startUs = real(this.startUs);
    this.endUs = real(this.endUs);
    this.doneUs = real(this.doneUs);
    this.restartUs = real(this.restartUs);
    this.pricePerS = real(this.pricePerS);
  }
}

/** Groups of tasks launched together: the unit of messages and of the end event. */
export class BundleStore {
  readonly rows: Rows;
  /** First and last task row. */
  head!: Int32Array;
  tail!: Int32Array;
  count!: Int32Array;
  client!: Int32Array;
  /** Whether the running update has been acknowledged (see Lifecycle). */
  ack!: Uint8Array;
  readonly group: (GroupState | undefined)[] = [];

  constructor() {
    this.rows = new Rows((capacity) => this.resize(capacity));
  }

  take(client: number, group: GroupState): number {
    const row = this.rows.take();
    this.head[row] = -1;
    this.tail[row] = -1;
    this.count[row] = 0;
    this.client[row] = client;
    this.ack[row] = 0;
    this.group[row] = group;
    return row;
  }

  release(row: number): void {
    this.group[row] = undefined;
    this.rows.release(row);
  }

  groupOf(row: number): GroupState {
    return this.group[row] as GroupState;
  }

  jobOf(row: number): Job {
    return (this.group[row] as GroupState).job;
  }

  amountsOf(row: number): Amounts {
    return (this.group[row] as GroupState).group.amounts;
  }

  private resize(capacity: number): void {
    this.head = grown(this.head ?? new Int32Array(0), capacity);
    this.tail = grown(this.tail ?? new Int32Array(0), capacity);
    this.count = grown(this.count ?? new Int32Array(0), capacity);
    this.client = grown(this.client ?? new Int32Array(0), capacity);
    this.ack = grown(this.ack ?? new Uint8Array(0), capacity);
  }
}

/** Appends a task to a bundle. */
export function appendTask(tasks: TaskStore, bundles: BundleStore, bundle: number, task: number): void {
  tasks.bundle[task] = bundle;
  tasks.nextInBundle[task] = -1;
  const tail = bundles.tail[bundle] as number;
  if (tail >= 0) tasks.nextInBundle[tail] = task;
  else bundles.head[bundle] = task;
  bundles.tail[bundle] = task;
  bundles.count[bundle] = (bundles.count[bundle] as number) + 1;
}

/** Takes one task out of its bundle: rare, so the walk is linear. */
export function removeTask(tasks: TaskStore, bundles: BundleStore, task: number): void {
  const bundle = tasks.bundle[task] as number;
  let previous = -1;
  let row = bundles.head[bundle] as number;
  while (row !== task) {
    previous = row;
    row = tasks.nextInBundle[row] as number;
  }
  const next = tasks.nextInBundle[task] as number;
  if (previous >= 0) tasks.nextInBundle[previous] = next;
  else bundles.head[bundle] = next;
  if (bundles.tail[bundle] === task) bundles.tail[bundle] = previous;
  bundles.count[bundle] = (bundles.count[bundle] as number) - 1;
  if (bundles.count[bundle] === 0) bundles.release(bundle);
}
