import type { DemandEntry } from './allocator.js';
import type { JobRecord } from './job.js';
import type { JobView } from './observer.js';
import type { OfferOperation, TaskUse } from './operations.js';
import type { OptionSpecs, OptionValues } from './options.js';
import type { PendingGroup, QueuePolicy } from './order.js';
import type { Candidates, Placement } from './placement.js';
import type { PluginDefinition } from './plugin.js';
import type { Amounts, ResourceSpace } from './resources.js';
import type { WaitCause } from './waits.js';

/** What a framework holds in offers. Several offers of one agent are merged (ACCEPT may name them together). */
export interface HeldOffers extends Candidates {
  /** True when nothing is held. */
  readonly isEmpty: boolean;
  /** The next agent row after `agent` on which something is held, -1 = none; start with -1. */
  nextAgent(agent: number): number;
  /** How many tasks of this shape fit what is held on the agents that `allows` lets through, counted up to `limit`. */
  countFits(demand: Amounts, limit: number, allows?: (agent: number) => boolean): number;
  /** What is held on the agent, each offer to one of the framework's roles by itself: no task runs on two of them. */
  offersOn(agent: number): readonly Amounts[];
  /** What is held on the agent in reservations to the framework's roles and their ancestors, volumes left out. */
  reservedOn(agent: number): Amounts;
  /** What is held on the agent in revocable amounts. */
  revocableOn(agent: number): Amounts;
  /** Ids of the persistent volumes that are held on the agent. */
  volumesOn(agent: number): readonly string[];
}

/** One status update of one task as it reaches its framework. The object is reused between calls. */
export interface TaskUpdate {
  /** Row of the task, as `kill` takes it; valid until the terminal update has been handled. */
  readonly task: number;
  readonly pending: PendingGroup;
  /** Index of the task within its group. */
  readonly index: number;
  readonly attempt: number;
  readonly agent: number;
  readonly state: 'running' | 'finished' | 'failed' | 'killed' | 'lost';
  /** Empty, or why it ended (`agent-lost`, `preempted`, what `kill` was told …). */
  readonly reason: string;
}

/** A job as its framework sees it. `groups[i]` are its waiting tasks. */
export interface SchedulerJob extends JobView {
  readonly groups: readonly PendingGroup[];
}

/**
 * Tasks that run inside the framework's own long-lived tasks (jobs with `isHost`): slots of an executor, of a task tracker. Two levels
 * of work: the master charges the host and knows nothing of these; the framework times them and says how they end.
 */
export interface InnerWork {
  /** Starts the waiting task `index` of a group on a host's agent; `uses` counts as used while it runs. Its row, or -1. */
  start(pending: PendingGroup, index: number, agent: number, uses: Amounts): number;
  /** Starts a second copy of a running task (speculation). Its row, or -1 when there is one. */
  copy(task: number, agent: number): number;
  /** Ends an attempt. One that has not finished waits again when `isRetried`, unless its copy runs on. */
  end(task: number, state: 'finished' | 'failed' | 'killed' | 'lost', reason: string, isRetried: boolean): void;
  /** A finished task waits again: what it left behind is lost. */
  redo(pending: PendingGroup, index: number): void;
  /** The group may start although groups that it waits for have not ended (slow start of reduces). */
  release(pending: PendingGroup): void;
}

