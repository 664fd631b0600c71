import type { TaskGroup } from './job.js';
import type { JobView } from './observer.js';
import type { OptionSpecs, OptionValues } from './options.js';
import type { PluginDefinition } from './plugin.js';
import type { Amounts } from './resources.js';

/** Tasks of one group of one job that wait in a framework's queue. */
export interface PendingGroup {
  readonly job: JobView;
  readonly group: TaskGroup;
  /** Waiting tasks. */
  readonly pendingCount: number;
  /** Since when the longest waiting of them waits. */
  readonly queuedUs: number;
  /** Work of the next task that a checkpoint kept. */
  readonly doneUs: number;
  /** Index of the task that goes next. */
  readonly nextWaiting: number;
  /** Order in which groups entered the queue; the last resort of every tie. */
  readonly sequence: number;
}

export interface OrderView {
  readonly nowUs: number;
  /** Tasks of the user now running in the framework, for fair orders. */
  runningOfUser(user: string): number;
  /** Groups of the user that were served so far, for round-robin. */
  servedOfUser(user: string): number;
}

/** A running task of the framework, and when it should end by its estimate. */
export interface RunningWork {
  readonly amounts: Amounts;
  readonly agent: number;
  readonly endUs: number;
}

/** What an order that plans sees and does. */
export interface PlanView {
  readonly nowUs: number;
  /** Resources per agent. */
  readonly width: number;
  readonly agentCount: number;
  /** Groups with waiting tasks, in order of rank. */
  readonly waiting: readonly PendingGroup[];
  /** Work that should end at this very instant, or has ended in it, is not back yet: there will be another decision. */
  readonly isUnsettled: boolean;
  /** Held in offers on an agent: a scratch view, valid until the next call. */
  heldOn(agent: number): Amounts;
  running(): Iterable<RunningWork>;
  allows(pending: PendingGroup, agent: number): boolean;
  /** Launches one waiting task of the group on each of these agents. */
  start(pending: PendingGroup, agents: readonly number[]): void;
}

/** Which of a framework's waiting groups goes next: smaller rank first, ties by submit time, then entry sequence. */
export interface QueuePolicy {
  rank(pending: PendingGroup, view: OrderView): number;
  /** True when ranks change while groups wait (ranks are then taken anew at each decision). */
  readonly isDynamic: boolean;
  /**
   * Orders that look ahead (backfilling) decide over the whole queue at once instead, also where tasks go. What is held stays held
   * while anything waits, as for a gang.
   */
  plan?(view: PlanView): void;
}

export interface OrderDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  create(options: OptionValues<O>): QueuePolicy;
}

export function defineOrder<const O extends OptionSpecs>(definition: OrderDefinition<O>): OrderDefinition {
  return definition as unknown as OrderDefinition;
}
