import { describe, expect, it } from 'vitest';
import { halvings } from '../../../src/allocators/halvings.js';
import { allocators } from '../../../src/allocators/index.js';
import type { AllocatorView, DemandEntry, Sorter, SorterAllocator } from '../../../src/model/allocator.js';
import { ResourceSpace } from '../../../src/model/resources.js';

const SPACE = new ResourceSpace();

interface Client {
  path: string;
  role: string;
  weight?: number;
  held: Record<string, number>;
  demand?: { amounts: Record<string, number>; count: number; submitUs?: number };
}

function policyOf(text: string, seed = 1): SorterAllocator {
  const { definition, options } = allocators.resolve(text);
  let state = seed;
  const policy = definition.create(options, {
    resources: SPACE,
    fairnessExclude: [],
    random: () => () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 0) / 2 ** 32;
    },
    bidderOf: () => ({ bidder: '', endowment: 0, incomePerS: 0, cap: 0 }),
  });
  if (policy.kind !== 'sorter') throw new Error(`${text} does not rank`);
  return policy;
}

function viewOf(nowUs: number, clients: readonly Client[], total: Record<string, number>): AllocatorView {
  const entry = (client: number, { amounts, count, submitUs }: NonNullable<Client['demand']>): DemandEntry => ({
    client,
    id: client,
    amounts: SPACE.of(amounts),
    count,
    gang: 1,
    priority: 0,
    deadlineUs: -1,
    estimateUs: -1,
    submitUs: submitUs ?? 0,
    queuedUs: submitUs ?? 0,
    doneUs: 0,
  });
  return {
    nowUs,
    resources: SPACE,
    total: SPACE.of(total),
    free: SPACE.zero(),
    clientCount: clients.length,
    frameworkOf: (client) => (clients[client] as Client).path,
    roleOf: (client) => (clients[client] as Client).role,
    weightOf: (client) => clients[client]?.weight ?? 1,
    isActive: () => true,
    allocationOf: (client) => SPACE.of((clients[client] as Client).held),
    demandOf: (client) => {
      const demand = clients[client]?.demand;
      return demand === undefined ? [] : [entry(client, demand)];
    },
    runningTasks: () => [],
    outstandingOffers: () => [],
    actualOfEntry: () => 0,
    actualOfTask: () => 0,
    agentCount: 0,
    guaranteeOf: () => undefined,
    freeOf: () => SPACE.zero(),
  };
}

/** A framework sorter with these clients, active and charged. */
function filled(policy: SorterAllocator, clients: readonly Client[], total: Record<string, number>): Sorter {
  const sorter = policy.sorter('framework');
  sorter.setTotal(SPACE.of(total));
  for (const [row, client] of clients.entries()) {
    sorter.add(row, client.path);
    sorter.activate(row);
    if (client.weight !== undefined) sorter.setWeight(client.path, client.weight);
    sorter.allocated(row, SPACE.of(client.held), 0, 1);
  }
  return sorter;
}

function orderOf(sorter: Sorter): number[] {
  sorter.refresh();
  return [...sorter.order.subarray(0, sorter.activeCount)];
}

