import { beforeAll, describe, expect, it } from 'vitest';
import { bundleCost, type ClearingBid, type ClearingMarket } from '../../../src/allocators/math/clearing-types.js';
import { ascendingClock } from '../../../src/allocators/math/clock.js';
import { type LpSolver, loadLpSolver } from '../../../src/allocators/math/lp-solver.js';
import { uniformPrice } from '../../../src/allocators/math/uniform-price.js';
import { clearVcg } from '../../../src/allocators/math/vcg.js';
import { determineWinners } from '../../../src/allocators/math/winners.js';
import { fc } from '../../support/properties.js';

let solver: LpSolver;
beforeAll(async () => {
  solver = await loadLpSolver();
});

interface Spec {
  readonly demand: number[];
  readonly price: number;
  readonly count: number;
}

const spec = fc.record({
  demand: fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))
    .filter(([a, b]) => a + b > 0)
    .map(([a, b]) => [a, b]),
  price: fc.integer({ min: 1, max: 20 }),
  count: fc.integer({ min: 1, max: 2 }),
});

/** Bids with one price for their bundle, spread evenly over what it needs. */
function marketOf(specs: readonly Spec[], prices: readonly number[], supply: readonly number[]): ClearingMarket {
  const bids = specs.map(({ demand, count }, bidder): ClearingBid => {
    const size = demand.reduce((sum, amount) => sum + amount, 0);
    return {
      bidder,
      demand: Float64Array.from(demand),
      maxBundles: count,
      unitPrices: new Float64Array(demand.length).fill((prices[bidder] as number) / size),
      balance: Number.POSITIVE_INFINITY,
      estimateS: 0,
    };
  });
  return { supply: Float64Array.from(supply), bids };
}

const worlds = fc.record({
  specs: fc.array(spec, { minLength: 2, maxLength: 5 }),
  supply: fc.tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 9 })),
});

describe('properties of the mechanisms, one clearing, no binding budgets', () => {
  it('VCG: no bid of another height leaves a quasi-linear bidder better off', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 40 }),
        ({ specs, supply }, who, lie) => {
          const bidder = who % specs.length;
          const truth = specs.map(({ price }) => price);
          const utility = (prices: readonly number[]): number => {
            const { granted, payments, method } = clearVcg(marketOf(specs, prices, supply), solver);
            expect(method).toBe('vcg');
            return (granted[bidder] as number) * (truth[bidder] as number) - (payments[bidder] as number);
          };
          const lied = truth.map((price, index) => (index === bidder ? lie : price));
          expect(utility(lied)).toBeLessThanOrEqual(utility(truth) + 1e-6);
          expect(utility(truth)).toBeGreaterThanOrEqual(-1e-6);
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  it('uniform prices: no winner pays above its bid and nothing is oversold, whatever finds the price, rationed or not', () => {
    fc.assert(
      fc.property(worlds, ({ specs, supply }) => {
        const market = marketOf(
          specs,
          specs.map(({ price }) => price),
          supply,
        );
        const clock = { startPrice: new Float64Array(2), step: new Float64Array(2).fill(0.37) };
        const outcomes = [
          ascendingClock(market, clock),
          ascendingClock(market, { ...clock, rations: true }),
          uniformPrice(market, 'highest-losing'),
          uniformPrice(market, 'lowest-winning'),
        ];
        for (const { granted, unitPrices } of outcomes) {
          market.supply.forEach((amount, resource) => {
            const sold = market.bids.reduce(
              (sum, bid, i) => sum + (granted[i] as number) * (bid.demand[resource] as number),
              0,
            );
            expect(sold).toBeLessThanOrEqual(amount);
          });
          market.bids.forEach((bid, index) => {
            if (granted[index] === 0) return;
            const paid = bundleCost(bid.demand, unitPrices);
            expect(paid).toBeLessThanOrEqual(bundleCost(bid.demand, bid.unitPrices) + 1e-9);
          });
        }
      }),
      { numRuns: 300, seed: 12 },
    );
  });

  it('a rationed clock sells no less than the published one', () => {
    fc.assert(
      fc.property(worlds, ({ specs, supply }) => {
        const market = marketOf(
          specs,
          specs.map(({ price }) => price),
          supply,
        );
        const clock = { startPrice: new Float64Array(2), step: new Float64Array(2).fill(0.37) };
        const worth = (granted: Int32Array): number =>
          granted.reduce((sum, count, index) => sum + count * (specs[index]?.price as number), 0);
        const published = ascendingClock(market, clock);
        if (worth(published.granted) > 0) return;
        // Equal bids drop out together: nobody buys. Rationed, somebody does whenever a single bundle fits.
        const fits = specs.some(({ demand }) => demand.every((amount, r) => amount <= (supply[r] as number)));
        if (fits) expect(worth(ascendingClock(market, { ...clock, rations: true }).granted)).toBeGreaterThan(0);
      }),
      { numRuns: 300, seed: 13 },
    );
  });

  it('greedy, where it is used without the solver, finds what the integer program finds', () => {
    // One scarce resource, bundles of one size on it: the best bids come first, exactly.
    fc.assert(
      fc.property(
        fc.array(fc.record({ price: fc.integer({ min: 1, max: 30 }), count: fc.integer({ min: 1, max: 3 }) }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 20 }),
        (bids, size, supply) => {
          const specs = bids.map((bid) => ({ ...bid, demand: [size, 0] }));
          const market = marketOf(
            specs,
            specs.map(({ price }) => price),
            [supply, 5],
          );
          const scores = Float64Array.from(specs, ({ price }) => price);
          const refusing: LpSolver = {
            maximize: () => {
              throw new Error('the solver was asked');
            },
          };
          const greedy = determineWinners(market, scores, refusing);
          const program = solver.maximize({
            objective: scores,
            rows: [Float64Array.from(specs, () => size)],
            limits: Float64Array.of(supply),
            upper: Float64Array.from(specs, ({ count }) => count),
            isInteger: true,
          });
          expect(greedy.value).toBeCloseTo(program.value, 6);
          expect(greedy.bound).toBe(greedy.value);
        },
      ),
      { numRuns: 200, seed: 14 },
    );
  });
});
