import { mix32 } from '../core/digest.js';
import { IntList } from '../core/int-list.js';
import type { OfferFact } from '../model/observer.js';
import type { Answer } from './answers.js';
import { HELD } from './holdings.js';
import {
  ENDED_AT_FRAMEWORK,
  FACT_ANSWER,
  FACT_FRAMEWORK,
  FACT_LAUNCH,
  FACT_OPERATION,
  FACT_RECOVERY,
  OFFER_TIMEOUT,
  RESCIND,
  RUN,
} from './kinds.js';
import type { StopReason } from './stop-reason.js';
import { STAGING } from './tasks.js';
import type { World } from './world.js';

const OPERATION_TYPES = ['reserve', 'unreserve', 'create', 'destroy'];
const INVALID_OFFERS: StopReason = { reason: 'invalid-offers', state: 'lost', isRetried: true };

/**
 * The leading master's side of the protocol: it carries out ACCEPT, DECLINE, SUPPRESS and REVIVE, rescinds offers, and takes resources
 * back when it learns that a task has ended. When allocation runs happen is RunClock's business.
 */
export class Master {
  /** Offers that were peeled off a blanket whose answer is on its way. */
  private readonly late = new IntList();
  /** Peeled before the blanket reached its owner. */
  private readonly early = new IntList();
  private readonly offerFact: OfferFact;

  constructor(private readonly world: World) {
    this.offerFact = { amounts: new Float64Array(world.width) } as OfferFact;
    world.pool.onPeel = (agent) => this.peel(agent);
  }

  // Calls of frameworks ---------------------------------------------------------------------------------------------

  /** A call that was on its way when its framework's connection broke goes nowhere: it says anew what it wants when it subscribes. */
  revive(client: number): void {
    const { engine, facts, nowUs, absences, clients } = this.world;
    if (absences.isWithout(clients.framework[client] as number)) return;
    engine.revive(client);
    facts.record(FACT_FRAMEWORK, nowUs, client, 1);
    this.world.clock.wantRun();
  }

  suppress(client: number): void {
    const { engine, facts, nowUs, absences, clients } = this.world;
    if (absences.isWithout(clients.framework[client] as number)) return;
    engine.suppress(client);
    facts.record(FACT_FRAMEWORK, nowUs, client, 0);
  }

  /** ACCEPT: the offers of each agent are merged, tasks launched, the rest returned with the filter (master.cpp _accept). */
  accept(answer: Answer): void {
    const { world } = this;
    const { engine } = world;
    engine.begin(answer.client);
    this.gather(answer);
    for (let index = 0; index <= answer.bundles.size; index++) {
      if (answer.operations.length > 0) this.operate(answer, index);
      if (index < answer.bundles.size) this.launch(answer.bundles.at(index));
    }
    engine.returnRest(answer.refuseUs);
    engine.end();
    world.facts.record(
      FACT_ANSWER,
      world.nowUs,
      answer.client,
      answer.bundles.size,
      engine.returnedCount,
      engine.returnedHash,
      answer.refuseUs,
    );
    world.answers.give(answer);
  }

  /** DECLINE: everything named returns, with a filter when one is given. */
  decline(answer: Answer): void {
    const { world } = this;
    const { offers, engine } = world;
    engine.begin(answer.client);
    const isBlanket = answer.blanketSerial !== 0 && answer.blanketSerial === world.pool.blanketSerial;
    if (isBlanket) {
      // The blanket goes first: giving back an offer of an agent that it covers would peel it.
      for (let index = 0; index < this.late.size; index++) answer.offers.push(this.late.at(index));
      engine.returnBlanket(answer.refuseUs);
      this.late.clear();
      this.early.clear();
      world.pool.endBlanket();
    }
    for (let index = 0; index < answer.offers.size; index++) {
      const offer = answer.offers.at(index);
      if (offers.isRescinded[offer] === 0) {
        offers.unlink(offer);
        this.tellOffer(offer, 'declined', answer.refuseUs, 0);
        engine.returnOffer(offer, answer.refuseUs);
      }
      offers.rows.release(offer);
    }
    engine.end();
    const { returnedCount } = engine;
    // The decline of a blanket of which nothing is left is no fact: explicit offers would not have sent it.
    if (returnedCount > 0) {
      const { client, refuseUs } = answer;
      world.facts.record(FACT_ANSWER, world.nowUs, client, 0, returnedCount, engine.returnedHash, refuseUs);
    }
    world.answers.give(answer);
  }

  /** Carries out the operations that come before the bundle at this place. */
  private operate(answer: Answer, place: number): void {
    const { engine, facts, nowUs } = this.world;
    for (const { operation, after } of answer.operations) {
      if (after !== place) continue;
      const isDone = engine.operate(operation);
      const { type, agent, role } = operation;
      facts.record(FACT_OPERATION, nowUs, answer.client, OPERATION_TYPES.indexOf(type), agent, isDone ? 1 : 0);
      const framework = this.world.clients.framework[answer.client] as number;
      const volume = 'volume' in operation ? ` volume=${operation.volume}` : '';
      const detail = `role=${role}${volume}${isDone ? '' : ' dropped=1'}`;
      facts.event({ event: type, framework, job: '', task: '', agent, offer: -1, detail });
    }
  }

