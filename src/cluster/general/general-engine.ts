import { hashAmounts } from '../../core/digest.js';
import type { IntList } from '../../core/int-list.js';
import type { AllocatorView, Sorter } from '../../model/allocator.js';
import type { OfferOperation } from '../../model/operations.js';
import type { Amounts } from '../../model/resources.js';
import type { WaitCause } from '../../model/waits.js';
import type { Unavailability } from '../allocation/agent-columns.js';
import type { AllocationSink } from '../allocation/allocation-run.js';
import { HierarchicalAllocator, NO_FILTER } from '../allocation/hierarchical-allocator.js';
import type { KindTable } from '../allocation/resource-kinds.js';
import type { RoleState } from '../clients.js';
import type { AllocationEngine, OfferHoldings, RoleQuota } from '../engine.js';
import type { FrameworkState, World } from '../world.js';
import { AgentKinds } from './agent-kinds.js';
import { causeOn } from './causes.js';
import { checkKinds } from './check-kinds.js';
import { KindColumn } from './kind-column.js';
import { KindPot } from './kind-pot.js';
import { LotHoldings } from './lot-holdings.js';
import { OfferWriter, sumByName } from './offer-writer.js';
import { Operations } from './operations.js';
import { Oversubscription } from './oversubscription.js';
import { Registrations } from './registrations.js';
import { type GeneralSettings, refuseClearing } from './settings.js';

/**
 * The engine with all of Mesos's hierarchical allocator: quota, reservations, volumes, revocable resources, several roles per framework,
 * capabilities, regions, offer constraints, maintenance. It keeps amounts by kind beside the world's columns by resource; the decisions
 * are HierarchicalAllocator's.
 */
export class GeneralEngine implements AllocationEngine, AllocationSink {
  policyView: AllocatorView | undefined;
  returnedCount = 0;
  returnedHash = 0;
  readonly allocator: HierarchicalAllocator;
  readonly operations: Operations;
  /** Amounts by kind of outstanding offers and of launched tasks. */
  readonly offerKinds: KindColumn;
  readonly taskKinds: KindColumn;
  private readonly pot: KindPot;
  private readonly agentKinds: AgentKinds;
  private readonly writer: OfferWriter;
  private readonly names: Float64Array;
  private readonly oversubscription: Oversubscription | undefined;
  private readonly roleRows: number[] = [];
  private readonly registrations: Registrations;
  private client = -1;

  constructor(
    private readonly world: World,
    readonly settings: GeneralSettings,
    makeSorter: (level: 'role' | 'framework') => Sorter,
  ) {
    const { seed, agentOrder, allocationIntervalUs } = world.settings;
    const { minAllocatable, filterGpuResources, region, quirks } = settings;
    this.allocator = new HierarchicalAllocator(
      world.resources,
      { seed, agentOrder, allocationIntervalUs, minAllocatable, filterGpuResources, region, quirks },
      makeSorter,
    );
    this.operations = new Operations(this.kinds);
    this.offerKinds = new KindColumn(this.kinds);
    this.taskKinds = new KindColumn(this.kinds);
    this.pot = new KindPot(this.kinds);
    this.agentKinds = new AgentKinds(this.kinds, world.agents, this.operations.volumes);
    this.writer = new OfferWriter(world, this.kinds, this.offerKinds);
    this.names = world.resources.zero();
    const { oversubscription: terms } = settings;
    this.oversubscription = terms === undefined ? undefined : new Oversubscription(world, this, terms);
    this.registrations = new Registrations(
      world,
      this.allocator,
      this.agentKinds,
      this.roleRows,
      this.oversubscription,
    );
    refuseClearing(world.allocator);
  }

  get kinds(): KindTable {
    return this.allocator.kinds;
  }

  // Runs ------------------------------------------------------------------------------------------------------------

  policyChanged(): void {
    // Its sorters are in the order of the new policy already.
    this.wake();
  }

  get filterSequence(): number {
    return this.allocator.filterSequence;
  }

  wakeUs(): number {
    const { state } = this.allocator;
    if (state.clients.activeCount === 0 && state.agents.unavailability.size === 0) return Number.POSITIVE_INFINITY;
    return this.allocator.wakeUs();
  }

  wake(): void {
    this.allocator.state.changeCount++;
  }

  run(trigger: number, candidates: IntList | undefined): number {
    const { allocator, world } = this;
    const isIdle = candidates === undefined && !world.settings.isNaive && this.wakeUs() > world.nowUs;
    // The clock says what the candidates are; what calls have asked for since the last run is among them.
    allocator.skipRun();
    if (isIdle) return 0;
    allocator.cycle = world.cycle - 1;
    if (candidates === undefined) allocator.trigger();
    else for (let index = 0; index < candidates.size; index++) allocator.triggerAgent(candidates.at(index));
    const { clock } = world;
    allocator.restrict(clock.isRestricting ? (client, agent) => clock.mayHave(client, agent) : undefined);
    this.writer.begin();
    allocator.run(world.nowUs, trigger, this);
    return this.writer.send();
  }

