import type { OptionSpecs, OptionValues } from './options.js';
import type { PluginDefinition } from './plugin.js';
import type { Amounts, ResourceSpace } from './resources.js';

/**
 * Ranks clients: roles by path, or the frameworks of one role. A client is named by a row that its owner chooses.
 * The DRF one follows `src/master/allocator/mesos/sorter/drf/sorter.cpp`; other policies rank by their own key.
 */
export interface Sorter {
  /** A new client, inactive; `path` is the role path, or the framework's zero-padded id. */
  add(client: number, path: string): void;
  remove(client: number): void;
  activate(client: number): void;
  deactivate(client: number): void;
  /** Weight by path; may be set before the client exists; must be > 0. */
  setWeight(path: string, weight: number): void;
  /** The cluster's total per resource name, in thousandths: shared, never copied; call again after it changed. */
  setTotal(total: Float64Array): void;
  /** Charges `amounts[offset …]` to the client; `grantCount` grants at once. */
  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void;
  unallocated(client: number, amounts: Float64Array, offset: number): void;
  /** Active clients, first = served next, are `order[0 … activeCount)` after `refresh()`; a live view, not to be kept. */
  readonly order: Int32Array;
  readonly activeCount: number;
  /** Makes `order` right again; cheap when nothing moved. */
  refresh(): void;
  /** Dominant share over weight, or the policy's own key: for metrics and tests. */
  keyOf(client: number): number;
}

/** `durations`: true run times, which nobody knows beforehand: for bounds alone. */
export type AllocatorReads = 'demand' | 'bids' | 'tasks' | 'durations';

/** Kinds of fact that can change a policy's verdict. */
export type WakeFact = 'free' | 'demand' | 'client' | 'time' | 'task';

/** Pending tasks of one shape that a framework has published. Amounts are one task's. */
export interface DemandEntry {
  readonly client: number;
  /** Stable while the entry lives; smaller = published earlier. */
  readonly id: number;
  readonly amounts: Amounts;
  /** Pending tasks. */
  readonly count: number;
  /** Tasks that must start together, 1 = any number. */
  readonly gang: number;
  readonly priority: number;
  /** Absolute, -1 = none. */
  readonly deadlineUs: number;
  /** -1 = unknown. */
  readonly estimateUs: number;
  /** Work of the next task that a checkpoint kept. */
  readonly doneUs: number;
  /** Submit time of the job. */
  readonly submitUs: number;
  /** Since when its tasks wait. */
  readonly queuedUs: number;
  /** Whether an agent meets the tasks' placement constraints; absent = they have none. */
  readonly allows?: ((agent: number) => boolean) | undefined;
}

/** A running task as an allocator that declares `tasks` may see it. The object is reused: copy what you keep. */
export interface RunningTask {
  readonly task: number;
  readonly client: number;
  readonly agent: number;
  readonly amounts: Amounts;
  readonly priority: number;
  readonly startUs: number;
  readonly estimateUs: number;
  /** Work of earlier attempts that a checkpoint kept. */
  readonly doneUs: number;
  readonly deadlineUs: number;
  readonly jobSubmitUs: number;
  /** 1 for the first attempt of a task. */
  readonly attempt: number;
  /** Work that would have to be done again, were it ended now: nothing where checkpoints keep it. */
  readonly lossUs: number;
  /** It has been told to end and will return what it holds. */
  readonly isEnding: boolean;
}

/** An offer that has no answer yet. The amounts are a live view. */
export interface OutstandingOffer {
  readonly client: number;
  readonly agent: number;
  readonly amounts: Amounts;
}

