import { InvariantError } from '../core/errors.js';
import { EventQueue } from '../core/event-queue.js';
import type { Allocator, Sorter } from '../model/allocator.js';
import type { Framework } from '../model/framework.js';
import type { JobRecord } from '../model/job.js';
import type { ClusterObserver, TaskFact } from '../model/observer.js';
import type { Placement } from '../model/placement.js';
import type { ResourceSpace } from '../model/resources.js';
import { Absences } from './absences.js';
import { AgentStore } from './agents.js';
import { AnswerPool } from './answers.js';
import { BlockMap } from './blocks.js';
import { Clients } from './clients.js';
import { DemandBook } from './demand-book.js';
import type { Driver } from './driver.js';
import type { AllocationEngine } from './engine.js';
import { Facts } from './facts.js';
import { FilterStore } from './filters.js';
import { FreePool } from './free-pool.js';
import { GeneralEngine } from './general/general-engine.js';
import type { FrameworkTraits, GeneralSettings } from './general/settings.js';
import { ImageCache } from './images.js';
import { InnerTasks } from './inside.js';
import type { GroupState, Job } from './jobs.js';
import { Ledger } from './ledger.js';
import { Lifecycle } from './lifecycle.js';
import { Maintenance } from './maintenance.js';
import { Master } from './master.js';
import { Mastership } from './mastership.js';
import { OfferStore } from './offers.js';
import { PlainEngine } from './plain-engine.js';
import { RunClock } from './run-clock.js';
import type { StopReason } from './stop-reason.js';
import { SuccessionSorter, type Successor } from './succession.js';
import { BundleStore, ENDED, PLANNED, RUNNING, TaskStore } from './tasks.js';
import { TimerTable } from './timers.js';
import { Usage } from './usage.js';
import { WaitLedger } from './wait-ledger.js';

/** HDFS keeps three copies of a block (dfs.replication). */
const DEFAULT_REPLICAS = 3;

/** How the modelled cluster is set up. Times in microseconds. */
export interface ClusterSettings {
  readonly seed: number;
  readonly allocationIntervalUs: number;
  /** Allocates on the agent where a task has just ended (not what Mesos does: for queueing studies). */
  readonly allocateOnRecover: boolean;
  readonly agentOrder: 'shuffle' | 'id';
  readonly networkDelayUs: number;
  /** From the agent's receipt of a task to its running state. */
  readonly startDelayUs: number;
  /** First use of an image on an agent. */
  readonly imagePullUs: number;
  /** Images whose pull takes another time than that. */
  readonly imagePulls?: ReadonlyMap<string, number> | undefined;
  /** Copies of each block of input data on the agents; default 3. */
  readonly blockReplicas?: number;
  /** -1 = offers never expire. */
  readonly offerTimeoutUs: number;
  /** Evicted tasks keep the work they have done. */
  readonly checkpoint: boolean;
  /** Runs the general engine, with quota, reservations and all else of Mesos's allocator; absent = the plain one. */
  readonly general?: GeneralSettings | undefined;
  /** Time between checkpoints; absent or 0 = one is taken at the very end. */
  readonly checkpointEveryUs?: number;
  /** What starting a task again costs when an earlier attempt has run. */
  readonly restartUs?: number;
  /** Masters, the leader among them; absent = 1. */
  readonly masterCount?: number;
  /** Until a dead leader is missed; absent = 10 s. */
  readonly sessionTimeoutUs?: number;
  /** An agent waits up to so long before it registers with a new leader; absent = 1 s. */
  readonly registrationBackoffUs?: number;
  /** Agents that have not registered with a new leader by then are given up; absent = 10 min. */
  readonly reregisterTimeoutUs?: number;
  /** No shortcut: explicit offers, every allocation run carried out. */
  readonly isNaive: boolean;
  /** Checks conservation after every event. */
  readonly checksInvariants: boolean;
}

/** A framework as the cluster knows it. */
export interface FrameworkState {
  readonly row: number;
  readonly name: string;
  readonly role: string;
  /** Its first client. */
  readonly client: number;
  /** All of them, one per role. */
  readonly clients: readonly number[];
  readonly traits: FrameworkTraits;
  readonly maxJobs: number;
  /** Where a market that sells to it puts its tasks; first-fit where undefined. */
  readonly makePlacement: (() => Placement) | undefined;
  readonly driver: Driver;
  /** How long the master keeps it and its tasks when its scheduler is away. */
  readonly failoverTimeoutUs: number;
  scheduler: Framework;
  liveJobCount: number;
  pendingTaskCount: number;
  runningTaskCount: number;
  /** Attempts that may start and have not been launched. */
  waitingCount: number;
  /** Those of them whose tasks fit no agent of the cluster. */
  parkedCount: number;
  /** Attempts that were launched and have not started. */
  stagingCount: number;
  /** Attempts that were stopped and are not back in the queue. */
  returningCount: number;
  /** Jobs that no offer has met yet, in order of arrival. */
  unoffered: Job[];
}

