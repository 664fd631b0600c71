import { grown } from '../../core/rows.js';
import { type IntervalSet, union } from './interval-set.js';
import type { RangeSets } from './offer-filters.js';
import type { KindTable } from './resource-kinds.js';

/** Grants of one run, in the order in which the pairs of client and agent first got something. */
export class GrantLog {
  count = 0;
  clients = new Int32Array(64);
  agents = new Int32Array(64);
  amounts: Float64Array;
  readonly ranges = new Map<number, Map<number, IntervalSet>>();
  /** First grant of an agent in this run and the ones after it: stage 2 adds to what stage 1 gave the same client. */
  private firstOnAgent = new Int32Array(64);
  private firstSerial = new Int32Array(64);
  private next = new Int32Array(64);
  private serial = 0;

  constructor(private readonly kinds: KindTable) {
    this.amounts = new Float64Array(64 * kinds.stride);
  }

  begin(): void {
    this.count = 0;
    this.serial++;
    this.ranges.clear();
    const size = this.clients.length * this.kinds.stride;
    if (this.amounts.length < size) this.amounts = new Float64Array(size);
  }

  add(client: number, agent: number, amounts: Float64Array, ranges: RangeSets | undefined): void {
    const { stride } = this.kinds;
    const row = this.rowFor(client, agent);
    const base = row * stride;
    for (let kind = 0; kind < stride; kind++) {
      this.amounts[base + kind] = (this.amounts[base + kind] as number) + (amounts[kind] as number);
    }
    if (ranges === undefined || ranges.size === 0) return;
    const own = this.ranges.get(row) ?? new Map<number, IntervalSet>();
    for (const [kind, set] of ranges) own.set(kind, union(own.get(kind) ?? [], set));
    this.ranges.set(row, own);
  }

  private rowFor(client: number, agent: number): number {
    if (agent >= this.firstSerial.length) {
      const capacity = Math.max(agent + 1, this.firstSerial.length * 2);
      this.firstSerial = grown(this.firstSerial, capacity);
      this.firstOnAgent = grown(this.firstOnAgent, capacity);
    }
    const first = this.firstSerial[agent] === this.serial ? (this.firstOnAgent[agent] as number) : -1;
    for (let row = first; row >= 0; row = this.next[row] as number) if (this.clients[row] === client) return row;
    if (this.count === this.clients.length) this.grow();
    const row = this.count++;
    this.clients[row] = client;
    this.agents[row] = agent;
    this.next[row] = first;
    this.firstOnAgent[agent] = row;
    this.firstSerial[agent] = this.serial;
    const { stride } = this.kinds;
    this.amounts.fill(0, row * stride, (row + 1) * stride);
    return row;
  }

  private grow(): void {
    const capacity = this.clients.length * 2;
    this.clients = grown(this.clients, capacity);
    this.agents = grown(this.agents, capacity);
    this.next = grown(this.next, capacity);
    this.amounts = grown(this.amounts, capacity * this.kinds.stride);
  }
}
