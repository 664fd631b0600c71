import { Digest } from '../core/digest.js';
import type { JobRecord, JobSource } from '../model/job.js';
import { EndedJobs } from './ended-jobs.js';
import { type GroupState, type Job, Job as LiveJob } from './jobs.js';
import { ARRIVAL, DEPENDENCY_MET, FACT_JOB_ARRIVED } from './kinds.js';
import type { StopReason } from './stop-reason.js';
import type { FrameworkState, World } from './world.js';

const NONE: readonly never[] = [];

/** Names the framework that a job belongs to. */
export type JobRouter = (record: JobRecord) => number;

/**
 * Where jobs come in and leave: arrivals pulled from their sources (one pending row per source), dependencies, the list of live
 * jobs, and the counts by which nothing is ever lost.
 */
export class Intake {
  /** Live jobs in order of arrival. */
  first: Job | undefined;
  private last: Job | undefined;
  liveCount = 0;
  submittedCount = 0;
  rejectedCount = 0;
  /** Ended for good, in whatever state. */
  endedCount = 0;
  /** Jobs that can never start on the cluster as it is. */
  infeasibleCount = 0;
  /** Live services that can start: they keep no run alive. */
  serviceCount = 0;
  /** Jobs that end by themselves, among those that came. */
  finiteCount = 0;
  readonly arrivals = new Digest();
  private groupSequence = 0;
  private readonly upcoming: (JobRecord | null)[] = [];
  private readonly byId = new Map<string, Job>();
  private readonly ended = new EndedJobs();
  private usesDependencies = false;
  private readonly timed: GroupState[][] = [];
  private readonly freeTimed: number[] = [];

  constructor(
    private readonly world: World,
    private readonly sources: readonly JobSource[],
    private readonly route: JobRouter,
  ) {
    world.submit = (record, framework) => this.admit(record, framework);
    world.abandon = (job, stop) => this.abandon(job, stop);
    world.onGroupProgress = (group) => this.progressed(group);
    world.release = (group) => this.release(group);
    world.tearDown = (framework, stop) => this.tearDown(framework, stop);
    world.lifecycle.onJobEnded = (job) => this.jobEnded(job);
  }

  get isExhausted(): boolean {
    return this.upcoming.every((record) => record === null);
  }

  /** Pulls the first job of every source. */
  open(): void {
    for (let source = 0; source < this.sources.length; source++) this.pull(source);
  }

  private pull(source: number): void {
    const record = (this.sources[source] as JobSource).next();
    this.upcoming[source] = record;
    if (record !== null) this.world.queue.push(Math.max(record.submitUs, this.world.nowUs), ARRIVAL, source, 0);
  }

  arrived(source: number): void {
    const record = this.upcoming[source] as JobRecord;
    this.pull(source);
    this.admit(record, this.route(record));
  }

  private admit(record: JobRecord, framework: number): void {
    const { world } = this;
    shareEmptyLists(record);
    const state = world.frameworks[framework] as FrameworkState;
    const job = new LiveJob(record, framework, state.role, world.nowUs);
    const { isHost } = job;
    if (!isHost) this.countArrival(job);
    if (!isHost && (state.liveJobCount >= state.maxJobs || world.absences.hasBeenRemoved(framework))) {
      this.reject(job);
      return;
    }
    this.link(job);
    if (job.isService) this.serviceCount++;
    if (!isHost) {
      state.liveJobCount++;
      state.unoffered.push(job);
    }
    state.pendingTaskCount += job.taskCount;
    for (const group of job.groups) {
      group.sequence = this.groupSequence++;
      world.ledger.addPending(framework, group.group.amounts, group.group.count);
    }
    this.block(job);
    this.tellJob(job, state);
    for (const group of job.groups) if (group.blockerCount === 0) this.ready(group);
  }

  private tellJob(job: Job, state: FrameworkState): void {
    if (!this.world.absences.isAway(state.row)) return state.scheduler.onJob(job);
    this.tellJobLater(job, state);
  }

  private tellJobLater(job: Job, state: FrameworkState): void {
    this.world.absences.tell(state.row, () => {
      if (job.finishUs < 0) state.scheduler.onJob(job);
    });
  }

  private countArrival(job: Job): void {
    const { world, arrivals } = this;
    const { record, framework, taskCount } = job;
    this.submittedCount++;
    if (!job.isService) this.finiteCount++;
    arrivals.text(record.id);
    arrivals.add(world.nowUs);
    arrivals.add(taskCount);
    world.facts.record(FACT_JOB_ARRIVED, world.nowUs, framework, job.idHash, taskCount);
    world.facts.jobArrived(job);
  }

