import type { PendingGroup } from '../../model/order.js';
import type { Amounts } from '../../model/resources.js';
import { inputBlock } from '../inside/input-blocks.js';
import { StageExclusions } from './exclusions.js';
import type { SparkSettings } from './settings.js';
import { SlowTasks } from './slow-tasks.js';

/** Levels of locality in Spark's order (TaskLocality). */
export const PROCESS = 0;
export const NODE = 1;
export const NO_PREF = 2;
export const RACK = 3;
export const ANY = 4;
export const LEVEL_NAMES = ['process', 'node', 'no_pref', 'rack', 'any'] as const;

const WAITING = 0;
const RUNNING = 1;
const FINISHED = 2;

/** Where tasks run: an executor, or (fine-grained) what is offered on one agent. */
export interface Worker {
  readonly key: number;
  readonly agent: number;
  freeCores: number;
}

/** Executors and data as locality sees them. */
export interface Topology {
  replicasOf(block: string): readonly number[];
  /** Keys of the executors that hold the block in memory. */
  cachedOn(block: string): readonly number[];
  agentOf(key: number): number;
  hasWorker(key: number): boolean;
  hasAgent(agent: number): boolean;
  rackOf(agent: number): string;
  hasRack(rack: string): boolean;
}

/** One try of one task. */
export interface Attempt {
  /** Row of the inner task, -1 = on its way to the agent. */
  row: number;
  timer: number;
  readonly set: TaskSet;
  readonly index: number;
  readonly worker: Worker;
  readonly level: number;
  readonly isCopy: boolean;
  startUs: number;
  /** How long it will run. */
  readonly durationUs: number;
  isFailing: boolean;
}

/** What `offer` proposes: a task for the worker, at the level that it would run at there. */
export interface Choice {
  readonly index: number;
  readonly level: number;
  readonly isCopy: boolean;
}

type Lists<K> = Map<K, number[]>;

/**
 * The tasks of one stage: which wait, where their data is, and which level of locality is allowed now.
 * Source: core/src/main/scala/org/apache/spark/scheduler/TaskSetManager.scala (addPendingTask, dequeueTask,
 * getAllowedLocalityLevel, computeValidLocalityLevels, checkSpeculatableTasks).
 */
export class TaskSet {
  readonly attempts = new Map<number, Attempt[]>();
  readonly speculatable = new Set<number>();
  /** Watches for slow tasks when there is speculation. */
  readonly slow: SlowTasks | undefined;
  /** What it keeps off after failures, when it does. */
  readonly exclusions: StageExclusions | undefined;
  readonly uses = new Map<number, Amounts>();
  readonly parents: TaskSet[] = [];
  waitingCount: number;
  finishedCount = 0;
  runningCount = 0;
  /** Attempts of the whole stage: one more after each loss of its input. */
  stageAttempts = 1;
  levels: number[] = [];
  /** Worker on which a finished task left its output, -1 = none. */
  readonly outputs: Int32Array;
  /** Since the last reset nothing was refused for the sake of locality (Spark ≥ 3.1). */
  hasNoRejects = true;
  private readonly state: Uint8Array;
  private readonly failures: Uint16Array;
  private readonly forWorker: Lists<number> = new Map();
  private readonly forAgent: Lists<number> = new Map();
  private readonly forRack: Lists<string> = new Map();
  private readonly noPrefs: number[] = [];
  private readonly all: number[] = [];
  private levelIndex = 0;
  private timerUs: number;

  constructor(
    readonly pending: PendingGroup,
    /** Order of its job, then of its stage. */
    readonly sequence: number,
    readonly pool: string,
    private readonly settings: SparkSettings,
    private readonly topology: Topology,
    nowUs: number,
  ) {
    const { count } = pending.group;
    this.waitingCount = count;
    this.outputs = new Int32Array(count).fill(-1);
    this.state = new Uint8Array(count);
    this.failures = new Uint16Array(count);
    this.slow = settings.speculation ? new SlowTasks(this, settings) : undefined;
    this.exclusions = settings.excludeOnFailure ? new StageExclusions(settings) : undefined;
    this.timerUs = nowUs;
    // The lists are stacks: built from behind, low indices come out first.
    for (let index = count - 1; index >= 0; index--) this.addPending(index);
    this.levels = this.validLevels();
  }

  get count(): number {
    return this.pending.group.count;
  }
  get isDone(): boolean {
    return this.finishedCount === this.count;
  }
  get isGang(): boolean {
    return this.pending.group.gang;
  }
  /** The output of a parent stage is lost: it is being computed again. */
  get isBlocked(): boolean {
    return this.parents.some((parent) => !parent.isDone);
  }
  /** Something could be launched if a worker came. */
  get wants(): boolean {
    return (
      (this.waitingCount > 0 || this.speculatable.size > 0) && this.pending.pendingCount + this.speculatable.size > 0
    );
  }

  blockOf(index: number): string {
    return inputBlock(this.pending.job, this.pending.group, index, this.settings.inputBlocks);
  }

  /** Agents that hold data of waiting tasks. */
  preferredAgents(): Iterable<number> {
    return this.forAgent.keys();
  }