  nominate(agent: number, client: number): void {
    this.allocator.nominated.set(agent, client);
  }

  forgetNominations(): void {
    this.allocator.nominated.clear();
  }

  /** The allocator's sink. */
  offer(framework: number, role: number, agent: number, amounts: Float64Array, offset: number): void {
    this.writer.add(this.allocator.clientOf(framework, role), agent, amounts, offset);
  }

  inverseOffer(framework: number, agent: number): void {
    this.world.maintenance.invite(framework, agent);
  }

  // Agents ----------------------------------------------------------------------------------------------------------

  agentJoined(agent: number): void {
    this.registrations.joined(agent);
  }

  agentLeft(agent: number): void {
    this.registrations.left(agent);
  }

  agentForgotten(agent: number): void {
    this.registrations.forget(agent);
  }

  agentReturned(agent: number): void {
    this.registrations.returned(agent, this.taskKinds);
  }

  leaderElected(expectedAgentCount: number): void {
    this.registrations.renew();
    this.allocator.recover(expectedAgentCount);
  }

  leaderResumes(): void {
    this.allocator.resume();
    this.wake();
  }

  agentResized(agent: number): void {
    const amounts = this.agentKinds.resized(agent, this.totalOf(agent));
    this.allocator.updateAgent(agent, { amounts, offset: 0 });
  }

  agentStanding(agent: number, isActive: boolean): void {
    if (isActive) this.allocator.activateAgent(agent);
    else this.allocator.deactivateAgent(agent);
  }

  setUnavailability(agent: number, window: Unavailability | undefined): void {
    this.allocator.setUnavailability(agent, window);
  }

  answerInverse(agent: number, framework: number, isAccept: boolean): void {
    // Any negative refusal stands for the default of 5 s.
    this.allocator.answerInverse(agent, framework, isAccept ? 'accept' : 'decline', -1, this.world.nowUs);
  }

  totalOf(agent: number): Float64Array {
    return this.registrations.totalOf(agent);
  }

  // Roles and clients -----------------------------------------------------------------------------------------------

  subscribed(framework: number): void {
    const { traits, clients, driver } = this.world.frameworks[framework] as FrameworkState;
    for (const client of clients) this.roleRows[client] = this.allocator.role(this.roleOf(client));
    this.registrations.subscribed(framework);
    (driver.holdings as LotHoldings).setUsual(traits.revocable);
  }

  roleAdded(role: string, weight: number): void {
    this.allocator.role(role);
    if (weight !== 1) this.allocator.setWeight(role, weight);
  }

  guaranteeOf(role: string): Amounts | undefined {
    return this.allocator.state.roles.of(this.allocator.role(role)).guarantees;
  }

  setQuota(role: string, { guarantee, limit }: RoleQuota): void {
    this.allocator.setQuota(this.allocator.role(role), guarantee, limit);
  }

  reserve(agent: number, role: string, amounts: Amounts, isUndone: boolean): boolean {
    const change = this.operations.changeOf({ type: isUndone ? 'unreserve' : 'reserve', agent, role, amounts });
    return change !== undefined && this.allocator.convertAvailable(agent, change.from, change.to);
  }

  setWeight(role: string, weight: number): void {
    this.allocator.setWeight(role, weight);
  }

  disconnected(framework: number): void {
    this.allocator.deactivateFramework(framework);
  }

  reconnected(framework: number): void {
    this.allocator.activateFramework(framework);
  }

  revive(client: number): void {
    this.allocator.revive(this.frameworkOf(client), [this.roleRows[client] as number]);
    this.world.clients.activate(client);
  }

  suppress(client: number): void {
    this.allocator.suppress(this.frameworkOf(client), [this.roleRows[client] as number]);
    this.world.clients.deactivate(client);
  }

  roleOf(client: number): string {
    const { clients } = this.world;
    return (clients.roles[clients.role[client] as number] as RoleState).path;
  }

  private frameworkOf(client: number): number {
    return this.world.clients.framework[client] as number;
  }

  // Offers and answers ----------------------------------------------------------------------------------------------

  makeHoldings(): OfferHoldings {
    return new LotHoldings(this.world, this);
  }

  begin(client: number): void {
    this.client = client;
    this.pot.begin();
    this.returnedCount = 0;
    this.returnedHash = 0;
  }

  gather(offer: number): void {
    const offset = this.offerKinds.at(offer);
    this.pot.add(this.world.offers.agent[offer] as number, this.offerKinds.amounts, offset);
  }

  gatherFree(): void {
    // There are no blankets.
  }

