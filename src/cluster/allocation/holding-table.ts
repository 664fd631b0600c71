import { grown, Rows } from '../../core/rows.js';
import type { AgentColumns } from './agent-columns.js';
import { difference, type IntervalSet, union } from './interval-set.js';
import type { RangeSets } from './offer-filters.js';
import { type KindTable, relaid } from './resource-kinds.js';

/** What each client holds on each agent, offered or allocated: a short list per agent. */
export class HoldingTable {
  clients!: Int32Array;
  amounts!: Float64Array;
  next!: Int32Array;
  private readonly rows: Rows;
  private readonly ranges = new Map<number, Map<number, IntervalSet>>();

  constructor(
    private readonly kinds: KindTable,
    private readonly agents: AgentColumns,
  ) {
    this.rows = new Rows((capacity) => this.resize(capacity));
    kinds.onWiden((oldStride, stride) => {
      this.amounts = relaid(this.amounts, this.rows.epochs.length, oldStride, stride);
    });
  }

  /** Row of what a client holds on an agent, -1 = nothing. */
  find(agent: number, client: number): number {
    const { clients, next } = this;
    let row = this.agents.firstHolding[agent] as number;
    while (row >= 0 && clients[row] !== client) row = next[row] as number;
    return row;
  }

  /** Adds to what the client holds; returns the row. */
  add(agent: number, client: number, amounts: Float64Array, offset: number, ranges: RangeSets | undefined): number {
    const { stride } = this.kinds;
    const known = this.find(agent, client);
    const row = known >= 0 ? known : this.insert(agent, client);
    const base = row * stride;
    for (let kind = 0; kind < stride; kind++) {
      this.amounts[base + kind] = (this.amounts[base + kind] as number) + (amounts[offset + kind] as number);
    }
    if (ranges !== undefined && ranges.size > 0) {
      const own = this.ranges.get(row) ?? new Map<number, IntervalSet>();
      for (const [kind, set] of ranges) own.set(kind, union(own.get(kind) ?? [], set));
      this.ranges.set(row, own);
    }
    return row;
  }

  /** Takes away; a row that holds nothing any more is released. */
  subtract(row: number, agent: number, amounts: Float64Array, offset: number, ranges: RangeSets | undefined): void {
    const { stride } = this.kinds;
    const base = row * stride;
    let isEmpty = true;
    for (let kind = 0; kind < stride; kind++) {
      const left = (this.amounts[base + kind] as number) - (amounts[offset + kind] as number);
      this.amounts[base + kind] = left;
      if (left > 0) isEmpty = false;
    }
    const own = this.ranges.get(row);
    for (const [kind, set] of ranges ?? []) own?.set(kind, difference(own.get(kind) ?? [], set));
    if (isEmpty) this.release(row, agent);
  }

  rangesOf(row: number): RangeSets | undefined {
    return this.ranges.get(row);
  }

  private insert(agent: number, client: number): number {
    const row = this.rows.take();
    this.clients[row] = client;
    const { stride } = this.kinds;
    this.amounts.fill(0, row * stride, (row + 1) * stride);
    this.next[row] = this.agents.firstHolding[agent] as number;
    this.agents.firstHolding[agent] = row;
    return row;
  }

  private release(row: number, agent: number): void {
    const { firstHolding } = this.agents;
    if (firstHolding[agent] === row) firstHolding[agent] = this.next[row] as number;
    else {
      let before = firstHolding[agent] as number;
      while (this.next[before] !== row) before = this.next[before] as number;
      this.next[before] = this.next[row] as number;
    }
    if (this.ranges.size > 0) this.ranges.delete(row);
    this.rows.release(row);
  }

  private resize(capacity: number): void {
    this.clients = grown(this.clients ?? new Int32Array(0), capacity);
    this.next = grown(this.next ?? new Int32Array(0), capacity);
    this.amounts = grown(this.amounts ?? new Float64Array(0), capacity * this.kinds.stride);
  }
}