/** What an allocator may know. Reading what its definition does not declare throws. */
export interface AllocatorView {
  readonly nowUs: number;
  readonly resources: ResourceSpace;
  /** Cluster total per resource. */
  readonly total: Float64Array;
  /** Free (neither offered nor allocated) over all agents, per resource. */
  readonly free: Float64Array;
  /** Rows of clients; a client is a (framework, role) pair. */
  readonly clientCount: number;
  frameworkOf(client: number): string;
  roleOf(client: number): string;
  weightOf(client: number): number;
  /** Quota guarantee of the client's top-level role, per resource in thousandths; undefined = none. */
  guaranteeOf(client: number): Amounts | undefined;
  isActive(client: number): boolean;
  /** Held by the client now (offered or allocated), per resource: a live view. */
  allocationOf(client: number): Float64Array;
  /** Declared by `demand`. */
  demandOf(client: number): readonly DemandEntry[];
  /** Declared by `tasks`: every running task, those that are being ended included, agent by agent. */
  runningTasks(): Iterable<RunningTask>;
  /** Declared by `tasks`: offers without an answer. */
  outstandingOffers(): Iterable<OutstandingOffer>;
  /** Declared by `durations`: true run time of one task of an entry, of a running task. */
  actualOfEntry(entry: DemandEntry): number;
  actualOfTask(task: number): number;
  /** Number of agents and the free amounts of one, for packing policies. */
  readonly agentCount: number;
  freeOf(agent: number): Amounts;
}

/** What more an eviction says. */
export interface EvictionTerms {
  /** Client that is to have what comes free. */
  readonly forClient?: number;
  /** Whether a checkpoint keeps the work; absent = as the scenario says. */
  readonly keepsWork?: boolean | undefined;
}

/** Decisions that the master carries out. */
export interface DecisionSink {
  /**
   * Preemption: ends a running task with `graceUs` notice; `reason` is what tasks.csv says (`preempted`, `quantum` …). Work is lost or
   * kept as the scenario's checkpoint rule says, unless the terms do.
   */
  evict(task: number, reason: string, graceUs: number, terms?: EvictionTerms): void;
  /**
   * The coming run offers the agent to this client before all others, if it wants offers. Its filters do not count: the policy has
   * read what it waits for now, and what it refused was refused for something else.
   */
  nominate(agent: number, client: number): void;
}

/** What the tasks of a grant cost and are worth to their framework, per unit of each resource and second; fixed when they launch. */
export interface GrantTerms {
  readonly unitPrices: Float64Array;
  readonly unitValues: Float64Array;
}

/** Tasks of one shape that a client has won: `bundle` at a time or not at all (1 = one by one). */
export interface GrantLot {
  readonly entry: DemandEntry;
  readonly count: number;
  readonly bundle: number;
}

/** Decisions of a clearing allocator. */
export interface GrantSink extends DecisionSink {
  /** How many tasks of each lot the agents could take, were the lots granted now and in this order. Nothing is granted. */
  placeable(lots: readonly GrantLot[]): number[];
  /**
   * `count` tasks of the entry's shape for its client, `bundle` at a time or not at all (1 = one by one). Returns how many of them the
   * agents could take; the others are neither offered nor charged.
   */
  grant(entry: DemandEntry, count: number, bundle: number, terms: GrantTerms): number;
  /** Why a client that bid got less than it wanted (`budget`: it could not pay), undefined when it got all. For waits.csv. */
  explain(client: number, cause: 'budget' | 'lower-share' | undefined): void;
  /** One row of market.csv per resource. */
  reportMarket(row: MarketRow): void;
  reportBudget(row: BudgetRow): void;
}

export interface MarketRow {
  readonly resource: number;
  readonly supplyMilli: number;
  readonly demandMilli: number;
  /** Won and placed on agents. */
  readonly soldMilli: number;
  /** Won, but no agent could take it. */
  readonly unplacedMilli: number;
  readonly reservePrice: number;
  readonly price: number;
  readonly revenue: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** NaN where the rule optimizes nothing. */
  readonly optimalityGap: number;
}

export interface BudgetRow {
  readonly client: number;
  readonly balance: number;
  /** Since the clearing before, like `spent` and `utility`. */
  readonly income: number;
  /** Currency per second of all bids at their own prices, and at what the tasks are worth to the bidder. */
  readonly bidTotal: number;
  readonly valueTotal: number;
  readonly spent: number;
  /** Part of the tasks bid for that was won and placed. */
  readonly wonShare: number;
  /** What running tasks were worth to the framework less what they cost. */
  readonly utility: number;
}

