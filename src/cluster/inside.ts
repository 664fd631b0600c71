import { grown, Rows } from '../core/rows.js';
import type { InnerWork } from '../model/framework.js';
import type { TaskFact } from '../model/observer.js';
import type { PendingGroup } from '../model/order.js';
import type { Amounts } from '../model/resources.js';
import type { GroupState, Job } from './jobs.js';
import { FACT_STATUS } from './kinds.js';
import type { FrameworkState, World } from './world.js';

/** First operand of a status fact: starts and ends of tasks inside others. */
const INNER_STARTED = 11;
const INNER_ENDED = 12;

type EndState = 'finished' | 'failed' | 'killed' | 'lost';

/**
 * Attempts of tasks that run inside tasks of their framework (executors, task trackers). The master knows nothing of them: they are
 * charged to nobody, send no messages, and end when their framework says so. Their jobs are counted like all others.
 */
export class InnerTasks {
  readonly rows: Rows;
  private readonly groups: (GroupState | undefined)[] = [];
  private readonly uses: (Amounts | undefined)[] = [];
  private agent!: Int32Array;
  private index!: Int32Array;
  private attempt!: Int32Array;
  /** The highest attempt of the task so far; both copies know it. */
  private latest!: Int32Array;
  /** The other copy of the same task that runs, -1 = none. */
  private twin!: Int32Array;
  /** The task has finished by its other copy. */
  private isSpare!: Uint8Array;
  private queuedUs!: Float64Array;
  private startUs!: Float64Array;
  private readonly fact = {} as TaskFact;

  constructor(private readonly world: World) {
    this.rows = new Rows((capacity) => this.resize(capacity));
  }

  private resize(capacity: number): void {
    const int = (column?: Int32Array): Int32Array => grown(column ?? new Int32Array(0), capacity);
    const real = (column?: Float64Array): Float64Array => grown(column ?? new Float64Array(0), capacity);
    this.agent = int(this.agent);
    this.index = int(this.index);
    this.attempt = int(this.attempt);
    this.latest = int(this.latest);
    this.twin = int(this.twin);
    this.isSpare = grown(this.isSpare ?? new Uint8Array(0), capacity);
    this.queuedUs = real(this.queuedUs);
    this.startUs = real(this.startUs);
  }

  /** Starts a waiting task of the group; its row, or -1 when that task does not wait. */
  start(group: GroupState, index: number, agent: number, uses: Amounts): number {
    const { world } = this;
    const { job } = group;
    const waiting = group.pendingCount === 0 ? undefined : group.take(index);
    if (waiting === undefined) return -1;
    const row = this.rowFor(group, agent, index, uses);
    this.attempt[row] = waiting.attempt;
    this.latest[row] = waiting.attempt;
    this.twin[row] = -1;
    this.queuedUs[row] = waiting.queuedUs;
    const state = this.stateOf(job);
    group.pendingCount--;
    group.runningCount++;
    group.startedCount++;
    job.runningCount++;
    state.pendingTaskCount--;
    state.runningTaskCount++;
    state.waitingCount--;
    world.ledger.addPending(job.framework, group.group.amounts, -1);
    world.demand.shrunk(job.framework);
    this.noteJobStart(group, state);
    this.tellStart(row);
    return row;
  }

  private noteJobStart(group: GroupState, state: FrameworkState): void {
    const { job } = group;
    const { nowUs } = this.world;
    if (job.firstStartUs < 0) {
      job.firstStartUs = nowUs;
      job.state = 'running';
      // It needed no offer.
      const at = state.unoffered.indexOf(job);
      if (at >= 0) state.unoffered.splice(at, 1);
    }
    if (job.waitEndUs < 0 && (!group.group.gang || group.startedCount >= group.group.count)) job.waitEndUs = nowUs;
  }

  /** Starts a second copy of a running task; its row, or -1 when there are two already. */
  copy(original: number, agent: number): number {
    if (this.twin[original] !== -1 || this.isSpare[original] === 1) return -1;
    const group = this.groups[original] as GroupState;
    const row = this.rowFor(group, agent, this.index[original] as number, this.uses[original] as Amounts);
    const attempt = (this.latest[original] as number) + 1;
    this.attempt[row] = attempt;
    this.latest[row] = attempt;
    this.latest[original] = attempt;
    this.twin[row] = original;
    this.twin[original] = row;
    this.queuedUs[row] = this.world.nowUs;
    this.tellStart(row);
    return row;
  }

  private rowFor(group: GroupState, agent: number, index: number, uses: Amounts): number {
    const row = this.rows.take();
    this.groups[row] = group;
    this.uses[row] = uses;
    this.agent[row] = agent;
    this.index[row] = index;
    this.isSpare[row] = 0;
    this.startUs[row] = this.world.nowUs;
    return row;
  }

  private tellStart(row: number): void {
    const { world } = this;
    const { facts, nowUs } = world;
    const { job, position } = this.groups[row] as GroupState;
    world.ledger.addUsed(this.uses[row] as Amounts, 1);
    world.waits.touch(job.framework);
    facts.record(
      FACT_STATUS,
      nowUs,
      INNER_STARTED,
      job.idHash,
      position,
      this.index[row] as number,
      this.agent[row] as number,
    );
    if (facts.wantsTaskStarted) facts.taskStarted(this.factOf(row));
  }

