import { hashAmounts } from '../core/digest.js';
import { fail } from '../core/errors.js';
import type { IntList } from '../core/int-list.js';
import type { AllocatorView } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import type { WaitCause } from '../model/waits.js';
import { AllocationCycle } from './cycle.js';
import type { AllocationEngine, OfferHoldings } from './engine.js';
import { HoldingSlots } from './holding-slots.js';
import { Holdings } from './holdings.js';
import { MarketCycle } from './market-cycle.js';
import { Pot } from './pot.js';
import type { World } from './world.js';

/**
 * The engine of plain worlds: one kind of amount per resource, one role per framework, no quota. Agents are offered whole or as a
 * market has sold them, blankets stand for long lists, and every amount is kept once, in the world's own columns.
 */
export class PlainEngine implements AllocationEngine {
  returnedCount = 0;
  returnedHash = 0;
  private cycle: AllocationCycle | MarketCycle;
  private readonly pot: Pot;
  private readonly returned: Float64Array;
  private readonly slots: HoldingSlots;
  private client = -1;

  constructor(private readonly world: World) {
    this.cycle = this.makeCycle();
    this.pot = new Pot(world.agents);
    this.returned = new Float64Array(world.width);
    this.slots = new HoldingSlots(world.width);
  }

  private makeCycle(): AllocationCycle | MarketCycle {
    const { allocator } = this.world;
    return allocator.kind === 'clearing' ? new MarketCycle(this.world, allocator) : new AllocationCycle(this.world);
  }

  // Runs ------------------------------------------------------------------------------------------------------------

  policyChanged(): void {
    this.finish();
    this.cycle = this.makeCycle();
  }

  set policyView(view: AllocatorView | undefined) {
    if (this.cycle instanceof MarketCycle) this.cycle.view = view;
  }

  get filterSequence(): number {
    return this.world.filters.sequence;
  }

  wakeUs(): number {
    return this.cycle.wakeUs();
  }

  wake(): void {
    this.cycle.sleepUntilUs = 0;
  }

  demandChanged(): boolean {
    return this.cycle instanceof MarketCycle && this.cycle.demandChanged();
  }

  finish(): void {
    if (this.cycle instanceof MarketCycle) this.cycle.finish();
  }

  run(trigger: number, candidates: IntList | undefined): number {
    return this.cycle.run(trigger, candidates);
  }

  nominate(agent: number, client: number): void {
    this.cycle.nominate(agent, client);
  }

  forgetNominations(): void {
    this.cycle.forgetNominations();
  }

  // Agents, roles and clients ---------------------------------------------------------------------------------------

  agentJoined(): void {
    this.world.clients.totalsChanged();
  }

  agentLeft(agent: number): void {
    this.world.filters.clearAgent(agent);
    this.world.clients.totalsChanged();
  }

  agentResized(): void {
    this.world.clients.totalsChanged();
  }

  agentStanding(): void {
    // The pool leaves out agents that are not active.
  }

  agentForgotten(agent: number): void {
    this.world.filters.clearAgent(agent);
  }

  agentReturned(): void {
    // The pool and the sorters know it.
  }

  leaderElected(): void {
    this.cycle.sleepUntilUs = 0;
  }

  leaderResumes(): void {
    // Without quota it does not wait (hierarchical.cpp recover).
  }

  setUnavailability(): void {
    // Plain worlds have no inverse offers.
  }

  answerInverse(): void {
    // None is ever made.
  }

  roleAdded(): void {
    // Clients has told its role sorter.
  }

  guaranteeOf(): undefined {
    // Quota is the general engine's.
  }

  setQuota(): void {
    fail('the plain engine knows no quota');
  }

  reserve(): boolean {
    return false;
  }

  subscribed(): void {
    // Clients are registered with the sorters when they are added.
  }

  setWeight(): void {
    // Clients has told its role sorter.
  }

  disconnected(framework: number): void {
    for (const client of this.world.frameworks[framework]?.clients ?? []) this.world.filters.clearClient(client);
  }

  reconnected(): void {
    // REVIVE activates its clients.
  }

  revive(client: number): void {
    this.world.filters.clearClient(client);
    this.world.clients.activate(client);
    this.cycle.forget();
  }

  suppress(client: number): void {
    this.world.clients.deactivate(client);
  }

  // Offers and answers ----------------------------------------------------------------------------------------------

  makeHoldings(framework: number): OfferHoldings {
    return new Holdings(this.world, framework, this.slots);
  }

  begin(client: number): void {
    this.client = client;
    this.pot.begin();
    this.returned.fill(0);
    this.returnedCount = 0;
    this.returnedHash = 0;
  }