/** What a framework can call: the scheduler driver. Calls travel to the master with the network's delay. */
export interface SchedulerDriver {
  readonly nowUs: number;
  readonly resources: ResourceSpace;
  readonly name: string;
  /** Its roles; the first is the one that its jobs are counted under. */
  readonly roles: readonly string[];
  readonly offers: HeldOffers;
  /** A named random stream of the framework's own. */
  random(name: string): () => number;
  /** SUPPRESS and REVIVE of all roles; a call that changes nothing is not sent. */
  suppress(): void;
  revive(): void;
  readonly isSuppressed: boolean;
  /** Plans one task of the group on an agent, from what is held there; false when it no longer fits. */
  place(pending: PendingGroup, agent: number, use?: TaskUse): boolean;
  /**
   * Plans a RESERVE, UNRESERVE, CREATE or DESTROY on what is held; tasks that are placed after it can use what it makes. Goes with the
   * next `accept`. False when it cannot be, or when the run's engine knows no reservations.
   */
  operate(operation: OfferOperation): boolean;
  readonly plannedCount: number;
  /** Row of the task that `place` has planned last, as `kill` takes it; -1 = none yet. */
  readonly plannedTask: number;
  /** Sends the plan: ACCEPT of the offers of each agent in it; what the tasks leave returns with the filter. */
  accept(refuseUs: number): void;
  /** DECLINE of everything still held. */
  declineAll(refuseUs: number): void;
  /** DECLINE of what is held on one agent. */
  decline(agent: number, refuseUs: number): void;
  /** Calls `onTimer(tag)` after the delay; returns an id for `cancel`. */
  timer(delayUs: number, tag: number): number;
  cancel(timer: number): void;
  /** KILL of a launched task; it has `graceUs` to end by itself. */
  kill(task: number, reason: string, graceUs?: number): void;
  /** KILL of a launched task that then waits again, as its next attempt: preemption by the framework itself. */
  requeue(task: number, reason: string, graceUs?: number): void;
  /** The program of a running task ends by itself now: for frameworks that model what their tasks do. */
  finish(task: number): void;
  /** The program of a running task fails by itself now. The task waits again, as its next attempt, when `isRetried`. */
  fail(task: number, reason: string, isRetried: boolean): void;
  readonly inside: InnerWork;
  /** Agents that have ever registered are rows 0 … agentCount − 1. */
  readonly agentCount: number;
  agentId(agent: number): string;
  attributes(agent: number): Readonly<Record<string, string>>;
  /** The maintenance window of an agent, undefined = none is planned; offers carry it. */
  unavailability(agent: number): InverseOffer | undefined;
  /** Its own tasks on an agent, `startUs` -1 = not started yet. */
  tasksOn(
    agent: number,
  ): readonly { readonly task: number; readonly pending: PendingGroup; readonly startUs: number }[];
  /** Agents that hold a copy of a block of input data; those that joined later hold none. A view, valid until the next call. */
  replicasOf(block: string): readonly number[];
  /** A number of the framework's own: a row of frameworks.csv, and its last value in summary.csv. */
  gauge(name: string, value: number): void;
  /** A row of events.csv; `detail` is short text in `key=value` form. */
  note(event: string, detail: string): void;
  /** A job of the framework's own (a service, a cron firing); `onJob` follows. */
  submit(record: JobRecord): void;
  /** Gives up what waits of a job; `state` is what the job then is (default killed; finished = it needs no more tasks). */
  abandon(job: SchedulerJob, reason: string, state?: 'killed' | 'failed' | 'finished'): void;
  /** Why the head of a shape, which fits nothing that is held, is not placed. */
  headCause(demand: Amounts): WaitCause;
  /** True when the job's tasks could be placed on the cluster's agents, were they empty. */
  isFeasible(pending: PendingGroup): boolean;
  /** Tells the master that the demand has changed (sent only when the allocator reads demand). */
  publish(): void;
  /** Another number after every change of what its tasks wait for: what was told to an allocator then need not be made anew. */
  readonly demandChanges: number;
}

/** A request to give up an agent, which will be unavailable from `startUs` on for `durationUs` (-1 = for good). */
export interface InverseOffer {
  readonly agent: number;
  readonly startUs: number;
  readonly durationUs: number;
}

