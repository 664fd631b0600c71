import { InputError } from '../core/errors.js';
import { IntList } from '../core/int-list.js';
import type { AllocatorView, DecisionSink, EvictionTerms } from '../model/allocator.js';
import { RUNNING } from './tasks.js';
import type { World } from './world.js';

/** No allocation run is asked for; all agents are candidates. */
const NOBODY = -2;
const EVERYBODY = -1;

/**
 * When allocation runs happen (semantics §7): at the batch interval over all agents, and once at the end of the mailbox after events
 * that ask for one. Batch ticks that can change nothing are passed over, but count as cycles.
 */
export class RunClock implements DecisionSink {
  private view: AllocatorView | undefined;
  /** A policy that prepares (preemption, keys from demand) is asked before every run. */
  private prepare: ((view: AllocatorView, sink: DecisionSink) => void) | undefined;
  /** Time of the next batch run. */
  nextBatchUs: number;
  /** Filters made when the pending batch timer was set: those that expire with the timer and are older are gone. */
  private batchTrigger = 0;
  /** Candidates of the pending event-driven run. */
  private wanted = NOBODY;
  private readonly wantedAgents = new IntList();
  private wantedTrigger = 0;

  constructor(private readonly world: World) {
    this.prepare = this.preparation();
    this.nextBatchUs = world.settings.allocationIntervalUs;
  }

  private preparation(): typeof this.prepare {
    const { allocator } = this.world;
    return allocator.kind === 'sorter' ? allocator.prepare?.bind(allocator) : undefined;
  }

  /** Another policy decides from now on; its first run comes at once. */
  policyChanged(view: AllocatorView): void {
    this.prepare = this.preparation();
    this.policyView = view;
    this.wantRun();
  }

  /** True when the policy keeps clients from agents. */
  get isRestricting(): boolean {
    const { allocator } = this.world;
    return allocator.kind === 'sorter' && allocator.mayHave !== undefined;
  }

  mayHave(client: number, agent: number): boolean {
    const { allocator } = this.world;
    if (allocator.kind !== 'sorter' || allocator.mayHave === undefined || this.view === undefined) return true;
    return allocator.mayHave(client, agent, this.view);
  }

  /** An operator's word to the policy; it may decide otherwise from now on. */
  tellPolicy(action: string, values: Readonly<Record<string, unknown>>): void {
    const { allocator, engine } = this.world;
    if (allocator.kind !== 'sorter' || allocator.onAction === undefined)
      throw new InputError('E_ACTION', `the allocator takes no actions, got "${action}"`);
    allocator.onAction(action, values);
    engine.wake();
    this.wantRun();
  }

  /** What the policy may see; set at wiring. */
  set policyView(view: AllocatorView) {
    this.view = view;
    this.world.engine.policyView = view;
  }

  /** addFramework(active), activateFramework, REVIVE: all agents are candidates of a run at the end of the mailbox. */
  wantRun(): void {
    if (this.wanted === NOBODY) this.wantedTrigger = this.world.engine.filterSequence;
    this.wanted = EVERYBODY;
  }

  /** addSlave, a changed agent, or (as a departure) a recovered one: that agent is a candidate. */
  wantRunOn(agent: number): void {
    if (this.wanted === NOBODY) {
      this.wantedTrigger = this.world.engine.filterSequence;
      this.wanted = agent;
      this.wantedAgents.clear();
    }
    if (this.wanted !== EVERYBODY) this.wantedAgents.push(agent);
  }

  /** The leader is gone, and with it what was asked of it. */
  stop(): void {
    this.wanted = NOBODY;
  }

  /** A new leader's first batch run comes an interval after its election. */
  restart(): void {
    this.skipTicksBefore(this.world.nowUs);
    this.nextBatchUs = this.world.nowUs + this.world.settings.allocationIntervalUs;
    this.batchTrigger = this.world.engine.filterSequence;
  }

  /** Time of the next batch run that can change something. */
  nextRunUs(nextEventUs: number): number {
    if (this.wanted !== NOBODY) return this.world.nowUs;
    if (this.world.settings.isNaive) return this.nextBatchUs;
    const wakeUs = this.wakeUs();
    if (wakeUs <= this.nextBatchUs) return this.nextBatchUs;
    if (wakeUs >= nextEventUs) return Number.POSITIVE_INFINITY;
    const interval = this.world.settings.allocationIntervalUs;
    return this.nextBatchUs + Math.ceil((wakeUs - this.nextBatchUs) / interval) * interval;
  }