  gather(offer: number): void {
    const { offers, width } = this.world;
    const terms = offers.terms[offer];
    if (terms === undefined) this.pot.add(offers.agent[offer] as number, offers.amounts, offer * width);
    else this.pot.addSold(offers.agent[offer] as number, offers.amounts, offer * width, terms);
  }

  gatherFree(agent: number): void {
    const { agents, width } = this.world;
    this.pot.add(agent, agents.free, agent * width);
  }

  operate(): boolean {
    return false;
  }

  take(task: number, agent: number, amounts: Amounts): boolean {
    if (!this.pot.take(agent, amounts)) return false;
    const { allocator, nowUs } = this.world;
    // The price of a task is fixed when it is launched.
    const terms = this.pot.terms(agent);
    if (allocator.kind === 'clearing' && terms !== undefined)
      allocator.launched(this.client, task, amounts, terms, nowUs);
    return true;
  }

  returnRest(refuseUs: number): void {
    const { pot } = this;
    const { width } = this.world;
    for (let index = 0; index < pot.agents.size; index++) {
      const agent = pot.agents.at(index);
      if (!pot.isEmpty(agent)) this.giveBack(agent, pot.amounts, agent * width, refuseUs);
    }
  }

  returnOffer(offer: number, refuseUs: number): void {
    const { offers, width } = this.world;
    this.giveBack(offers.agent[offer] as number, offers.amounts, offer * width, refuseUs);
  }

  returnBlanket(refuseUs: number): void {
    const { pool, filters, agents, width, settings, nowUs } = this.world;
    this.returnedCount += pool.coveredCount;
    this.returnedHash = (this.returnedHash + pool.coveredHash) | 0;
    for (let index = 0; index < width; index++) {
      this.returned[index] = (this.returned[index] as number) + (pool.coveredSum[index] as number);
    }
    if (refuseUs > 0) {
      const expiryUs = nowUs + Math.max(settings.allocationIntervalUs, refuseUs);
      for (let agent = 0; agent < agents.count; agent++) {
        if (pool.isCovered(agent)) filters.add(this.client, agent, expiryUs, agents.free, agent * width);
      }
    }
  }

  /** Unused resources return: filter first, then the rise. */
  private giveBack(agent: number, amounts: Float64Array, offset: number, refuseUs: number): void {
    const { world } = this;
    const { width } = world;
    this.returnedCount++;
    const hash = hashAmounts(agent, amounts, offset, width);
    this.returnedHash = (this.returnedHash + hash) | 0;
    for (let index = 0; index < width; index++) {
      this.returned[index] = (this.returned[index] as number) + (amounts[offset + index] as number);
    }
    if (refuseUs > 0) {
      const expiryUs = world.nowUs + Math.max(world.settings.allocationIntervalUs, refuseUs);
      world.filters.add(this.client, agent, expiryUs, amounts, offset);
    }
    world.pool.rise(agent, amounts, offset, hash);
  }

  end(): void {
    if (this.returnedCount === 0) return;
    this.world.ledger.addOffered(this.returned, 0, -1);
    this.world.clients.credit(this.client, this.returned, 0);
  }

  rescinded(offer: number, isKept: boolean): void {
    const { offers, clients, pool, width } = this.world;
    clients.credit(offers.client[offer] as number, offers.amounts, offer * width);
    if (isKept) pool.rise(offers.agent[offer] as number, offers.amounts, offer * width);
  }

  // Tasks -----------------------------------------------------------------------------------------------------------

  launched(): void {
    // Nothing hangs on it.
  }

  estimate(): void {
    // Plain worlds have no revocable resources.
  }

  taskEnded(task: number, agent: number): void {
    const { tasks, bundles, pool } = this.world;
    pool.rise(agent, bundles.amountsOf(tasks.bundle[task] as number), 0);
  }

  tasksEnded(bundle: number, count: number): void {
    const { bundles, clients, width } = this.world;
    const amounts = bundles.amountsOf(bundle);
    for (let index = 0; index < width; index++) this.returned[index] = (amounts[index] as number) * count;
    clients.credit(bundles.client[bundle] as number, this.returned, 0);
  }

  taskLost(task: number): void {
    const { tasks, bundles, clients } = this.world;
    const bundle = tasks.bundle[task] as number;
    clients.credit(bundles.client[bundle] as number, bundles.amountsOf(bundle), 0);
  }

  // Explanations and checks -----------------------------------------------------------------------------------------

  causeOn(agent: number, client: number): WaitCause {
    const { filters, agents, offers, width, nowUs, cycle } = this.world;
    if (filters.isFiltered(client, agent, agents.free, agent * width, nowUs)) return 'filter';
    return offers.wentToAnother(agent, client, cycle) ? 'lower-share' : 'in-flight';
  }

  check(): void {
    // There are no books beside the world's.
  }
}
