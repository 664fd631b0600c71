import type { PendingGroup } from '../../model/order.js';
import { inputBlock } from '../inside/input-blocks.js';
import type { Tracker } from './tracker.js';

/** How far a map is from its data. */
export const NODE = 0;
export const RACK = 1;
export const ANY = 2;
/** It has none, or it is a reduce. */
export const NO_DATA = 3;
export const LEVEL_NAMES = ['node', 'rack', 'any', 'no_data'] as const;

const WAITING = 0;
const RUNNING = 1;
const FINISHED = 2;

/** One try of one task. */
export interface Attempt {
  readonly row: number;
  readonly phase: Phase;
  readonly index: number;
  readonly tracker: Tracker;
  readonly level: number;
  readonly isCopy: boolean;
  readonly startUs: number;
  readonly isFailing: boolean;
  /** Copying the maps' output takes this long; 0 for maps. */
  readonly copyUs: number;
  /** And all that follows this long. */
  readonly workUs: number;
  /** When the copying is or was over, -1 = it waits for maps. */
  copyEndUs: number;
  timer: number;
}

export interface Choice {
  readonly index: number;
  readonly level: number;
}

/** Where blocks and agents are. */
export interface DataMap {
  replicasOf(block: string): readonly number[];
  rackOf(agent: number): string;
}

/** The maps or the reduces of one job (one group of tasks): which wait, and where their data is. */
export class Phase {
  waitingCount: number;
  runningCount = 0;
  finishedCount = 0;
  /** Of the finished ones, those that a heartbeat has told of. */
  knownCount = 0;
  /** Its tasks may start. */
  isReady = false;
  readonly attempts = new Map<number, Attempt[]>();
  readonly parents: Phase[] = [];
  /** Tracker on which a finished task left its output, -1 = none. */
  readonly outputs: Int32Array;
  /** When the last of them finished. */
  doneUs = -1;
  /** Sums over finished tasks of their progress rate (1 / run time) and its square, for the slow ones among the others. */
  rateSum = 0;
  rateSquares = 0;
  /** Run times of finished tasks by tracker. */
  readonly tookOn = new Map<number, { sumUs: number; count: number }>();
  private readonly state: Uint8Array;
  private readonly failures: Uint16Array;
  private readonly byAgent = new Map<number, number[]>();
  private readonly byRack = new Map<string, number[]>();
  private readonly all: number[] = [];

  constructor(
    readonly pending: PendingGroup,
    private readonly data: DataMap,
    private readonly hasOwnBlocks: boolean,
  ) {
    const { count } = pending.group;
    this.waitingCount = count;
    this.outputs = new Int32Array(count).fill(-1);
    this.state = new Uint8Array(count);
    this.failures = new Uint16Array(count);
    for (let index = count - 1; index >= 0; index--) this.enlist(index);
  }

  get count(): number {
    return this.pending.group.count;
  }
  get isMap(): boolean {
    return this.pending.group.after.length === 0;
  }
  get isDone(): boolean {
    return this.finishedCount === this.count;
  }
  /** All that it reads is there. */
  get hasInput(): boolean {
    return this.parents.every((parent) => parent.isDone);
  }
  /** Waiting tasks that may be launched now. */
  get readyCount(): number {
    return this.isReady && this.pending.pendingCount > 0 ? this.waitingCount : 0;
  }

  private blockOf(index: number): string {
    return this.isMap ? inputBlock(this.pending.job, this.pending.group, index, this.hasOwnBlocks) : '';
  }

  private enlist(index: number): void {
    this.all.push(index);
    const block = this.blockOf(index);
    if (block === '') return;
    const racks = new Set<string>();
    for (const agent of this.data.replicasOf(block)) {
      append(this.byAgent, agent, index);
      racks.add(this.data.rackOf(agent));
    }
    for (const rack of racks) append(this.byRack, rack, index);
  }

  /** A waiting task for the tracker, no farther from its data than `maxLevel`. */
  choose(tracker: Tracker, maxLevel: number): Choice | undefined {
    let index = pop(this.byAgent.get(tracker.agent), this.state);
    if (index >= 0) return { index, level: NODE };
    if (maxLevel >= RACK) index = pop(this.byRack.get(tracker.rack), this.state);
    if (index >= 0) return { index, level: RACK };
    if (maxLevel < ANY && this.byAgent.size > 0) return undefined;
    index = pop(this.all, this.state);
    return index < 0 ? undefined : { index, level: this.levelOf(index, tracker) };
  }

  levelOf(index: number, tracker: Tracker): number {
    const block = this.blockOf(index);
    if (block === '') return NO_DATA;
    const agents = this.data.replicasOf(block);
    if (agents.includes(tracker.agent)) return NODE;
    return agents.some((agent) => this.data.rackOf(agent) === tracker.rack) ? RACK : ANY;
  }

  launched(attempt: Attempt): void {
    const { index } = attempt;
    const copies = this.attempts.get(index);
    if (copies === undefined) this.attempts.set(index, [attempt]);
    else copies.push(attempt);
    this.runningCount++;
    if (attempt.isCopy) return;
    this.state[index] = RUNNING;
    this.waitingCount--;
  }

  ended(attempt: Attempt, isFinished: boolean, nowUs: number): void {
    const { index } = attempt;
    const copies = (this.attempts.get(index) ?? []).filter((other) => other !== attempt);
    if (copies.length === 0) this.attempts.delete(index);
    else this.attempts.set(index, copies);
    this.runningCount--;
    if (isFinished && this.state[index] !== FINISHED) {
      this.state[index] = FINISHED;
      this.finishedCount++;
      this.outputs[index] = attempt.tracker.key;
      const rate = 1 / Math.max(1, nowUs - attempt.startUs);
      this.rateSum += rate;
      this.rateSquares += rate * rate;
      this.noteTook(attempt.tracker.key, nowUs - attempt.startUs);
      if (this.isDone) this.doneUs = nowUs;
    }
    if (this.state[index] === FINISHED || copies.length > 0) return;
    this.waitAgain(index);
  }

  private noteTook(tracker: number, us: number): void {
    const entry = this.tookOn.get(tracker) ?? { sumUs: 0, count: 0 };
    this.tookOn.set(tracker, { sumUs: entry.sumUs + us, count: entry.count + 1 });
  }

  /** A finished task must run again: its output is lost. */
  undo(index: number): void {
    this.finishedCount--;
    this.knownCount = Math.min(this.knownCount, this.finishedCount);
    this.outputs[index] = -1;
    this.doneUs = -1;
    this.waitAgain(index);
  }

  private waitAgain(index: number): void {
    this.state[index] = WAITING;
    this.waitingCount++;
    this.enlist(index);
  }

  isFinished(index: number): boolean {
    return this.state[index] === FINISHED;
  }

  /** Counts a failure; how many the task has had. */
  failed(index: number): number {
    this.failures[index] = (this.failures[index] as number) + 1;
    return this.failures[index] as number;
  }
}

function append<K>(lists: Map<K, number[]>, key: K, index: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [index]);
  else list.push(index);
}

/** The last waiting task of a list, -1 = none; others are dropped on the way. */
function pop(list: number[] | undefined, state: Uint8Array): number {
  if (list === undefined) return -1;
  for (let index = list.pop(); index !== undefined; index = list.pop()) if (state[index] === WAITING) return index;
  return -1;
}
