import { grown, Rows } from '../core/rows.js';

/**
 * Offer filters: sparse lists per agent of (client, refused amounts, expiry). An offer is suppressed iff one live filter of its
 * client on the agent contains it (Mesos hierarchical.cpp isFiltered, recoverResources). Reviving raises the client's generation,
 * which kills all of its filters at once; the dead are unlinked when a walk meets them.
 */
export class FilterStore {
  /** Counts filters as they are made: the order of expiry among equal times. */
  sequence = 0;
  private readonly rows: Rows;
  private client!: Int32Array;
  private generation!: Int32Array;
  private expiryUs!: Float64Array;
  private madeAt!: Float64Array;
  private amounts!: Float64Array;
  private next!: Int32Array;
  private firstOnAgent = new Int32Array(16).fill(-1);
  private generations = new Int32Array(16);
  /** Latest expiry among a client's filters since its last revive: before it there may be live ones. */
  private latestUs = new Float64Array(16).fill(-1);

  constructor(private readonly width: number) {
    this.rows = new Rows((capacity) => this.resize(capacity));
  }

  get liveCount(): number {
    return this.rows.liveCount;
  }

  add(client: number, agent: number, expiryUs: number, amounts: Float64Array, offset: number): void {
    this.reserve(client, agent);
    const row = this.rows.take();
    this.client[row] = client;
    this.generation[row] = this.generations[client] as number;
    this.expiryUs[row] = expiryUs;
    this.madeAt[row] = ++this.sequence;
    const base = row * this.width;
    for (let index = 0; index < this.width; index++) this.amounts[base + index] = amounts[offset + index] as number;
    this.next[row] = this.firstOnAgent[agent] as number;
    this.firstOnAgent[agent] = row;
    if (expiryUs > (this.latestUs[client] as number)) this.latestUs[client] = expiryUs;
  }

  /** REVIVE or deactivation: drops every filter of the client. */
  clearClient(client: number): void {
    if (client >= this.generations.length) return;
    this.generations[client] = ((this.generations[client] as number) + 1) | 0;
    this.latestUs[client] = -1;
  }

  clearAgent(agent: number): void {
    if (agent >= this.firstOnAgent.length) return;
    let row = this.firstOnAgent[agent] as number;
    while (row >= 0) {
      const next = this.next[row] as number;
      this.rows.release(row);
      row = next;
    }
    this.firstOnAgent[agent] = -1;
  }

  /** False when the client certainly has no live filter at a run with this trigger. */
  mayFilter(client: number, nowUs: number): boolean {
    return client < this.latestUs.length && (this.latestUs[client] as number) >= nowUs;
  }

  /** When the first live filter of some clients ends, Infinity when they have none: a walk, for questions that are asked rarely. */
  earliestExpiryUs(clients: readonly number[], nowUs: number): number {
    let earliestUs = Number.POSITIVE_INFINITY;
    for (const first of this.firstOnAgent) {
      for (let row = first; row >= 0; row = this.next[row] as number) {
        const isTheirs = clients.includes(this.client[row] as number) && !this.isDead(row, nowUs, -1);
        if (isTheirs) earliestUs = Math.min(earliestUs, this.expiryUs[row] as number);
      }
    }
    return earliestUs;
  }

  /** True when a live filter of the client on the agent contains `offered[offset …]`: a look that changes nothing. */
  isFiltered(client: number, agent: number, offered: Float64Array, offset: number, nowUs: number): boolean {
    if (!this.mayFilter(client, nowUs) || !this.hasAny(agent)) return false;
    for (let row = this.firstOnAgent[agent] as number; row >= 0; row = this.next[row] as number) {
      const isIts = this.client[row] === client && !this.isDead(row, nowUs, -1);
      if (isIts && this.contains(row, offered, offset)) return true;
    }
    return false;
  }

  hasAny(agent: number): boolean {
    return agent < this.firstOnAgent.length && (this.firstOnAgent[agent] as number) >= 0;
  }

  /**
   * True when a live filter of the client contains `offered[offset …]`. Unlinks dead filters on the way. `expiryOut` is lowered to
   * the earliest expiry of the filters that suppress.
   */
  suppresses(
    client: number,
    agent: number,
    offered: Float64Array,
    offset: number,
    nowUs: number,
    trigger: number,
    expiryOut: Float64Array,
  ): boolean {
    if (agent >= this.firstOnAgent.length) return false;
    let previous = -1;
    let row = this.firstOnAgent[agent] as number;
    let isSuppressed = false;
    while (row >= 0) {
      const next = this.next[row] as number;
      if (this.isDead(row, nowUs, trigger)) {
        this.unlink(agent, previous, row, next);
      } else {
        if (this.client[row] === client && this.contains(row, offered, offset)) {
          isSuppressed = true;
          const expiryUs = this.expiryUs[row] as number;
          if (expiryUs < (expiryOut[0] as number)) expiryOut[0] = expiryUs;
        }
        previous = row;
      }
      row = next;
    }
    return isSuppressed;
  }

  /** Gone iff (expiry, its sequence) < (now, sequence of the run's first trigger). */
  private isDead(row: number, nowUs: number, trigger: number): boolean {
    const expiryUs = this.expiryUs[row] as number;
    if (expiryUs < nowUs || (expiryUs === nowUs && (this.madeAt[row] as number) <= trigger)) return true;
    return this.generation[row] !== this.generations[this.client[row] as number];
  }

  private contains(row: number, offered: Float64Array, offset: number): boolean {
    const base = row * this.width;
    for (let index = 0; index < this.width; index++) {
      if ((offered[offset + index] as number) > (this.amounts[base + index] as number)) return false;
    }
    return true;
  }

  private unlink(agent: number, previous: number, row: number, next: number): void {
    if (previous >= 0) this.next[previous] = next;
    else this.firstOnAgent[agent] = next;
    this.rows.release(row);
  }

  private reserve(client: number, agent: number): void {
    if (agent >= this.firstOnAgent.length) {
      const old = this.firstOnAgent.length;
      this.firstOnAgent = grown(this.firstOnAgent, Math.max(old * 2, agent + 1));
      this.firstOnAgent.fill(-1, old);
    }
    if (client >= this.generations.length) {
      const old = this.generations.length;
      this.generations = grown(this.generations, Math.max(old * 2, client + 1));
      this.latestUs = grown(this.latestUs, this.generations.length);
      this.latestUs.fill(-1, old);
    }
  }

  private resize(capacity: number): void {
    this.client = grown(this.client ?? new Int32Array(0), capacity);
    this.generation = grown(this.generation ?? new Int32Array(0), capacity);
    this.next = grown(this.next ?? new Int32Array(0), capacity);
    this.expiryUs = grown(this.expiryUs ?? new Float64Array(0), capacity);
    this.madeAt = grown(this.madeAt ?? new Float64Array(0), capacity);
    this.amounts = grown(this.amounts ?? new Float64Array(0), capacity * this.width);
  }
}
