import type { AllocatorReads, AllocatorView, DemandEntry, OutstandingOffer, RunningTask } from '../model/allocator.js';
import type { ClusterView, JobView, LedgerView, TaskFact } from '../model/observer.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import type { RoleState } from './clients.js';
import type { Intake } from './intake.js';
import { RUNNING } from './tasks.js';
import type { FrameworkState, World } from './world.js';

/** The cluster as metrics see it. */
export class MetricView implements ClusterView {
  constructor(
    private readonly world: World,
    private readonly intake: Intake,
  ) {}

  get nowUs(): number {
    return this.world.nowUs;
  }
  get resources(): ResourceSpace {
    return this.world.resources;
  }
  get ledger(): LedgerView {
    return this.world.ledger;
  }
  get agentCount(): number {
    return this.world.agents.count;
  }
  agentName(agent: number): string {
    return this.world.agents.names[agent] ?? '';
  }
  agentFree(agent: number, resource: number): number {
    if (this.world.pool.isCovered(agent)) return 0;
    return this.world.agents.free[agent * this.world.width + resource] as number;
  }
  agentTotal(agent: number, resource: number): number {
    return this.world.agents.total[agent * this.world.width + resource] as number;
  }
  agentIsUp(agent: number): boolean {
    return this.world.agents.isUp[agent] === 1;
  }
  get frameworkCount(): number {
    return this.world.frameworks.length;
  }
  frameworkName(framework: number): string {
    return this.state(framework).name;
  }
  frameworkRole(framework: number): string {
    return this.state(framework).role;
  }
  frameworkWeight(framework: number): number {
    const { clients } = this.world;
    return (clients.roles[clients.rowOfRole(this.state(framework).role)] as RoleState).weight;
  }
  pendingTaskCount(framework: number): number {
    return this.state(framework).pendingTaskCount;
  }
  runningTaskCount(framework: number): number {
    return this.state(framework).runningTaskCount;
  }

  *liveJobs(): Iterable<JobView> {
    for (let job = this.intake.first; job !== undefined; job = job.next) if (job.record.isHost !== true) yield job;
  }

  *liveTasks(): Iterable<TaskFact> {
    yield* this.waitingTasks();
    yield* this.launchedTasks();
    yield* this.world.inner.live();
  }

  /** Attempts that run or were on their way. */
  private *launchedTasks(): Iterable<TaskFact> {
    const { tasks, bundles, agents } = this.world;
    for (let agent = 0; agent < agents.count; agent++) {
      for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
        if (bundles.group[tasks.bundle[task] as number] === undefined) continue;
        const fact = this.world.factOf(task);
        if (fact.state !== 'finished') yield fact;
      }
    }
  }

  private *waitingTasks(): Iterable<TaskFact> {
    for (let job = this.intake.first; job !== undefined; job = job.next) {
      for (const group of job.groups) {
        const base = {
          job,
          group: group.group,
          framework: job.framework,
          startUs: -1,
          finishUs: -1,
          agent: -1,
          lostUs: 0,
          state: 'pending' as const,
        };
        const first = {
          ...base,
          attempt: 1,
          queuedUs: group.readyUs >= 0 ? group.readyUs : job.submitUs,
          reason: '',
          isFinal: false,
        };
        for (const index of group.neverLaunched()) yield { ...first, index };
        for (const retry of [...(group.retries ?? []), ...(group.returning ?? [])])
          yield { ...first, index: retry.index, attempt: retry.attempt, queuedUs: retry.queuedUs };
      }
    }
  }

  chargeWaits(): void {
    this.world.waits.isOn = true;
  }
  waitSeconds(framework: number, cause: number): number {
    return this.world.waits.seconds(framework, cause);
  }

  medianPendingShape(): Float64Array | undefined {
    const shapes: { amounts: Amounts; count: number }[] = [];
    let total = 0;
    for (const state of this.world.frameworks) {
      state.scheduler.visitPending((pending) => {
        if (pending.pendingCount === 0) return;
        shapes.push({ amounts: pending.group.amounts, count: pending.pendingCount });
        total += pending.pendingCount;
      });
    }
    if (total === 0) return undefined;
    const median = this.world.resources.zero();
    for (let resource = 0; resource < median.length; resource++) {
      shapes.sort((a, b) => (a.amounts[resource] as number) - (b.amounts[resource] as number));
      let left = total / 2;
      median[resource] = shapes.find((shape) => {
        left -= shape.count;
        return left <= 0;
      })?.amounts[resource] as number;
    }
    return median;
  }

  private state(framework: number): FrameworkState {
    return this.world.frameworks[framework] as FrameworkState;
  }
}