  private wakeUs(): number {
    // A policy that prepares may decide anew with time, demand or running tasks: no tick is skipped while anyone waits.
    if (this.prepare !== undefined) return this.world.clients.activeCount > 0 ? 0 : Number.POSITIVE_INFINITY;
    return this.world.engine.wakeUs();
  }

  /** True when the run that is due can change nothing: it is only made because the clock is there, or all runs are wanted. */
  isIdle(nowUs: number): boolean {
    return this.wanted === NOBODY && this.wakeUs() > nowUs;
  }

  isRunDue(nowUs: number): boolean {
    this.skipTicksBefore(nowUs);
    return this.wanted !== NOBODY || this.nextBatchUs === nowUs;
  }

  /** Batch ticks that passed without anything to do still count as cycles. */
  private skipTicksBefore(nowUs: number): void {
    if (this.nextBatchUs >= nowUs) return;
    const interval = this.world.settings.allocationIntervalUs;
    const ticks = Math.ceil((nowUs - this.nextBatchUs) / interval);
    this.nextBatchUs += ticks * interval;
    this.world.cycle += ticks;
    this.batchTrigger = this.world.engine.filterSequence;
  }

  /** One run, over the batch and whatever was asked for since. Returns the number of offers. */
  run(nowUs: number): number {
    const { world } = this;
    world.cycle++;
    const isBatch = this.nextBatchUs === nowUs;
    // The first trigger's place among the filters decides which of those that expire now are gone.
    const trigger = isBatch ? this.batchTrigger : this.wantedTrigger;
    const isFull = isBatch || this.wanted === EVERYBODY;
    this.wanted = NOBODY;
    if (this.prepare !== undefined && this.view !== undefined && world.clients.activeCount > 0) {
      world.engine.forgetNominations();
      this.prepare(this.view, this);
    }
    let offerCount = 0;
    if (world.allocator.kind === 'null') this.wantedAgents.clear();
    else offerCount = world.engine.run(trigger, isFull ? undefined : this.candidates());
    if (isBatch) {
      this.nextBatchUs = nowUs + world.settings.allocationIntervalUs;
      this.batchTrigger = world.engine.filterSequence;
    }
    if (offerCount > 0) world.facts.cycleEnded(offerCount);
    return offerCount;
  }

  /** The agents that were asked for, ascending, each once. */
  private candidates(): IntList {
    const { wantedAgents } = this;
    wantedAgents.sortAscending();
    let count = 0;
    for (let index = 0; index < wantedAgents.size; index++) {
      const agent = wantedAgents.at(index);
      if (count === 0 || agent !== wantedAgents.at(count - 1)) wantedAgents.items[count++] = agent;
    }
    wantedAgents.size = count;
    return wantedAgents;
  }

  /** Published demand has changed: a policy that reads it may decide anew. */
  demandChanged(): void {
    this.world.engine.wake();
    if (this.world.engine.demandChanged?.() === true) this.wantRun();
    // A policy that may preempt hears of urgent work at once.
    if (this.prepare !== undefined) this.wantRun();
  }

  /** An eviction that the policy has decided: the task is tried again. */
  evict(task: number, reason: string, graceUs: number, terms: EvictionTerms = {}): void {
    const { lifecycle } = this.world;
    if (this.world.tasks.state[task] !== RUNNING || lifecycle.isBeingKilled(task)) return;
    const forFramework = terms.forClient === undefined ? -1 : this.world.frameworkOf(terms.forClient).row;
    this.world.facts.taskEvicted(this.world.factOf(task), { reason, graceUs, forFramework });
    lifecycle.kill(task, { reason, state: 'killed', isRetried: true, keepsWork: terms.keepsWork }, graceUs);
  }

  nominate(agent: number, client: number): void {
    this.world.engine.nominate(agent, client);
  }

  /** The run is over: a market closes its books. */
  finish(): void {
    this.world.engine.finish?.();
  }
}