  /** Puts the offers that the answer names into the pots of their agents. */
  private gather(answer: Answer): void {
    const { offers, pool, engine } = this.world;
    const launches = this.world.facts.wantsOffers ? this.launchesByAgent(answer) : undefined;
    for (let index = 0; index < answer.offers.size; index++) {
      const offer = answer.offers.at(index);
      if (offers.isRescinded[offer] === 0) {
        engine.gather(offer);
        offers.unlink(offer);
        this.tellOffer(offer, 'accepted', answer.refuseUs, launches?.get(offers.agent[offer] as number) ?? 0);
        launches?.delete(offers.agent[offer] as number);
      }
      offers.rows.release(offer);
    }
    for (let index = 0; index < answer.agents.size; index++) {
      const agent = answer.agents.at(index);
      if (pool.isCovered(agent)) {
        engine.gatherFree(agent);
        pool.takeCovered(agent);
      } else {
        this.addLate(agent);
      }
    }
  }

  /** Tasks that an answer launches on each agent; the first offer of an agent is charged with all of them. */
  private launchesByAgent(answer: Answer): Map<number, number> {
    const { tasks, bundles } = this.world;
    const counts = new Map<number, number>();
    for (let index = 0; index < answer.bundles.size; index++) {
      let task = bundles.head[answer.bundles.at(index)] as number;
      for (; task >= 0; task = tasks.nextInBundle[task] as number) {
        const agent = tasks.agent[task] as number;
        counts.set(agent, (counts.get(agent) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** The accepted part of the blanket was peeled off while the answer travelled. */
  private addLate(agent: number): void {
    const { offers, engine } = this.world;
    for (let index = 0; index < this.late.size; index++) {
      const offer = this.late.at(index);
      if (offers.agent[offer] !== agent) continue;
      if (offers.isRescinded[offer] === 0) {
        engine.gather(offer);
        offers.unlink(offer);
      }
      offers.rows.release(offer);
      this.late.items[index] = this.late.at(--this.late.size);
      return;
    }
  }

  /** Validates and launches the tasks of one bundle; those whose offers are gone come back as lost. */
  private launch(bundle: number): void {
    const { world } = this;
    const { tasks, bundles, ledger, facts } = world;
    const group = bundles.groupOf(bundle);
    const amounts = bundles.amountsOf(bundle);
    const client = bundles.client[bundle] as number;
    let count = 0;
    let hash = 0;
    let invalid = -1;
    for (let task = bundles.head[bundle] as number; task >= 0; ) {
      const next = tasks.nextInBundle[task] as number;
      const agent = tasks.agent[task] as number;
      if (world.engine.take(task, agent, amounts)) {
        tasks.state[task] = STAGING;
        this.linkToAgent(task, agent);
        count++;
        hash = (hash + mix32(Math.imul(agent, 31) + (tasks.index[task] as number))) | 0;
      } else {
        invalid = this.reject(task, bundle, invalid, client);
      }
      task = next;
    }
    if (count > 0) {
      ledger.addOffered(amounts, 0, -count);
      ledger.addAllocated(group.job.framework, amounts, count);
      world.launchCount += count;
      world.engine.launched();
      facts.record(FACT_LAUNCH, world.nowUs, client, group.job.idHash, group.position, count, hash);
      world.send(RUN, bundle, bundles.rows.epochs[bundle] as number);
    }
    if (invalid >= 0) world.send(ENDED_AT_FRAMEWORK, invalid, bundles.rows.epochs[invalid] as number);
  }

  /** Moves a task whose offer is no longer valid into a bundle of its kind (TASK_LOST, REASON_INVALID_OFFERS). */
  private reject(task: number, bundle: number, invalid: number, client: number): number {
    const { bundles, lifecycle } = this.world;
    const target = invalid >= 0 ? invalid : bundles.take(client, bundles.groupOf(bundle));
    lifecycle.reject(task, target, INVALID_OFFERS);
    return target;
  }

  private linkToAgent(task: number, agent: number): void {
    const { tasks, agents } = this.world;
    const first = agents.firstTask[agent] as number;
    tasks.nextOnAgent[task] = first;
    tasks.previousOnAgent[task] = -1;
    if (first >= 0) tasks.previousOnAgent[first] = task;
    agents.firstTask[agent] = task;
    agents.taskCount[agent] = (agents.taskCount[agent] as number) + 1;
  }

  // What agents report ----------------------------------------------------------------------------------------------

  /** A terminal update: the tasks' resources return, without a filter and without a run (master.cpp updateTask). */
  recover(bundle: number): void {
    const { world } = this;
    const { tasks, bundles, engine, ledger, facts } = world;
    const group = bundles.groupOf(bundle);
    const client = bundles.client[bundle] as number;
    let hash = 0;
    let count = 0;
    for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number) {
      const agent = tasks.agent[task] as number;
      if (!world.lifecycle.unlinkFromAgent(task)) continue;
      engine.taskEnded(task, agent);
      if (world.settings.allocateOnRecover) this.world.clock.wantRunOn(agent);
      hash = (hash + mix32(Math.imul(agent, 31) + (tasks.index[task] as number))) | 0;
      count++;
    }
    if (count > 0) {
      engine.tasksEnded(bundle, count);
      ledger.addAllocated(group.job.framework, bundles.amountsOf(bundle), -count);
    }
    facts.record(FACT_RECOVERY, world.nowUs, client, group.job.idHash, group.position, count, hash);
  }

  // Offers that are withdrawn ---------------------------------------------------------------------------------------

  /** The covered part of an agent becomes an offer of its own, so that the agent may change. */
  private peel(agent: number): void {
    const { world } = this;
    const { offers, agents, pool, width } = world;
    const client = pool.blanketClient;
    const offer = offers.take(client, agent, world.cycle);
    for (let index = 0; index < width; index++) {
      offers.amounts[offer * width + index] = agents.free[agent * width + index] as number;
    }
    offers.createdUs[offer] = world.nowUs;
    const { driver } = world.frameworkOf(client);
    const { holdings } = driver;
    const isAnswered = holdings.isPartAnswered(agent) || driver.isBlanketAnswered(pool.blanketSerial);
    if (isAnswered) this.late.push(offer);
    else if (holdings.holdsBlanket) holdings.peeled(offer);
    else this.early.push(offer);
  }

  /** The blanket reaches its owner: what was peeled off on the way belongs to it too. */
  blanketArrived(client: number): void {
    const { driver } = this.world.frameworkOf(client);
    driver.holdings.receiveBlanket();
    for (let index = 0; index < this.early.size; index++) driver.holdings.addOffer(this.early.at(index));
    this.early.clear();
  }

  armOfferTimeouts(bulkHead: number): void {
    const { world } = this;
    const { offers, settings } = world;
    for (let offer = bulkHead; offer >= 0; offer = offers.nextInBulk[offer] as number) {
      const atUs = world.nowUs + settings.offerTimeoutUs;
      world.queue.push(atUs, OFFER_TIMEOUT, offer, offers.rows.epochs[offer] as number);
    }
  }

  offerTimedOut(offer: number, epoch: number): void {
    const { offers } = this.world;
    if (offers.rows.epochs[offer] !== epoch || offers.isRescinded[offer] === 1) return;
    this.rescind(offer, true);
  }

  /** RESCIND: the resources return without a filter; the framework hears of it later. */
  rescind(offer: number, returnsResources: boolean): void {
    const { world } = this;
    const { offers, width, engine, ledger } = world;
    offers.unlink(offer);
    offers.isRescinded[offer] = 1;
    this.tellOffer(offer, 'rescinded', 0, 0);
    ledger.addOffered(offers.amounts, offer * width, -1);
    engine.rescinded(offer, returnsResources);
    world.send(RESCIND, offer, offers.rows.epochs[offer] as number);
  }

  /** The word of a rescind has reached the framework. True when it held the offer. */
  rescindArrived(offer: number, epoch: number): boolean {
    const { offers } = this.world;
    if (offers.rows.epochs[offer] !== epoch || offers.holder[offer] !== HELD) return false;
    this.world.frameworkOf(offers.client[offer] as number).driver.holdings.drop(offer);
    offers.rows.release(offer);
    return true;
  }

  /** The run is over: offers without an answer are told as such, oldest first. */
  tellOutstanding(): void {
    const { facts, offers } = this.world;
    if (!facts.wantsOffers) return;
    const rows: number[] = [];
    for (let offer = 0; offer < offers.rows.end; offer++) if (offers.isOut[offer] === 1) rows.push(offer);
    rows.sort((a, b) => (offers.number[a] as number) - (offers.number[b] as number) || a - b);
    for (const offer of rows) this.tellOffer(offer, 'outstanding', 0, 0);
  }

  private tellOffer(offer: number, answer: OfferFact['answer'], refuseUs: number, launched: number): void {
    const { facts, offers, width, nowUs, settings } = this.world;
    if (!facts.wantsOffers) return;
    const fact = this.offerFact;
    const client = offers.client[offer] as number;
    const state = this.world.frameworkOf(client);
    fact.offer = offers.number[offer] as number;
    fact.cycle = offers.cycle[offer] as number;
    fact.framework = state.row;
    fact.role = state.role;
    fact.agent = offers.agent[offer] as number;
    fact.amounts.set(offers.amounts.subarray(offer * width, offer * width + width));
    fact.createdUs = offers.createdUs[offer] as number;
    const isAnswer = answer === 'accepted' || answer === 'declined';
    fact.answeredUs = answer === 'outstanding' ? -1 : nowUs;
    fact.answer = answer;
    fact.launchedTasks = launched;
    // Messages of one constant delay: the rest of the time the offer lay with the framework.
    fact.thinkUs = isAnswer ? nowUs - fact.createdUs - 2 * settings.networkDelayUs : 0;
    fact.filterUs = refuseUs;
    facts.offerAnswered(fact);
  }
}
