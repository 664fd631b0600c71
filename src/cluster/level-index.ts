import { grown } from '../core/rows.js';
import type { AgentStore } from './agents.js';

const LEVELS = 64;

/**
 * Finds agents by free amounts: for each resource, 64 quantized levels with one bit per agent. A query ANDs the levels of its
 * demand and walks the set bits from a row on; the caller checks exactly. (Signed words: unsigned ones above 2^31 would be boxed.) Changed agents are brought up to date when asked.
 * (A tree of maxima is the wrong index for vectors: its maxima come from different agents and the search backtracks.)
 */
export class LevelIndex {
  private readonly width: number;
  private capacity = 0;
  private words = 0;
  private bits = new Int32Array(0);
  private present = new Int32Array(0);
  private levels = new Uint8Array(0);
  private isDirty = new Uint8Array(0);
  private dirty = new Int32Array(0);
  private dirtyCount = 0;
  private readonly scale: Float64Array;
  private agentsEpoch = -1;
  private readonly demandRows: Int32Array;
  private demandCount = 0;

  constructor(
    private readonly agents: AgentStore,
    private readonly contributes: () => Uint8Array,
  ) {
    this.width = agents.resources.count;
    this.scale = new Float64Array(this.width);
    this.demandRows = new Int32Array(this.width);
  }

  markDirty(agent: number): void {
    if (agent >= this.capacity || this.isDirty[agent] === 1) return;
    this.isDirty[agent] = 1;
    this.dirty[this.dirtyCount++] = agent;
  }

  /** Prepares a query: brings changed agents up to date and finds the level rows of the demand. */
  seek(demand: Float64Array): void {
    if (this.agentsEpoch !== this.agents.epoch) this.rebuild();
    else if (this.dirtyCount > 0) this.sync();
    this.demandCount = 0;
    for (let resource = 0; resource < this.width; resource++) {
      const amount = demand[resource] as number;
      if (amount === 0) continue;
      const level = Math.floor(amount * (this.scale[resource] as number));
      // Above the largest agent: a level that no agent reaches.
      const row = resource * LEVELS + (level < LEVELS ? level : LEVELS - 1);
      if (level > 0) this.demandRows[this.demandCount++] = row * this.words;
    }
  }

  /** The next candidate at or after `from` for the demand of `seek`, -1 = none. Free amounts must not change in between. */
  next(from: number): number {
    let word = from >>> 5;
    if (word >= this.words) return -1;
    let mask = this.wordAt(word) & (0xffffffff << (from & 31));
    while (mask === 0) {
      if (++word >= this.words) return -1;
      mask = this.wordAt(word);
    }
    return (word << 5) + (31 - Math.clz32(mask & -mask));
  }

  private wordAt(word: number): number {
    let mask = this.present[word] as number;
    for (let index = 0; index < this.demandCount && mask !== 0; index++) {
      mask &= this.bits[(this.demandRows[index] as number) + word] as number;
    }
    return mask;
  }

  private sync(): void {
    for (let index = 0; index < this.dirtyCount; index++) {
      const agent = this.dirty[index] as number;
      this.isDirty[agent] = 0;
      this.update(agent);
    }
    this.dirtyCount = 0;
  }

  private update(agent: number): void {
    const word = agent >>> 5;
    const bit = 1 << (agent & 31);
    const isPresent = this.contributes()[agent] === 1;
    if (isPresent) this.present[word] = (this.present[word] as number) | bit;
    else this.present[word] = (this.present[word] as number) & ~bit;
    const free = this.agents.free;
    const base = agent * this.width;
    for (let resource = 0; resource < this.width; resource++) {
      // What an agent has lost beyond what was free is owed: no demand fits it.
      const amount = isPresent ? Math.max(0, free[base + resource] as number) : 0;
      const level = Math.floor(amount * (this.scale[resource] as number));
      const old = this.levels[base + resource] as number;
      if (level === old) continue;
      this.levels[base + resource] = level;
      const first = resource * LEVELS * this.words + word;
      for (let step = old + 1; step <= level; step++) {
        this.bits[first + step * this.words] = (this.bits[first + step * this.words] as number) | bit;
      }
      for (let step = level + 1; step <= old; step++) {
        this.bits[first + step * this.words] = (this.bits[first + step * this.words] as number) & ~bit;
      }
    }
  }

  /** Agents have joined or changed their totals: scales and columns are made anew. */
  private rebuild(): void {
    const { agents, width } = this;
    this.agentsEpoch = agents.epoch;
    this.capacity = agents.count;
    this.words = (agents.count + 31) >>> 5;
    this.bits = new Int32Array(this.words * LEVELS * width);
    this.present = new Int32Array(this.words);
    this.levels = new Uint8Array(agents.count * width);
    this.isDirty = grown(new Uint8Array(0), agents.count);
    this.dirty = grown(new Int32Array(0), agents.count);
    this.dirtyCount = 0;
    for (let resource = 0; resource < width; resource++) {
      let largest = 0;
      for (let agent = 0; agent < agents.count; agent++) {
        largest = Math.max(largest, agents.total[agent * width + resource] as number);
      }
      this.scale[resource] = largest > 0 ? (LEVELS - 1) / largest : 0;
    }
    for (let agent = 0; agent < agents.count; agent++) this.update(agent);
  }
}
