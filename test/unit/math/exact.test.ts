import { describe, expect, it } from 'vitest';
import { scoreDivisible, scorePacking } from '../../../src/allocators/math/base-rule.js';
import { bundleVcg } from '../../../src/allocators/math/bundle-auction.js';
import { constrainedMaxMin } from '../../../src/allocators/math/constrained-max-min.js';
import { Fraction, sumOf, toWhole } from '../../../src/allocators/math/fraction.js';
import { packItems } from '../../../src/allocators/math/integer-packing.js';
import { loadLpSolver } from '../../../src/allocators/math/lp-solver.js';
import { multiUnitAuction } from '../../../src/allocators/math/multi-unit.js';
import { proportionalShare } from '../../../src/allocators/math/proportional.js';
import { solveExactly } from '../../../src/allocators/math/simplex.js';
import { fc } from '../../support/properties.js';

const F = (values: readonly (number | string)[]): Fraction[] => values.map((value) => Fraction.of(value));

describe('Fraction', () => {
  it('reads decimals as written, fractions and exponents', () => {
    expect(['0.1', '63/25', '-2.50', '1e-3', '3', '.5'].map((text) => Fraction.parse(text)?.toString())).toEqual([
      '1/10',
      '63/25',
      '-5/2',
      '1/1000',
      '3',
      undefined,
    ]);
    for (const bad of ['', 'x', '1/0', 'NaN', '1//2', '0x10']) expect(Fraction.parse(bad)).toBeUndefined();
  });

  it('adds a tenth ten times to exactly one, unlike doubles', () => {
    const tenth = Fraction.of(0.1);
    expect(sumOf(Array.from({ length: 10 }, () => tenth)).equals(Fraction.one)).toBe(true);
  });

  it('is a field: sums, products, quotients, order and floors agree with integers', () => {
    const pair = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(pair, pair, ([a, b], [c, d]) => {
        const x = Fraction.ratio(BigInt(a), BigInt(b));
        const y = Fraction.ratio(BigInt(c), BigInt(d));
        expect(x.plus(y).toNumber()).toBeCloseTo(a / b + c / d, 12);
        expect(x.times(y).toNumber()).toBeCloseTo((a * c) / (b * d), 10);
        if (c !== 0) expect(x.over(y).times(y).equals(x)).toBe(true);
        expect(Math.sign(x.compare(y))).toBe(Math.sign(a * d - c * b));
        expect(Number(x.floor())).toBe(Math.floor(a / b));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('converts fractions of huge terms without overflow', () => {
    const huge = Fraction.ratio(10n ** 400n + 1n, 3n * 10n ** 400n);
    expect(huge.toNumber()).toBeCloseTo(1 / 3, 15);
    expect(huge.negated().toNumber()).toBeCloseTo(-1 / 3, 15);
  });

  it('scales to whole numbers with one unit', () => {
    const { whole, unit } = toWhole(F(['1/2', '2/3', '3']));
    expect(whole).toEqual([3n, 4n, 18n]);
    expect(unit.toString()).toBe('1/6');
  });
});

const program = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 })).chain(([items, resources]) =>
  fc.record({
    capacity: fc.array(fc.integer({ min: 0, max: 25 }), { minLength: resources, maxLength: resources }),
    amounts: fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: resources, maxLength: resources }), {
      minLength: items,
      maxLength: items,
    }),
    values: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: items, maxLength: items }),
    limits: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: items, maxLength: items }),
  }),
);