describe('sorter allocators', () => {
  // Of 100 CPUs and 100 GiB A holds 1/10 and 6/10, B 5/10 and 0, C 3/10 and 3/10.
  const total = { cpus: 100, mem: 100_000 };
  const clients: Client[] = [
    { path: 'A', role: 'r', held: { cpus: 10, mem: 60_000 } },
    { path: 'B', role: 'r', held: { cpus: 50 } },
    { path: 'C', role: 'r', held: { cpus: 30, mem: 30_000 } },
  ];

  it('drf ranks by dominant share: C 3/10, B 5/10, A 6/10', () => {
    expect(orderOf(filled(policyOf('drf'), clients, total))).toEqual([2, 1, 0]);
  });

  it('asset-fair ranks by the sum of shares: B 5/10, C 6/10, A 7/10', () => {
    expect(orderOf(filled(policyOf('asset-fair'), clients, total))).toEqual([1, 2, 0]);
  });

  it('max-min ranks by one resource', () => {
    expect(orderOf(filled(policyOf('max-min'), clients, total))).toEqual([0, 2, 1]);
    expect(orderOf(filled(policyOf('max-min[resource=mem]'), clients, total))).toEqual([1, 2, 0]);
  });

  it('max-min names the known resources when its own is unknown', () => {
    expect(() => policyOf('max-min[resource=cpu]')).toThrow(
      'max-min[resource] must be a resource of the scenario, got "cpu"',
    );
  });

  it('drf-decayed forgets past use by halves', () => {
    // A held everything for long, then nothing; B holds a fifth. With present=0.5 and two half-lives passed since, A is charged
    // half of a quarter of everything: 12.5 CPUs, B half of 20 and half of its average of 15: 17.5 CPUs.
    const policy = policyOf('drf-decayed[halfLife=1 h,present=0.5]');
    const held = (a: number, b: number): Client[] => [
      { path: 'A', role: 'r', held: { cpus: a } },
      { path: 'B', role: 'r', held: { cpus: b } },
    ];
    const sorter = filled(policy, held(80, 0), { cpus: 100 });
    policy.prepare?.(viewOf(1000 * 3600e6, held(100, 0), { cpus: 100 }), {
      evict: () => undefined,
      nominate: () => undefined,
    });
    sorter.unallocated(0, SPACE.of({ cpus: 80 }), 0);
    sorter.allocated(1, SPACE.of({ cpus: 20 }), 0, 1);
    policy.prepare?.(viewOf(1001 * 3600e6, held(0, 20), { cpus: 100 }), {
      evict: () => undefined,
      nominate: () => undefined,
    });
    expect(orderOf(sorter)).toEqual([1, 0]);
    policy.prepare?.(viewOf(1002 * 3600e6, held(0, 20), { cpus: 100 }), {
      evict: () => undefined,
      nominate: () => undefined,
    });
    expect(sorter.keyOf(0)).toBeCloseTo(0.125, 9);
    expect(sorter.keyOf(1)).toBeCloseTo(0.175, 9);
    expect(orderOf(sorter)).toEqual([0, 1]);
  });

  it('drfh counts only the part of an allocation that the waiting shape can use', () => {
    // A holds 6 CPUs but memory for two tasks of (1, 1000): useful 2/10. B holds three of (1, 1000): 3/10.
    const shape = { amounts: { cpus: 1, mem: 1000 }, count: 5 };
    const users: Client[] = [
      { path: 'A', role: 'r', held: { cpus: 6, mem: 2000 }, demand: shape },
      { path: 'B', role: 'r', held: { cpus: 3, mem: 3000 }, demand: shape },
    ];
    const pool = { cpus: 10, mem: 10_000 };
    expect(orderOf(filled(policyOf('drf'), users, pool))).toEqual([1, 0]);
    const policy = policyOf('drfh');
    const sorter = filled(policy, users, pool);
    policy.prepare?.(viewOf(0, users, pool), { evict: () => undefined, nominate: () => undefined });
    expect(orderOf(sorter)).toEqual([0, 1]);
  });

  it('hdrf does not let a subtree starve for what its sibling resources brought one of its leaves', () => {
    // 10 CPUs and 10 GPUs. n1 holds 5 CPUs. In n2, a wants CPUs and holds none, b holds 6 GPUs because nobody else can use them.
    // Plain DRF sees n2 at 6/10, behind n1 at 5/10. Hierarchical DRF rescales b to its sibling's share: n2 is at 0 and comes first.
    const pool = { cpus: 10, gpus: 10 };
    const order = (name: string): string[] => {
      const sorter = policyOf(name).sorter('role');
      const paths = ['n1', 'n2/a', 'n2/b'];
      sorter.setTotal(SPACE.of(pool));
      for (const [row, path] of paths.entries()) {
        sorter.add(row, path);
        sorter.activate(row);
      }
      sorter.allocated(0, SPACE.of({ cpus: 5 }), 0, 1);
      sorter.allocated(2, SPACE.of({ gpus: 6 }), 0, 1);
      return orderOf(sorter).map((row) => paths[row] as string);
    };
    expect(order('drf')).toEqual(['n1', 'n2/a', 'n2/b']);
    expect(order('hdrf')).toEqual(['n2/a', 'n2/b', 'n1']);
  });

  it('karma serves those below their guarantee first, then who has lent', () => {
    const policy = policyOf('karma[alpha=0.5,initial=100]');
    const sorter = policy.sorter('framework');
    const users = (a: number, b: number, wants: number): Client[] => [
      { path: 'A', role: 'r', held: { cpus: a }, demand: { amounts: { cpus: 1 }, count: wants } },
      { path: 'B', role: 'r', held: { cpus: b }, demand: { amounts: { cpus: 1 }, count: 99 } },
    ];
    sorter.setTotal(SPACE.of({ cpus: 100 }));
    for (const row of [0, 1]) {
      sorter.add(row, `f${row}`);
      sorter.activate(row);
    }
    const sink = { evict: () => undefined, nominate: () => undefined };
    policy.prepare?.(viewOf(0, users(0, 0, 0), { cpus: 100 }), sink);
    // For 10 s A holds and wants nothing (guaranteed 25 of 100 CPUs, fair share 50), B holds 90 CPUs.
    policy.prepare?.(viewOf(10e6, users(0, 90, 0), { cpus: 100 }), sink);
    expect(orderOf(sorter)).toEqual([0, 1]);
    // Both are above their guarantee now. A: 100 + 10 × (0.25 + 0.25 lent) = 105; B: 100 + 10 × (0.25 − 0.65) = 96.
    policy.prepare?.(viewOf(10e6, users(60, 40, 99), { cpus: 100 }), sink);
    expect(orderOf(sorter)).toEqual([0, 1]);
    expect(sorter.keyOf(0)).toBeCloseTo(1e9 - 105, 6);
    expect(sorter.keyOf(1)).toBeCloseTo(1e9 - 96, 6);
  });

  it('lottery and the random sorter of drf draw roles by weight', () => {
    for (const text of ['lottery', 'drf[roleSorter=random]']) {
      const sorter = policyOf(text, 7).sorter('role');
      sorter.setTotal(SPACE.of({ cpus: 1 }));
      for (const [row, path] of ['a', 'b/x', 'b/y'].entries()) {
        sorter.add(row, path);
        sorter.activate(row);
      }
      sorter.setWeight('b', 3);
      sorter.setWeight('b/y', 2);
      // Relative weights: a 1/4, b/x 3/4 · 1/3 = 1/4, b/y 3/4 · 2/3 = 1/2.
      const firsts = [0, 0, 0];
      const draws = 40_000;
      for (let draw = 0; draw < draws; draw++) {
        const order = orderOf(sorter);
        expect(new Set(order).size).toBe(3);
        firsts[order[0] as number] = (firsts[order[0] as number] as number) + 1;
      }
      expect((firsts[0] as number) / draws).toBeCloseTo(0.25, 1);
      expect((firsts[1] as number) / draws).toBeCloseTo(0.25, 1);
      expect((firsts[2] as number) / draws).toBeCloseTo(0.5, 1);
    }
  });

  it('halvings is 2^−x to the last bits', () => {
    for (const x of [0, 0.25, 0.5, 1, 1.5, 10, 33.7, 1000.5]) {
      expect(Math.abs(halvings(x) / 2 ** -x - 1)).toBeLessThan(4e-16);
    }
    expect(halvings(1e9)).toBe(0);
  });
});