/** All state of the modelled cluster; the parts of the protocol (cycle, master, agents, drivers) work on it. */
export class World {
  nowUs = 0;
  readonly settings: ClusterSettings;
  readonly queue = new EventQueue();
  readonly agents: AgentStore;
  readonly pool: FreePool;
  readonly offers: OfferStore;
  readonly filters: FilterStore;
  readonly answers = new AnswerPool();
  readonly tasks = new TaskStore();
  readonly bundles = new BundleStore();
  readonly ledger: Ledger;
  readonly facts: Facts;
  readonly clients: Clients;
  readonly frameworks: FrameworkState[] = [];
  /** Allocation runs so far, skipped ones included. */
  cycle = 0;
  /** Why a client got less than it bid for in the last clearing of a market. */
  readonly marketCauses: ('budget' | 'lower-share' | undefined)[] = [];
  offerCount = 0;
  launchCount = 0;
  readonly width: number;
  /** Nothing of anything: the demand that every agent fits. */
  readonly zero: Float64Array;
  readonly lifecycle: Lifecycle;
  readonly inner: InnerTasks;
  readonly usage: Usage;
  readonly images: ImageCache;
  readonly blocks: BlockMap;
  readonly master: Master;
  /** Who is offered what, and the books of it. */
  readonly engine: AllocationEngine;
  readonly maintenance: Maintenance;
  readonly clock: RunClock;
  readonly timers: TimerTable;
  readonly waits: WaitLedger;
  readonly demand: DemandBook;
  readonly absences: Absences;
  readonly mastership: Mastership;
  /** Reasons of KILL calls on their way to the master. */
  readonly killReasons = new Map<number, { stop: StopReason; graceUs: number }>();
  /** Set by the intake: what happens to jobs. */
  submit: (record: JobRecord, framework: number) => void = unwired;
  abandon: (job: Job, stop: StopReason) => void = unwired;
  onGroupProgress: (group: GroupState) => void = unwired;
  release: (group: GroupState) => void = unwired;
  tearDown: (framework: number, stop: StopReason) => void = unwired;
  private readonly nowLane: number;
  private readonly netLane: number;
  private readonly fact: TaskFact;

  constructor(
    settings: ClusterSettings,
    readonly resources: ResourceSpace,
    public allocator: Allocator,
    observers: readonly ClusterObserver[],
    /** The allocator, not yet that of a fork, reads the demand book. */
    readsDemand: boolean,
    /** The allocator that a fork brings. */
    private readonly successor?: Successor | undefined,
  ) {
    const drawsChance = [allocator, successor?.allocator].some(
      (policy) => policy?.kind === 'sorter' && policy.drawsChance,
    );
    this.settings = drawsChance ? { ...settings, isNaive: true } : settings;
    this.width = resources.count;
    this.zero = resources.zero();
    this.agents = new AgentStore(resources);
    this.pool = new FreePool(this.agents);
    this.offers = new OfferStore(this.width);
    this.filters = new FilterStore(this.width);
    this.ledger = new Ledger(this.width, this);
    this.facts = new Facts(observers);
    const { general } = settings;
    const ranked = (level: 'role' | 'framework'): Sorter => this.sorterFor(level);
    // The general engine ranks in its own books.
    const sorter = general === undefined ? ranked : (): Sorter => new UnrankedSorter();
    this.clients = new Clients(this.width, sorter('role'), () => sorter('framework'), this.ledger.total, this.filters);
    this.nowLane = this.queue.openLane();
    this.netLane = settings.networkDelayUs === 0 ? this.nowLane : this.queue.openLane();
    this.fact = {} as TaskFact;
    this.lifecycle = new Lifecycle(this);
    this.inner = new InnerTasks(this);
    this.usage = new Usage(this);
    this.images = new ImageCache(this);
    this.blocks = new BlockMap(this.agents, settings.seed, settings.blockReplicas ?? DEFAULT_REPLICAS);
    this.maintenance = new Maintenance(this);
    this.engine = general === undefined ? new PlainEngine(this) : new GeneralEngine(this, general, ranked);
    this.master = new Master(this);
    this.clock = new RunClock(this);
    this.timers = new TimerTable(this);
    this.waits = new WaitLedger(this);
    this.demand = new DemandBook(this, readsDemand, successor?.readsDemand === true);
    this.absences = new Absences(this);
    this.mastership = new Mastership(this);
  }

