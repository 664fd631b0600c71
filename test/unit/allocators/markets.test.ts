import { beforeAll, describe, expect, it } from 'vitest';
import { type MarketSpec, marketRun } from '../../support/market-run.js';
import { loadAllocators } from '../../support/solver.js';

beforeAll(loadAllocators);

/** 9 CPUs and 18 units of memory; A's tasks need ⟨1, 4⟩, B's ⟨3, 1⟩ (Ghodsi et al., NSDI 2011, §4.1). */
const paper = {
  agents: [{ cpus: 9, mem: 18 }],
  jobs: [
    { queue: 'A', cpus: 1, mem: 4, tasks: 20 },
    { queue: 'B', cpus: 3, mem: 1, tasks: 20 },
  ],
};

describe('golden numbers in the running simulator', () => {
  it('base rule, whole tasks: A 3, B 2; everyone pays its bid: 24 for the CPUs, 13 for the memory', () => {
    // Unit bids A (CPU 2, GB 1), B (CPU 3, GB 1/2): scores per task 2·1/9 + 1·4/18 = 4/9 and 3·3/9 + ½·1/18 = 37/36.
    // 3 and 2 tasks have R = 3·4/9 + 2·37/36 = 61/18; paid: CPUs 3·1·2 + 2·3·3 = 24, memory 3·4·1 + 2·1·½ = 13.
    const run = marketRun({
      ...paper,
      allocator: 'market-first-price[reserve=0]',
      bidders: { A: 'fixed[prices=cpus:2;mem:1]', B: 'fixed[prices=cpus:3;mem:0.5]' },
    });
    expect(run.started).toEqual({ A: 3, B: 2 });
    expect(run.market['cpus']?.[0]?.revenue).toBeCloseTo(24, 9);
    expect(run.market['mem']?.[0]?.revenue).toBeCloseTo(13, 9);
    expect(run.market['cpus']?.[0]?.optimalityGap).toBe(0);
  });

  it('VCG on the same scores: A pays 37/36, B 4/9', () => {
    // Unit prices p/q make a task worth its score. Without A, B would run 3 tasks: 3·37/36 − 2·37/36 = 37/36.
    // Without B, A would run 4: 4·4/9 − 3·4/9 = 4/9.
    const run = marketRun({
      ...paper,
      allocator: 'market-vcg[reserve=0]',
      bidders: { A: `fixed[prices=cpus:${2 / 9};mem:${1 / 18}]`, B: `fixed[prices=cpus:${3 / 9};mem:${0.5 / 18}]` },
    });
    expect(run.started).toEqual({ A: 3, B: 2 });
    // Ten seconds at these rates.
    expect(run.budgets['A']?.at(-1)?.spent).toBeCloseTo((10 * 37) / 36, 6);
    expect(run.budgets['B']?.at(-1)?.spent).toBeCloseTo((10 * 4) / 9, 6);
  });

  it('the published clock: demand 15, 15, 15, 11, 11, 6 stops at 1.75; A pays 10.5 and 4 CPUs stay unsold', () => {
    // 10 CPUs: base price 1/10. Start 0.5 = 5 base prices, step 0.25 = 2.5 base prices. Limits 12/6 = 2, 7.5/5 = 1.5, 4/4 = 1.
    const clock: MarketSpec = {
      agents: [{ cpus: 10, mem: 1 }],
      bidders: { A: 'fixed[prices=cpus:2]', B: 'fixed[prices=cpus:1.5]', C: 'fixed[prices=cpus:1]' },
      jobs: [
        { queue: 'A', cpus: 6 },
        { queue: 'B', cpus: 5 },
        { queue: 'C', cpus: 4 },
      ],
      allocator: 'market-uniform[reserve=5,step=2.5,ration=false]',
    };
    const [row] = marketRun(clock).market['cpus'] ?? [];
    expect(row?.price).toBeCloseTo(1.75, 9);
    expect(row?.revenue).toBeCloseTo(10.5, 9);
    expect(row?.iterations).toBe(6);
    expect((row?.supplyMilli ?? 0) - (row?.soldMilli ?? 0)).toBe(4000);
    // Rationed at the last price with excess demand, 1.5, of A and B (11 CPUs) only A fits: 4 CPUs are left as C is out at 1.5.
    const [rationed] = marketRun({ ...clock, allocator: 'market-uniform[reserve=5,step=2.5]' }).market['cpus'] ?? [];
    expect(rationed?.price).toBeCloseTo(1.5, 9);
    expect(rationed?.soldMilli).toBe(6000);
  });

  /** P-AUC-01: 8 units; each marginal bid is a job of one CPU whose priority is its price: 8 base prices of 1/8 are 1. */
  const units = (allocator: string): ReturnType<typeof marketRun> =>
    marketRun({
      allocator,
      agents: [{ cpus: 8, mem: 1 }],
      bidders: Object.fromEntries(['A', 'B', 'C'].map((name) => [name, 'value-density[base=0,perPriority=8]'])),
      jobs: [
        ...[88, 74].map((priority) => ({ queue: 'A', cpus: 1, priority })),
        ...[76, 73, 55, 16, 13].map((priority) => ({ queue: 'B', cpus: 1, priority })),
        ...[82, 61, 33, 6, 5].map((priority) => ({ queue: 'C', cpus: 1, priority })),
      ],
    });

  it.each([
    ['highest-losing', 16],
    ['lowest-winning', 33],
  ])('8 units under %s: A 2, B 3, C 3 at price %d', (rule, price) => {
    const run = units(`market-uniform[reserve=0,rule=${rule}]`);
    expect(run.started).toEqual({ A: 2, B: 3, C: 3 });
    expect(run.market['cpus']?.[0]?.price).toBeCloseTo(price, 9);
  });

  it('8 units under VCG: A pays 29, B 11, C 29', () => {
    const run = units('market-vcg[reserve=0]');
    expect(run.started).toEqual({ A: 2, B: 3, C: 3 });
    // Ten seconds at these rates.
    expect(['A', 'B', 'C'].map((name) => Math.round((run.budgets[name]?.at(-1)?.spent ?? 0) * 1e6) / 1e7)).toEqual([
      29, 11, 29,
    ]);
  });

  it('bundles under VCG (P-WDP-01): D and E win and pay 51 each', () => {
    // C = ⟨16, 19⟩; A ⟨9,1⟩ 13, B ⟨8,1⟩ 51, C ⟨10,9⟩ 15, D ⟨7,4⟩ 52, E ⟨7,4⟩ 55: a price per CPU that makes the bundle's.
    const bundles = { A: [9, 1, 13], B: [8, 1, 51], C: [10, 9, 15], D: [7, 4, 52], E: [7, 4, 55] } as const;
    const run = marketRun({
      allocator: 'market-vcg[reserve=0]',
      agents: [{ cpus: 16, mem: 19 }],
      bidders: Object.fromEntries(
        Object.entries(bundles).map(([name, [cpus, , price]]) => [name, `fixed[prices=cpus:${price / cpus}]`]),
      ),
      jobs: Object.entries(bundles).map(([queue, [cpus, mem]]) => ({ queue, cpus, mem })),
    });
    expect(run.started).toEqual({ D: 1, E: 1 });
    for (const name of ['D', 'E']) expect(run.budgets[name]?.at(-1)?.spent).toBeCloseTo(510, 6);
  });

  it('proportional share: money 1, 2, 3 on 12 CPUs buys 2, 4, 6 at 1/2', () => {
    // 12 tasks of one CPU each at 1/12, 2/12, 3/12 put 1, 2 and 3 on the CPUs.
    const run = marketRun({
      allocator: 'market-proportional[reserve=0]',
      agents: [{ cpus: 12, mem: 1 }],
      bidders: { A: `fixed[prices=cpus:${1 / 12}]`, B: `fixed[prices=cpus:${2 / 12}]`, C: 'fixed[prices=cpus:0.25]' },
      jobs: ['A', 'B', 'C'].map((queue) => ({ queue, cpus: 1, tasks: 12 })),
    });
    expect(run.started).toEqual({ A: 2, B: 4, C: 6 });
    expect(run.market['cpus']?.[0]?.price).toBeCloseTo(1 / 2, 12);
  });

  it.each(['ceei', 'market-fisher[reserve=0]'])(
    '%s: 45/11 and 18/11 tasks become 4 and 1 at prices 1/5 and 1/90',
    (allocator) => {
      const run = marketRun({ ...paper, allocator, bidders: { A: '', B: '' } });
      expect(run.started).toEqual({ A: 4, B: 1 });
      expect(run.market['cpus']?.[0]?.price).toBeCloseTo(1 / 5, 8);
      expect(run.market['mem']?.[0]?.price).toBeCloseTo(1 / 90, 8);
      expect(run.market['cpus']?.[0]?.optimalityGap).toBeLessThan(1e-9);
    },
  );

  it('nobody pays under CEEI; under Fisher everyone pays the uniform prices', () => {
    const free = marketRun({ ...paper, allocator: 'ceei', bidders: { A: '', B: '' } });
    expect(free.budgets['A']?.at(-1)?.spent).toBe(0);
    // A runs 4 tasks at 1/5 + 4/90 each for ten seconds.
    const paid = marketRun({ ...paper, allocator: 'market-fisher[reserve=0]', bidders: { A: '', B: '' } });
    expect(paid.budgets['A']?.at(-1)?.spent).toBeCloseTo(10 * 4 * (1 / 5 + 4 / 90), 6);
  });
});

