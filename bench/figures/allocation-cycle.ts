import { drf } from '../../src/allocators/drf.js';
import { AGENT_ALL } from '../../src/cluster/allocation/agent-columns.js';
import type { AllocationSink } from '../../src/cluster/allocation/allocation-run.js';
import { MESOS_QUIRKS } from '../../src/cluster/allocation/allocation-state.js';
import { MULTI_ROLE, RESERVATION_REFINEMENT } from '../../src/cluster/allocation/client-table.js';
import { HierarchicalAllocator, NO_FILTER } from '../../src/cluster/allocation/hierarchical-allocator.js';
import { amountsOf, parseResources } from '../../src/cluster/allocation/resource-text.js';
import { Streams } from '../../src/core/random.js';
import type { SorterAllocator } from '../../src/model/allocator.js';
import { ResourceSpace } from '../../src/model/resources.js';

/** The rounds of Mesos's own benchmark (src/tests/hierarchical_allocator_tests.cpp HierarchicalAllocator_BENCHMARK_Test). */
export interface CycleBench {
  readonly agents: number;
  readonly frameworks: number;
  /** Guarantee = limit = 20 CPUs and 3,500 MiB per agent on role `*`. */
  readonly quota?: boolean;
  /** Every tenth agent has half of its free CPUs and memory reserved to a role of the frameworks. */
  readonly reservations?: boolean;
  readonly roundCount?: number;
}

export interface CycleTimes {
  /** CPU milliseconds of each round's allocation run. */
  readonly roundsMs: number[];
  /** Offers of each round. */
  readonly offers: number[];
  readonly registerMs: number;
}

const INTERVAL_US = 1_000_000;
const FOREVER_US = 3600e6 * 1000;

/** Offers of one run, kept in columns. */
class Received implements AllocationSink {
  count = 0;
  frameworks = new Int32Array(1 << 16);
  roles = new Int32Array(1 << 16);
  agents = new Int32Array(1 << 16);
  amounts = new Float64Array(1 << 20);
  stride = 4;

  offer(framework: number, role: number, agent: number, amounts: Float64Array, offset: number): void {
    const row = this.count++;
    this.frameworks[row] = framework;
    this.roles[row] = role;
    this.agents[row] = agent;
    for (let kind = 0; kind < this.stride; kind++) {
      this.amounts[row * this.stride + kind] = amounts[offset + kind] as number;
    }
  }

  inverseOffer(): void {
    throw new Error('no maintenance in this bench');
  }
}

export class CycleWorld {
  readonly allocator: HierarchicalAllocator;
  readonly received = new Received();
  nowUs = 0;
  private trigger = 0;

  constructor(private readonly bench: CycleBench) {
    const resources = new ResourceSpace();
    const policy = drf.create({ roleSorter: 'drf', frameworkSorter: 'drf', keepInternalWeights: true } as never, {
      resources,
      fairnessExclude: [],
      random: (name) => new Streams(1).stream(name),
      bidderOf: () => ({ bidder: '', endowment: 0, incomePerS: 0, cap: 0 }),
    }) as SorterAllocator;
    const settings = {
      seed: 1,
      agentOrder: 'shuffle',
      allocationIntervalUs: INTERVAL_US,
      minAllocatable: [
        [10, 0, 0, 0],
        [0, 32_000, 0, 0],
      ],
      filterGpuResources: true,
      quirks: MESOS_QUIRKS,
    } as const;
    this.allocator = new HierarchicalAllocator(resources, settings, (level) => policy.sorter(level));
  }

