import { IntList } from '../core/int-list.js';
import type { Framework, InverseOffer, SchedulerDriver, SchedulerJob, TaskUpdate } from '../model/framework.js';
import type { JobRecord } from '../model/job.js';
import type { OfferOperation, TaskUse } from '../model/operations.js';
import type { PendingGroup } from '../model/order.js';
import type { WaitCause } from '../model/waits.js';
import type { Answer } from './answers.js';
import type { Retry } from './asides.js';
import type { OfferHoldings } from './engine.js';
import { Inside } from './inside.js';
import type { GroupState, Job } from './jobs.js';
import { ACCEPT, DECLINE, KILL_AT_MASTER, REVIVE, SUPPRESS } from './kinds.js';
import { Outlook } from './outlook.js';
import type { StopReason } from './stop-reason.js';
import { appendTask, PLANNED } from './tasks.js';
import type { FrameworkState, World } from './world.js';

/** The framework's side of the protocol: what it holds, what it plans, and the calls it sends. */
export class Driver implements SchedulerDriver {
  readonly holdings: OfferHoldings;
  readonly inside: Inside;
  private readonly outlook: Outlook;
  isSuppressed = true;
  plannedCount = 0;
  plannedTask = -1;
  /** Agents of the planned tasks, and the clients whose offers they are. */
  private readonly plannedAgents = new IntList();
  private readonly plannedClients = new IntList();
  private readonly plannedBundles = new IntList();
  private readonly plannedOperations: { operation: OfferOperation; client: number; after: number }[] = [];
  private answeredBlanket = 0;

  constructor(
    private readonly world: World,
    readonly framework: number,
    readonly name: string,
    /** Rows of its clients, one per role. */
    readonly clients: readonly number[],
    private readonly streams: (name: string) => () => number,
  ) {
    this.holdings = world.engine.makeHoldings(framework);
    this.outlook = new Outlook(world);
    this.inside = new Inside(world);
  }

  get nowUs(): number {
    return this.world.nowUs;
  }
  get resources() {
    return this.world.resources;
  }
  get roles(): readonly string[] {
    const { clients } = this.world;
    return this.clients.map((client) => clients.roles[clients.role[client] as number]?.path ?? '');
  }
  get offers(): OfferHoldings {
    return this.holdings;
  }

  random(name: string): () => number {
    return this.streams(`framework/${this.name}/${name}`);
  }

  suppress(): void {
    if (this.isSuppressed) return;
    this.isSuppressed = true;
    for (const client of this.clients) this.world.send(SUPPRESS, client, 0);
  }

  revive(): void {
    this.isSuppressed = false;
    for (const client of this.clients) this.world.send(REVIVE, client, 0);
  }

  place(pending: PendingGroup, agent: number, use?: TaskUse): boolean {
    const group = pending as GroupState;
    const { world } = this;
    const { amounts } = group.group;
    const isThere = group.pendingCount > 0 && (use?.index === undefined || group.isWaiting(use.index));
    const client = isThere ? this.holdings.take(agent, amounts, use) : -1;
    if (client < 0) return false;
    const { tasks } = world;
    const task = tasks.rows.take();
    this.holdings.bind(task);
    tasks.agent[task] = agent;
    tasks.state[task] = PLANNED;
    tasks.startUs[task] = -1;
    tasks.pricePerS[task] = 0;
    tasks.devices[task] = group.gpusMilli > 0 ? world.agents.takeGpus(agent, group.gpusMilli) : 0;
    const retry = this.nextTask(group, task, use?.index);
    const isAlone = retry !== undefined && (retry.doneUs > 0 || (retry.restartUs ?? 0) > 0);
    this.assign(group, task, client, isAlone);
    group.pendingCount--;
    group.runningCount++;
    group.job.runningCount++;
    world.ledger.addPending(this.framework, amounts, -1);
    world.demand.shrunk(this.framework);
    const state = world.frameworks[this.framework] as FrameworkState;
    state.pendingTaskCount--;
    state.runningTaskCount++;
    state.waitingCount--;
    state.stagingCount++;
    world.waits.touch(this.framework);
    this.plannedAgents.push(agent);
    this.plannedClients.push(client);
    this.plannedCount++;
    this.plannedTask = task;
    return true;
  }

  /** Which task of the group goes: one that must be tried again first, else the next that never ran. */
  private nextTask(group: GroupState, task: number, index: number | undefined): Retry | undefined {
    const { tasks } = this.world;
    if (index !== undefined) group.advance(index);
    const retry = group.retries?.shift();
    if (group.retries?.length === 0) group.retries = undefined;
    tasks.index[task] = retry === undefined ? group.takeFirst() : retry.index;
    tasks.attempt[task] = retry === undefined ? 1 : retry.attempt;
    tasks.queuedUs[task] = retry === undefined ? group.readyUs : retry.queuedUs;
    tasks.doneUs[task] = retry === undefined ? 0 : retry.doneUs;
    tasks.restartUs[task] = retry?.restartUs ?? 0;
    return retry;
  }

