import { describe, expect, it } from 'vitest';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import { weightedMaxMin } from '../../../src/allocators/math/progressive-filling.js';
import { fc } from '../../support/properties.js';
import { falls, type Method, type PlainPool, pools, tasksBy, tasksIn } from './pools.js';

// The property table of Ghodsi et al., NSDI 2011 (Table 2): a "yes" is never broken on 500 random pools, a "no" has a witness.
const RUNS = { seed: 42, numRuns: 500 };
const ALL: readonly Method[] = ['asset', 'ceei', 'drf'];

function sharingIncentiveHolds(method: Method, pool: PlainPool): boolean {
  const tasks = tasksBy(method, pool);
  const total = pool.weights.reduce((sum, weight) => sum + weight, 0);
  return pool.demands.every((demand, user) => {
    const part = (pool.weights[user] as number) / total;
    const alone = tasksIn(
      demand,
      pool.capacity.map((amount) => amount * part),
    );
    return !falls(alone, tasks[user] as number);
  });
}

function envyFree(method: Method, pool: PlainPool): boolean {
  const tasks = tasksBy(method, pool);
  return pool.demands.every((own, i) =>
    pool.demands.every((other, j) => {
      const factor = ((tasks[j] as number) * (pool.weights[i] as number)) / (pool.weights[j] as number);
      return !falls(
        tasksIn(
          own,
          other.map((amount) => amount * factor),
        ),
        tasks[i] as number,
      );
    }),
  );
}

function paretoEfficient(method: Method, pool: PlainPool): boolean {
  const tasks = tasksBy(method, pool);
  const used = pool.capacity.map((_, r) =>
    pool.demands.reduce((sum, row, user) => sum + (row[r] as number) * (tasks[user] as number), 0),
  );
  const isFull = used.map((amount, r) => amount > (pool.capacity[r] as number) * (1 - 1e-9));
  expect(used.every((amount, r) => amount <= (pool.capacity[r] as number) * (1 + 1e-9))).toBe(true);
  return pool.demands.every((row) => row.some((amount, r) => amount > 0 && isFull[r] === true));
}

/** Tasks that a user gains by claiming `claim` in place of its demand; ≤ 0 = none. */
function gainByLying(method: Method, pool: PlainPool, user: number, claim: readonly number[]): number {
  const honest = tasksBy(method, pool)[user] as number;
  const demands = pool.demands.map((row, other) => (other === user ? claim : row));
  const claimed = tasksBy(method, { ...pool, demands })[user] as number;
  const truth = pool.demands[user] as readonly number[];
  return (
    tasksIn(
      truth,
      claim.map((amount) => amount * claimed),
    ) - honest
  );
}

function populationMonotone(method: Method, pool: PlainPool): boolean {
  const before = tasksBy(method, pool);
  return pool.demands.every((_, gone) => {
    const stays = (_value: unknown, user: number): boolean => user !== gone;
    const rest = { ...pool, demands: pool.demands.filter(stays), weights: pool.weights.filter(stays) };
    const after = tasksBy(method, rest);
    return before.filter(stays).every((tasks, user) => !falls(tasks, after[user] as number));
  });
}

function bottleneckFair(method: Method, pool: PlainPool): boolean {
  const tasks = tasksBy(method, pool);
  const resource = pool.capacity.findIndex((capacity, r) =>
    pool.demands.every((row) =>
      row.every((amount, s) => amount / (pool.capacity[s] as number) <= (row[r] as number) / capacity),
    ),
  );
  if (resource < 0) return true;
  const capacity = Fraction.of(pool.capacity[resource] as number);
  const fair = weightedMaxMin(
    capacity,
    pool.demands.map(() => capacity),
    pool.weights.map((weight) => Fraction.of(weight)),
  );
  return pool.demands.every((row, user) => {
    const own = (tasks[user] as number) * (row[resource] as number);
    return !falls((fair[user] as Fraction).toNumber(), own);
  });
}

const plain = (capacity: number[], ...demands: number[][]): PlainPool => ({
  capacity,
  demands,
  weights: demands.map(() => 1),
});

