import { hashAmounts } from '../core/digest.js';
import { IntList } from '../core/int-list.js';
import { grown } from '../core/rows.js';
import { CPUS, MEM } from '../model/resources.js';
import type { AgentStore } from './agents.js';
import { LevelIndex } from './level-index.js';

/** Least free amounts worth an offer: `cpus:0.01|mem:32`, either of them (Mesos master/flags.cpp min_allocatable_resources). */
const MIN_CPUS_MILLI = 10;
const MIN_MEM_MILLI_MIB = 32_000;

/**
 * Owns what is free on every agent. Every rise and fall goes through here, because the lazy shortcuts hang on it: the sum, count
 * and set hash of all offerable agents, the placement index, and the *blanket*: when one client alone may be offered everything,
 * its offer is kept as those three numbers instead of a list. An agent that changes while a blanket covers it is peeled off first:
 * its covered part becomes an ordinary offer (copy on write).
 */
export class FreePool {
  /** Over all agents that may be offered now (up, active, something allocatable free), covered ones included. */
  readonly sum: Float64Array;
  count = 0;
  hash = 0;
  contributes = new Uint8Array(16);
  readonly index: LevelIndex;

  /** Client that holds the blanket, -1 = none; its serial number; what it still covers. */
  blanketClient = -1;
  blanketSerial = 0;
  readonly coveredSum: Float64Array;
  coveredCount = 0;
  coveredHash = 0;
  /** Agents that have changed since the blanket was made, each once. */
  readonly uncovered = new IntList();

  /** Set by the master: makes an offer of the covered part of an agent. Called before `free` is cleared. */
  onPeel: (agent: number) => void = noPeel;
  /** Counts rises: a run after one may find something new to offer. */
  riseCount = 0;
  /** Per agent: the count at its last rise. */
  riseOf = new Float64Array(16);

  private readonly width: number;
  private hashes = new Int32Array(16);
  private touched = new Int32Array(16);

  constructor(private readonly agents: AgentStore) {
    this.width = agents.resources.count;
    this.sum = new Float64Array(this.width);
    this.coveredSum = new Float64Array(this.width);
    this.index = new LevelIndex(agents, () => this.contributes);
  }

  /** True when the blanket's offer includes this agent's free amounts. */
  isCovered(agent: number): boolean {
    return this.blanketClient >= 0 && this.contributes[agent] === 1 && this.touched[agent] !== this.blanketSerial;
  }

  /** The one function through which free amounts rise: task end, decline, rescind, agent join. `hash` = of the amounts, if known. */
  rise(agent: number, amounts: Float64Array, offset: number, hash?: number): void {
    this.open(agent);
    const base = agent * this.width;
    const free = this.agents.free;
    let wasEmpty = true;
    for (let index = 0; index < this.width; index++) {
      const before = free[base + index] as number;
      if (before !== 0) wasEmpty = false;
      free[base + index] = before + (amounts[offset + index] as number);
    }
    this.riseOf[agent] = ++this.riseCount;
    this.close(agent, wasEmpty ? hash : undefined);
  }

  /** `hashAmounts` of what is free on an agent that may be offered now. */
  hashOf(agent: number): number {
    return this.hashes[agent] as number;
  }

  /** Takes a part of what is free on the agent: it has been offered to the winner of a market. */
  fall(agent: number, amounts: Float64Array): void {
    this.open(agent);
    const base = agent * this.width;
    const free = this.agents.free;
    for (let index = 0; index < this.width; index++) {
      free[base + index] = (free[base + index] as number) - (amounts[index] as number);
    }
    this.close(agent);
  }

  /** Takes everything that is free on the agent (it has been offered explicitly, or leaves). */
  clear(agent: number): void {
    this.open(agent);
    this.empty(agent);
    this.close(agent);
  }

  /** Takes a covered agent out of the blanket because its owner accepts it: nothing of it stays free or offered. */
  takeCovered(agent: number): void {
    this.uncover(agent);
    this.empty(agent);
    this.close(agent);
  }

  /** An agent's standing (up, active) or total is about to change, then has changed. */
  reconsider(agent: number, change: () => void): void {
    this.reserve(agent);
    this.open(agent);
    change();
    this.riseOf[agent] = ++this.riseCount;
    this.close(agent);
  }

  beginBlanket(client: number): void {
    this.blanketClient = client;
    this.blanketSerial++;
    this.coveredSum.set(this.sum);
    this.coveredCount = this.count;
    this.coveredHash = this.hash;
    this.uncovered.clear();
  }

  endBlanket(): void {
    this.blanketClient = -1;
    this.uncovered.clear();
    this.riseCount++;
  }

  private open(agent: number): void {
    if (this.isCovered(agent)) this.peel(agent);
    if (this.contributes[agent] === 1) this.leave(agent);
  }

  private empty(agent: number): void {
    const { free } = this.agents;
    const base = agent * this.width;
    for (let index = 0; index < this.width; index++) free[base + index] = 0;
  }

  private close(agent: number, hash?: number): void {
    if (this.blanketClient >= 0 && this.touched[agent] !== this.blanketSerial) {
      this.touched[agent] = this.blanketSerial;
      this.uncovered.push(agent);
    }
    if (this.isOfferable(agent)) this.enter(agent, hash);
    this.index.markDirty(agent);
  }

  private peel(agent: number): void {
    this.onPeel(agent);
    this.uncover(agent);
    this.empty(agent);
  }

  private uncover(agent: number): void {
    const base = agent * this.width;
    for (let index = 0; index < this.width; index++) {
      this.coveredSum[index] = (this.coveredSum[index] as number) - (this.agents.free[base + index] as number);
    }
    this.coveredCount--;
    this.coveredHash = (this.coveredHash - (this.hashes[agent] as number)) | 0;
    this.leave(agent);
    this.touched[agent] = this.blanketSerial;
    this.uncovered.push(agent);
  }

  private isOfferable(agent: number): boolean {
    const base = agent * this.width;
    const { free, isActive } = this.agents;
    return (
      isActive[agent] === 1 &&
      ((free[base + CPUS] as number) >= MIN_CPUS_MILLI || (free[base + MEM] as number) >= MIN_MEM_MILLI_MIB)
    );
  }

  private enter(agent: number, known: number | undefined): void {
    const base = agent * this.width;
    const hash = known ?? hashAmounts(agent, this.agents.free, base, this.width);
    this.hashes[agent] = hash;
    this.contributes[agent] = 1;
    this.count++;
    this.hash = (this.hash + hash) | 0;
    for (let index = 0; index < this.width; index++) {
      this.sum[index] = (this.sum[index] as number) + (this.agents.free[base + index] as number);
    }
  }

  private leave(agent: number): void {
    const base = agent * this.width;
    this.contributes[agent] = 0;
    this.count--;
    this.hash = (this.hash - (this.hashes[agent] as number)) | 0;
    for (let index = 0; index < this.width; index++) {
      this.sum[index] = (this.sum[index] as number) - (this.agents.free[base + index] as number);
    }
  }

  private reserve(agent: number): void {
    if (agent < this.contributes.length) return;
    const capacity = Math.max(this.contributes.length * 2, agent + 1);
    this.contributes = grown(this.contributes, capacity);
    this.hashes = grown(this.hashes, capacity);
    this.touched = grown(this.touched, capacity);
    this.riseOf = grown(this.riseOf, capacity);
  }
}

function noPeel(): void {
  // Replaced by the master at wiring; a pool without a master never makes blankets.
}
