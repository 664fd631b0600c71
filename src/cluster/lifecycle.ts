import { fail } from '../core/errors.js';
import type { GroupState, Job } from './jobs.js';
import {
  ACK_AT_AGENT,
  ACK_AT_MASTER,
  END,
  END_ACK_AT_AGENT,
  END_ACK_AT_MASTER,
  ENDED_AT_FRAMEWORK,
  ENDED_AT_MASTER,
  FACT_JOB_ENDED,
  FACT_STATUS,
  KILL_AT_AGENT,
  KILLED,
  RUNNING_AT_FRAMEWORK,
  RUNNING_AT_MASTER,
  START,
} from './kinds.js';
import { forGroup, type StopReason, updateState } from './stop-reason.js';
import { appendTask, ENDED, PLANNED, RUNNING, removeTask, STAGING } from './tasks.js';
import { WorkBook } from './work.js';
import type { FrameworkState, World } from './world.js';

/** Marks a task that is not in its agent's list. */
const UNLINKED = -2;

/** Acknowledgement of the running update: the terminal one may not leave the agent before (task_status_update_manager.cpp). */
const UNACKNOWLEDGED = 0;
const ACKNOWLEDGED = 1;
const ENDED_UNACKNOWLEDGED = 2;

/** The agents' side of a task's life: start, run, end, kill, and the chain of status messages to the framework and back. */
export class Lifecycle {
  private readonly kills = new Map<number, { stop: StopReason; graceUs: number }>();
  private readonly stops = new Map<number, StopReason>();
  /** Called when a job has ended for good, at the time of its end. */
  onJobEnded: (job: Job) => void = () => fail('no listener for ended jobs');

  readonly work: WorkBook;

  constructor(private readonly world: World) {
    this.work = new WorkBook(world);
  }

  /** A bundle's tasks have reached their agents. */
  arrived(bundle: number): void {
    const { settings, bundles } = this.world;
    const { image } = bundles.groupOf(bundle).group;
    const pullUs = this.world.images.pullUs(image);
    if (pullUs > 0) this.pullEach(bundle, image, pullUs);
    else if (settings.startDelayUs > 0) this.startLater(bundle, settings.startDelayUs);
    else this.start(bundle);
  }

  private startLater(bundle: number, delayUs: number): void {
    const { queue, nowUs, bundles } = this.world;
    queue.push(nowUs + delayUs, START, bundle, bundles.rows.epochs[bundle] as number);
  }

  /** The first start of an image on an agent pulls it, and those that come meanwhile wait for that pull; tasks part ways. */
  private pullEach(bundle: number, image: string, pullUs: number): void {
    const { tasks, bundles, images, settings } = this.world;
    const client = bundles.client[bundle] as number;
    const group = bundles.groupOf(bundle);
    for (let task = bundles.head[bundle] as number; task >= 0; ) {
      const next = tasks.nextInBundle[task] as number;
      const agent = tasks.agent[task] as number;
      const delayUs = settings.startDelayUs + images.delayUs(agent, image, pullUs);
      const single = bundles.take(client, group);
      removeTask(tasks, bundles, task);
      appendTask(tasks, bundles, single, task);
      if (delayUs > 0) this.startLater(single, delayUs);
      else this.start(single);
      task = next;
    }
  }