/** Runs a yes: 500 pools, none breaks it. */
function never(holds: (pool: PlainPool) => boolean, arbitrary: fc.Arbitrary<PlainPool>): void {
  fc.assert(fc.property(arbitrary, holds), RUNS);
}

/** Runs a no: some pool among 2000 random ones breaks it. */
function someBreaks(holds: (pool: PlainPool) => boolean, arbitrary: fc.Arbitrary<PlainPool>): boolean {
  return fc.sample(arbitrary, { seed: 7, numRuns: 2000 }).some((pool) => !holds(pool));
}

describe('sharing incentive', () => {
  it.each(['ceei', 'drf'] as const)('%s keeps it on 500 weighted pools, zero demands included', (method) => {
    never((pool) => sharingIncentiveHolds(method, pool), pools({ least: 0, weighted: true }));
  });

  it('asset fairness breaks it: 30/30, ⟨1,3⟩ and ⟨1,1⟩ give 6 and 12 tasks, DRF 5 and 15 (V-DRF-11)', () => {
    const pool = plain([30, 30], [1, 3], [1, 1]);
    expect(tasksBy('asset', pool)).toEqual([6, 12]);
    expect(tasksBy('drf', pool)).toEqual([5, 15]);
    expect(sharingIncentiveHolds('asset', pool)).toBe(false);
    expect(someBreaks((random) => sharingIncentiveHolds('asset', random), pools({ least: 1, weighted: false }))).toBe(
      true,
    );
  });
});

describe('strategy-proofness', () => {
  const lies = pools({ least: 0, weighted: true }).chain((pool) =>
    fc.tuple(
      fc.constant(pool),
      fc.integer({ min: 0, max: pool.demands.length - 1 }),
      fc
        .array(fc.integer({ min: 0, max: 9 }), { minLength: pool.capacity.length, maxLength: pool.capacity.length })
        .filter((row) => row.some((amount) => amount > 0)),
    ),
  );

  it.each(['asset', 'drf'] as const)('%s: no misreport gains on 2000 weighted pools', (method) => {
    fc.assert(
      fc.property(lies, ([pool, user, claim]) => gainByLying(method, pool, user, claim) <= 1e-7),
      { seed: 43, numRuns: 2000 },
    );
  });

  it('CEEI is not: B of the paper claims ⟨3,2⟩ and gets 1.8 > 18/11 tasks (V-DRF-6); DRF gives no gain (V-DRF-7)', () => {
    const pool = plain([9, 18], [1, 4], [3, 1]);
    expect(gainByLying('ceei', pool, 1, [3, 2])).toBeCloseTo(1.8 - 18 / 11, 8);
    expect(gainByLying('drf', pool, 1, [3, 2])).toBeLessThanOrEqual(0);
    expect(gainByLying('drf', pool, 0, [1, 5])).toBeCloseTo(18 / 7 - 3, 12);
  });
});

describe('envy-freeness and Pareto efficiency', () => {
  it.each(ALL)('%s: nobody envies anyone on 500 weighted pools', (method) => {
    never((pool) => envyFree(method, pool), pools({ least: 0, weighted: true }));
  });

  it.each(ALL)('%s: everyone needs a full resource on 500 weighted pools', (method) => {
    never((pool) => paretoEfficient(method, pool), pools({ least: 0, weighted: true }));
  });
});

