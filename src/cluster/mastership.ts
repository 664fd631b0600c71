import { fail } from '../core/errors.js';
import {
  ACK_AT_MASTER,
  AGENT_REREGISTERS,
  ALLOCATOR_RESUMES,
  END_ACK_AT_MASTER,
  ENDED_AT_FRAMEWORK,
  ENDED_AT_MASTER,
  FACT_AGENT,
  FACT_MASTER,
  INVERSE_ANSWER,
  KILL_AT_MASTER,
  LEADER_ELECTED,
  REREGISTER_TIMEOUT,
  RUNNING_AT_MASTER,
} from './kinds.js';
import type { World } from './world.js';

/** Session timeout of masters in ZooKeeper (constants.hpp ZOOKEEPER_SESSION_TIMEOUT): a dead leader is missed after it. */
const SESSION_TIMEOUT_US = 10e6;
/** First back-off of a registering agent (slave/constants.hpp, doReliableRegistration: a wait of U(0, b)). */
const REGISTRATION_BACKOFF_US = 1e6;
/** constants.hpp MIN_AGENT_REREGISTER_TIMEOUT. */
const REREGISTER_TIMEOUT_US = 600e6;
/** allocator.hpp: a recovered allocator with quota waits no longer than this for agents. */
const RECOVERY_TIMEOUT_US = 600e6;

/** How an agent stands with the leading master. */
const KNOWN = 0;
/** It has not registered with this leader yet: its tasks run on, but no word of them arrives. */
const UNKNOWN = 1;
/** It died while no leader knew it: its end is told when its time to register has passed. */
const SILENT = 2;

/** Third operand of an agent's fact; 1 … 5 are Membership's. */
const REREGISTERED = 6;
const GIVEN_UP = 7;

/** Messages about a bundle that go to the master. */
const TO_MASTER = [RUNNING_AT_MASTER, ACK_AT_MASTER, ENDED_AT_MASTER, END_ACK_AT_MASTER];

type Message = readonly [kind: number, a: number, b: number];

/**
 * The leading master dies and a standby takes over (semantics §6; master.cpp recover, reregisterSlave, recoveredSlavesTimeout).
 * Offers, filters, suppressions and counts of grants are gone with the old leader; tasks run on. Frameworks subscribe again as soon as
 * there is a leader, agents after a back-off of their own, each with the tasks that it runs: only then does the leader hear of
 * their updates. Who does not come within the timeout is given up with its tasks. Until its first failure nothing of this costs anything.
 */
export class Mastership {
  isDown = false;
  /** Streams of chance; wired by the cluster. */
  streams: (name: string) => () => number = () => fail('mastership is not wired');
  /** Numbers of the leaders: events of an earlier reign are recognised. */
  private term = 0;
  private masterCount: number;
  /** Failures that met no master. */
  private vainCount = 0;
  private isElecting = false;
  /** Agents that the leader does not know: nothing is looked at in an event while there are none. */
  private strangerCount = 0;
  private readonly standing: number[] = [];
  private readonly wasActive: boolean[] = [];
  private readonly mail: (Message[] | undefined)[] = [];
  private readonly postponed: (() => void)[] = [];
  private draw: (() => number) | undefined;

  constructor(private readonly world: World) {
    this.masterCount = world.settings.masterCount ?? 1;
  }

  isKnown(agent: number): boolean {
    return this.strangerCount === 0 || (this.standing[agent] ?? KNOWN) === KNOWN;
  }

  /** What is asked of the master itself: now, or when there is one. */
  ask(word: () => void): void {
    if (this.isDown) this.postponed.push(word);
    else word();
  }

  // Failures --------------------------------------------------------------------------------------------------------

  /** The leading master dies; with a standby another leads when the session has timed out. */
  fail(): void {
    if (this.masterCount === 0) {
      this.vainCount++;
      return;
    }
    this.masterCount--;
    if (!this.isDown) this.end();
    if (this.masterCount === 0) {
      // Whoever was about to lead is dead too.
      if (this.isElecting) this.term++;
      this.isElecting = false;
    } else if (!this.isElecting) {
      this.electAfter(this.world.settings.sessionTimeoutUs ?? SESSION_TIMEOUT_US);
    }
  }

