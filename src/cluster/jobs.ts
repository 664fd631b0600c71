import { FOREVER_US, type JobRecord, type TaskGroup } from '../model/job.js';
import type { JobState, JobView } from '../model/observer.js';
import type { PendingGroup } from '../model/order.js';
import { GPUS } from '../model/resources.js';
import { GroupAside, JobAside, type Retry } from './asides.js';

/** The tasks of one group of a live job: how many wait, run and have ended. */
export class GroupState implements PendingGroup {
  /** Tasks that may be launched now; 0 while the group waits for others. */
  pendingCount = 0;
  runningCount = 0;
  /** Starts of tasks, retries included. */
  startedCount = 0;
  finishedCount = 0;
  /** Ended for good without success. */
  endedCount = 0;
  /** Next task index that was never launched. */
  nextIndex = 0;
  readyUs = -1;
  sequence = 0;
  private aside: GroupAside | undefined;

  constructor(
    readonly job: Job,
    readonly group: TaskGroup,
    readonly position: number,
  ) {}

  get returning(): Retry[] | undefined {
    return this.aside?.returning;
  }
  set returning(value: Retry[] | undefined) {
    if (value !== this.returning) this.ownAside().returning = value;
  }

  get isAbandoned(): boolean {
    return this.aside?.isAbandoned ?? false;
  }
  set isAbandoned(value: boolean) {
    if (value !== this.isAbandoned) this.ownAside().isAbandoned = value;
  }

  get retries(): Retry[] | undefined {
    return this.aside?.retries;
  }
  set retries(value: Retry[] | undefined) {
    if (value !== this.retries) this.ownAside().retries = value;
  }

  get picked(): Uint8Array | undefined {
    return this.aside?.picked;
  }
  set picked(value: Uint8Array | undefined) {
    if (value !== this.picked) this.ownAside().picked = value;
  }

  get attempts(): Map<number, number> | undefined {
    return this.aside?.attempts;
  }
  set attempts(value: Map<number, number> | undefined) {
    if (value !== this.attempts) this.ownAside().attempts = value;
  }

  get hasReleased(): boolean {
    return this.aside?.hasReleased ?? false;
  }
  set hasReleased(value: boolean) {
    if (value !== this.hasReleased) this.ownAside().hasReleased = value;
  }

  get blockerCount(): number {
    return this.aside?.blockerCount ?? 0;
  }
  set blockerCount(value: number) {
    if (value !== this.blockerCount) this.ownAside().blockerCount = value;
  }

  get pausedCount(): number {
    return this.aside?.pausedCount ?? 0;
  }
  set pausedCount(value: number) {
    if (value !== this.pausedCount) this.ownAside().pausedCount = value;
  }

  private ownAside(): GroupAside {
    this.aside ??= new GroupAside();
    return this.aside;
  }

  get queuedUs(): number {
    const retry = this.retries?.[0];
    return retry === undefined ? this.readyUs : retry.queuedUs;
  }

  get doneUs(): number {
    return this.retries?.[0]?.doneUs ?? 0;
  }

  get returningCount(): number {
    return this.returning?.length ?? 0;
  }

  get nextWaiting(): number {
    return this.retries?.[0]?.index ?? this.nextIndex;
  }

  /** The next task that was never launched. */
  takeFirst(): number {
    const index = this.nextIndex++;
    this.skipPicked();
    return index;
  }

  /** Takes one certain task from those that wait; undefined when it does not. */
  take(index: number): { attempt: number; queuedUs: number } | undefined {
    const { retries } = this;
    const at = retries === undefined ? -1 : retries.findIndex((retry) => retry.index === index);
    if (retries !== undefined && at >= 0) {
      const [retry] = retries.splice(at, 1);
      if (retries.length === 0) this.retries = undefined;
      return retry;
    }
    if (index < this.nextIndex || this.picked?.[index] === 1) return undefined;
    this.picked ??= new Uint8Array(this.group.count);
    this.picked[index] = 1;
    this.skipPicked();
    return { attempt: 1, queuedUs: this.readyUs };
  }

  /** A stopped task is in the queue again. */
  comesBack(index: number): void {
    const at = this.returning?.findIndex((retry) => retry.index === index) ?? -1;
    const [retry] = this.returning?.splice(at, 1) ?? [];
    if (retry === undefined) return;
    if (this.returning?.length === 0) this.returning = undefined;
    this.retries ??= [];
    this.retries.push(retry);
  }