  /** Tasks of one group in one plan share a bundle, unless a checkpoint gave them a shorter way to go. */
  private assign(group: GroupState, task: number, client: number, isAlone: boolean): void {
    const { tasks, bundles } = this.world;
    const { plannedBundles } = this;
    const last = plannedBundles.size > 0 ? plannedBundles.at(plannedBundles.size - 1) : -1;
    const isAlike = last >= 0 && bundles.group[last] === group && bundles.client[last] === client;
    const isShared = isAlike && !isAlone && this.lastIsShared;
    const bundle = isShared ? last : bundles.take(client, group);
    if (!isShared) plannedBundles.push(bundle);
    this.lastIsShared = !isAlone;
    appendTask(tasks, bundles, bundle, task);
  }
  private lastIsShared = true;

  operate(operation: OfferOperation): boolean {
    const client = this.holdings.operate(operation);
    if (client < 0) return false;
    this.plannedOperations.push({ operation, client, after: this.plannedBundles.size });
    // Tasks that follow belong to a bundle of their own, so that they are launched after it.
    this.lastIsShared = false;
    return true;
  }

  accept(refuseUs: number): void {
    if (this.plannedCount === 0 && this.plannedOperations.length === 0) return;
    for (const client of this.clients) this.acceptAs(client, refuseUs);
    this.plannedAgents.clear();
    this.plannedClients.clear();
    this.plannedBundles.clear();
    this.plannedOperations.length = 0;
    this.plannedCount = 0;
  }

  /** An ACCEPT names offers of one role only. */
  private acceptAs(client: number, refuseUs: number): void {
    const { world, holdings, plannedAgents, plannedClients, plannedBundles } = this;
    const answer = world.answers.take(client, refuseUs);
    for (let index = 0; index < plannedAgents.size; index++) {
      if (plannedClients.at(index) === client) holdings.answerAgent(plannedAgents.at(index), answer);
    }
    for (let index = 0; index <= plannedBundles.size; index++) {
      if (this.plannedOperations.length > 0) this.nameOperations(answer, index);
      const bundle = index < plannedBundles.size ? plannedBundles.at(index) : -1;
      if (bundle >= 0 && world.bundles.client[bundle] === client) answer.bundles.push(bundle);
    }
    if (answer.bundles.size > 0 || answer.operations.length > 0) world.send(ACCEPT, answer.row, 0);
    else world.answers.give(answer);
  }

  /** Adds the operations that were planned before the bundle at this place. */
  private nameOperations(answer: Answer, place: number): void {
    for (const { operation, client, after } of this.plannedOperations) {
      if (client !== answer.client || after !== place) continue;
      this.holdings.answerAgent(operation.agent, answer);
      answer.operations.push({ operation, after: answer.bundles.size });
    }
  }

  declineAll(refuseUs: number): void {
    const { world, holdings } = this;
    if (holdings.isVoid) return;
    for (const client of this.clients) {
      const answer = world.answers.take(client, refuseUs);
      if (!holdings.answerAll(answer)) {
        world.answers.give(answer);
        continue;
      }
      if (answer.blanketSerial !== 0) this.answeredBlanket = answer.blanketSerial;
      world.send(DECLINE, answer.row, 0);
    }
  }

  decline(agent: number, refuseUs: number): void {
    for (const client of this.clients) {
      const answer = this.world.answers.take(client, refuseUs);
      // An ACCEPT without operations is a decline, and can name a part of the blanket.
      if (this.holdings.answerAgent(agent, answer)) this.world.send(ACCEPT, answer.row, 0);
      else this.world.answers.give(answer);
    }
  }

  isBlanketAnswered(serial: number): boolean {
    return this.answeredBlanket === serial;
  }

  headCause(demand: Float64Array): WaitCause {
    return this.isSuppressed ? 'suppressed' : this.outlook.headCause(this.clients, demand);
  }

  timer(delayUs: number, tag: number): number {
    return this.world.timers.start(this.framework, delayUs, tag);
  }

  cancel(timer: number): void {
    this.world.timers.cancel(timer);
  }

  get agentCount(): number {
    return this.world.agents.count;
  }

  agentId(agent: number): string {
    return this.world.agents.names[agent] as string;
  }

  attributes(agent: number): Readonly<Record<string, string>> {
    return this.world.agents.attributes[agent] as Readonly<Record<string, string>>;
  }

  unavailability(agent: number): InverseOffer | undefined {
    return this.world.maintenance.windowOf(agent);
  }

