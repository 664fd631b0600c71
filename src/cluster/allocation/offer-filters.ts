import { grown, Rows } from '../../core/rows.js';
import { type IntervalSet, includes } from './interval-set.js';
import { type KindTable, relaid } from './resource-kinds.js';

/** Interval sets by kind, for the few kinds that are ranges. */
export type RangeSets = ReadonlyMap<number, IntervalSet>;

/**
 * Offer filters: lists per agent of (client, refused amounts, expiry). An offer is suppressed iff one live filter contains it
 * (hierarchical.cpp isFiltered, RefusedOfferFilter). Dropping a client's filters raises its generation; the dead are unlinked when
 * a walk meets them.
 */
export class OfferFilters {
  /** Counts filters as they are made: the order of expiry among equal times. */
  sequence = 0;
  private readonly rows: Rows;
  private clients!: Int32Array;
  private generation!: Int32Array;
  private expiryUs!: Float64Array;
  private madeAt!: Float64Array;
  private amounts!: Float64Array;
  private next!: Int32Array;
  private readonly ranges = new Map<number, RangeSets>();
  private firstOnAgent = new Int32Array(16).fill(-1);
  private generations = new Int32Array(16);

  constructor(private readonly kinds: KindTable) {
    this.rows = new Rows((capacity) => this.resize(capacity));
    kinds.onWiden((oldStride, stride) => {
      this.amounts = relaid(this.amounts, this.rows.epochs.length, oldStride, stride);
    });
  }

  /** Filters in store, those that are dead but not met yet included. */
  get storedCount(): number {
    return this.rows.liveCount;
  }

  add(
    client: number,
    agent: number,
    expiryUs: number,
    amounts: Float64Array,
    offset: number,
    ranges?: RangeSets,
  ): void {
    this.reserve(client, agent);
    const row = this.rows.take();
    this.clients[row] = client;
    this.generation[row] = this.generations[client] as number;
    this.expiryUs[row] = expiryUs;
    this.madeAt[row] = ++this.sequence;
    const { stride } = this.kinds;
    const base = row * stride;
    for (let kind = 0; kind < stride; kind++) this.amounts[base + kind] = amounts[offset + kind] ?? 0;
    if (ranges !== undefined && ranges.size > 0) this.ranges.set(row, ranges);
    this.next[row] = this.firstOnAgent[agent] as number;
    this.firstOnAgent[agent] = row;
  }

  clearClient(client: number): void {
    if (client < this.generations.length) this.generations[client] = ((this.generations[client] as number) + 1) | 0;
  }

  clearAgent(agent: number): void {
    if (agent >= this.firstOnAgent.length) return;
    for (let row = this.firstOnAgent[agent] as number; row >= 0; ) {
      const next = this.next[row] as number;
      this.release(row);
      row = next;
    }
    this.firstOnAgent[agent] = -1;
  }

  /** True when the client has a live filter on the agent that could hold back an offer with the demand in it. */
  mayFilter(client: number, agent: number, demand: Float64Array, nowUs: number): boolean {
    for (let row = this.firstOnAgent[agent] ?? -1; row >= 0; row = this.next[row] as number) {
      const isOwn = this.clients[row] === client && this.generation[row] === this.generations[client];
      if (isOwn && (this.expiryUs[row] as number) >= nowUs && this.holds(row, demand)) return true;
    }
    return false;
  }

  private holds(row: number, demand: Float64Array): boolean {
    const { kinds, amounts } = this;
    const left = demand.slice();
    for (let kind = 0; kind < kinds.count; kind++) {
      const name = kinds.nameRows[kind] as number;
      if (name < left.length) left[name] = (left[name] as number) - (amounts[row * kinds.stride + kind] as number);
    }
    return left.every((amount) => amount <= 0);
  }

  hasAny(agent: number): boolean {
    return agent < this.firstOnAgent.length && (this.firstOnAgent[agent] as number) >= 0;
  }

  /**
   * Sets `stamps[client] = serial` for every client with a live filter on the agent that contains the offer. A filter is dead iff
   * (expiry, its sequence) is before (now, sequence at the run's first trigger). Returns the earliest expiry among the live.
   */
  mark(
    agent: number,
    offer: Float64Array,
    ranges: RangeSets | undefined,
    nowUs: number,
    trigger: number,
    stamps: Int32Array,
    serial: number,
  ): number {
    let earliestUs = Number.POSITIVE_INFINITY;
    let previous = -1;
    const { clients, expiryUs, next } = this;
    for (let row = this.firstOnAgent[agent] as number; row >= 0; ) {
      const after = next[row] as number;
      const atUs = expiryUs[row] as number;
      const client = clients[row] as number;
      const isDead =
        atUs < nowUs ||
        this.generation[row] !== this.generations[client] ||
        (atUs === nowUs && (this.madeAt[row] as number) <= trigger);
      if (isDead) {
        if (previous >= 0) next[previous] = after;
        else this.firstOnAgent[agent] = after;
        this.release(row);
      } else {
        if (stamps[client] !== serial && this.contains(row, offer, ranges)) stamps[client] = serial;
        if (atUs < earliestUs) earliestUs = atUs;
        previous = row;
      }
      row = after;
    }
    return earliestUs;
  }

  private contains(row: number, offer: Float64Array, ranges: RangeSets | undefined): boolean {
    const { amounts } = this;
    const { stride } = this.kinds;
    const base = row * stride;
    for (let kind = 0; kind < stride; kind++) {
      if ((offer[kind] as number) > (amounts[base + kind] as number)) return false;
    }
    if (ranges === undefined || ranges.size === 0) return true;
    const refused = this.ranges.get(row);
    for (const [kind, set] of ranges) {
      if ((offer[kind] as number) > 0 && !includes(refused?.get(kind) ?? [], set)) return false;
    }
    return true;
  }

  private release(row: number): void {
    if (this.ranges.size > 0) this.ranges.delete(row);
    this.rows.release(row);
  }

  private reserve(client: number, agent: number): void {
    if (agent >= this.firstOnAgent.length) {
      const old = this.firstOnAgent.length;
      this.firstOnAgent = grown(this.firstOnAgent, Math.max(old * 2, agent + 1));
      this.firstOnAgent.fill(-1, old);
    }
    if (client >= this.generations.length) {
      this.generations = grown(this.generations, Math.max(this.generations.length * 2, client + 1));
    }
  }

  private resize(capacity: number): void {
    this.clients = grown(this.clients ?? new Int32Array(0), capacity);
    this.generation = grown(this.generation ?? new Int32Array(0), capacity);
    this.next = grown(this.next ?? new Int32Array(0), capacity);
    this.expiryUs = grown(this.expiryUs ?? new Float64Array(0), capacity);
    this.madeAt = grown(this.madeAt ?? new Float64Array(0), capacity);
    this.amounts = grown(this.amounts ?? new Float64Array(0), capacity * this.kinds.stride);
  }
}