describe('the market in a cluster', () => {
  const one = (spec: Partial<MarketSpec>): ReturnType<typeof marketRun> =>
    marketRun({
      allocator: 'market-first-price',
      agents: [{ cpus: 4, mem: 64 }],
      bidders: { A: 'fixed[price=4]' },
      jobs: [{ queue: 'A', cpus: 1, tasks: 4 }],
      ...spec,
    });

  it('sells no more than the agents have room for, unless the cluster is sold as one pool', () => {
    // Two agents of 3 CPUs: 6 are for sale, tasks of 2 CPUs: as one pool three are won, two placed, 2 CPUs unplaced.
    const spec = { agents: [{ count: 2, cpus: 3, mem: 64 }], jobs: [{ queue: 'A', cpus: 2, tasks: 3 }] };
    for (const [pool, unplaced] of [
      [true, 2000],
      [false, 0],
    ] as const) {
      const run = one({ ...spec, allocator: `market-first-price[pool=${pool}]` });
      const [row] = run.market['cpus'] ?? [];
      expect([row?.soldMilli, row?.unplacedMilli]).toEqual([4000, unplaced]);
      // 4 base prices of 1/6 for 4 CPUs.
      expect(row?.revenue).toBeCloseTo((4 * 4) / 6, 9);
      expect(run.started).toEqual({ A: 2 });
    }
  });

  it('a task that fits no agent keeps nothing from those that do, however much it bids', () => {
    // The agent of 4 CPUs is in use when A bids 4 base prices for eight tasks of 1 CPU and B 8 for one of 4, which the four agents of 2
    // cannot take. As one pool B's wins first and leaves 4 CPUs to A; by agents A runs all eight, and B does not drive its price up.
    const spec = {
      agents: [
        { count: 1, cpus: 4, mem: 64 },
        { count: 4, cpus: 2, mem: 64 },
      ],
      bidders: { A: 'fixed[price=4]', B: 'fixed[price=8]' },
      jobs: [
        { queue: 'B', cpus: 4 },
        { queue: 'A', cpus: 1, tasks: 8, at: 30 },
        { queue: 'B', cpus: 4, at: 30 },
      ],
      until: '100 s',
    };
    expect(one({ ...spec, allocator: 'market-first-price[pool=true]' }).started).toEqual({ A: 4, B: 1 });
    expect(one({ ...spec, allocator: 'market-first-price' }).started).toEqual({ A: 8, B: 1 });
    const clock = one({ ...spec, allocator: 'market-uniform' });
    expect(clock.started).toEqual({ A: 8, B: 1 });
    // The reserve: 1 base price of 1/12 per CPU.
    expect(clock.market['cpus']?.at(-1)?.price).toBeCloseTo(1 / 12, 12);
  });

  it('puts the higher bid on the agents first: it is not kept out by a lower one that comes before it in the list', () => {
    // Two agents of 2 CPUs. A's two tasks of 1 CPU at 4 base prices would take one agent each way; B's of 2 CPUs at 8 goes first.
    const run = one({
      agents: [{ count: 2, cpus: 2, mem: 64 }],
      bidders: { A: 'fixed[price=4]', B: 'fixed[price=8]' },
      jobs: [
        { queue: 'A', cpus: 1, tasks: 3 },
        { queue: 'B', cpus: 2 },
      ],
    });
    expect(run.started).toEqual({ A: 2, B: 1 });
  });

  it('sells a gang whole or not at all', () => {
    const gang = { queue: 'A', cpus: 1, tasks: 3, gang: true };
    expect(one({ agents: [{ count: 2, cpus: 3, mem: 64 }], jobs: [{ ...gang, tasks: 6 }] }).started).toEqual({ A: 6 });
    // Four CPUs: the gang of two is worth 2·8, the one of three 3·4. It waits until the first has ended (5 s), then starts whole.
    const run = one({
      allocator: 'market-first-price[interval=1 s]',
      bidders: { A: 'fixed[price=4]', B: 'fixed[price=8]' },
      jobs: [{ queue: 'B', cpus: 1, tasks: 2, duration: 5, gang: true }, gang],
    });
    expect(run.starts.filter(({ framework }) => framework === 'A').map(({ s }) => s)).toEqual([5, 5, 5]);
  });

  it('clears at 0, at every interval, and at once when work comes to an idle cluster', () => {
    // 65 s: nothing runs. 66 s: the cluster is busy, so the second job waits for the minute.
    const run = one({
      allocator: 'market-first-price',
      jobs: [
        { queue: 'A', cpus: 1, duration: 10 },
        { queue: 'A', cpus: 1, at: 65, duration: 100 },
        { queue: 'A', cpus: 1, at: 66, duration: 10 },
      ],
      until: '200 s',
    });
    expect(run.starts.map(({ s }) => s)).toEqual([0, 65, 120]);
  });

  it('lets a bid count only while the balance covers price × amount × min(estimate, 1 h)', () => {
    // 4 base prices of 1/4 per CPU: 1 per second and task; memory 0. No estimate counts as an hour: 3600 each.
    const spec = { budgets: { A: { endowment: 8000 } } };
    expect(one(spec).started).toEqual({ A: 2 });
    expect(one({ budgets: { A: { endowment: 3599 } } }).started).toEqual({});
  });

  it('ends the newest tasks of a framework without money when told to, and lets them run otherwise', () => {
    // Estimates of 5 s let four tasks start on 20; at 4 per second the money is gone after 5 s, and with income 2 two tasks can stay.
    const spec = {
      allocator: 'market-first-price[evict=true]',
      bidders: { A: 'fixed[price=4]' },
      budgets: { A: { endowment: 20, income: 2 } },
      jobs: [],
      until: '60 s',
      document: {
        workload: {
          synthetic: [
            {
              jobs: 1,
              arrivals: { deterministic: { value: '1 s' } },
              tasks: 4,
              cpus: 1,
              mem: 0,
              duration: { deterministic: { value: '50 s' } },
              estimateFactor: 0.1,
              queue: 'A',
            },
          ],
        },
      },
    };
    const run = one(spec);
    expect(run.started['A']).toBeGreaterThan(4);
    expect(Math.min(...(run.budgets['A'] ?? []).map(({ balance }) => balance))).toBeGreaterThanOrEqual(-4);
    const lax = one({ ...spec, allocator: 'market-first-price' });
    expect(lax.started).toEqual({ A: 4 });
    expect(Math.min(...(lax.budgets['A'] ?? []).map(({ balance }) => balance))).toBeLessThan(-20);
  });

  it('reserve prices rise with use: the second minute is dearer than the first', () => {
    // Half of the CPUs run from the first minute on: linear with steepness 10 makes 1 + 9/2 = 5.5 reserves of 1/4 per CPU.
    const run = one({
      allocator: 'market-first-price[curve=linear,steepness=10]',
      bidders: { A: 'fixed[price=6]' },
      jobs: [
        { queue: 'A', cpus: 2 },
        { queue: 'A', cpus: 2, at: 30 },
      ],
      until: '100 s',
    });
    expect(run.market['cpus']?.map(({ reservePrice }) => reservePrice)).toEqual([1 / 4, 5.5 / 4]);
  });

  it('puts the framework’s money where its best response is, and the shares still fill the supply', () => {
    const run = marketRun({
      ...paper,
      allocator: 'market-proportional[reserve=0,split=best-response]',
      bidders: { A: 'fixed[price=1]', B: 'fixed[price=2]' },
    });
    expect(run.market['cpus']?.[0]?.converged).toBe(true);
    expect(run.started['A']).toBeGreaterThan(0);
    expect(run.started['B']).toBeGreaterThan(0);
  });
});