  private addPending(index: number): void {
    const { topology } = this;
    const block = this.blockOf(index);
    this.all.push(index);
    if (block === '') {
      this.noPrefs.push(index);
      return;
    }
    const racks = new Set<string>();
    const addAgent = (agent: number): void => {
      append(this.forAgent, agent, index);
      if (this.settings.racks) racks.add(topology.rackOf(agent));
    };
    for (const key of topology.cachedOn(block)) {
      append(this.forWorker, key, index);
      addAgent(topology.agentOf(key));
    }
    for (const agent of topology.replicasOf(block)) addAgent(agent);
    for (const rack of racks) if (rack !== '') append(this.forRack, rack, index);
  }

  // Levels ----------------------------------------------------------------------------------------------------------

  /** Only levels at which some waiting task has a live worker. */
  private validLevels(): number[] {
    const { topology } = this;
    const levels: number[] = [];
    if (some(this.forWorker, (key) => topology.hasWorker(key))) levels.push(PROCESS);
    if (some(this.forAgent, (agent) => topology.hasAgent(agent))) levels.push(NODE);
    if (this.noPrefs.length > 0) levels.push(NO_PREF);
    if (some(this.forRack, (rack) => topology.hasRack(rack))) levels.push(RACK);
    levels.push(ANY);
    return levels;
  }

  /** Workers came or went: the level stays, unless a more local one has become possible (SPARK-31837). */
  workersChanged(isAdded: boolean): void {
    const previous = this.levels[this.levelIndex] as number;
    const before = this.levelIndex;
    this.levels = this.validLevels();
    this.levelIndex = this.indexOfLevel(previous);
    if (isAdded && this.levelIndex > before) this.levelIndex = 0;
  }

  /** First index whose level is at least the given one. */
  private indexOfLevel(level: number): number {
    const index = this.levels.findIndex((candidate) => candidate >= level);
    return index < 0 ? this.levels.length - 1 : index;
  }

  private waitUs(level: number): number {
    const { localityWait, localityWaitProcess, localityWaitNode, localityWaitRack } = this.settings;
    const own = level === PROCESS ? localityWaitProcess : level === NODE ? localityWaitNode : localityWaitRack;
    if (level === NO_PREF || level === ANY) return 0;
    return own >= 0 ? own : localityWait;
  }

  private allowedLevel(nowUs: number): number {
    while (this.levelIndex < this.levels.length - 1) {
      const level = this.levels[this.levelIndex] as number;
      if (!this.hasWaitingAt(level)) {
        this.timerUs = nowUs;
        this.levelIndex++;
      } else if (nowUs - this.timerUs >= this.waitUs(level)) {
        this.timerUs += this.waitUs(level);
        this.levelIndex++;
      } else {
        return level;
      }
    }
    return this.levels[this.levelIndex] as number;
  }

  private hasWaitingAt(level: number): boolean {
    if (level === PROCESS) return this.hasWaiting(this.forWorker);
    if (level === NODE) return this.hasWaiting(this.forAgent);
    if (level === RACK) return this.hasWaiting(this.forRack);
    trim(this.noPrefs, this.state);
    return this.noPrefs.length > 0;
  }

  private hasWaiting<K>(lists: Lists<K>): boolean {
    for (const [key, list] of lists) {
      trim(list, this.state);
      if (list.length > 0) return true;
      lists.delete(key);
    }
    return false;
  }

  /** A round launched something and refused nothing for locality: the wait starts anew (Spark ≥ 3.1, resetDelayScheduleTimer). */
  resetTimer(level: number, nowUs: number): void {
    this.timerUs = nowUs;
    if (level >= 0) this.levelIndex = this.indexOfLevel(level);
  }

  // Choosing --------------------------------------------------------------------------------------------------------

  /** A task for the worker at a level no farther than `maxLevel` (resourceOffer); `take` makes it so. */
  offer(worker: Worker, maxLevel: number, nowUs: number): Choice | undefined {
    if (this.exclusions?.excludesWorker(worker) === true) return undefined;
    const allowed = maxLevel === NO_PREF ? NO_PREF : Math.min(this.allowedLevel(nowUs), maxLevel);
    const choice = this.waitingCount > 0 && this.pending.pendingCount > 0 ? this.dequeue(worker, allowed) : undefined;
    return choice ?? this.dequeueCopy(worker, allowed);
  }

  private dequeue(worker: Worker, allowed: number): Choice | undefined {
    const { exclusions } = this;
    const isOut = exclusions && ((index: number) => exclusions.excludesTask(worker, index));
    const take = (list: number[] | undefined): number => pop(list, this.state, isOut);
    let index = take(this.forWorker.get(worker.key));
    if (index >= 0) return { index, level: PROCESS, isCopy: false };
    if (allowed >= NODE) index = take(this.forAgent.get(worker.agent));
    if (index >= 0) return { index, level: NODE, isCopy: false };
    // A task without preference counts as PROCESS_LOCAL, so that taking one in a later pass lowers the level again.
    if (allowed >= NO_PREF) index = take(this.noPrefs);
    if (index >= 0) return { index, level: this.settings.noPrefLowers ? PROCESS : NO_PREF, isCopy: false };
    if (allowed >= RACK) index = take(this.forRack.get(this.topology.rackOf(worker.agent)));
    if (index >= 0) return { index, level: RACK, isCopy: false };
    if (allowed >= ANY) index = take(this.all);
    return index >= 0 ? { index, level: ANY, isCopy: false } : undefined;
  }

