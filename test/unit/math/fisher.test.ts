import { describe, expect, it } from 'vitest';
import { leontiefEquilibrium } from '../../../src/allocators/math/fisher-leontief.js';
import { linearEquilibrium } from '../../../src/allocators/math/fisher-linear.js';
import { exactLinearEquilibrium } from '../../../src/allocators/math/fisher-linear-exact.js';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import { bestResponse, kellyEquilibrium, tycoonEquilibrium } from '../../../src/allocators/math/proportional.js';
import { Streams } from '../../../src/core/random.js';
import { fc } from '../../support/properties.js';

const F = (values: readonly number[]): Fraction[] => values.map((value) => Fraction.of(value));
const size = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 }));
const row = (length: number, least: number, most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: length, maxLength: length });

const linearMarket = size.chain(([buyers, goods]) =>
  fc.record({
    budgets: row(buyers, 1, 9),
    supply: row(goods, 1, 5),
    values: fc.array(
      row(goods, 0, 6).filter((values) => values.some((value) => value > 0)),
      { minLength: buyers, maxLength: buyers },
    ),
  }),
);

const leontiefMarket = size.chain(([buyers, goods]) =>
  fc.record({
    budgets: row(buyers, 1, 9),
    capacity: row(goods, 5, 90),
    demand: fc.array(
      row(goods, 0, 7).filter((demand) => demand.some((amount) => amount > 0)),
      { minLength: buyers, maxLength: buyers },
    ),
  }),
);

const near = (a: number, b: number, relative = 1e-7): boolean =>
  Math.abs(a - b) <= relative * Math.max(1, Math.abs(a), Math.abs(b));