  /** The sorter of a level; where a fork brings another allocator, that one's learns beside it. */
  private sorterFor(level: 'role' | 'framework'): Sorter {
    const first = sorterOf(this.allocator, level);
    if (this.successor === undefined) return first;
    return new SuccessionSorter(first, sorterOf(this.successor.allocator, level), this.successor);
  }

  /** The allocator of the fork takes over. */
  succeed(): void {
    const { successor } = this;
    if (successor === undefined) return;
    successor.hasCome = true;
    this.allocator = successor.allocator;
    this.demand.isHeard = successor.readsDemand;
    this.engine.policyChanged();
    this.clock.policyChanged(successor.policyView(this));
  }

  /** Sends a message; messages between two parties never overtake each other. */
  send(kind: number, a: number, b: number): void {
    this.queue.pushLane(this.netLane, this.nowUs + this.settings.networkDelayUs, kind, a, b);
  }

  /** Something that happens now, after what has been set down for now already. */
  sendNow(kind: number, a: number, b: number): void {
    this.queue.pushLane(this.nowLane, this.nowUs, kind, a, b);
  }

  frameworkOf(client: number): FrameworkState {
    return this.frameworks[this.clients.framework[client] as number] as FrameworkState;
  }

  /** The one reused fact object, filled from a task's row. */
  factOf(task: number): TaskFact {
    const { tasks, bundles, fact } = this;
    const bundle = tasks.bundle[task] as number;
    const group = bundles.groupOf(bundle);
    fact.job = group.job;
    fact.group = group.group;
    fact.index = tasks.index[task] as number;
    fact.attempt = tasks.attempt[task] as number;
    fact.framework = group.job.framework;
    fact.queuedUs = tasks.queuedUs[task] as number;
    const state = tasks.state[task] as number;
    fact.startUs = state >= RUNNING ? (tasks.startUs[task] as number) : -1;
    fact.finishUs = state === ENDED ? (tasks.endUs[task] as number) : -1;
    fact.agent = tasks.agent[task] as number;
    fact.lostUs = 0;
    fact.keptUs = 0;
    fact.restartUs = state === ENDED ? (tasks.restartUs[task] as number) : 0;
    const ended = group.group.exit === 'failed' ? 'failed' : 'finished';
    fact.state = state === RUNNING ? 'running' : state === ENDED ? ended : 'pending';
    fact.reason = '';
    fact.isFinal = state === ENDED;
    return fact;
  }

  isPlanned(task: number): boolean {
    return this.tasks.state[task] === PLANNED;
  }
}

function unwired(): never {
  throw new InvariantError('the cluster is not wired yet');
}

/** A clearing or null allocator ranks nobody; its roles and frameworks keep the order of registration. */
function sorterOf(allocator: Allocator, level: 'role' | 'framework'): Sorter {
  return allocator.kind === 'sorter' ? allocator.sorter(level) : new UnrankedSorter();
}

class UnrankedSorter implements Sorter {
  order = new Int32Array(16);
  activeCount = 0;
  add(): void {
    // Nothing is kept of inactive clients.
  }
  remove(client: number): void {
    this.deactivate(client);
  }
  activate(client: number): void {
    if (this.activeCount === this.order.length) {
      const order = new Int32Array(this.activeCount * 2);
      order.set(this.order);
      this.order = order;
    }
    let index = this.activeCount++;
    for (; index > 0 && (this.order[index - 1] as number) > client; index--) {
      this.order[index] = this.order[index - 1] as number;
    }
    this.order[index] = client;
  }
  deactivate(client: number): void {
    const index = this.order.subarray(0, this.activeCount).indexOf(client);
    if (index < 0) return;
    this.order.copyWithin(index, index + 1, this.activeCount--);
  }
  setWeight(): void {
    // An unranked order knows no weight.
  }
  setTotal(): void {
    // Nor totals.
  }
  allocated(): void {
    // Nor allocations.
  }
  unallocated(): void {
    // Nor returns.
  }
  refresh(): void {
    // The order is always right.
  }
  keyOf(): number {
    return 0;
  }
}