  operate(operation: OfferOperation): boolean {
    const { agent, role } = operation;
    const change = role === this.roleOf(this.client) ? this.operations.changeOf(operation) : undefined;
    const isDone = change !== undefined && this.pot.contains(agent, change.from, 0);
    if (isDone) {
      this.pot.amounts.add(agent, change.from, 0, -1);
      this.pot.amounts.add(agent, change.to, 0, 1);
      this.pot.made.add(agent, change.to, 0, 1);
      const roleRow = this.roleRows[this.client] as number;
      this.allocator.convertAllocated(this.frameworkOf(this.client), roleRow, agent, change.from, change.to);
    }
    this.operations.settle(operation, isDone);
    return isDone;
  }

  take(task: number, agent: number): boolean {
    const offset = this.taskKinds.at(task);
    const { amounts } = this.taskKinds;
    if (this.world.agents.isUp[agent] !== 1 || !this.pot.contains(agent, amounts, offset)) return false;
    this.pot.amounts.add(agent, amounts, offset, -1);
    return true;
  }

  returnRest(refuseUs: number): void {
    const { pot } = this;
    for (let index = 0; index < pot.agents.size; index++) {
      const agent = pot.agents.at(index);
      if (pot.amounts.isEmpty(agent)) continue;
      const offset = pot.amounts.at(agent);
      this.note(agent, pot.amounts.amounts, offset);
      this.returnMade(agent);
      if (!pot.amounts.isEmpty(agent)) this.giveBack(this.client, agent, pot.amounts.amounts, offset, refuseUs);
    }
  }

  /** What operations have made and no task has used returns without a filter (master.cpp _accept). */
  private returnMade(agent: number): void {
    const { pot } = this;
    if (!pot.takeMade(agent)) return;
    const offset = pot.made.at(agent);
    this.giveBack(this.client, agent, pot.made.amounts, offset, 0);
  }

  returnOffer(offer: number, refuseUs: number): void {
    const { offers } = this.world;
    const agent = offers.agent[offer] as number;
    const offset = this.offerKinds.at(offer);
    this.note(agent, this.offerKinds.amounts, offset);
    this.giveBack(this.client, agent, this.offerKinds.amounts, offset, refuseUs);
  }

  returnBlanket(): void {
    // There are no blankets.
  }

  private note(agent: number, amounts: Float64Array, offset: number): void {
    this.returnedCount++;
    this.returnedHash = (this.returnedHash + hashAmounts(agent, amounts, offset, this.kinds.count)) | 0;
  }

  /** Offered amounts are free again. */
  private giveBack(client: number, agent: number, amounts: Float64Array, offset: number, refuseUs: number): void {
    this.recover(client, agent, amounts, offset, refuseUs);
    this.world.ledger.addOffered(this.names, 0, -1);
  }

  /** Amounts that the client held are free again; leaves their sums by name in `names`. */
  private recover(client: number, agent: number, amounts: Float64Array, offset: number, refuseUs: number): void {
    const { world, allocator, names } = this;
    const filterUs = refuseUs > 0 ? refuseUs : NO_FILTER;
    const roleRow = this.roleRows[client] as number;
    allocator.recoverResources(this.frameworkOf(client), roleRow, agent, { amounts, offset }, filterUs, world.nowUs);
    sumByName(this.kinds, amounts, offset, names);
    world.clients.credit(client, names, 0);
    world.pool.rise(agent, names, 0);
  }

  end(): void {
    // Everything was credited when it returned.
  }

  rescinded(offer: number, isKept: boolean): void {
    const { offers, clients, width } = this.world;
    const client = offers.client[offer] as number;
    if (isKept) {
      const offset = this.offerKinds.at(offer);
      this.recover(client, offers.agent[offer] as number, this.offerKinds.amounts, offset, 0);
    } else {
      // The agent goes, and with it all that is held on it.
      clients.credit(client, offers.amounts, offer * width);
    }
  }

  // Tasks -----------------------------------------------------------------------------------------------------------

  launched(): void {
    this.oversubscription?.wake();
  }

  estimate(): void {
    this.oversubscription?.estimate();
  }

  taskEnded(task: number, agent: number): void {
    const { tasks, bundles } = this.world;
    const client = bundles.client[tasks.bundle[task] as number] as number;
    const offset = this.taskKinds.at(task);
    this.recover(client, agent, this.taskKinds.amounts, offset, 0);
  }

  tasksEnded(): void {
    // Each was credited for itself.
  }

  taskLost(task: number): void {
    const { tasks, bundles, clients } = this.world;
    const bundle = tasks.bundle[task] as number;
    clients.credit(bundles.client[bundle] as number, bundles.amountsOf(bundle), 0);
  }

  // Explanations and checks -----------------------------------------------------------------------------------------

  causeOn(agent: number, client: number, demand: Amounts): WaitCause {
    const { nowUs, offers, cycle } = this.world;
    const cause = causeOn(this.allocator, { agent, client, demand, nowUs });
    return cause === 'in-flight' && offers.wentToAnother(agent, client, cycle) ? 'lower-share' : cause;
  }

  check(): void {
    checkKinds(this.world, this);
  }
}