  private reject(job: Job): void {
    job.state = 'rejected';
    job.finishUs = this.world.nowUs;
    this.rejectedCount++;
    this.world.facts.jobEnded(job);
  }

  /** Counts what each group waits for: groups of its job, and other jobs. */
  private block(job: Job): void {
    const { record } = job;
    if (record.after.length > 0) this.blockOnJobs(job);
    if (this.usesDependencies || record.after.length > 0) this.byId.set(record.id, job);
    for (const group of job.groups) {
      group.blockerCount = job.blockerCount;
      for (const name of group.group.after) {
        if (job.groups.some((other) => other.group.name === name)) group.blockerCount++;
      }
    }
  }

  private blockOnJobs(job: Job): void {
    if (!this.usesDependencies) {
      // Jobs are looked up by id only in workloads that need it.
      this.usesDependencies = true;
      for (let live = this.first; live !== undefined; live = live.next) this.byId.set(live.record.id, live);
    }
    for (const { job: id, delayUs } of job.record.after) {
      const other = this.byId.get(id);
      if (other === job) continue;
      if (other === undefined) {
        this.blockOnEnded(job, id, delayUs);
        continue;
      }
      other.dependants ??= [];
      other.dependants.push({ job, delayUs });
      job.blockerCount++;
    }
  }

  /** The delay counts from the end of the other job, also where that was before this one came. */
  private blockOnEnded(job: Job, id: string, delayUs: number): void {
    const { world } = this;
    const endUs = this.ended.endedWithin(id, delayUs, world.nowUs);
    if (endUs < 0) return;
    job.blockerCount++;
    this.releaseAt(job, endUs + delayUs);
  }

  private releaseAt(job: Job, us: number): void {
    const row = this.freeTimed.pop() ?? this.timed.length;
    this.timed[row] = job.groups;
    this.world.queue.push(us, DEPENDENCY_MET, row, 0);
  }

  private ready(group: GroupState): void {
    const { world } = this;
    // A job that could not start on the cluster as it was has waited since it came.
    if (group.readyUs < 0) group.readyUs = world.nowUs;
    if (group.job.finishUs >= 0) return;
    (world.frameworks[group.job.framework] as FrameworkState).waitingCount += group.group.count;
    world.waits.touch(group.job.framework);
    if (group.job.isPaused) {
      group.pausedCount = group.group.count;
      return;
    }
    group.pendingCount = group.group.count;
    const state = world.frameworks[group.job.framework] as FrameworkState;
    const isFeasible = state.driver.isFeasible(group);
    if (!isFeasible) {
      if (group.job.isFeasible) this.infeasibleCount++;
      if (group.job.isFeasible && group.job.isService) this.serviceCount--;
      group.job.isFeasible = false;
      state.parkedCount += group.group.count;
      return;
    }
    this.tellPending(group, state);
  }

  /** Of work that a framework hears of late only what still waits is news. */
  private tellPending(group: GroupState, state: FrameworkState): void {
    if (this.world.absences.hasScheduler(state.row)) return state.scheduler.onPending(group);
    this.tellPendingLater(group, state);
  }

  /** Apart from the usual case, which then needs no closure. */
  private tellPendingLater(group: GroupState, state: FrameworkState): void {
    this.world.absences.tell(state.row, () => {
      if (group.pendingCount > 0 && group.job.finishUs < 0) state.scheduler.onPending(group);
    });
  }

  /** The framework starts a group before those that it waits for have ended. */
  private release(group: GroupState): void {
    if (group.readyUs >= 0) return;
    group.blockerCount = 0;
    this.ready(group);
  }

  /** Agents have joined or grown: jobs that could never start perhaps can now. */
  reconsiderInfeasible(): void {
    if (this.infeasibleCount === 0) return;
    for (let job = this.first; job !== undefined; job = job.next) {
      if (job.isFeasible) continue;
      job.isFeasible = true;
      this.infeasibleCount--;
      if (job.isService) this.serviceCount++;
      for (const group of job.groups) {
        if (group.pendingCount === 0) continue;
        // It is counted as waiting already.
        const state = this.world.frameworks[job.framework] as FrameworkState;
        state.waitingCount -= group.group.count;
        state.parkedCount -= group.group.count;
        this.ready(group);
      }
    }
  }

  /** The framework has learned that tasks of the group ended: groups that wait for it may go. */
  private progressed(group: GroupState): void {
    if (!group.isDone || group.hasReleased || group.group.name === '') return;
    group.hasReleased = true;
    for (const other of group.job.groups) {
      if (!other.group.after.includes(group.group.name)) continue;
      if (--other.blockerCount === 0) this.ready(other);
    }
  }