/** A framework's scheduler: it receives offers, holds, accepts, declines, suppresses and revives. */
export interface Framework {
  /** Once, when every framework is registered and before anything else happens. */
  onStart?(): void;
  /** Once, at the end of the run: for the last word of its gauges. */
  onFinish?(): void;
  /** True while the framework will do more by itself (its own jobs, firings): the run is not over. */
  hasMore?(): boolean;
  /** True when what it does by itself never ends: such work keeps no run alive, and needs an `until` where it is all there is. */
  isEndless?(): boolean;
  /** An operator's word from the scenario's actions (`tell`). Throws InputError E_ACTION when it makes no sense. */
  onAction?(action: string, values: Readonly<Record<string, unknown>>): void;
  /** An operator ends a job: tasks of it that run inside others are to be stopped. */
  onKillJob?(job: SchedulerJob): void;
  /** An operator pauses a job: tasks of it that run inside others stop and wait again. On resuming, `onPending` follows for each group. */
  onPauseJob?(job: SchedulerJob): void;
  /** A job has arrived, or a retry is due: its groups wait. */
  onJob(job: SchedulerJob): void;
  /** The groups whose dependencies have been met, or whose lost tasks wait again. */
  onPending(pending: PendingGroup): void;
  /** Offers have come; they are in `driver.offers` with all held before. */
  onOffers(): void;
  /** Offers were withdrawn; they are no longer in `driver.offers`. */
  onRescind?(): void;
  /** Maintenance is planned on an agent that it uses. Its answer; undefined = it does not answer, as most frameworks. */
  onInverseOffer?(offer: InverseOffer): 'accept' | 'decline' | undefined;
  /** Terminal updates of `count` tasks of a group that ended together; `reason` is empty when they finished. */
  onEnded?(pending: PendingGroup, count: number, reason: string): void;
  /** Every status update of every task; comes before `onEnded`. */
  onUpdate?(update: TaskUpdate): void;
  onTimer?(tag: number): void;
  /** A timer that stands for its programs, which run on while the scheduler is away; all others wait until it is back. */
  isOfPrograms?(tag: number): boolean;
  /** It has subscribed again after its scheduler died: what lives in memory alone is lost. What it missed follows. */
  onFailover?(): void;
  /** What the framework would tell an allocator that reads demand; in order of its queue. */
  demand(): readonly DemandEntry[];
  /** Charges `waiting` attempts to causes: adds to `counts` by row of WAIT_CAUSES. Called at the end of an instant. */
  chargeWaits(waiting: number, counts: Float64Array): void;
  /** The cause to which `chargeWaits` would charge one waiting task (`explain`); without it every task counts as behind in the queue. */
  causeOf?(pending: PendingGroup, index: number): WaitCause;
  /** Waiting tasks by shape for metrics: calls `visit(amounts, count, headQueuedUs)`. */
  visitPending(visit: (pending: PendingGroup) => void): void;
}

export interface FrameworkSlots {
  readonly order: QueuePolicy;
  readonly placement: Placement;
  /** Client row, for demand entries. */
  readonly client: number;
  readonly tJobUs: number;
  readonly tTaskUs: number;
  readonly refuseUs: number;
  readonly suppressWhenIdle: boolean;
  /** REVIVE at every arrival, also when not suppressed. */
  readonly reviveOnArrival: boolean;
  readonly gangReleaseUs: number;
  /** Accepts inverse offers and keeps off agents before their maintenance. */
  readonly heedsMaintenance?: boolean | undefined;
  /** It subscribes with REVOCABLE_RESOURCES. */
  readonly takesRevocable?: boolean;
  /** No short cuts in its own books: the slow twin, for tests. */
  readonly isNaive?: boolean | undefined;
  /** The run's engine knows reservations and volumes. */
  readonly knowsReservations?: boolean;
}

/** A kind of framework: one file (or folder) in `frameworks/` and one line in its registry. */
export interface FrameworkDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  /** Its plans hold RESERVE, CREATE and the like, always or with these options: the run needs the engine that knows them. */
  readonly usesOperations?: boolean | ((options: Readonly<Record<string, unknown>>) => boolean);
  /** The failover timeout that the real program registers with; absent = Mesos's default, 0. */
  readonly failoverTimeoutUs?: number;
  create(options: OptionValues<O>, slots: FrameworkSlots, driver: SchedulerDriver): Framework;
}

export function defineFramework<const O extends OptionSpecs>(definition: FrameworkDefinition<O>): FrameworkDefinition {
  return definition as unknown as FrameworkDefinition;
}