describe('Themis in a cluster', () => {
  const gpus = { agents: [{ cpus: 8, mem: 64, gpus: 4 }], bidders: { A: '', B: '' } };

  it('offers what is free to the framework whose work ends latest against its part of the cluster', () => {
    // A has waited for 50 s longer when the first GPUs come free; with f = 0.8 only the worst of two is asked.
    const run = marketRun({
      ...gpus,
      allocator: 'market-themis[interval=10 s]',
      jobs: [
        { queue: 'B', gpus: 1, tasks: 4, duration: 60 },
        { queue: 'A', gpus: 1, tasks: 4, duration: 60, at: 1 },
        { queue: 'B', gpus: 1, tasks: 4, duration: 60, at: 51 },
      ],
      until: '100 s',
    });
    // The first auction after the GPUs come back (60 s) is A's.
    expect(run.starts.filter(({ s }) => s > 0 && s < 100).map(({ framework }) => framework)).toEqual([
      'A',
      'A',
      'A',
      'A',
    ]);
  });

  it('takes a GPU back when its lease is over and another framework is worse off', () => {
    // B holds all four GPUs for 1000 s. After its lease of 30 s the auction at 60 s finds A, which holds nothing, far worse off.
    const run = marketRun({
      ...gpus,
      allocator: 'market-themis[interval=10 s,lease=30 s]',
      jobs: [
        { queue: 'B', gpus: 1, tasks: 4 },
        { queue: 'A', gpus: 1, tasks: 2, at: 5, duration: 20 },
      ],
      until: '100 s',
    });
    const first = run.starts.find(({ framework }) => framework === 'A');
    expect(first?.s).toBeGreaterThanOrEqual(30);
    expect(first?.s).toBeLessThanOrEqual(41);
  });

  it('lets a lease go on where nobody else wants the GPUs', () => {
    const run = marketRun({
      ...gpus,
      allocator: 'market-themis[interval=10 s,lease=30 s]',
      jobs: [
        { queue: 'B', gpus: 1, tasks: 4, duration: 90 },
        { queue: 'B', gpus: 1, tasks: 1, duration: 5 },
      ],
      until: '100 s',
    });
    expect(run.started).toEqual({ B: 5 });
    expect(run.ended).toContain('j0 finished');
  });
});
