import { beforeAll, describe, expect, it } from 'vitest';
import {
  bundleScores,
  type ClearingBid,
  type ClearingMarket,
  type ClearingResult,
  clearMarket,
} from '../../../src/allocators/math/clearing.js';
import { bundleCost } from '../../../src/allocators/math/clearing-types.js';
import { ascendingClock, type ClockRound } from '../../../src/allocators/math/clock.js';
import { type LpSolver, loadLpSolver } from '../../../src/allocators/math/lp-solver.js';
import { clearFisher, clearProportional } from '../../../src/allocators/math/share-clearing.js';
import { partialAllocation, worstOff } from '../../../src/allocators/math/themis.js';
import { clearVcg } from '../../../src/allocators/math/vcg.js';
import { determineWinners, freeAfter } from '../../../src/allocators/math/winners.js';
import { Streams } from '../../../src/core/random.js';
import { fc } from '../../support/properties.js';

let solver: LpSolver;
beforeAll(async () => {
  solver = await loadLpSolver();
});

function bid(
  bidder: number,
  demand: number[],
  maxBundles: number,
  unitPrices: number[],
  more: Partial<ClearingBid> = {},
): ClearingBid {
  return {
    bidder,
    demand: Float64Array.from(demand),
    maxBundles,
    unitPrices: Float64Array.from(unitPrices),
    balance: Number.POSITIVE_INFINITY,
    estimateS: 60,
    ...more,
  };
}

const randomMarket = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }))
  .chain(([bids, resources]) => {
    const vector = (least: number, most: number): fc.Arbitrary<Float64Array> =>
      fc
        .array(fc.integer({ min: least, max: most }), { minLength: resources, maxLength: resources })
        .map((values) => Float64Array.from(values));
    return fc.record({
      supply: vector(1, 30),
      bids: fc
        .array(
          fc.record({
            demand: vector(0, 8).filter((demand) => demand.some((amount) => amount > 0)),
            maxBundles: fc.integer({ min: 0, max: 4 }),
            unitPrices: vector(0, 20),
            balance: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 30_000 })),
            estimateS: fc.integer({ min: -1, max: 200 }),
          }),
          { minLength: bids, maxLength: bids },
        )
        .map((list) => list.map((entry, bidder) => ({ ...entry, bidder }))),
    });
  });

const clockRule = (resources: number) =>
  ({
    payment: 'clock',
    startPrice: new Float64Array(resources),
    step: new Float64Array(resources).fill(0.5),
  }) as const;

