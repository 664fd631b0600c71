import type { IntList } from '../core/int-list.js';
import type { AllocatorView } from '../model/allocator.js';
import type { HeldOffers } from '../model/framework.js';
import type { OfferOperation, TaskUse } from '../model/operations.js';
import type { Amounts } from '../model/resources.js';
import type { WaitCause } from '../model/waits.js';
import type { Answer } from './answers.js';

/** Quota of a top-level role, per resource; absent = no guarantee, no limit. A limit is Infinity where there is none. */
export interface RoleQuota {
  readonly guarantee?: Amounts | undefined;
  readonly limit?: Amounts | undefined;
}

/**
 * The seam between the master and an allocation engine: the books of who holds what on which agent, the offer filters, and the runs.
 * The master calls, the engine decides and keeps account; `World` chooses the engine. Amounts are per resource of the scenario; what
 * an engine tells apart below that (reservations, volumes, revocable amounts) stays inside it.
 */
export interface AllocationEngine {
  // Runs ------------------------------------------------------------------------------------------------------------
  /** What the policy may see of the world; set at wiring. */
  policyView: AllocatorView | undefined;
  /** Filters made so far: the place of a trigger among them decides which of those that expire now are gone. */
  readonly filterSequence: number;
  /** When a run over all agents can next do something: 0 = now, Infinity = not until something happens. */
  wakeUs(): number;
  /** The policy may decide otherwise now. */
  wake(): void;
  /** Another policy has taken over: the world's allocator is a new one. */
  policyChanged(): void;
  /** Demand was published that the policy reads. True when a run should come at once (an idle market). */
  demandChanged?(): boolean;
  /** The simulated run is over: a market closes its books. */
  finish?(): void;
  /** One run over these agents, or over all of them. Returns the number of offers. */
  run(trigger: number, candidates: IntList | undefined): number;

  /** The coming run offers the agent to this client first, filters or not; every run's policy names them anew. */
  nominate(agent: number, client: number): void;
  forgetNominations(): void;

  // Agents, in step with Membership ---------------------------------------------------------------------------------
  agentJoined(agent: number): void;
  agentLeft(agent: number): void;
  agentResized(agent: number): void;
  /** It may be offered, or not any more. */
  agentStanding(agent: number, isActive: boolean): void;

  /** The leading master is gone: what it knew of the agent, whose tasks have been credited to their clients, is forgotten. */
  agentForgotten(agent: number): void;
  /** The agent has registered with a new leader and told what it runs, which has been charged to the clients. */
  agentReturned(agent: number): void;
  /** A new leader that knows the frameworks only by name; so many agents are expected. */
  leaderElected(expectedAgentCount: number): void;
  /** It waits for agents no longer. */
  leaderResumes(): void;

  /** Maintenance is scheduled on the agent, or called off. */
  setUnavailability(agent: number, window: { startUs: number; durationUs: number } | undefined): void;
  /** A framework has answered an inverse offer. */
  answerInverse(agent: number, framework: number, isAccept: boolean): void;

  // Roles and clients -----------------------------------------------------------------------------------------------
  /** A role of the scenario, before any framework subscribes. */
  roleAdded(role: string, weight: number): void;
  /** Guarantees and limits of a top-level role. */
  setQuota(role: string, quota: RoleQuota): void;
  /** Guarantee of a top-level role, undefined = none. */
  guaranteeOf(role: string): Amounts | undefined;
  /** An operator reserves free amounts of an agent to a role, or takes such a reservation off; false when they are not free. */
  reserve(agent: number, role: string, amounts: Amounts, isUndone: boolean): boolean;
  /** A framework is registered; its clients have their rows. */
  subscribed(framework: number): void;
  setWeight(role: string, weight: number): void;
  /** The framework is disconnected, its clients being suppressed: all of its filters end (master.cpp disconnect). */
  disconnected(framework: number): void;
  /** It has subscribed again; its roles stay suppressed until it revives them. */
  reconnected(framework: number): void;
  /** REVIVE: the client's filters end and it may be offered something. */
  revive(client: number): void;
  /** SUPPRESS: it gets nothing more; its filters stay. */
  suppress(client: number): void;

  // Offers and answers ----------------------------------------------------------------------------------------------
  makeHoldings(framework: number): OfferHoldings;
  /** An ACCEPT or DECLINE begins: nothing is in the pot, nothing has been returned. */
  begin(client: number): void;
  /** The offer goes into the pot of its agent. */
  gather(offer: number): void;
  /** Everything free on the agent does: it was covered by a blanket. */
  gatherFree(agent: number): void;
  /** RESERVE, UNRESERVE, CREATE, DESTROY on what is in the pot of the agent; false when it cannot be carried out. */
  operate(operation: OfferOperation): boolean;
  /** A launch takes its task's amounts out of the pot of the agent; false when they are not there. */
  take(task: number, agent: number, amounts: Amounts): boolean;
  /** What is left in the pots returns, with a filter when `refuseUs` > 0. */
  returnRest(refuseUs: number): void;
  /** One offer returns as a whole. */
  returnOffer(offer: number, refuseUs: number): void;
  /** The rest of the blanket returns. */
  returnBlanket(refuseUs: number): void;
  /** Ends what `begin` began. */
  end(): void;
  /** Agents on which something was returned since `begin`, and the commutative hash of it. */
  readonly returnedCount: number;
  readonly returnedHash: number;
  /** RESCIND. `isKept`: the agent stays, so that the amounts are free again. */
  rescinded(offer: number, isKept: boolean): void;

  // Tasks -----------------------------------------------------------------------------------------------------------
  /** Tasks have been launched. */
  launched(): void;
  /** Estimates of revocable resources are due. */
  estimate(): void;
  /** The master has learned that a task ended. */
  taskEnded(task: number, agent: number): void;
  /** So many such tasks of one bundle did. */
  tasksEnded(bundle: number, count: number): void;
  /** A task is gone together with its agent. */
  taskLost(task: number): void;

  // Explanations and checks -----------------------------------------------------------------------------------------
  /** Why a client gets nothing of what is free on an agent where the demand would fit; `lower-share` = the last run gave it to others. */
  causeOn(agent: number, client: number, demand: Amounts): WaitCause;
  /** Checks the engine's own books against the world's; a difference is an InvariantError. */
  check(): void;
}

/** What one framework holds in offers, as its driver and the master use it. */
export interface OfferHoldings extends HeldOffers {
  /** True when there is nothing to answer, not even an empty blanket. */
  readonly isVoid: boolean;
  /** A bulk of explicit offers has arrived. */
  receive(bulkHead: number): void;
  /** The word of a rescind has arrived. */
  drop(offer: number): void;
  /** Takes a task's amounts from what is held on the agent; the client whose offer it is, or -1 when they do not fit. */
  take(agent: number, demand: Amounts, use?: TaskUse): number;
  /** The task for which `take` was called last has this row. */
  bind(task: number): void;
  /** Applies an operation to what is held, as the master will do; the client whose offers it is about, -1 = it cannot be. */
  operate(operation: OfferOperation): number;
  /** Moves what the answer's client holds on the agent into the answer; false when that is nothing. */
  answerAgent(agent: number, answer: Answer): boolean;
  /** Moves everything that the answer's client holds into it; false when there is nothing to answer. */
  answerAll(answer: Answer): boolean;

  // The blanket; without meaning where there never is one -------------------------------------------------------------
  /** The blanket has arrived and has not been answered. */
  readonly holdsBlanket: boolean;
  receiveBlanket(): void;
  addOffer(offer: number): void;
  isPartAnswered(agent: number): boolean;
  peeled(offer: number): void;
}