  /** True when the task has never been launched, or is to be tried again. */
  isWaiting(index: number): boolean {
    const isRetry = this.retries?.some((retry) => retry.index === index) ?? false;
    return isRetry || (index >= this.nextIndex && this.picked?.[index] !== 1);
  }

  /** Puts a waiting task first among those to be tried, so that it goes next. */
  advance(index: number): void {
    const { retries } = this;
    const at = retries?.findIndex((retry) => retry.index === index) ?? -1;
    if (retries !== undefined && at >= 0) {
      const [retry] = retries.splice(at, 1);
      if (retry !== undefined) retries.unshift(retry);
      return;
    }
    const taken = this.take(index);
    if (taken !== undefined) this.retries = [{ index, doneUs: 0, ...taken }, ...(this.retries ?? [])];
  }

  private skipPicked(): void {
    if (this.picked === undefined) return;
    while (this.picked[this.nextIndex] === 1) this.nextIndex++;
  }

  *neverLaunched(): Iterable<number> {
    for (let index = this.nextIndex; index < this.group.count; index++) if (this.picked?.[index] !== 1) yield index;
  }

  get isDone(): boolean {
    return this.finishedCount + this.endedCount === this.group.count;
  }

  get gpusMilli(): number {
    return this.group.amounts[GPUS] as number;
  }
}

const FEASIBLE = 1;
const SERVICE = 2;

/** A job from its arrival to its end. */
export class Job implements JobView {
  firstOfferUs = -1;
  firstStartUs = -1;
  waitEndUs = -1;
  finishUs = -1;
  state: JobState = 'pending';
  readonly groups: GroupState[];
  readonly taskCount: number;
  /** The text of its id, folded into one number for facts: they are told without a look at the text. */
  readonly idHash: number;
  runningCount = 0;
  finishedCount = 0;
  endedCount = 0;
  /** Links of the live jobs in order of arrival. */
  next: Job | undefined;
  previous: Job | undefined;
  private flags = FEASIBLE;
  private aside: JobAside | undefined;

  constructor(
    readonly record: JobRecord,
    readonly framework: number,
    readonly role: string,
    readonly submitUs: number,
  ) {
    this.groups = record.groups.map((group, position) => new GroupState(this, group, position));
    this.idHash = hashOfId(record.id);
    if (record.groups.some((group) => group.durationUs === FOREVER_US)) this.flags |= SERVICE;
    let taskCount = 0;
    for (const group of record.groups) taskCount += group.count;
    this.taskCount = taskCount;
  }

  get isHost(): boolean {
    return this.record.isHost === true;
  }

  /** Some task of it goes on until it is killed: it keeps no run alive. */
  get isService(): boolean {
    return (this.flags & SERVICE) !== 0;
  }

  get isFeasible(): boolean {
    return (this.flags & FEASIBLE) !== 0;
  }
  set isFeasible(value: boolean) {
    this.flags = value ? this.flags | FEASIBLE : this.flags & ~FEASIBLE;
  }

  get isPaused(): boolean {
    return this.aside?.isPaused ?? false;
  }
  set isPaused(value: boolean) {
    if (value !== this.isPaused) this.ownAside().isPaused = value;
  }

  get endState(): JobState {
    return this.aside?.endState ?? 'failed';
  }
  set endState(value: JobState) {
    if (value !== this.endState) this.ownAside().endState = value;
  }

  get blockerCount(): number {
    return this.aside?.blockerCount ?? 0;
  }
  set blockerCount(value: number) {
    if (value !== this.blockerCount) this.ownAside().blockerCount = value;
  }

  get dependants(): { job: Job; delayUs: number }[] | undefined {
    return this.aside?.dependants;
  }
  set dependants(value: { job: Job; delayUs: number }[] | undefined) {
    if (value !== this.dependants) this.ownAside().dependants = value;
  }

  private ownAside(): JobAside {
    this.aside ??= new JobAside();
    return this.aside;
  }

  /** Tasks that wait, for resources or for others. */
  get pendingCount(): number {
    return this.taskCount - this.runningCount - this.finishedCount - this.endedCount;
  }
}

/** The text of a job's id, folded into one number. */
export function hashOfId(id: string): number {
  let hash = 0;
  for (let index = 0; index < id.length; index++) hash = (Math.imul(hash, 31) + id.charCodeAt(index)) | 0;
  return hash;
}