/** Settings of a framework that a bidder works with. */
export interface BidderSettings {
  /** Spelling `name[option=value,…]` of the bidder, empty = the allocator's default. */
  readonly bidder: string;
  readonly endowment: number;
  readonly incomePerS: number;
  /** Balance cap, Infinity = none. */
  readonly cap: number;
  /** Currency that comes at the end of every period. */
  readonly refill?: number;
  /** Part of a positive balance that is taken at the end of every period. */
  readonly taxRate?: number;
  readonly periodUs?: number;
}

export interface AllocatorContext {
  readonly resources: ResourceSpace;
  /** A named random stream of the policy's own, uniform in [0, 1). */
  random(name: string): () => number;
  /** Names left out of dominant shares (Mesos `fair_sharing_excluded_resource_names`). */
  readonly fairnessExclude: readonly string[];
  bidderOf(client: number): BidderSettings;
  /** Another allocator by its text, for policies that combine others. */
  readonly allocator?: (text: string) => Allocator;
}

/** Ranks roles and frameworks; the Mesos cycle does the rest. */
export interface SorterAllocator {
  readonly kind: 'sorter';
  /** True when sorting draws chance: then every run is carried out and every offer made one by one, so that the draws never depend on a shortcut. */
  readonly drawsChance?: boolean;
  sorter(level: 'role' | 'framework'): Sorter;
  /** Runs before a cycle (preemption, or new keys read from the demand book). */
  prepare?(view: AllocatorView, sink: DecisionSink): void;
  /** Whether a client may be offered anything of an agent; absent = every client everything. */
  mayHave?(client: number, agent: number, view: AllocatorView): boolean;
  /** An operator's word from the scenario's actions (`policy`). Throws InputError E_ACTION when it makes no sense. */
  onAction?(action: string, values: Readonly<Record<string, unknown>>): void;
  /** When the verdict can change with time alone; -1 = never. */
  nextChangeUs?(view: AllocatorView): number;
}

/** Clears a market: bids and supply in, grants and prices out. Called when `nextClearingUs` has come, within an allocation run. */
export interface ClearingAllocator {
  readonly kind: 'clearing';
  /** The next clearing by the clock. A cluster where nothing runs or is offered clears as soon as demand is published, too. */
  nextClearingUs(view: AllocatorView): number;
  clear(view: AllocatorView, sink: GrantSink): void;
  /** When running tasks must be ended apart from clearings (no money left, a lease is over), and the call that does it. */
  nextChangeUs?(view: AllocatorView): number;
  change?(view: AllocatorView, sink: DecisionSink): void;
  /** A granted task was launched; a running task ended: the market's books follow. */
  launched(client: number, task: number, amounts: Amounts, terms: GrantTerms, nowUs: number): void;
  released(client: number, task: number, nowUs: number): void;
  /** The run is over: what has been earned and spent since the last clearing. */
  ended?(view: AllocatorView, sink: GrantSink): void;
}

/** Offers nothing, ever: for benchmarks. */
export interface NullAllocator {
  readonly kind: 'null';
}

export type Allocator = SorterAllocator | ClearingAllocator | NullAllocator;

/** An allocator: one file in `allocators/` and one line in its registry. */
export interface AllocatorDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  readonly reads: readonly AllocatorReads[];
  readonly wakesOn: readonly WakeFact[];
  /** Loads what `create` needs (a solver); awaited before the run, so that the run itself never waits. */
  load?(): Promise<unknown>;
  create(options: OptionValues<O>, context: AllocatorContext): Allocator;
}

/** Gives a definition its option types. */
export function defineAllocator<const O extends OptionSpecs>(definition: AllocatorDefinition<O>): AllocatorDefinition {
  return definition as unknown as AllocatorDefinition;
}