describe('packing and linear programs', () => {
  it('packItems finds the best of all packings', () => {
    fc.assert(
      fc.property(program, ({ capacity, amounts, values, limits }) => {
        const items = amounts.map((row, i) => ({
          amounts: F(row),
          value: Fraction.of(values[i] as number),
          limit: limits[i] as number,
        }));
        const packing = packItems({ capacity: F(capacity), items });
        expect(packing.isProven).toBe(true);
        expect(packing.value.toNumber()).toBe(bruteForce(capacity, amounts, values, limits));
        for (const [r, total] of capacity.entries()) {
          const used = amounts.reduce((sum, row, i) => sum + (row[r] as number) * (packing.counts[i] as number), 0);
          expect(used).toBeLessThanOrEqual(total);
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('packs 60 bids of 4 resources to a proven optimum, as HiGHS does', async () => {
    const solver = await loadLpSolver();
    const items = Array.from({ length: 60 }, (_, i) => ({
      amounts: F([1 + ((i * 7) % 11), 1 + ((i * 5) % 13), (i * 3) % 7, 1 + ((i * 11) % 5)]),
      value: Fraction.of(5 + ((i * 37) % 53)),
      limit: 1,
    }));
    const capacity = F([120, 130, 70, 60]);
    const packing = packItems({ capacity, items });
    const best = solver.maximize({
      objective: Float64Array.from(items, (item) => item.value.toNumber()),
      rows: capacity.map((_, r) => Float64Array.from(items, (item) => (item.amounts[r] as Fraction).toNumber())),
      limits: Float64Array.from(capacity, (amount) => amount.toNumber()),
      upper: new Float64Array(60).fill(1),
      isInteger: true,
    });
    expect(packing.isProven).toBe(true);
    expect(packing.value.toNumber()).toBe(Math.round(best.value));
  });

  it('the exact simplex and HiGHS agree on value and shadow prices', async () => {
    const solver = await loadLpSolver();
    fc.assert(
      fc.property(program, ({ capacity, amounts, values }) => {
        const bounded = amounts.map((row) => row.map((amount) => amount + 1));
        const rows = capacity.map((_, r) => bounded.map((row) => row[r] as number));
        const exact = solveExactly({ objective: F(values), rows: rows.map(F), limits: F(capacity) });
        const near = solver.maximize({
          objective: Float64Array.from(values),
          rows: rows.map((row) => Float64Array.from(row)),
          limits: Float64Array.from(capacity),
          upper: new Float64Array(values.length).fill(Number.POSITIVE_INFINITY),
          isInteger: false,
        });
        expect(exact.value.toNumber()).toBeCloseTo(near.value, 8);
        const dual = exact.prices.reduce((sum, price, r) => sum + price.toNumber() * (capacity[r] as number), 0);
        expect(dual).toBeCloseTo(exact.value.toNumber(), 9);
        expect(exact.prices.every((price) => price.sign >= 0)).toBe(true);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('does not stop at the solver’s default gap of 1e-4', async () => {
    // Worth 100001 alone or 100000 together with nothing else: a relative gap of 1e-5 apart.
    const solver = await loadLpSolver();
    const best = solver.maximize({
      objective: Float64Array.of(100_000, 100_001),
      rows: [Float64Array.of(1, 1)],
      limits: Float64Array.of(1),
      upper: Float64Array.of(1, 1),
      isInteger: true,
    });
    expect(best.value).toBe(100_001);
    expect(best.isProven).toBe(true);
  });
});

function bruteForce(
  capacity: readonly number[],
  amounts: readonly (readonly number[])[],
  values: readonly number[],
  limits: readonly number[],
): number {
  const visit = (item: number, free: readonly number[]): number => {
    if (item === values.length) return 0;
    let best = 0;
    for (let count = 0; count <= (limits[item] as number); count++) {
      const left = free.map((amount, r) => amount - count * (amounts[item]?.[r] as number));
      if (left.some((amount) => amount < 0)) break;
      best = Math.max(best, count * (values[item] as number) + visit(item + 1, left));
    }
    return best;
  };
  return visit(0, capacity);
}

describe('the base rule’s golden numbers', () => {
  const total = F([9, 18]);
  const bids = [
    { unitPrices: F([2, 1]), demand: F([1, 4]) },
    { unitPrices: F([3, '1/2']), demand: F([3, 1]) },
  ];

  it('divisible: 45/11 and 18/11 tasks, R = 7/2, shadow prices 1/3 and 1/36', () => {
    const optimum = scoreDivisible(total, bids);
    expect(optimum.x.map(String)).toEqual(['45/11', '18/11']);
    expect(optimum.value.toString()).toBe('7/2');
    expect(optimum.prices.map(String)).toEqual(['1/3', '1/36']);
  });

  it('whole: 3 and 2 tasks, R = 61/18, VCG payments 37/36 and 4/9', () => {
    const vcg = bundleVcg(scorePacking(total, bids));
    expect(vcg.counts).toEqual([3, 2]);
    expect(vcg.welfare.toString()).toBe('61/18');
    expect(vcg.payments.map(String)).toEqual(['37/36', '4/9']);
  });

  it('proportional share: capacity 12, bids 1, 2, 3 get 2, 4, 6 at price 1/2', () => {
    const share = proportionalShare(Fraction.of(12), F([1, 2, 3]));
    expect(share.amounts.map(String)).toEqual(['2', '4', '6']);
    expect(share.price.toString()).toBe('1/2');
  });
});

describe('auction laws', () => {
  const unitBids = fc.record({
    units: fc.integer({ min: 1, max: 10 }),
    bids: fc.array(
      fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 }).map((row) => row.sort((a, b) => b - a)),
      { minLength: 1, maxLength: 5 },
    ),
  });

  it('0 ≤ VCG payment ≤ own winning bids; highest losing ≤ lowest winning; payment = the others’ loss', () => {
    fc.assert(
      fc.property(unitBids, ({ units, bids }) => {
        const outcome = multiUnitAuction(units, bids.map(F));
        const winnersFill = outcome.unitsWon.reduce((sum, won) => sum + won, 0) === units;
        if (winnersFill) expect(outcome.priceHighestLosing.compare(outcome.priceLowestWinning)).toBeLessThanOrEqual(0);
        bids.forEach((_, bidder) => {
          const payment = (outcome.vcgPayments[bidder] as Fraction).toNumber();
          expect(payment).toBeGreaterThanOrEqual(0);
          expect(payment).toBeLessThanOrEqual((outcome.payAsBid[bidder] as Fraction).toNumber());
          const others = bids.filter((_row, other) => other !== bidder);
          const without = others.length === 0 ? 0 : multiUnitAuction(units, others.map(F)).welfare.toNumber();
          const rest = outcome.welfare.toNumber() - (outcome.payAsBid[bidder] as Fraction).toNumber();
          expect(payment).toBe(without - rest);
        });
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('truthful bidding is never worse under VCG of bundles', () => {
    const auction = program.filter(({ values }) => values.length > 1);
    fc.assert(
      fc.property(auction, fc.integer({ min: 0, max: 40 }), ({ capacity, amounts, values }, lie) => {
        const pack = (bids: readonly number[]): ReturnType<typeof bundleVcg> =>
          bundleVcg({
            capacity: F(capacity),
            items: amounts.map((row, i) => ({ amounts: F(row), value: Fraction.of(bids[i] as number), limit: 1 })),
          });
        const utility = (bids: readonly number[]): number => {
          const outcome = pack(bids);
          return (outcome.counts[0] as number) * (values[0] as number) - (outcome.payments[0] as Fraction).toNumber();
        };
        const honest = utility(values);
        expect(honest).toBeGreaterThanOrEqual(0);
        expect(utility([lie, ...values.slice(1)])).toBeLessThanOrEqual(honest + 1e-9);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe('constrained max-min', () => {
  const instance = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([users, machines]) =>
    fc.record({
      units: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: machines, maxLength: machines }),
      users: fc.array(
        fc.record({
          weight: fc.integer({ min: 1, max: 3 }),
          allowed: fc.array(fc.boolean(), { minLength: machines, maxLength: machines }),
        }),
        { minLength: users, maxLength: users },
      ),
    }),
  );

  it('no group can hold more than its machines have, and every user is in a group that holds all of its machines', () => {
    fc.assert(
      fc.property(instance, ({ units, users }) => {
        const allocation = constrainedMaxMin(
          F(units),
          users.map((user) => ({ weight: Fraction.of(user.weight), allowed: user.allowed })),
        ).map((amount) => amount.toNumber());
        const isTight = users.map(() => false);
        for (let group = 1; group < 2 ** users.length; group++) markFullGroup(units, users, allocation, group, isTight);
        // Max-min (Bertsekas and Gallager): everyone is at the top of some full group.
        expect(isTight.every(Boolean)).toBe(true);
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});

/** A group (bit set) within its machines; where it fills them, its members with the most per weight can take from nobody above them. */
function markFullGroup(
  units: readonly number[],
  users: readonly { readonly weight: number; readonly allowed: readonly boolean[] }[],
  allocation: readonly number[],
  group: number,
  isTight: boolean[],
): void {
  const members = [...users.keys()].filter((index) => ((group >> index) & 1) === 1);
  const reached = units.filter((_, machine) => members.some((index) => users[index]?.allowed[machine]));
  const room = reached.reduce((sum, amount) => sum + amount, 0);
  const held = members.reduce((sum, index) => sum + (allocation[index] as number), 0);
  expect(held).toBeLessThanOrEqual(room + 1e-9);
  if (held < room - 1e-9) return;
  const levels = members.map((index) => (allocation[index] as number) / (users[index]?.weight as number));
  const top = Math.max(...levels);
  members.forEach((index, position) => {
    if ((levels[position] as number) >= top - 1e-9) isTight[index] = true;
  });
}