  /** A master is back. Where none was left it leads at once. */
  repair(): void {
    if (this.vainCount > 0) {
      this.vainCount--;
      return;
    }
    this.masterCount++;
    if (this.isDown && !this.isElecting) this.electAfter(0);
  }

  private electAfter(delayUs: number): void {
    this.isElecting = true;
    this.world.queue.push(this.world.nowUs + delayUs, LEADER_ELECTED, 0, this.term);
  }

  /** Everything that was in the leader's memory is gone. */
  private end(): void {
    const { world } = this;
    const { agents, frameworks, clients } = world;
    this.isDown = true;
    this.term++;
    this.note('master-failed', 0);
    for (const { row } of frameworks) world.absences.cut(row);
    for (let agent = 0; agent < agents.count; agent++) {
      if (agents.isUp[agent] === 1 && this.isKnown(agent)) this.forget(agent);
    }
    clients.forgetCounts();
    world.clock.stop();
  }

  private forget(agent: number): void {
    const { agents, pool, engine } = this.world;
    this.wasActive[agent] = agents.isActive[agent] === 1;
    this.standing[agent] = UNKNOWN;
    this.strangerCount++;
    pool.reconsider(agent, () => {
      agents.isActive[agent] = 0;
    });
    this.eachHeld(agent, (client, amounts) => this.world.clients.credit(client, amounts, 0));
    engine.agentForgotten(agent);
  }

  // A new leader ----------------------------------------------------------------------------------------------------

  private elected(): void {
    const { world } = this;
    const { agents, engine, settings, queue, nowUs } = world;
    this.isDown = false;
    this.isElecting = false;
    this.note('master-elected', 1);
    world.clock.restart();
    engine.leaderElected(this.upCount());
    queue.push(nowUs + RECOVERY_TIMEOUT_US, ALLOCATOR_RESUMES, 0, this.term);
    queue.push(nowUs + (settings.reregisterTimeoutUs ?? REREGISTER_TIMEOUT_US), REREGISTER_TIMEOUT, 0, this.term);
    for (let agent = 0; agent < agents.count; agent++) if (this.standing[agent] === UNKNOWN) this.expect(agent);
    for (const { row } of world.frameworks) world.absences.mend(row);
    for (const word of this.postponed.splice(0)) word();
  }

  /** The agent has detected the leader: a wait of U(0, b), then its registration travels. */
  private expect(agent: number): void {
    const { queue, settings, nowUs } = this.world;
    this.draw ??= this.streams('master/registration');
    const backoffUs = settings.registrationBackoffUs ?? REGISTRATION_BACKOFF_US;
    const delayUs = Math.round(this.draw() * backoffUs) + settings.networkDelayUs;
    queue.push(nowUs + delayUs, AGENT_REREGISTERS, agent, this.term);
  }

  private upCount(): number {
    let count = 0;
    for (const standing of this.standing) if (standing === UNKNOWN || standing === SILENT) count++;
    return count;
  }

  /** It reports what it runs, which is charged anew, one grant per client; the updates that it has kept follow. */
  private reregistered(agent: number): void {
    const { world } = this;
    const { agents, pool, clients, engine, facts } = world;
    this.standing[agent] = KNOWN;
    this.strangerCount--;
    this.eachHeld(agent, (client, amounts) => clients.charge(client, amounts, 0, 1));
    engine.agentReturned(agent);
    pool.reconsider(agent, () => {
      agents.isActive[agent] = this.wasActive[agent] === true ? 1 : 0;
    });
    engine.agentStanding(agent, this.wasActive[agent] === true);
    facts.record(FACT_AGENT, world.nowUs, agent, REREGISTERED);
    world.clock.wantRunOn(agent);
    this.deliver(agent);
  }