  private jobEnded(job: Job): void {
    const { world } = this;
    if (!job.isHost) {
      this.endedCount++;
      (world.frameworks[job.framework] as FrameworkState).liveJobCount--;
    }
    this.unlink(job);
    if (!job.isFeasible) this.infeasibleCount--;
    else if (job.isService) this.serviceCount--;
    if (this.usesDependencies) this.byId.delete(job.record.id);
    for (const { job: dependant, delayUs } of job.dependants ?? []) this.releaseAt(dependant, world.nowUs + delayUs);
    this.ended.add(job.record.id, world.nowUs);
  }

  dependencyMet(row: number): void {
    const groups = this.timed[row] as GroupState[];
    this.freeTimed.push(row);
    for (const group of groups) if (--group.blockerCount === 0) this.ready(group);
  }

  /** Ends the waiting tasks of a job for good; running ones end as they will. */
  private abandon(job: Job, stop: StopReason): void {
    const { world } = this;
    const state = world.frameworks[job.framework] as FrameworkState;
    for (const group of job.groups) {
      // What was stopped and is not queued again yet ends too, but the books do not have it as waiting.
      const unfinished = group.group.count - group.runningCount - group.finishedCount - group.endedCount;
      const waiting = unfinished - group.returningCount;
      group.isAbandoned = true;
      if (unfinished === 0) continue;
      if (group.readyUs >= 0) state.waitingCount -= waiting;
      if (!job.isFeasible && group.pendingCount > 0) state.parkedCount -= waiting;
      world.waits.touch(job.framework);
      group.pendingCount = 0;
      group.pausedCount = 0;
      group.retries = undefined;
      state.returningCount -= group.returningCount;
      group.returning = undefined;
      group.endedCount += unfinished;
      job.endedCount += unfinished;
      state.pendingTaskCount -= waiting;
      world.ledger.addPending(job.framework, group.group.amounts, -waiting);
      world.demand.shrunk(job.framework);
    }
    if (stop.state === 'killed' || stop.state === 'failed' || stop.state === 'finished') job.endState = stop.state;
    world.lifecycle.closeIfDone(job);
  }

  /** A live job by its id: a walk, for operators' rare calls. */
  liveJob(id: string): Job | undefined {
    for (let job = this.first; job !== undefined; job = job.next) if (job.record.id === id) return job;
    return undefined;
  }

  /** Rows of the job's launched tasks. */
  tasksOf(job: Job): number[] {
    const { tasks, bundles, agents } = this.world;
    const rows: number[] = [];
    for (let agent = 0; agent < agents.count; agent++) {
      for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
        if (bundles.group[tasks.bundle[task] as number]?.job === job) rows.push(task);
      }
    }
    return rows;
  }

  pause(job: Job): void {
    job.isPaused = true;
    for (const group of job.groups) {
      group.pausedCount = group.pendingCount;
      group.pendingCount = 0;
    }
    this.world.demand.shrunk(job.framework);
  }

  resume(job: Job): void {
    job.isPaused = false;
    const state = this.world.frameworks[job.framework] as FrameworkState;
    for (const group of job.groups) {
      group.pendingCount = group.pausedCount;
      group.pausedCount = 0;
      if (group.pendingCount > 0) this.tellPending(group, state);
    }
  }

  /** A framework is removed: all of its jobs end, wherever they are. */
  private tearDown(framework: number, stop: StopReason): void {
    const own: Job[] = [];
    for (let job = this.first; job !== undefined; job = job.next) if (job.framework === framework) own.push(job);
    for (const job of own) {
      this.abandon(job, stop);
      for (const task of this.tasksOf(job)) this.world.lifecycle.kill(task, stop, 0);
    }
  }

  private link(job: Job): void {
    job.previous = this.last;
    if (this.last === undefined) this.first = job;
    else this.last.next = job;
    this.last = job;
    this.liveCount++;
  }

  private unlink(job: Job): void {
    if (job.previous === undefined) this.first = job.next;
    else job.previous.next = job.next;
    if (job.next === undefined) this.last = job.previous;
    else job.next.previous = job.previous;
    this.liveCount--;
  }

  close(): void {
    for (const source of this.sources) source.close();
  }
}

/** A live job keeps no empty list of its own: readers make three for each job. */
function shareEmptyLists(record: JobRecord): void {
  if (record.after.length === 0) record.after = NONE;
  for (const group of record.groups) {
    if (group.after.length === 0) group.after = NONE;
    if (group.inputs.length === 0) group.inputs = NONE;
  }
}
