import type { JobRecord, TaskGroup } from './job.js';
import type { ResourceSpace } from './resources.js';

/** Final or current state of a job or task, as files spell it. */
export type JobState = 'pending' | 'running' | 'finished' | 'failed' | 'killed' | 'lost' | 'rejected';
export type TaskState = 'pending' | 'running' | 'finished' | 'failed' | 'killed' | 'lost';

/** A job from its arrival to its end. Times in microseconds, -1 = not yet. */
export interface JobView {
  readonly record: JobRecord;
  readonly framework: number;
  readonly role: string;
  readonly taskCount: number;
  readonly submitUs: number;
  readonly firstOfferUs: number;
  readonly firstStartUs: number;
  /** Start of the task that completes the gang, else of the first task: the end of the job's wait. */
  readonly waitEndUs: number;
  readonly finishUs: number;
  readonly state: JobState;
  /** False when no agent of the cluster can ever take one of its tasks. */
  readonly isFeasible: boolean;
}

/** One task attempt that has ended (or stands unfinished at the run's end). The object is reused: copy what you keep. */
export interface TaskFact {
  job: JobView;
  group: TaskGroup;
  /** Index of the task within its group. */
  index: number;
  attempt: number;
  framework: number;
  /** Since when this attempt waited. */
  queuedUs: number;
  /** -1 = never started. */
  startUs: number;
  /** -1 = unfinished. */
  finishUs: number;
  /** Row of the agent, -1 = none. */
  agent: number;
  /** Work that has to be done again. */
  lostUs: number;
  /** Work of this and earlier attempts that a checkpoint keeps for the next one. */
  keptUs?: number;
  /** Part of the run time that went into starting again where an earlier attempt left off. */
  restartUs?: number;
  state: TaskState;
  /** Empty, or why it ended as it did (`preempted`, `agent-lost` …). */
  reason: string;
  /** True when this attempt is the task's last: it will not be tried again. */
  isFinal: boolean;
}

/** A task is told to end so that other work may run; its end follows when the notice is over. */
export interface EvictionNotice {
  readonly reason: string;
  readonly graceUs: number;
  /** Row of the framework that is to have what comes free, -1 = nobody in particular. */
  readonly forFramework: number;
}

/** Sums over all agents, thousandths, one entry per resource. Live views. */
export interface LedgerView {
  readonly total: Float64Array;
  readonly allocated: Float64Array;
  readonly offered: Float64Array;
  /** What running tasks really use. */
  readonly used: Float64Array;
  /** Exact ∫ amount dt since the run's start up to now, in thousandth-seconds. */
  integral(what: 'total' | 'allocated' | 'offered' | 'used', resource: number): number;
  /** ∫ of what a framework holds in running tasks, thousandth-seconds. */
  frameworkIntegral(framework: number, resource: number): number;
  /** Held in tasks by a framework. */
  allocatedTo(framework: number, resource: number): number;
  /** Held plus asked for by pending tasks: the demand of a framework. */
  demandOf(framework: number, resource: number): number;
}

/** What metrics may see of the cluster. */
export interface ClusterView {
  readonly nowUs: number;
  readonly resources: ResourceSpace;
  readonly ledger: LedgerView;
  readonly agentCount: number;
  agentName(agent: number): string;
  /** Free amount (neither allocated nor offered). */
  agentFree(agent: number, resource: number): number;
  agentTotal(agent: number, resource: number): number;
  agentIsUp(agent: number): boolean;
  readonly frameworkCount: number;
  frameworkName(framework: number): string;
  frameworkRole(framework: number): string;
  /** Weight of the framework's role. */
  frameworkWeight(framework: number): number;
  pendingTaskCount(framework: number): number;
  runningTaskCount(framework: number): number;
  /** Jobs that have arrived and not ended, in order of submit time. */
  liveJobs(): Iterable<JobView>;
  /** Attempts waiting or running now, as facts of unfinished attempts. */
  liveTasks(): Iterable<TaskFact>;
  /** Turns the charging of waits on; called by the metric that writes them. */
  chargeWaits(): void;
  /** Attempt-seconds that a framework's tasks waited for a cause (row of WAIT_CAUSES). */
  waitSeconds(framework: number, cause: number): number;
  /** Median shape of pending tasks, or undefined when none waits. */
  medianPendingShape(): Float64Array | undefined;
}

/** One offer that has been answered, rescinded, or is outstanding at the end. The object is reused. */
export interface OfferFact {
  offer: number;
  cycle: number;
  framework: number;
  role: string;
  agent: number;
  amounts: Float64Array;
  createdUs: number;
  answeredUs: number;
  answer: 'accepted' | 'declined' | 'rescinded' | 'outstanding';
  launchedTasks: number;
  thinkUs: number;
  filterUs: number;
}

/** One row of events.csv. `detail` is short text in `key=value` form. */
export interface EventFact {
  event: string;
  framework: number;
  job: string;
  task: string;
  agent: number;
  offer: number;
  detail: string;
}

/** Facts of a run, told in the order in which they happen. All methods are optional; an absent one costs nothing. */
export interface ClusterObserver {
  jobArrived?(job: JobView): void;
  /** Finished, failed, killed, lost or rejected. */
  jobEnded?(job: JobView): void;
  taskStarted?(task: TaskFact): void;
  taskEnded?(task: TaskFact): void;
  /** An allocator has decided to end the task. */
  taskEvicted?(task: TaskFact, notice: EvictionNotice): void;
  /** A task that had finished waits again: what it left behind is lost. */
  taskUndone?(job: JobView): void;
  /** An agent has left, or has come (back) after the start of the run. */
  agentChanged?(agent: number, isUp: boolean): void;
  offerAnswered?(offer: OfferFact): void;
  event?(fact: EventFact): void;
  /** A number of a framework's own. */
  gauged?(framework: number, name: string, value: number): void;
  /** After each allocation run that made offers. */
  cycleEnded?(offerCount: number): void;
  /** A clearing of a market (one call per resource) and a budget's state after it. */
  marketCleared?(row: MarketFact): void;
  budgetChanged?(row: BudgetFact): void;
  /** At each sampling time, after the instant's last quiet round. */
  sample?(): void;
  /** Once, at the end of the run. */
  finished?(): void;
}

export interface MarketFact {
  resource: number;
  supplyMilli: number;
  demandMilli: number;
  soldMilli: number;
  unplacedMilli: number;
  reservePrice: number;
  price: number;
  revenue: number;
  iterations: number;
  converged: boolean;
  optimalityGap: number;
}

export interface BudgetFact {
  framework: number;
  balance: number;
  income: number;
  bidTotal: number;
  valueTotal: number;
  spent: number;
  wonShare: number;
  utility: number;
}