describe('single-resource and bottleneck fairness', () => {
  it.each(ALL)('%s is max-min on one resource', (method) => {
    never((pool) => bottleneckFair(method, pool), pools({ least: 1, weighted: true, resources: 1 }));
  });

  // Every demand is scaled up on resource 0 until it is everyone's bottleneck.
  const common = pools({ least: 0, weighted: true }).map((pool) => ({
    ...pool,
    capacity: pool.capacity.map((amount, r) => (r === 0 ? 10 : amount)),
    demands: pool.demands.map((row) => row.map((amount, r) => (r === 0 ? 8 + amount : amount))),
  }));

  it.each(['ceei', 'drf'] as const)('%s divides a common bottleneck max-min', (method) => {
    never((pool) => bottleneckFair(method, pool), common);
  });

  it('asset fairness does not: 21/21, ⟨3,2⟩ and ⟨4,1⟩ give 3 and 3, DRF 7/2 and 21/8 (V-DRF-12)', () => {
    const pool = plain([21, 21], [3, 2], [4, 1]);
    expect(tasksBy('asset', pool)).toEqual([3, 3]);
    expect(tasksBy('drf', pool)).toEqual([3.5, 2.625]);
    expect(bottleneckFair('asset', pool)).toBe(false);
    expect(someBreaks((random) => bottleneckFair('asset', random), common)).toBe(true);
  });
});

describe('population monotonicity', () => {
  it.each(['asset', 'drf'] as const)('%s: nobody falls when another leaves, demands all above 0', (method) => {
    never((pool) => populationMonotone(method, pool), pools({ least: 1, weighted: true }));
  });

  it('CEEI is not: 100/100, ⟨4,1⟩ ⟨1,16⟩ ⟨16,1⟩; without user 3 user 2 falls from 5.351373 to 4.761905 (V-DRF-14)', () => {
    const pool = plain([100, 100], [4, 1], [1, 16], [16, 1]);
    const [first, second, third] = tasksBy('ceei', pool) as [number, number, number];
    expect([first, second, third].map((tasks) => tasks.toFixed(6))).toEqual(['11.283318', '5.351373', '3.094710']);
    const rest = tasksBy('ceei', plain([100, 100], [4, 1], [1, 16]));
    expect(rest.map((tasks) => tasks.toFixed(6))).toEqual(['23.809524', '4.761905']);
    expect(populationMonotone('ceei', pool)).toBe(false);
  });

  it('zero demands break it for DRF: 8/8, ⟨1,0⟩ ⟨2,1⟩ ⟨0,1⟩ give 4, 2, 6; without A 8/3 and 16/3 (V-DRF-16)', () => {
    const pool = plain([8, 8], [1, 0], [2, 1], [0, 1]);
    expect(tasksBy('drf', pool)).toEqual([4, 2, 6]);
    expect(tasksBy('drf', plain([8, 8], [2, 1], [0, 1]))).toEqual([8 / 3, 16 / 3]);
  });
});

describe('resource monotonicity', () => {
  it('DRF is not: with 36 GB B falls from 2 to 3/2 (V-DRF-10)', () => {
    expect(tasksBy('drf', plain([9, 36], [1, 4], [3, 1]))).toEqual([4.5, 1.5]);
  });

  it('asset fairness is not: 77/77 gives 11 and 33 tasks, 77/154 gives 10.5 and 35 (V-DRF-13)', () => {
    expect(tasksBy('asset', plain([77, 77], [4, 2], [1, 1]))).toEqual([11, 33]);
    expect(tasksBy('asset', plain([77, 154], [4, 2], [1, 1]))).toEqual([10.5, 35]);
  });

  it('CEEI is not: some user falls when a resource grows', () => {
    const before = tasksBy('ceei', plain([9, 18], [1, 4], [3, 1]));
    const after = tasksBy('ceei', plain([18, 18], [1, 4], [3, 1]));
    expect(after[0]).toBeLessThan(before[0] as number);
  });
});

describe('weights and zero demands', () => {
  it('gives 54/13 and 18/13 for weights 2 and 1, 9/5 and 12/5 for 1 and 2 (V-DRF-8)', () => {
    const pool = plain([9, 18], [1, 4], [3, 1]);
    expect(tasksBy('drf', { ...pool, weights: [2, 1] })).toEqual([54 / 13, 18 / 13]);
    expect(tasksBy('drf', { ...pool, weights: [1, 2] })).toEqual([9 / 5, 12 / 5]);
  });

  it('stops only the users that need a full resource (V-DRF-15)', () => {
    expect(tasksBy('drf', plain([10, 10, 10], [1, 0, 1], [1, 1, 0], [0, 2, 1]))).toEqual([5, 5, 2.5]);
  });
});