  start(bundle: number): void {
    const { world } = this;
    const { tasks, bundles, nowUs } = world;
    const group = bundles.groupOf(bundle);
    const { job } = group;
    const count = bundles.count[bundle] as number;
    for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number) {
      tasks.state[task] = RUNNING;
      tasks.startUs[task] = nowUs;
      if (world.facts.wantsTaskStarted) world.facts.taskStarted(world.factOf(task));
    }
    world.usage.started(bundle);
    const state = world.frameworks[job.framework] as FrameworkState;
    state.stagingCount -= count;
    world.waits.touch(state.row);
    group.startedCount += count;
    if (job.firstStartUs < 0) {
      job.firstStartUs = nowUs;
      job.state = 'running';
    }
    if (job.waitEndUs < 0 && (!group.group.gang || group.startedCount >= group.group.count)) job.waitEndUs = nowUs;
    const doneUs = tasks.doneUs[bundles.head[bundle] as number] as number;
    const restartUs = tasks.restartUs[bundles.head[bundle] as number] as number;
    const { durationUs } = group.group;
    const epoch = bundles.rows.epochs[bundle] as number;
    if (Number.isFinite(durationUs)) world.queue.push(nowUs + durationUs - doneUs + restartUs, END, bundle, epoch);
    world.facts.record(FACT_STATUS, nowUs, 1, job.idHash, group.position, count);
    world.send(RUNNING_AT_MASTER, bundle, epoch);
  }

  runningAtMaster(bundle: number, epoch: number): void {
    this.world.send(RUNNING_AT_FRAMEWORK, bundle, epoch);
  }

  runningAtFramework(bundle: number, epoch: number): void {
    const { driver } = this.world.frameworkOf(this.world.bundles.client[bundle] as number);
    if (driver.wantsUpdates) driver.updated(bundle, 'running', '');
    this.world.send(ACK_AT_MASTER, bundle, epoch);
  }

  ackAtMaster(bundle: number, epoch: number): void {
    this.world.send(ACK_AT_AGENT, bundle, epoch);
  }

  ackAtAgent(bundle: number, epoch: number): void {
    const { bundles } = this.world;
    if (bundles.ack[bundle] === ENDED_UNACKNOWLEDGED) this.world.send(ENDED_AT_MASTER, bundle, epoch);
    bundles.ack[bundle] = ACKNOWLEDGED;
  }

  /** The tasks of a bundle have run to their end. */
  end(bundle: number, epoch: number): void {
    const { world } = this;
    const { tasks, bundles, facts, nowUs } = world;
    const group = bundles.groupOf(bundle);
    const { job } = group;
    const count = bundles.count[bundle] as number;
    world.usage.ended(bundle);
    for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number) {
      tasks.state[task] = ENDED;
      tasks.endUs[task] = nowUs;
      if (facts.wantsTaskEnded) facts.taskEnded(world.factOf(task));
    }
    const isFailed = group.group.exit === 'failed';
    group.runningCount -= count;
    job.runningCount -= count;
    if (isFailed) {
      group.endedCount += count;
      job.endedCount += count;
      job.endState = 'failed';
    } else {
      group.finishedCount += count;
      job.finishedCount += count;
    }
    (world.frameworks[job.framework] as FrameworkState).runningTaskCount -= count;
    facts.record(FACT_STATUS, nowUs, isFailed ? 4 : 2, job.idHash, group.position, count);
    this.closeIfDone(job);
    this.sendTerminal(bundle, epoch);
  }

  /** A running task's program ends by itself, before (or without) the end that its run time sets. */
  finish(task: number): void {
    const { tasks, bundles } = this.world;
    if (tasks.state[task] !== RUNNING) return;
    const old = tasks.bundle[task] as number;
    // A bundle of its own: the end that was set for the old one, if any, is no longer this task's.
    const bundle = bundles.take(bundles.client[old] as number, bundles.groupOf(old));
    removeTask(tasks, bundles, task);
    appendTask(tasks, bundles, bundle, task);
    bundles.ack[bundle] = ACKNOWLEDGED;
    this.end(bundle, bundles.rows.epochs[bundle] as number);
  }

  /** A running task's program fails by itself; a kill on its way finds nothing left. */
  fail(task: number, stop: StopReason): void {
    if (this.world.tasks.state[task] !== RUNNING) return;
    this.kills.delete(task);
    const bundle = this.stop(task, stop);
    this.world.send(ENDED_AT_MASTER, bundle, this.world.bundles.rows.epochs[bundle] as number);
  }

  private sendTerminal(bundle: number, epoch: number): void {
    const { bundles } = this.world;
    if (bundles.ack[bundle] === UNACKNOWLEDGED) bundles.ack[bundle] = ENDED_UNACKNOWLEDGED;
    else this.world.send(ENDED_AT_MASTER, bundle, epoch);
  }

  /** A job is over when each of its tasks has ended for good. */
  closeIfDone(job: Job): void {
    if (job.finishedCount + job.endedCount < job.taskCount || job.finishUs >= 0) return;
    const { facts, nowUs } = this.world;
    job.finishUs = nowUs;
    job.state = job.endedCount === 0 ? 'finished' : job.endState;
    facts.record(FACT_JOB_ENDED, nowUs, job.idHash, job.finishedCount, job.endedCount);
    if (!job.isHost) facts.jobEnded(job);
    this.onJobEnded(job);
  }

  endedAtMaster(bundle: number, epoch: number): void {
    this.world.master.recover(bundle);
    this.world.send(ENDED_AT_FRAMEWORK, bundle, epoch);
  }

  /** The framework has been told; agents' updates are acknowledged, the master's own are not. */
  endedAtFramework(bundle: number, epoch: number): void {
    const { bundles } = this.world;
    const stop = this.stops.get(bundle);
    const { driver } = this.world.frameworkOf(bundles.client[bundle] as number);
    const group = bundles.groupOf(bundle);
    if (driver.wantsUpdates) driver.updated(bundle, updateState(group, stop), stop?.reason ?? '');
    driver.ended(bundle, stop);
    this.world.onGroupProgress(group);
    if (stop === undefined) this.world.send(END_ACK_AT_MASTER, bundle, epoch);
    else this.release(bundle);
  }

  endAckAtMaster(bundle: number, epoch: number): void {
    this.world.send(END_ACK_AT_AGENT, bundle, epoch);
  }

  release(bundle: number): void {
    const { tasks, bundles } = this.world;
    for (let task = bundles.head[bundle] as number; task >= 0; ) {
      const next = tasks.nextInBundle[task] as number;
      tasks.rows.release(task);
      task = next;
    }
    this.stops.delete(bundle);
    bundles.release(bundle);
  }

  // Tasks that are stopped before their end -------------------------------------------------------------------------

  /** The master orders the end of a task: eviction, a framework's KILL or an operator's. */
  kill(task: number, stop: StopReason, graceUs: number): void {
    const { tasks } = this.world;
    const state = tasks.state[task] as number;
    if ((state !== STAGING && state !== RUNNING) || this.kills.has(task)) return;
    this.kills.set(task, { stop, graceUs });
    this.world.send(KILL_AT_AGENT, task, tasks.rows.epochs[task] as number);
  }

  isBeingKilled(task: number): boolean {
    return this.kills.has(task);
  }

  killAtAgent(task: number, epoch: number): void {
    const { tasks, queue, nowUs } = this.world;
    const kill = this.kills.get(task);
    if (kill === undefined || tasks.rows.epochs[task] !== epoch) return;
    if (kill.graceUs > 0 && tasks.state[task] === RUNNING) queue.push(nowUs + kill.graceUs, KILLED, task, epoch);
    else this.killed(task, epoch);
  }

  /** The grace period is over: whatever still runs is stopped. */
  killed(task: number, epoch: number): void {
    const { tasks } = this.world;
    const kill = this.kills.get(task);
    if (kill === undefined || tasks.rows.epochs[task] !== epoch) return;
    this.kills.delete(task);
    if (tasks.state[task] === ENDED) return;
    const bundle = this.stop(task, kill.stop);
    this.world.send(ENDED_AT_MASTER, bundle, this.world.bundles.rows.epochs[bundle] as number);
  }

  /** The agent is gone: its tasks are lost at once, and the master says so. */
  lose(task: number, stop: StopReason): void {
    const { world } = this;
    this.kills.delete(task);
    this.unlinkAndCredit(task);
    if (world.tasks.state[task] === ENDED) return;
    const bundle = this.stop(task, stop);
    world.send(ENDED_AT_FRAMEWORK, bundle, world.bundles.rows.epochs[bundle] as number);
  }

  private unlinkAndCredit(task: number): void {
    const { world } = this;
    const { bundles, tasks, engine, ledger } = world;
    if (!this.unlinkFromAgent(task)) return;
    if (world.mastership.isKnown(tasks.agent[task] as number)) engine.taskLost(task);
    const bundle = tasks.bundle[task] as number;
    ledger.addAllocated(bundles.jobOf(bundle).framework, bundles.amountsOf(bundle), -1);
  }

  /** Ends one task now, in a bundle of its own; returns that bundle. */
  private stop(task: number, given: StopReason): number {
    const { world } = this;
    const { tasks, bundles, facts, settings, nowUs } = world;
    const old = tasks.bundle[task] as number;
    const group = bundles.groupOf(old);
    const stop = forGroup(group, given);
    const { job } = group;
    const wasRunning = tasks.state[task] === RUNNING;
    const bundle = bundles.take(bundles.client[old] as number, group);
    removeTask(tasks, bundles, task);
    appendTask(tasks, bundles, bundle, task);
    bundles.ack[bundle] = ACKNOWLEDGED;
    this.stops.set(bundle, stop);
    if (!wasRunning) tasks.startUs[task] = -1;
    else world.usage.stopped(task);
    tasks.state[task] = ENDED;
    tasks.endUs[task] = nowUs;
    const workUs = wasRunning ? this.work.doneUs(task) : 0;
    const keptUs = (stop.keepsWork ?? settings.checkpoint) && stop.isRetried ? this.work.keptUs(task, workUs) : 0;
    tasks.doneUs[task] = (tasks.doneUs[task] as number) + keptUs;
    this.tellStop(task, stop, workUs - keptUs);
    group.runningCount--;
    job.runningCount--;
    const state = world.frameworks[job.framework] as FrameworkState;
    state.runningTaskCount--;
    if (!wasRunning) state.stagingCount--;
    world.waits.touch(state.row);
    if (stop.isRetried) this.returns(task, group, state);
    else this.endForGood(group, stop);
    const code = stop.state === 'failed' ? 4 : 3;
    facts.record(FACT_STATUS, nowUs, code, job.idHash, group.position, tasks.index[task] as number);
    this.closeIfDone(job);
    return bundle;
  }

  /** The task waits from now on; its framework queues it again when it hears of the stop. */
  private returns(task: number, group: GroupState, state: FrameworkState): void {
    const { tasks, nowUs } = this.world;
    group.returning ??= [];
    group.returning.push({
      index: tasks.index[task] as number,
      attempt: (tasks.attempt[task] as number) + 1,
      queuedUs: nowUs,
      doneUs: tasks.doneUs[task] as number,
      restartUs: this.work.nextRestartUs(task),
    });
    state.returningCount++;
  }

  private endForGood(group: GroupState, stop: StopReason): void {
    const { job } = group;
    group.endedCount++;
    job.endedCount++;
    if (stop.state === 'killed' || stop.state === 'failed' || stop.state === 'lost') job.endState = stop.state;
  }

  private tellStop(task: number, stop: StopReason, lostUs: number): void {
    const { world } = this;
    if (!world.facts.wantsTaskEnded) return;
    const fact = world.factOf(task);
    fact.state = stop.state;
    fact.reason = stop.reason;
    fact.lostUs = lostUs;
    fact.keptUs = stop.isRetried ? (world.tasks.doneUs[task] as number) : 0;
    if (fact.startUs >= 0) fact.restartUs = Math.min(fact.restartUs ?? 0, fact.finishUs - fact.startUs);
    fact.isFinal = !stop.isRetried;
    world.facts.taskEnded(fact);
  }

  /** A launch that the master refused: the task never reached an agent. */
  reject(task: number, bundle: number, given: StopReason): void {
    const { world } = this;
    const { tasks, bundles } = world;
    const group = bundles.groupOf(tasks.bundle[task] as number);
    const stop = forGroup(group, given);
    if (tasks.state[task] !== PLANNED) fail('a task was launched twice');
    removeTask(tasks, bundles, task);
    appendTask(tasks, bundles, bundle, task);
    this.stops.set(bundle, stop);
    world.agents.returnGpus(tasks.agent[task] as number, group.gpusMilli, tasks.devices[task] as number);
    tasks.previousOnAgent[task] = UNLINKED;
    tasks.state[task] = ENDED;
    tasks.startUs[task] = -1;
    tasks.endUs[task] = world.nowUs;
    this.tellStop(task, stop, 0);
    group.runningCount--;
    group.job.runningCount--;
    const state = world.frameworks[group.job.framework] as FrameworkState;
    state.runningTaskCount--;
    state.stagingCount--;
    world.waits.touch(state.row);
    if (stop.isRetried) this.returns(task, group, state);
    else this.endForGood(group, stop);
    this.closeIfDone(group.job);
  }

  /** Takes a task off its agent's list and returns its devices; false when that was done before. */
  unlinkFromAgent(task: number): boolean {
    const { tasks, agents, bundles } = this.world;
    const previous = tasks.previousOnAgent[task] as number;
    if (previous === UNLINKED) return false;
    const agent = tasks.agent[task] as number;
    const next = tasks.nextOnAgent[task] as number;
    if (previous >= 0) tasks.nextOnAgent[previous] = next;
    else agents.firstTask[agent] = next;
    if (next >= 0) tasks.previousOnAgent[next] = previous;
    tasks.previousOnAgent[task] = UNLINKED;
    agents.taskCount[agent] = (agents.taskCount[agent] as number) - 1;
    const { allocator } = this.world;
    if (allocator.kind === 'clearing') {
      allocator.released(bundles.client[tasks.bundle[task] as number] as number, task, this.world.nowUs);
    }
    const mask = tasks.devices[task] as number;
    if (mask !== 0) agents.returnGpus(agent, bundles.groupOf(tasks.bundle[task] as number).gpusMilli, mask);
    return true;
  }
}
