import { drf } from '../../src/allocators/drf.js';
import { AGENT_ALL, type AgentTraits } from '../../src/cluster/allocation/agent-columns.js';
import {
  type AllocationQuirks,
  type AllocationSettings,
  MESOS_QUIRKS,
} from '../../src/cluster/allocation/allocation-state.js';
import { type FrameworkSpec, MULTI_ROLE } from '../../src/cluster/allocation/client-table.js';
import { HierarchicalAllocator, NO_FILTER } from '../../src/cluster/allocation/hierarchical-allocator.js';
import { intervalText } from '../../src/cluster/allocation/interval-set.js';
import { kindText } from '../../src/cluster/allocation/resource-kinds.js';
import { amountsOf, parseResources } from '../../src/cluster/allocation/resource-text.js';
import { TimedAllocator } from '../../src/cluster/allocation/timed-allocator.js';
import { resolveOptions } from '../../src/model/options.js';
import { ResourceSpace } from '../../src/model/resources.js';

export const SECOND = 1_000_000;

/** An allocator with names instead of rows; grants since the last `take()` as texts `framework/role@agent resources`. */
export class Engine {
  readonly allocator: HierarchicalAllocator;
  readonly timed: TimedAllocator;
  private readonly agents: string[] = [];
  private readonly frameworks: string[] = [];
  private log: string[] = [];

  constructor(
    settings: Partial<AllocationSettings> & { allocator?: string } = {},
    quirks: Partial<AllocationQuirks> = {},
  ) {
    const resources = new ResourceSpace();
    let state = 42;
    const policy = drf.create(resolveOptions('drf', drf.options, {}), {
      resources,
      fairnessExclude: [],
      random: () => () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return (state >>> 0) / 2 ** 32;
      },
      bidderOf: () => ({ bidder: '', endowment: 0, incomePerS: 0, cap: 0 }),
    });
    if (policy.kind !== 'sorter') throw new Error('drf ranks');
    const full: AllocationSettings = {
      seed: 1,
      agentOrder: 'id',
      allocationIntervalUs: SECOND,
      minAllocatable: [
        [10, 0, 0, 0],
        [0, 32_000, 0, 0],
      ],
      filterGpuResources: true,
      ...settings,
      quirks: { ...MESOS_QUIRKS, ...quirks },
    };
    this.allocator = new HierarchicalAllocator(resources, full, (level) => policy.sorter(level));
    this.timed = new TimedAllocator(this.allocator, full.allocationIntervalUs, {
      offer: (framework, role, agent, amounts, offset, ranges) => {
        const { kinds } = this.allocator;
        const parts: string[] = [];
        for (let kind = 0; kind < kinds.count; kind++) {
          const milli = amounts[offset + kind] as number;
          if (milli === 0) continue;
          const traits = kinds.traitsOf(kind);
          const set = ranges?.get(kind);
          parts.push(
            traits.isRange
              ? `${kindText({ ...traits, isRange: false })}:${intervalText(set ?? [])}`
              : `${kindText(traits)}:${milli / 1000}`,
          );
        }
        const path = this.allocator.state.roles.of(role).path;
        this.log.push(`${this.frameworks[framework]}/${path}@${this.agents[agent]} ${parts.join(';')}`);
      },
      inverseOffer: (framework, agent, startUs) => {
        this.log.push(`inverse ${this.frameworks[framework]}@${this.agents[agent]} from ${startUs / SECOND}`);
      },
    });
  }

  /** Offers and inverse offers since the last call. */
  take(): string[] {
    const { log } = this;
    this.log = [];
    return log;
  }

  amounts(text: string) {
    return amountsOf(parseResources(text, 'test'), this.allocator.kinds);
  }

  agent(name: string, resources: string, traits: Partial<AgentTraits> = {}): void {
    const total = this.amounts(resources);
    const full = { hostname: name, attributes: {}, capabilities: AGENT_ALL, ...traits };
    this.allocator.addAgent(this.rowOfAgent(name), full, total);
    this.timed.drain();
  }

  framework(name: string, role: string, capabilities = 0, spec: Partial<FrameworkSpec> = {}): void {
    const roles = [this.allocator.role(role)];
    const full = { id: name, roles, capabilities: MULTI_ROLE | capabilities, ...spec };
    this.allocator.addFramework(this.rowOf(name), full);
    this.timed.drain();
  }

  recover(name: string, role: string, agent: string, refuseS?: number): void {
    const refuseUs = refuseS === undefined ? NO_FILTER : refuseS * SECOND;
    const roleRow = this.allocator.role(role);
    this.allocator.recoverAll(this.rowOf(name), roleRow, this.rowOfAgent(agent), refuseUs, this.timed.nowUs);
    this.timed.drain();
  }

  quota(role: string, guarantees: string, limits: string): void {
    const { resources } = this.allocator.state;
    const wanted = resources.zero();
    const cap = resources.zero().fill(Number.POSITIVE_INFINITY);
    for (const { traits, milli } of parseResources(guarantees, 'test')) wanted[resources.indexOf(traits.name)] = milli;
    for (const { traits, milli } of parseResources(limits, 'test')) cap[resources.indexOf(traits.name)] = milli;
    this.allocator.setQuota(this.allocator.role(role), wanted, cap);
  }

  /** Applies a call and lets the mailbox run dry. */
  apply(call: (allocator: HierarchicalAllocator) => void): void {
    call(this.allocator);
    this.timed.drain();
  }

  advance(seconds: number): void {
    this.timed.advance(seconds * SECOND);
  }

  rowOf(framework: string): number {
    return rowIn(this.frameworks, framework);
  }

  rowOfAgent(agent: string): number {
    return rowIn(this.agents, agent);
  }
}

function rowIn(names: string[], name: string): number {
  const known = names.indexOf(name);
  return known >= 0 ? known : names.push(name) - 1;
}
