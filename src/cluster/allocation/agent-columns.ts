import { fail } from '../../core/errors.js';
import { grown } from '../../core/rows.js';
import { difference, type IntervalSet, sizeOf, union } from './interval-set.js';
import type { RangeSets } from './offer-filters.js';
import { type KindTable, relaid } from './resource-kinds.js';

/** Capabilities of an agent (mesos.proto SlaveInfo.Capability). */
export const AGENT_MULTI_ROLE = 1;
export const AGENT_HIERARCHICAL_ROLE = 2;
export const AGENT_RESERVATION_REFINEMENT = 4;
/** What every agent of the modelled age can do. */
export const AGENT_ALL = AGENT_MULTI_ROLE | AGENT_HIERARCHICAL_ROLE | AGENT_RESERVATION_REFINEMENT;

/** When an agent will be unavailable; `durationUs` -1 = for good. */
export interface Unavailability {
  readonly startUs: number;
  readonly durationUs: number;
}

/** What the allocator is told of an agent besides its resources. */
export interface AgentTraits {
  readonly hostname: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Bits such as AGENT_MULTI_ROLE. */
  readonly capabilities: number;
  /** Region of its fault domain, undefined = none, which counts as the master's. */
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
}

/** Interval sets of one agent, by kind. */
interface AgentRanges {
  readonly total: Map<number, IntervalSet>;
  readonly held: Map<number, IntervalSet>;
}

/** The allocator's agents: columns of amounts by row and kind. Rows are the owner's. */
export class AgentColumns {
  /** One more than the highest row ever added. */
  end = 0;
  knownCount = 0;
  isKnown = new Uint8Array(16);
  isActive = new Uint8Array(16);
  isWhitelisted = new Uint8Array(16);
  hasGpu = new Uint8Array(16);
  capabilities = new Uint8Array(16);
  firstHolding = new Int32Array(16).fill(-1);
  total: Float64Array;
  held: Float64Array;
  /** Neither offered nor allocated: total − held, never below 0; what is shared is always free. */
  free: Float64Array;
  readonly traits: (AgentTraits | undefined)[] = [];
  readonly unavailability = new Map<number, Unavailability>();
  private readonly ranges = new Map<number, AgentRanges>();

  constructor(private readonly kinds: KindTable) {
    this.total = new Float64Array(16 * kinds.stride);
    this.held = new Float64Array(16 * kinds.stride);
    this.free = new Float64Array(16 * kinds.stride);
    kinds.onWiden((oldStride, stride) => {
      const rows = this.isKnown.length;
      this.total = relaid(this.total, rows, oldStride, stride);
      this.held = relaid(this.held, rows, oldStride, stride);
      this.free = relaid(this.free, rows, oldStride, stride);
    });
  }

  add(agent: number, traits: AgentTraits): void {
    while (agent >= this.isKnown.length) this.grow();
    if (this.isKnown[agent] === 1) fail(`agent ${agent} is added to the allocator twice`);
    this.end = Math.max(this.end, agent + 1);
    this.knownCount++;
    this.isKnown[agent] = 1;
    this.isActive[agent] = 1;
    this.firstHolding[agent] = -1;
    this.traits[agent] = traits;
    this.capabilities[agent] = traits.capabilities;
    const base = agent * this.kinds.stride;
    this.total.fill(0, base, base + this.kinds.stride);
    this.held.fill(0, base, base + this.kinds.stride);
    this.free.fill(0, base, base + this.kinds.stride);
  }

  remove(agent: number): void {
    this.isKnown[agent] = 0;
    this.isActive[agent] = 0;
    this.knownCount--;
    this.traits[agent] = undefined;
    this.unavailability.delete(agent);
    this.ranges.delete(agent);
  }

  traitsOf(agent: number): AgentTraits {
    return this.traits[agent] ?? fail(`the allocator does not know agent ${agent}`);
  }