  private dequeueCopy(worker: Worker, allowed: number): Choice | undefined {
    let best: Choice | undefined;
    for (const index of this.speculatable) {
      const copies = this.attempts.get(index) ?? [];
      // Never on the host of the first copy.
      if (copies.length !== 1 || copies[0]?.worker.agent === worker.agent || (copies[0]?.row ?? -1) < 0) continue;
      if (this.exclusions?.excludesTask(worker, index) === true) continue;
      const level = this.distance(index, worker);
      if (level <= allowed && (best === undefined || level < best.level)) best = { index, level, isCopy: true };
    }
    return best;
  }

  /** How far a task's data is from a worker; without data it is PROCESS_LOCAL everywhere. */
  private distance(index: number, worker: Worker): number {
    const block = this.blockOf(index);
    const { topology } = this;
    if (block === '' || topology.cachedOn(block).includes(worker.key)) return PROCESS;
    const agents = topology.replicasOf(block);
    if (agents.includes(worker.agent)) return NODE;
    const rack = topology.rackOf(worker.agent);
    return this.settings.racks && agents.some((agent) => topology.rackOf(agent) === rack) ? RACK : ANY;
  }

  /** A launch at this distance from the data, whatever the level allowed: what its run time depends on. */
  costLevel(index: number, worker: Worker): number {
    return this.blockOf(index) === '' ? NO_PREF : this.distance(index, worker);
  }

  /** The choice is launched; before Spark 3.1 that sets level and timer. */
  launched(attempt: Attempt, maxLevel: number, nowUs: number): void {
    const { index } = attempt;
    const copies = this.attempts.get(index);
    if (copies === undefined) this.attempts.set(index, [attempt]);
    else copies.push(attempt);
    this.runningCount++;
    if (attempt.isCopy) this.speculatable.delete(index);
    else {
      this.state[index] = RUNNING;
      this.waitingCount--;
    }
    if (maxLevel === NO_PREF || attempt.level === NO_PREF || this.settings.localityReset !== 'launch') return;
    this.levelIndex = this.indexOfLevel(attempt.level);
    this.timerUs = nowUs;
  }

  // Ends ------------------------------------------------------------------------------------------------------------

  /** An attempt is over; true when the task is to wait again. */
  ended(attempt: Attempt, isFinished: boolean, nowUs: number): boolean {
    const { index } = attempt;
    const copies = (this.attempts.get(index) ?? []).filter((other) => other !== attempt);
    if (copies.length === 0) this.attempts.delete(index);
    else this.attempts.set(index, copies);
    this.runningCount--;
    if (isFinished && this.state[index] !== FINISHED) {
      this.state[index] = FINISHED;
      this.finishedCount++;
      this.speculatable.delete(index);
      this.outputs[index] = attempt.worker.key;
      this.slow?.ended(nowUs - attempt.startUs);
    }
    if (this.state[index] === FINISHED || copies.length > 0) return false;
    this.speculatable.delete(index);
    this.waitAgain(index);
    return true;
  }

  /** A finished task must run again: its output is lost. */
  undo(index: number): void {
    this.finishedCount--;
    this.outputs[index] = -1;
    this.waitAgain(index);
  }

  private waitAgain(index: number): void {
    this.state[index] = WAITING;
    this.waitingCount++;
    this.addPending(index);
    this.levels = this.validLevels();
    this.levelIndex = Math.min(this.levelIndex, this.levels.length - 1);
  }

  /** Counts a failure; true when it was one too many. */
  failed(index: number): boolean {
    this.failures[index] = (this.failures[index] as number) + 1;
    return (this.failures[index] as number) >= this.settings.taskMaxFailures;
  }

  isFinished(index: number): boolean {
    return this.state[index] === FINISHED;
  }
}

function append<K>(lists: Lists<K>, key: K, index: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [index]);
  else if (list[list.length - 1] !== index) list.push(index);
}

/** Takes tasks that do not wait off the end of a list. */
function trim(list: number[], state: Uint8Array): void {
  while (list.length > 0 && state[list[list.length - 1] as number] !== WAITING) list.pop();
}

/** The last waiting task of a list that is not out there, -1 = none. */
function pop(list: number[] | undefined, state: Uint8Array, isOut?: (index: number) => boolean): number {
  if (list === undefined) return -1;
  trim(list, state);
  if (isOut === undefined) return list.pop() ?? -1;
  const at = list.findLastIndex((index) => state[index] === WAITING && !isOut(index));
  return at < 0 ? -1 : (list.splice(at, 1)[0] as number);
}

function some<K>(lists: Lists<K>, test: (key: K) => boolean): boolean {
  for (const key of lists.keys()) if (test(key)) return true;
  return false;
}