  /** Ends an attempt; unless it finished or a copy runs on, `isRetried` says whether the task waits again. */
  end(row: number, state: EndState, reason: string, isRetried: boolean): void {
    const { world } = this;
    const { facts, nowUs } = world;
    const group = this.groups[row] as GroupState;
    const { job } = group;
    const isSpare = this.releaseTwin(row, state === 'finished');
    const isAgain = isRetried && state !== 'finished' && !group.isAbandoned;
    world.ledger.addUsed(this.uses[row] as Amounts, -1);
    world.waits.touch(job.framework);
    facts.record(
      FACT_STATUS,
      nowUs,
      INNER_ENDED,
      job.idHash,
      group.position,
      this.index[row] as number,
      endCode(state),
    );
    if (facts.wantsTaskEnded) this.tellEnd(row, state, reason, !isSpare && !isAgain);
    if (!isSpare) this.countEnd(row, state, isAgain);
    this.groups[row] = undefined;
    this.uses[row] = undefined;
    this.rows.release(row);
    if (isSpare || isAgain) return;
    world.lifecycle.closeIfDone(job);
    world.onGroupProgress(group);
  }

  /** Parts the two copies of a task; true when the end of this one changes nothing for the task. */
  private releaseTwin(row: number, isFinished: boolean): boolean {
    const twin = this.twin[row] as number;
    if (twin >= 0) {
      this.twin[twin] = -1;
      if (isFinished) this.isSpare[twin] = 1;
    }
    return this.isSpare[row] === 1 || (twin >= 0 && !isFinished);
  }

  private countEnd(row: number, endState: EndState, isAgain: boolean): void {
    const group = this.groups[row] as GroupState;
    const { job } = group;
    group.runningCount--;
    job.runningCount--;
    this.stateOf(job).runningTaskCount--;
    if (endState === 'finished') {
      const latest = this.latest[row] as number;
      if (latest > 1) {
        group.attempts ??= new Map();
        group.attempts.set(this.index[row] as number, latest);
      }
      group.finishedCount++;
      job.finishedCount++;
    } else if (isAgain) {
      this.queueAgain(group, this.index[row] as number, (this.latest[row] as number) + 1);
    } else {
      group.endedCount++;
      job.endedCount++;
      job.endState = endState;
    }
  }

  private queueAgain(group: GroupState, index: number, attempt: number): void {
    const { world } = this;
    const state = this.stateOf(group.job);
    group.retries ??= [];
    group.retries.push({ index, attempt, queuedUs: world.nowUs, doneUs: 0 });
    if (group.job.isPaused) group.pausedCount++;
    else group.pendingCount++;
    state.pendingTaskCount++;
    state.waitingCount++;
    world.waits.touch(state.row);
    world.ledger.addPending(group.job.framework, group.group.amounts, 1);
  }

  /** A finished task must run again: what it left is gone. */
  redo(group: GroupState, index: number): void {
    const { job } = group;
    if (job.finishUs >= 0 || group.isAbandoned) return;
    group.finishedCount--;
    job.finishedCount--;
    this.queueAgain(group, index, (group.attempts?.get(index) ?? 1) + 1);
    this.world.facts.taskUndone(job);
  }

  /** Ends all attempts of a framework that is removed. */
  endAll(framework: number, reason: string): void {
    for (let row = 0; row < this.rows.end; row++) {
      if (this.groups[row]?.job.framework === framework) this.end(row, 'killed', reason, false);
    }
  }

  *live(): Iterable<TaskFact> {
    for (let row = 0; row < this.rows.end; row++) {
      if (this.groups[row] !== undefined && this.isSpare[row] === 0 && !this.isSecond(row)) yield this.factOf(row);
    }
  }

  /** Of two copies, the one that was started later. */
  private isSecond(row: number): boolean {
    const twin = this.twin[row] as number;
    return twin >= 0 && (this.attempt[twin] as number) < (this.attempt[row] as number);
  }

  private tellEnd(row: number, state: EndState, reason: string, isFinal: boolean): void {
    const fact = this.factOf(row);
    fact.finishUs = this.world.nowUs;
    fact.state = state;
    fact.reason = reason;
    fact.lostUs = state === 'finished' ? 0 : this.world.nowUs - fact.startUs;
    fact.isFinal = isFinal;
    this.world.facts.taskEnded(fact);
  }

  /** The one reused fact, filled as of a running attempt. */
  private factOf(row: number): TaskFact {
    const { fact } = this;
    const group = this.groups[row] as GroupState;
    fact.job = group.job;
    fact.group = group.group;
    fact.index = this.index[row] as number;
    fact.attempt = this.attempt[row] as number;
    fact.framework = group.job.framework;
    fact.queuedUs = this.queuedUs[row] as number;
    fact.startUs = this.startUs[row] as number;
    fact.finishUs = -1;
    fact.agent = this.agent[row] as number;
    fact.lostUs = 0;
    fact.state = 'running';
    fact.reason = '';
    fact.isFinal = false;
    return fact;
  }

  private stateOf(job: Job): FrameworkState {
    return this.world.frameworks[job.framework] as FrameworkState;
  }
}

function endCode(state: EndState): number {
  return state === 'finished' ? 2 : state === 'failed' ? 4 : 3;
}

/** The inner tasks of one framework, as its driver offers them. */
export class Inside implements InnerWork {
  constructor(private readonly world: World) {}

  start(pending: PendingGroup, index: number, agent: number, uses: Amounts): number {
    return this.world.inner.start(pending as GroupState, index, agent, uses);
  }

  copy(task: number, agent: number): number {
    return this.world.inner.copy(task, agent);
  }

  end(task: number, state: EndState, reason: string, isRetried: boolean): void {
    this.world.inner.end(task, state, reason, isRetried);
  }

  redo(pending: PendingGroup, index: number): void {
    this.world.inner.redo(pending as GroupState, index);
  }

  release(pending: PendingGroup): void {
    this.world.release(pending as GroupState);
  }
}