  tasksOn(agent: number): { task: number; pending: PendingGroup; startUs: number }[] {
    const { agents, tasks, bundles } = this.world;
    const own: { task: number; pending: PendingGroup; startUs: number }[] = [];
    for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
      const pending = bundles.groupOf(tasks.bundle[task] as number);
      if (pending.job.framework === this.framework) own.push({ task, pending, startUs: tasks.startUs[task] as number });
    }
    return own;
  }

  replicasOf(block: string): readonly number[] {
    return this.world.blocks.replicasOf(block);
  }

  gauge(name: string, value: number): void {
    this.world.facts.gauged(this.framework, name, value);
  }

  note(event: string, detail: string): void {
    this.world.facts.event({ event, framework: this.framework, job: '', task: '', agent: -1, offer: -1, detail });
  }

  kill(task: number, reason: string, graceUs = 0): void {
    this.sendKill(task, { reason, state: 'killed', isRetried: false }, graceUs);
  }

  requeue(task: number, reason: string, graceUs = 0): void {
    this.sendKill(task, { reason, state: 'killed', isRetried: true, isOwn: true }, graceUs);
  }

  private sendKill(task: number, stop: StopReason, graceUs: number): void {
    this.world.killReasons.set(task, { stop, graceUs });
    this.world.send(KILL_AT_MASTER, task, this.world.tasks.rows.epochs[task] as number);
  }

  finish(task: number): void {
    this.world.lifecycle.finish(task);
  }

  fail(task: number, reason: string, isRetried: boolean): void {
    this.world.lifecycle.fail(task, { reason, state: 'failed', isRetried, isOwn: true });
  }

  submit(record: JobRecord): void {
    this.world.submit(record, this.framework);
  }

  abandon(job: SchedulerJob, reason: string, state: 'killed' | 'failed' | 'finished' = 'killed'): void {
    this.world.abandon(job as Job, { reason, state, isRetried: false });
  }

  publish(): void {
    this.world.demand.publish(this.framework);
  }

  get demandChanges(): number {
    return this.world.demand.changesOf(this.framework);
  }

  isFeasible(pending: PendingGroup): boolean {
    return this.outlook.isFeasible(pending);
  }

  // What arrives ----------------------------------------------------------------------------------------------------

  /** The first offers after a job's arrival are its first offers. */
  offersArrived(): void {
    if (this.world.absences.isWithout(this.framework)) {
      // Rescinded already: what is left of them is the message.
      this.declineAll(0);
      return;
    }
    this.world.waits.touch(this.framework);
    const state = this.world.frameworks[this.framework] as FrameworkState;
    for (const job of state.unoffered) job.firstOfferUs = this.world.nowUs;
    if (state.unoffered.length > 0) state.unoffered = [];
    state.scheduler.onOffers();
  }

  get wantsUpdates(): boolean {
    return (this.world.frameworks[this.framework] as FrameworkState).scheduler.onUpdate !== undefined;
  }

  /** A status update of every task of a bundle. The scheduler may plan and kill meanwhile, but the bundle stays as it is. */
  updated(bundle: number, state: TaskUpdate['state'], reason: string): void {
    const { tasks, bundles } = this.world;
    const { scheduler } = this.world.frameworks[this.framework] as FrameworkState;
    const { update } = this;
    for (let task = bundles.head[bundle] as number, next = -1; task >= 0; task = next) {
      // The scheduler may end the task, which leaves its bundle then.
      next = tasks.nextInBundle[task] as number;
      update.task = task;
      update.pending = bundles.groupOf(bundle);
      update.index = tasks.index[task] as number;
      update.attempt = tasks.attempt[task] as number;
      update.agent = tasks.agent[task] as number;
      update.state = state;
      update.reason = reason;
      scheduler.onUpdate?.(update);
    }
  }
  private readonly update = {} as { -readonly [K in keyof TaskUpdate]: TaskUpdate[K] };

  /** Terminal updates: tasks to be tried again wait anew. */
  ended(bundle: number, stop: StopReason | undefined): void {
    const { world } = this;
    const group = world.bundles.groupOf(bundle);
    const state = world.frameworks[this.framework] as FrameworkState;
    if (stop?.isRetried) this.queueAgain(bundle, group, state);
    state.scheduler.onEnded?.(group, world.bundles.count[bundle] as number, stop?.reason ?? '');
    if (stop?.isRetried && group.pendingCount > 0) state.scheduler.onPending(group);
  }

  private queueAgain(bundle: number, group: GroupState, state: FrameworkState): void {
    const { world } = this;
    const { tasks, bundles } = world;
    if (group.isAbandoned) return;
    state.returningCount -= bundles.count[bundle] as number;
    for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number) {
      group.comesBack(tasks.index[task] as number);
      if (group.job.isPaused) group.pausedCount++;
      else group.pendingCount++;
      state.pendingTaskCount++;
      state.waitingCount++;
      world.waits.touch(this.framework);
      world.ledger.addPending(this.framework, group.group.amounts, 1);
    }
  }
}

export type { Framework };