/** The cluster as a policy sees it: reading what its definition does not declare throws. */
export class PolicyView implements AllocatorView {
  /** True run times by entry, as looked up at this instant; entries of all frameworks are numbered together. */
  private readonly actuals = new Map<number, number>();
  private actualsAtUs = -1;

  constructor(
    private readonly world: World,
    private readonly reads: readonly AllocatorReads[],
    private readonly name: string,
  ) {}

  get nowUs(): number {
    return this.world.nowUs;
  }
  get resources(): ResourceSpace {
    return this.world.resources;
  }
  get total(): Float64Array {
    return this.world.ledger.total;
  }
  get free(): Float64Array {
    const { pool } = this.world;
    return pool.blanketClient < 0
      ? pool.sum
      : pool.sum.map((amount, index) => amount - (pool.coveredSum[index] as number));
  }
  get clientCount(): number {
    return this.world.clients.count;
  }
  frameworkOf(client: number): string {
    return this.world.frameworkOf(client).name;
  }
  roleOf(client: number): string {
    return this.role(client).path;
  }
  weightOf(client: number): number {
    return this.role(client).weight;
  }
  guaranteeOf(client: number): Amounts | undefined {
    const [top = ''] = this.roleOf(client).split('/', 1);
    return this.world.engine.guaranteeOf(top);
  }
  isActive(client: number): boolean {
    return this.world.clients.isActive[client] === true;
  }
  allocationOf(client: number): Float64Array {
    return this.world.clients.held[client] as Float64Array;
  }
  demandOf(client: number): readonly DemandEntry[] {
    this.require('demand');
    return this.world.demand.entriesOf(this.world.clients.framework[client] as number);
  }
  *runningTasks(): Iterable<RunningTask> {
    this.require('tasks');
    const { tasks, bundles, agents, lifecycle } = this.world;
    const { running } = this;
    for (let agent = 0; agent < agents.count; agent++) {
      for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
        if (tasks.state[task] !== RUNNING) continue;
        const bundle = tasks.bundle[task] as number;
        const { group, job } = bundles.groupOf(bundle);
        running.task = task;
        running.client = bundles.client[bundle] as number;
        running.agent = agent;
        running.amounts = group.amounts;
        running.priority = job.record.priority;
        running.startUs = tasks.startUs[task] as number;
        running.estimateUs = group.estimateUs;
        running.doneUs = tasks.doneUs[task] as number;
        running.deadlineUs = job.record.deadlineUs;
        running.jobSubmitUs = job.submitUs;
        running.attempt = tasks.attempt[task] as number;
        running.lossUs = lifecycle.work.lossUs(task);
        running.isEnding = lifecycle.isBeingKilled(task);
        yield running;
      }
    }
  }
  private readonly running = {} as { -readonly [K in keyof RunningTask]: RunningTask[K] };

  *outstandingOffers(): Iterable<OutstandingOffer> {
    this.require('tasks');
    const { offers, pool, agents, width } = this.world;
    if (pool.blanketClient >= 0) {
      for (let agent = 0; agent < agents.count; agent++) {
        if (pool.isCovered(agent)) yield { client: pool.blanketClient, agent, amounts: agents.freeOf(agent) };
      }
    }
    for (let agent = 0; agent < Math.min(agents.count, offers.firstOnAgent.length); agent++) {
      let offer = offers.firstOnAgent[agent] as number;
      for (; offer >= 0; offer = offers.nextOnAgent[offer] as number) {
        const amounts = offers.amounts.subarray(offer * width, (offer + 1) * width);
        yield { client: offers.client[offer] as number, agent, amounts };
      }
    }
  }
  actualOfEntry({ client, id }: DemandEntry): number {
    this.require('durations');
    // One walk over the queue finds the times of all its entries: they are asked for one after the other.
    if (this.actualsAtUs !== this.nowUs) this.actuals.clear();
    this.actualsAtUs = this.nowUs;
    if (!this.actuals.has(id)) {
      this.world.frameworkOf(client).scheduler.visitPending(({ sequence, group }) => {
        this.actuals.set(sequence, group.durationUs);
      });
    }
    return this.actuals.get(id) ?? -1;
  }
  actualOfTask(task: number): number {
    this.require('durations');
    const { tasks, bundles } = this.world;
    return bundles.groupOf(tasks.bundle[task] as number).group.durationUs;
  }
  get agentCount(): number {
    return this.world.agents.count;
  }
  freeOf(agent: number): Amounts {
    return this.world.pool.isCovered(agent) ? this.world.zero : this.world.agents.freeOf(agent);
  }

  private role(client: number): RoleState {
    return this.world.clients.roles[this.world.clients.role[client] as number] as RoleState;
  }

  private require(what: AllocatorReads): void {
    if (!this.reads.includes(what)) throw new Error(`allocator ${this.name} reads ${what} without declaring it`);
  }
}