  /** What each client holds on the agent in tasks, one call per client. */
  private eachHeld(agent: number, visit: (client: number, amounts: Float64Array) => void): void {
    const { agents, tasks, bundles, resources, width } = this.world;
    const byClient = new Map<number, Float64Array>();
    for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
      const bundle = tasks.bundle[task] as number;
      const client = bundles.client[bundle] as number;
      const sum = byClient.get(client) ?? resources.zero();
      byClient.set(client, sum);
      const amounts = bundles.amountsOf(bundle);
      for (let index = 0; index < width; index++) sum[index] = (sum[index] as number) + (amounts[index] as number);
    }
    for (const client of [...byClient.keys()].sort((a, b) => a - b))
      visit(client, byClient.get(client) as Float64Array);
  }

  // Agents meanwhile ------------------------------------------------------------------------------------------------

  /** An agent that the leader does not know has died: nobody hears of it yet. */
  died(agent: number): void {
    this.standing[agent] = SILENT;
  }

  /** A machine whose death nobody has heard of yet registers anew: now it is clear that its tasks are gone. */
  joined(agent: number): void {
    if (this.standing[agent] === SILENT) this.giveUp(agent);
  }

  /** The operator's word about an agent that has not registered yet holds when it does. */
  setStanding(agent: number, isActive: boolean): void {
    this.wasActive[agent] = isActive;
  }

  private timedOut(): void {
    for (let agent = 0; agent < this.standing.length; agent++) {
      if (this.standing[agent] !== SILENT) continue;
      const { facts, nowUs } = this.world;
      facts.record(FACT_AGENT, nowUs, agent, GIVEN_UP);
      facts.event({ event: 'agent-unreachable', framework: -1, job: '', task: '', agent, offer: -1, detail: '' });
      this.giveUp(agent);
    }
  }

  private giveUp(agent: number): void {
    this.standing[agent] = KNOWN;
    this.strangerCount--;
    this.deliver(agent);
  }

  private deliver(agent: number): void {
    const mail = this.mail[agent];
    this.mail[agent] = undefined;
    for (const [kind, a, b] of mail ?? []) this.world.queue.push(this.world.nowUs, kind, a, b);
  }

  // Events ----------------------------------------------------------------------------------------------------------

  /** Keeps a message that needs a leader who knows the agent that it is about; false when it is to be carried out. */
  keeps(kind: number, a: number, b: number): boolean {
    if (this.strangerCount === 0) return false;
    // Nobody is asked that any more.
    if (kind === INVERSE_ANSWER) return !this.isKnown(a);
    const agent = this.strangerOf(kind, a, b);
    if (agent < 0) return false;
    const mail = this.mail[agent];
    if (mail === undefined) this.mail[agent] = [[kind, a, b]];
    else mail.push([kind, a, b]);
    return true;
  }

  /** The first agent on which the message has to wait, -1 = none. */
  private strangerOf(kind: number, row: number, epoch: number): number {
    const { tasks, bundles } = this.world;
    if (kind === KILL_AT_MASTER) {
      const agent = tasks.rows.epochs[row] === epoch ? (tasks.agent[row] as number) : -1;
      return agent >= 0 && !this.isKnown(agent) ? agent : -1;
    }
    if (bundles.rows.epochs[row] !== epoch) return -1;
    if (TO_MASTER.includes(kind)) return this.strangerAmong(row, KNOWN);
    // That a task has died with its agent is the master's own word.
    return kind === ENDED_AT_FRAMEWORK ? this.strangerAmong(row, UNKNOWN) : -1;
  }

  /** The first agent of the bundle's tasks that stands worse with the leader than that, -1 = none. */
  private strangerAmong(bundle: number, standing: number): number {
    const { tasks, bundles } = this.world;
    for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number) {
      const agent = tasks.agent[task] as number;
      if ((this.standing[agent] ?? KNOWN) > standing) return agent;
    }
    return -1;
  }

  /** Events of its own; false for any other. */
  handle(kind: number, a: number, term: number): boolean {
    if (kind < LEADER_ELECTED || kind > ALLOCATOR_RESUMES) return false;
    if (term !== this.term || (this.isDown && kind !== LEADER_ELECTED)) return true;
    if (kind === LEADER_ELECTED) this.elected();
    else if (kind === AGENT_REREGISTERS) {
      if (this.standing[a] === UNKNOWN) this.reregistered(a);
    } else if (kind === REREGISTER_TIMEOUT) this.timedOut();
    else this.world.engine.leaderResumes();
    return true;
  }

  private note(event: string, code: number): void {
    const { facts, nowUs } = this.world;
    facts.record(FACT_MASTER, nowUs, code);
    facts.event({ event, framework: -1, job: '', task: '', agent: -1, offer: -1, detail: '' });
  }
}