describe('the base rule as pay-as-bid', () => {
  it('has the golden whole division: 3 and 2 tasks with R = 61/18', () => {
    const market = { supply: Float64Array.of(9, 18), bids: [bid(0, [1, 4], 99, [2, 1]), bid(1, [3, 1], 99, [3, 0.5])] };
    const result = clearMarket(market, { payment: 'first-price', score: 'cluster' }, solver);
    expect([...result.granted]).toEqual([3, 2]);
    expect(result.gap).toBe(0);
    const winners = determineWinners(market, bundleScores(market, 'cluster'), solver);
    expect(winners.value).toBeCloseTo(61 / 18, 12);
    // CPU: 3 at 2 and 6 at 3; GB: 12 at 1 and 2 at 1/2.
    expect(result.unitPrices[0]).toBeCloseTo(24 / 9, 12);
    expect(result.unitPrices[1]).toBeCloseTo(13 / 14, 12);
  });

  it('finds the best of all feasible grants, with and without the solver’s help', () => {
    fc.assert(
      fc.property(randomMarket, (market) => {
        const scores = bundleScores(market, 'bid');
        const winners = determineWinners(market, scores, solver);
        const best = bruteForce(market, scores);
        expect(winners.value).toBeCloseTo(best, 6);
        const greedy = determineWinners(market, scores, undefined);
        expect(greedy.value).toBeLessThanOrEqual(best + 1e-9);
        expect(greedy.bound).toBeGreaterThanOrEqual(best - 1e-9);
      }),
      { seed: 31, numRuns: 300 },
    );
  });

  it('is exact by greedy for unit bids on separate resources: the same value as the integer program', () => {
    const separate = fc.array(
      fc.record({
        resource: fc.integer({ min: 0, max: 2 }),
        price: fc.integer({ min: 1, max: 50 }),
        count: fc.integer({ min: 1, max: 6 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(separate, (entries) => {
        const bids = entries.map(({ resource, price, count }, bidder) => {
          const unit = [0, 1, 2].map((r) => (r === resource ? 1 : 0));
          return bid(
            bidder,
            unit,
            count,
            unit.map((one) => one * price),
          );
        });
        const market = { supply: Float64Array.of(5, 7, 3), bids };
        const scores = bundleScores(market, 'cluster');
        const greedy = determineWinners(market, scores, undefined);
        const program = solver.maximize({
          objective: scores,
          rows: [0, 1, 2].map((r) => Float64Array.from(bids, (entry) => entry.demand[r] as number)),
          limits: market.supply,
          upper: Float64Array.from(bids, (entry) => entry.maxBundles),
          isInteger: true,
        });
        expect(greedy.value).toBeCloseTo(program.value, 9);
        expect(greedy.bound).toBe(greedy.value);
      }),
      { seed: 32, numRuns: 200 },
    );
  });

  it('lets bids of one bidder share its balance', () => {
    // 100 of money; each bundle costs 1 per second for 60 s: one bundle in all, not one per bid.
    const bids = [bid(7, [1, 0], 1, [1, 0], { balance: 100 }), bid(7, [0, 1], 1, [0, 1], { balance: 100 })];
    const result = clearMarket(
      { supply: Float64Array.of(5, 5), bids },
      { payment: 'first-price', score: 'bid' },
      solver,
    );
    expect(result.granted.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('fills equal bids in bid order', () => {
    const bids = [0, 1, 2, 3].map((bidder) => bid(bidder, [2, 3], 2, [1, 1]));
    const coupled = { supply: Float64Array.of(7, 9), bids: [...bids, bid(4, [1, 0], 1, [0.001, 0])] };
    const result = clearMarket(coupled, { payment: 'first-price', score: 'cluster' }, solver);
    expect([...result.granted]).toEqual([2, 1, 0, 0, 1]);
  });

  it('clears 1,000 bids × 8 resources with a stated gap below 2 %', () => {
    const market = bigMarket();
    const winners = determineWinners(market, bundleScores(market, 'cluster'), solver);
    expect((winners.bound - winners.value) / winners.bound).toBeLessThan(0.02);
  });
});

describe('uniform prices', () => {
  it('clock: the golden run shows demand 15, 15, 15, 11, 11, 6 and stops at 1.75 with 4 CPUs unsold', () => {
    const bids = [bid(0, [6], 1, [2]), bid(1, [5], 1, [1.5]), bid(2, [4], 1, [1])];
    const history: ClockRound[] = [];
    const options = { startPrice: Float64Array.of(0.5), step: Float64Array.of(0.25) };
    const result = ascendingClock({ supply: Float64Array.of(10), bids }, options, history);
    expect(history.map((round) => round.demand[0])).toEqual([15, 15, 15, 11, 11, 6]);
    expect([...result.granted]).toEqual([1, 0, 0]);
    expect(result.unitPrices[0]).toBe(1.75);
    expect(result.converged).toBe(true);
  });

  it('highest losing 16 and lowest winning 33 on the unit auction P-AUC-01', () => {
    const marginal = [
      [88, 74],
      [76, 73, 55, 16, 13],
      [82, 61, 33, 6, 5],
    ];
    const bids = marginal.flatMap((row, bidder) => row.map((price) => bid(bidder, [1], 1, [price])));
    const market = { supply: Float64Array.of(8), bids };
    expect(clearMarket(market, { payment: 'highest-losing' }).unitPrices[0]).toBe(16);
    expect(clearMarket(market, { payment: 'lowest-winning' }).unitPrices[0]).toBe(33);
  });

  it('no winner pays above its bid or its balance, nothing is oversold, whatever the rule', () => {
    fc.assert(
      fc.property(randomMarket, fc.constantFrom(...RULES), (market, name) => {
        const result = clearBy(name, market);
        expect(freeAfter(market, result.granted).every((amount) => amount >= 0)).toBe(true);
        market.supply.forEach((supply, r) => {
          const sold = market.bids.reduce(
            (sum, entry, i) => sum + (entry.demand[r] as number) * (result.granted[i] as number),
            0,
          );
          expect(sold).toBeLessThanOrEqual(supply);
        });
        const isShare = name === 'proportional' || name === 'fisher';
        expect(market.bids.every((entry, index) => (result.granted[index] as number) <= entry.maxBundles)).toBe(true);
        if (isShare) return;
        market.bids.forEach((entry, index) => {
          expectAffordable(entry, result.granted[index] as number, result.bidPrices[index] as Float64Array);
        });
      }),
      { seed: 33, numRuns: 700 },
    );
  });

  it('starts no lower than the reserve, and sells nothing below it', () => {
    const market = {
      supply: Float64Array.of(4),
      reserve: Float64Array.of(3),
      bids: [bid(0, [1], 4, [2]), bid(1, [1], 2, [5])],
    };
    for (const rule of [
      { payment: 'highest-losing' },
      { payment: 'first-price', score: 'cluster' },
      clockRule(1),
    ] as const) {
      const result = clearMarket(market, rule, solver);
      expect([...result.granted]).toEqual([0, 2]);
      expect(result.unitPrices[0]).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('VCG', () => {
  it('charges the others’ loss on P-WDP-01: D and E win and pay 51 each', () => {
    const bundles: [number, number, number][] = [
      [9, 1, 13],
      [8, 1, 51],
      [10, 9, 15],
      [7, 4, 52],
      [7, 4, 55],
    ];
    const bids = bundles.map(([a, b, price], bidder) => bid(bidder, [a, b], 1, [price / (2 * a), price / (2 * b)]));
    const result = clearVcg({ supply: Float64Array.of(16, 19), bids }, solver);
    expect([...result.granted]).toEqual([0, 0, 0, 1, 1]);
    expect(result.method).toBe('vcg');
    expect(result.payments[3]).toBeCloseTo(51, 9);
    expect(result.payments[4]).toBeCloseTo(51, 9);
  });

  it('falls back to critical values for many bids, and says so; nobody gains by shading a single bid', () => {
    const random = new Streams(3).stream('bids');
    const bids = Array.from({ length: 200 }, (_, bidder) =>
      bid(bidder, [1 + Math.floor(random() * 5), 1 + Math.floor(random() * 5)], 1, [1 + random(), 1 + random()]),
    );
    const market = { supply: Float64Array.of(120, 120), bids };
    const honest = clearVcg(market, solver);
    expect(honest.method).toBe('greedy-critical');
    for (let index = 0; index < 40; index++) {
      const entry = bids[index] as ClearingBid;
      const value = bundleCost(entry.demand, entry.unitPrices);
      const own = (honest.granted[index] as number) * value - (honest.payments[index] as number);
      for (const factor of [0.5, 0.8, 0.95, 1.2, 2]) {
        const lie = { ...entry, unitPrices: entry.unitPrices.map((price) => price * factor) };
        const result = clearVcg({ ...market, bids: bids.map((other, i) => (i === index ? lie : other)) }, solver);
        const gain = (result.granted[index] as number) * value - (result.payments[index] as number) - own;
        expect(gain).toBeLessThanOrEqual(1e-9);
      }
    }
  });
});

describe('proportional and Fisher clearing', () => {
  it('gives 2, 4, 6 of 12 for money 1, 2, 3 at price 1/2', () => {
    const bids = [1, 2, 3].map((money, bidder) => bid(bidder, [1], 12, [money / 12]));
    const result = clearProportional({ supply: Float64Array.of(12), bids });
    expect([...result.granted]).toEqual([2, 4, 6]);
    expect(result.unitPrices[0]).toBeCloseTo(0.5, 12);
  });

  it('is CEEI with equal budgets: 4 and 1 whole tasks at prices 1/5 and 1/90', () => {
    const bids = [bid(0, [1, 4], 99, [0, 0]), bid(1, [3, 1], 99, [0, 0])];
    const result = clearFisher({ supply: Float64Array.of(9, 18), bids }, Float64Array.of(1, 1));
    expect([...result.granted]).toEqual([4, 1]);
    expect(result.unitPrices[0]).toBeCloseTo(1 / 5, 9);
    expect(result.unitPrices[1]).toBeCloseTo(1 / 90, 9);
  });
});

describe('Themis partial allocation', () => {
  it('offers to the worst 1 − f of the apps, at least one', () => {
    expect(worstOff([1, 5, 3, 4], 0.5)).toEqual([1, 3]);
    expect(worstOff([1, 5, 3, 4], 1)).toEqual([1]);
    expect(worstOff([2, 2, 2], 0.5)).toEqual([0, 1]);
  });

  it('keeps the part that the others lose nothing by: two equal apps on 4 GPUs', () => {
    // ρ falls from 8 to 8/(1 + g): V ∝ 1 + g. Together 2 GPUs each: V = 3·3; alone the other has V = 5: each keeps 3/5 of 2 = 1.
    const table = [1, 2, 3, 4].map((gpus) => ({ bundle: [gpus], rho: 8 / (1 + gpus) }));
    const outcome = partialAllocation(
      [4],
      [
        { rhoNow: 8, table },
        { rhoNow: 8, table },
      ],
    );
    expect(outcome.kept[0]).toBeCloseTo(3 / 5, 12);
    expect(outcome.granted).toEqual([[1], [1]]);
    expect(outcome.leftover).toEqual([2]);
    expect(outcome.isExact).toBe(true);
  });

  it('takes nothing from an app that hinders nobody', () => {
    const outcome = partialAllocation(
      [8],
      [
        { rhoNow: 4, table: [{ bundle: [2], rho: 2 }] },
        { rhoNow: 3, table: [{ bundle: [4], rho: 1 }] },
      ],
    );
    expect(outcome.granted).toEqual([[2], [4]]);
    expect(outcome.kept).toEqual([1, 1]);
  });

  it('telling a ρ table scaled up or down changes nothing: only ratios count', () => {
    const table = [1, 2, 3].map((gpus) => ({ bundle: [gpus], rho: 6 / (1 + gpus) }));
    const scaled = table.map((entry) => ({ ...entry, rho: entry.rho * 3 }));
    const other = {
      rhoNow: 5,
      table: [
        { bundle: [3], rho: 2 },
        { bundle: [1], rho: 4 },
      ],
    };
    expect(partialAllocation([4], [{ rhoNow: 6, table }, other]).granted).toEqual(
      partialAllocation([4], [{ rhoNow: 18, table: scaled }, other]).granted,
    );
  });
});

function bigMarket(): ClearingMarket {
  const random = new Streams(9).stream('big');
  const bids = Array.from({ length: 1000 }, (_, bidder) =>
    bid(
      bidder,
      Array.from({ length: 8 }, () => Math.floor(random() * 6)).map((amount, r) => (r === 0 ? amount + 1 : amount)),
      1 + Math.floor(random() * 5),
      Array.from({ length: 8 }, () => random() * 10),
    ),
  );
  return { supply: new Float64Array(8).fill(2000), bids };
}

function bruteForce(market: ClearingMarket, scores: Float64Array): number {
  const visit = (index: number, free: Float64Array): number => {
    const entry = market.bids[index];
    if (entry === undefined) return 0;
    const advance = entry.estimateS < 0 ? 3600 : Math.min(entry.estimateS, 3600);
    let best = 0;
    for (let count = 0; count <= entry.maxBundles; count++) {
      const left = free.map((amount, r) => amount - count * (entry.demand[r] as number));
      if (left.some((amount) => amount < 0)) break;
      if (count * bundleCost(entry.demand, entry.unitPrices) * advance > entry.balance) break;
      best = Math.max(best, count * (scores[index] as number) + visit(index + 1, left));
    }
    return best;
  };
  return visit(0, market.supply);
}

const RULES = ['clock', 'highest-losing', 'lowest-winning', 'first-price', 'vcg', 'proportional', 'fisher'] as const;

function clearBy(name: (typeof RULES)[number], market: ClearingMarket): ClearingResult {
  switch (name) {
    case 'vcg':
      return clearVcg(market, solver);
    case 'proportional':
      return clearProportional(market);
    case 'fisher':
      return clearFisher(market, new Float64Array(market.bids.length).fill(1));
    case 'clock':
      return clearMarket(market, clockRule(market.supply.length));
    case 'first-price':
      return clearMarket(market, { payment: name, score: 'cluster' }, solver);
    default:
      return clearMarket(market, { payment: name });
  }
}

function expectAffordable(entry: ClearingBid, granted: number, prices: Float64Array): void {
  if (granted === 0) return;
  const price = bundleCost(entry.demand, prices);
  expect(price).toBeLessThanOrEqual(bundleCost(entry.demand, entry.unitPrices) * (1 + 1e-9) + 1e-9);
  const advance = entry.estimateS < 0 ? 3600 : Math.min(3600, entry.estimateS);
  expect(granted * price * advance).toBeLessThanOrEqual(entry.balance * (1 + 1e-6) + 1e-6);
}