  /** Replaces the total; what is held stays held. */
  setTotal(agent: number, amounts: Float64Array, offset: number, ranges: RangeSets | undefined): void {
    const { stride } = this.kinds;
    const base = agent * stride;
    for (let kind = 0; kind < stride; kind++) this.total[base + kind] = amounts[offset + kind] ?? 0;
    if (ranges !== undefined || this.ranges.has(agent)) {
      // `ranges` may be the very map that is replaced.
      const sets = [...(ranges ?? [])];
      const own = this.rangesOf(agent);
      own.total.clear();
      for (const [kind, set] of sets) own.total.set(kind, set);
    }
    for (let kind = 0; kind < stride; kind++) this.settle(agent, kind);
    this.hasGpu[agent] = this.countsGpus(agent) ? 1 : 0;
  }

  /** Takes `sign` times the amounts; interval sets with them. */
  hold(agent: number, amounts: Float64Array, offset: number, sign: number, ranges: RangeSets | undefined): void {
    const { kinds, total, held, free } = this;
    const { stride } = kinds;
    const base = agent * stride;
    for (let kind = 0; kind < stride; kind++) {
      const amount = amounts[offset + kind] as number;
      if (amount === 0 || kinds.isShared[kind] === 1) continue;
      const now = (held[base + kind] as number) + sign * amount;
      held[base + kind] = now;
      const left = (total[base + kind] as number) - now;
      free[base + kind] = Math.max(left, 0);
    }
    if (ranges !== undefined && ranges.size > 0) this.holdRanges(agent, ranges, sign);
  }

  private holdRanges(agent: number, ranges: RangeSets, sign: number): void {
    const own = this.rangesOf(agent);
    for (const [kind, set] of ranges) {
      const held = own.held.get(kind) ?? [];
      own.held.set(kind, sign > 0 ? union(held, set) : difference(held, set));
      this.settle(agent, kind);
    }
  }

  /** Free interval sets of the agent by kind; undefined when it has none. */
  freeRanges(agent: number): Map<number, IntervalSet> | undefined {
    const own = this.ranges.get(agent);
    if (own === undefined) return undefined;
    const free = new Map<number, IntervalSet>();
    for (const [kind, set] of own.total) free.set(kind, difference(set, own.held.get(kind) ?? []));
    return free;
  }

  totalRanges(agent: number): RangeSets | undefined {
    return this.ranges.get(agent)?.total;
  }

  private settle(agent: number, kind: number): void {
    const cell = agent * this.kinds.stride + kind;
    if (this.kinds.isScalar[kind] === 0 && kind < this.kinds.count) {
      const own = this.ranges.get(agent);
      this.free[cell] = sizeOf(difference(own?.total.get(kind) ?? [], own?.held.get(kind) ?? [])) * 1000;
      return;
    }
    const isShared = this.kinds.isShared[kind] === 1;
    const left = (this.total[cell] as number) - (isShared ? 0 : (this.held[cell] as number));
    this.free[cell] = Math.max(left, 0);
  }

  private countsGpus(agent: number): boolean {
    const gpus = this.kinds.resources.indexOf('gpus');
    for (let kind = 0; kind < this.kinds.count; kind++) {
      if (this.kinds.nameRows[kind] === gpus && (this.total[agent * this.kinds.stride + kind] as number) > 0)
        return true;
    }
    return false;
  }

  private rangesOf(agent: number): AgentRanges {
    const known = this.ranges.get(agent);
    if (known !== undefined) return known;
    const own: AgentRanges = { total: new Map(), held: new Map() };
    this.ranges.set(agent, own);
    return own;
  }

  private grow(): void {
    const old = this.isKnown.length;
    this.isKnown = grown(this.isKnown, old * 2);
    this.isActive = grown(this.isActive, old * 2);
    this.isWhitelisted = grown(this.isWhitelisted, old * 2);
    this.hasGpu = grown(this.hasGpu, old * 2);
    this.capabilities = grown(this.capabilities, old * 2);
    this.firstHolding = grown(this.firstHolding, old * 2);
    this.firstHolding.fill(-1, old);
    this.total = grown(this.total, old * 2 * this.kinds.stride);
    this.held = grown(this.held, old * 2 * this.kinds.stride);
    this.free = grown(this.free, old * 2 * this.kinds.stride);
  }
}