describe('linear Fisher market', () => {
  it('exact: every buyer spends all on its best value for money, every wanted good sells out', () => {
    fc.assert(
      fc.property(linearMarket, ({ budgets, supply, values }) => {
        const market = exactLinearEquilibrium({ budgets: F(budgets), supply: F(supply), values: values.map(F) });
        expect(market).toBeDefined();
        if (market === undefined) return;
        budgets.forEach((budget, buyer) => {
          let spent = Fraction.zero;
          const best = values[buyer]?.map((value, good) => {
            const price = market.prices[good] as Fraction;
            return price.sign > 0 ? Fraction.of(value).over(price).toNumber() : 0;
          }) as number[];
          market.allocation[buyer]?.forEach((amount, good) => {
            spent = spent.plus(amount.times(market.prices[good] as Fraction));
            if (amount.sign > 0) expect(best[good]).toBeCloseTo(Math.max(...best), 9);
          });
          expect(spent.equals(Fraction.of(budget))).toBe(true);
        });
        supply.forEach((amount, good) => {
          const sold = market.allocation.reduce((sum, bundle) => sum.plus(bundle[good] as Fraction), Fraction.zero);
          if (market.prices[good]?.sign === 1) expect(sold.equals(Fraction.of(amount))).toBe(true);
        });
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it('the interior point agrees with the exact equilibrium on prices and utilities', () => {
    fc.assert(
      fc.property(linearMarket, ({ budgets, supply, values }) => {
        const exact = exactLinearEquilibrium({ budgets: F(budgets), supply: F(supply), values: values.map(F) });
        const float = linearEquilibrium({ budgets, supply, values });
        expect(float.converged).toBe(true);
        exact?.prices.forEach((price, good) => {
          expect(near(price.toNumber(), float.prices[good] as number, 1e-6)).toBe(true);
        });
        exact?.utilities.forEach((utility, buyer) => {
          expect(near(utility.toNumber(), float.utilities[buyer] as number, 1e-6)).toBe(true);
        });
      }),
      { seed: 22, numRuns: 300 },
    );
  });
});

describe('Leontief Fisher market', () => {
  it('spends all money, prices only full resources, and nobody can afford more', () => {
    fc.assert(
      fc.property(leontiefMarket, ({ budgets, capacity, demand }) => {
        const market = leontiefEquilibrium({ budgets, capacity, demand });
        expect(market.dualityGap).toBeLessThan(1e-9);
        const total = budgets.reduce((sum, budget) => sum + budget, 0);
        const worth = capacity.reduce((sum, amount, r) => sum + amount * (market.prices[r] as number), 0);
        expect(near(worth, total)).toBe(true);
        budgets.forEach((budget, buyer) => {
          const cost = (demand[buyer] as number[]).reduce(
            (sum, amount, r) => sum + amount * (market.prices[r] as number),
            0,
          );
          expect(near(cost * (market.tasks[buyer] as number), budget)).toBe(true);
        });
        capacity.forEach((amount, r) => {
          const used = demand.reduce(
            (sum, need, buyer) => sum + (need[r] as number) * (market.tasks[buyer] as number),
            0,
          );
          expect(used).toBeLessThanOrEqual(amount * (1 + 1e-8));
          if (market.prices[r] !== 0) expect(near(used, amount)).toBe(true);
        });
      }),
      { seed: 23, numRuns: 500 },
    );
  });

  it('doubling all budgets doubles the prices and leaves the tasks', () => {
    fc.assert(
      fc.property(leontiefMarket, ({ budgets, capacity, demand }) => {
        const once = leontiefEquilibrium({ budgets, capacity, demand });
        const twice = leontiefEquilibrium({ budgets: budgets.map((budget) => 2 * budget), capacity, demand });
        once.tasks.forEach((tasks, buyer) => {
          expect(near(tasks, twice.tasks[buyer] as number)).toBe(true);
        });
        const worth = (prices: number[]): number =>
          prices.reduce((sum, price, r) => sum + price * (capacity[r] as number), 0);
        expect(near(2 * worth(once.prices), worth(twice.prices))).toBe(true);
      }),
      { seed: 24, numRuns: 300 },
    );
  });

  it('with caps: nobody exceeds its cap, and a capped buyer keeps the money it cannot use', () => {
    const market = leontiefEquilibrium({
      budgets: [1, 1],
      capacity: [10],
      demand: [[1], [1]],
      maxTasks: [2, undefined],
    });
    expect(market.tasks[0]).toBeCloseTo(2, 9);
    expect(market.tasks[1]).toBeCloseTo(8, 9);
    expect(market.prices[0]).toBeCloseTo(1 / 8, 9);
    expect(market.spent[0]).toBeCloseTo(1 / 4, 9);
  });

  it('has the golden prices of the paper instance: 45/11, 18/11, 1/5, 1/90', () => {
    const market = leontiefEquilibrium({
      budgets: [1, 1],
      capacity: [9, 18],
      demand: [
        [1, 4],
        [3, 1],
      ],
    });
    [45 / 11, 18 / 11].forEach((tasks, user) => {
      expect(market.tasks[user]).toBeCloseTo(tasks, 12);
    });
    [1 / 5, 1 / 90].forEach((price, r) => {
      expect(market.prices[r]).toBeCloseTo(price, 12);
    });
  });

  it('clears 100 buyers × 8 resources to a duality gap below 1e-9', () => {
    const random = new Streams(1).stream('market');
    const numbers = (count: number, scale: number): number[] =>
      Array.from({ length: count }, () => 1 + random() * scale);
    const market = {
      budgets: numbers(100, 5),
      capacity: numbers(8, 1000),
      demand: Array.from({ length: 100 }, () => numbers(8, 8)),
    };
    const linear = { budgets: market.budgets, supply: market.capacity, values: market.demand };
    expect(leontiefEquilibrium(market).dualityGap).toBeLessThan(1e-9);
    expect(linearEquilibrium(linear).dualityGap).toBeLessThan(1e-9);
  });
});

describe('proportional sharing', () => {
  it('a best response is never beaten by another split of the budget', () => {
    const game = fc.integer({ min: 1, max: 5 }).chain((machines) =>
      fc.record({
        budget: fc.integer({ min: 1, max: 20 }),
        weights: row(machines, 0, 9).filter((weights) => weights.some((weight) => weight > 0)),
        others: fc.array(fc.double({ min: 0.01, max: 20, noNaN: true }), { minLength: machines, maxLength: machines }),
        split: fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: machines, maxLength: machines }),
      }),
    );
    fc.assert(
      fc.property(game, ({ budget, weights, others, split }) => {
        const utility = (bids: readonly number[]): number =>
          weights.reduce((sum, weight, j) => {
            const bid = bids[j] as number;
            return sum + (bid > 0 ? (weight * bid) / (bid + (others[j] as number)) : 0);
          }, 0);
        const answer = bestResponse(budget, weights, others);
        expect(
          near(
            answer.reduce((sum, bid) => sum + bid, 0),
            budget,
          ),
        ).toBe(true);
        const total = split.reduce((sum, part) => sum + part, 0);
        expect(utility(answer)).toBeGreaterThanOrEqual(utility(split.map((part) => (part / total) * budget)) - 1e-9);
      }),
      { seed: 25, numRuns: 1000 },
    );
  });

  it('in equilibrium shares sum to 1 on every machine with a bid and nobody can do better', () => {
    const game = fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 4 })).chain(([users, machines]) =>
      fc.record({
        budgets: row(users, 1, 10),
        weights: fc.array(row(machines, 1, 9), { minLength: users, maxLength: users }),
      }),
    );
    fc.assert(
      fc.property(game, ({ budgets, weights }) => {
        const equilibrium = tycoonEquilibrium(budgets, weights);
        expect(equilibrium.converged).toBe(true);
        equilibrium.bids.forEach((bids, user) => {
          const others = equilibrium.prices.map((price, j) => Math.max(1e-300, price - (bids[j] as number)));
          const best = bestResponse(budgets[user] as number, weights[user] as number[], others);
          bids.forEach((bid, j) => {
            expect(Math.abs(bid - (best[j] as number))).toBeLessThan(1e-6);
          });
        });
      }),
      { seed: 26, numRuns: 1000 },
    );
  });

  it('Kelly’s equilibrium: shares sum to 1, v(1 − s) = price for bidders, v ≤ price for the others, efficiency ≥ 3/4', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 8 }), (values) => {
        const equilibrium = kellyEquilibrium(F(values));
        const total = equilibrium.shares.reduce((sum, share) => sum.plus(share), Fraction.zero);
        expect(total.equals(Fraction.one)).toBe(true);
        values.forEach((value, user) => {
          const share = equilibrium.shares[user] as Fraction;
          const margin = Fraction.of(value).times(Fraction.one.minus(share));
          if (share.sign > 0) expect(margin.equals(equilibrium.price)).toBe(true);
          else expect(Fraction.of(value).compare(equilibrium.price)).toBeLessThanOrEqual(0);
        });
        expect(equilibrium.efficiency.compare(Fraction.of('3/4'))).toBeGreaterThanOrEqual(0);
      }),
      { seed: 27, numRuns: 500 },
    );
  });
});