  /** Frameworks, then agents with 16 of 24 CPUs in use, as the benchmark has them. */
  register(): void {
    const { allocator, bench } = this;
    const role = allocator.role(bench.reservations ? 'a' : '*');
    for (let row = 0; row < bench.frameworks; row++) {
      const id = `framework-${String(row).padStart(6, '0')}`;
      allocator.addFramework(row, { id, roles: [role], capabilities: MULTI_ROLE | RESERVATION_REFINEMENT });
    }
    if (bench.quota) {
      const quota = Float64Array.from([20_000 * bench.agents, 3_500_000 * bench.agents, 0, 0]);
      const limits = quota.map((amount) => (amount > 0 ? amount : Number.POSITIVE_INFINITY));
      allocator.setQuota(role, quota, limits);
    }
    const { kinds } = allocator;
    const parse = (text: string) => amountsOf(parseResources(text, 'bench'), kinds);
    const reserved = 'cpus(a):4;mem(a):1024;cpus:20;mem:3072;disk:4096';
    if (bench.reservations) parse(reserved);
    const total = parse('cpus:24;mem:4096;disk:4096');
    const mixed = bench.reservations ? parse(reserved) : total;
    const used = parse('cpus:16;mem:2014;disk:1024');
    for (let agent = 0; agent < bench.agents; agent++) {
      const traits = { hostname: `agent${agent}`, attributes: {}, capabilities: AGENT_ALL };
      const framework = agent % bench.frameworks;
      const amounts = bench.reservations && agent % 10 === 0 ? mixed : total;
      allocator.addAgent(agent, traits, amounts, [{ framework, role, ...used }]);
    }
    this.received.stride = kinds.stride;
    this.run(false);
  }

  /** One run; CPU milliseconds. */
  run(isBatch: boolean): number {
    const { allocator, received } = this;
    received.count = 0;
    if (isBatch) {
      this.nowUs += INTERVAL_US;
      allocator.trigger();
    }
    const before = process.cpuUsage();
    allocator.run(this.nowUs, this.trigger, received);
    const used = process.cpuUsage(before);
    this.trigger = allocator.filterSequence;
    return (used.user + used.system) / 1000;
  }

  /** Every offer of the last run comes back. */
  giveBack(refuseUs: number, from = 0): void {
    const { allocator, received } = this;
    const { amounts, stride } = received;
    for (let row = from; row < received.count; row++) {
      allocator.recoverResources(
        received.frameworks[row] as number,
        received.roles[row] as number,
        received.agents[row] as number,
        { amounts, offset: row * stride },
        refuseUs,
        this.nowUs,
      );
    }
  }
}

/** Every offer is declined for ever, then the next cycle is timed. */
export function declineOffers(bench: CycleBench): CycleTimes {
  const world = new CycleWorld(bench);
  const before = process.cpuUsage();
  world.register();
  const used = process.cpuUsage(before);
  const roundsMs: number[] = [];
  const offers: number[] = [];
  for (let round = 0; round < (bench.roundCount ?? 8); round++) {
    world.giveBack(FOREVER_US);
    roundsMs.push(world.run(true));
    offers.push(world.received.count);
  }
  return { roundsMs, offers, registerMs: (used.user + used.system) / 1000 };
}

/** Offers come back without a filter; each round another fifth of the frameworks suppresses. */
export function suppressOffers(bench: CycleBench): CycleTimes {
  const world = new CycleWorld(bench);
  world.register();
  const roundsMs: number[] = [];
  const offers: number[] = [];
  for (let round = 0; round < 5; round++) {
    world.giveBack(NO_FILTER);
    roundsMs.push(world.run(true));
    offers.push(world.received.count);
    const size = Math.ceil(bench.frameworks / 5);
    for (let row = round * size; row < Math.min((round + 1) * size, bench.frameworks); row++)
      world.allocator.suppress(row);
  }
  return { roundsMs, offers, registerMs: 0 };
}

/** CPU time of an event-driven run in which `changed` of the agents have come free. */
export function changedAgents(bench: CycleBench, changed: number, repeats: number): number {
  const world = new CycleWorld(bench);
  world.register();
  let sumMs = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { received, allocator } = world;
    const count = received.count;
    received.count = Math.min(count, changed);
    const agents = received.agents.slice(0, received.count);
    world.giveBack(NO_FILTER);
    for (const agent of agents) allocator.triggerAgent(agent);
    sumMs += world.run(false);
  }
  return sumMs / repeats;
}
