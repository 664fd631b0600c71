import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/core/random.js';
import { type DivideView, divide, parseProblem, viewOf } from '../../../src/experiment/divide.js';

/** Random instances, judged by references that share no code with the program: enumeration, or the conditions of an equilibrium. */
const random = new Streams(31).stream('divide');
const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
const list = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function run(problem: unknown, policy: string): DivideView {
  const parsed = parseProblem(JSON.stringify(problem), 'random.json');
  return viewOf(parsed, divide(parsed, policy));
}

const record = (values: readonly number[]): Record<string, number> =>
  Object.fromEntries(values.map((value, index) => [`r${index}`, value]));

/** Most value of whole counts within the capacity, by trying all. */
function bestPacking(
  capacity: readonly number[],
  items: readonly { readonly demand: readonly number[]; readonly value: number; readonly limit: number }[],
): number {
  const visit = (index: number, free: readonly number[]): number => {
    const item = items[index];
    if (item === undefined) return 0;
    let best = 0;
    for (let count = 0; count <= item.limit; count++) {
      const left = free.map((amount, r) => amount - count * (item.demand[r] as number));
      if (left.some((amount) => amount < 0)) break;
      best = Math.max(best, count * item.value + visit(index + 1, left));
    }
    return best;
  };
  return visit(0, capacity);
}

describe('divide on random instances', () => {
  it('market-vcg of bundles: the welfare of enumeration, payments = what the others lose', () => {
    for (let trial = 0; trial < 12; trial++) {
      const resources = whole(1, 3);
      const capacity = list(resources, () => whole(6, 20));
      const users = list(whole(2, 7), () => ({
        demand: list(resources, (r) => (r === 0 ? whole(1, 10) : whole(0, 10))),
        price: whole(1, 60),
      }));
      const view = run(
        {
          resources: record(capacity),
          users: users.map(({ demand, price }, index) => ({ name: `u${index}`, demand: record(demand), price })),
        },
        'market-vcg',
      );
      const items = users.map(({ demand, price }) => ({ demand, value: price, limit: 1 }));
      const welfare = bestPacking(capacity, items);
      expect(view.whole?.value).toBeCloseTo(welfare, 9);
      view.whole?.users.forEach((user, index) => {
        const won = (user.tasks ?? 0) * (users[index]?.price as number);
        const without = bestPacking(
          capacity,
          items.map((item, other) => (other === index ? { ...item, limit: 0 } : item)),
        );
        expect(user.payment ?? 0).toBeCloseTo(user.tasks === 0 ? 0 : without - (welfare - won), 9);
      });
    }
  });

  it('auctions of units: winners, uniform prices and VCG by sorting all bids', () => {
    for (let trial = 0; trial < 40; trial++) {
      const units = whole(1, 12);
      // Every bid is another number, so that there are no ties.
      const pool = list(60, (index) => index + 1).sort((a, b) => ((a * 7919) % 61) - ((b * 7919) % 61) || a - b);
      let next = whole(0, 20);
      const bids = list(whole(2, 5), () => list(whole(1, 6), () => pool[next++ % 60] as number).sort((a, b) => b - a));
      const problem = {
        resources: { units },
        users: bids.map((marginalBids, index) => ({ name: `u${index}`, marginalBids })),
      };
      const ranked = bids
        .flatMap((row, user) => row.map((price) => ({ user, price })))
        .sort((a, b) => b.price - a.price);
      const winning = ranked.slice(0, units);
      const won = bids.map((_, user) => winning.filter((bid) => bid.user === user).length);
      for (const [rule, price] of [
        ['highest-losing', ranked[units]?.price ?? 0],
        ['lowest-winning', winning.at(-1)?.price ?? 0],
      ] as const) {
        const view = run(problem, `market-uniform[rule=${rule}]`);
        expect(view.whole?.users.map((user) => user.tasks ?? user.amounts['units'])).toEqual(won);
        expect(view.prices?.['units']).toBeCloseTo(price, 9);
      }
      const vcg = run(problem, 'market-vcg');
      const best = (left: readonly (typeof ranked)[number][]): number =>
        sum(left.slice(0, units).map((bid) => bid.price));
      vcg.whole?.users.forEach((user, index) => {
        const others = ranked.filter((bid) => bid.user !== index);
        const now = sum(winning.filter((bid) => bid.user !== index).map((bid) => bid.price));
        expect(user.payment).toBeCloseTo(best(others) - now, 9);
      });
    }
  });

  it('base rule, both readings: the argmax of enumeration', () => {
    for (let trial = 0; trial < 25; trial++) {
      const capacity = whole(5, 30);
      const bids = list(whole(2, 7), () => ({ q: whole(1, 20), p: whole(1, 60) }));
      const view = run(
        {
          resources: { r0: capacity },
          users: bids.map(({ q, p }, index) => ({ name: `u${index}`, demand: { r0: q }, price: p })),
        },
        'base-rule[score=bid]',
      );
      const items = bids.map(({ q, p }) => ({ demand: [q], value: p, limit: 1 }));
      expect(view.whole?.value).toBeCloseTo(bestPacking([capacity], items), 9);
      // Divisible: by price per unit, highest first.
      let free = capacity;
      let revenue = 0;
      for (const { q, p } of [...bids].sort((a, b) => b.p / b.q - a.p / a.q)) {
        const amount = Math.min(free, q);
        revenue += (amount * p) / q;
        free -= amount;
      }
      expect(view.fractional?.value).toBeCloseTo(revenue, 9);
    }
    for (let trial = 0; trial < 20; trial++) {
      const total = list(whole(1, 3), () => whole(4, 14));
      const bidders = list(whole(2, 4), () => ({
        demand: total.map((_, r) => (r === 0 ? whole(1, 4) : whole(0, 4))),
        unitPrices: total.map(() => whole(1, 9)),
        maxTasks: whole(1, 5),
      }));
      const users = bidders.map(({ demand, unitPrices, maxTasks }, index) => ({
        name: `u${index}`,
        demand: record(demand),
        unitPrices: record(unitPrices),
        maxTasks,
      }));
      const view = run({ resources: record(total), users }, 'base-rule[score=cluster]');
      const items = bidders.map(({ demand, unitPrices, maxTasks }) => ({
        demand,
        value: sum(demand.map((amount, r) => (amount * (unitPrices[r] as number)) / (total[r] as number))),
        limit: maxTasks,
      }));
      expect(view.whole?.value).toBeCloseTo(bestPacking(total, items), 9);
      expect((view.fractional?.value as number) + 1e-9).toBeGreaterThanOrEqual(view.whole?.value as number);
    }
  });

  it.each(['fisher', 'market-fisher'])(
    '%s, linear: money is spent on the best value for money only, wanted goods sell out',
    (policy) => {
      for (let trial = 0; trial < 15; trial++) {
        const goods = whole(2, 5);
        const supply = list(goods, () => whole(1, 9));
        const buyers = list(whole(2, 6), () => ({
          budget: whole(1, 12),
          values: list(goods, () => whole(0, 9) + (random() < 0.3 ? 0 : 1)),
        }));
        for (const buyer of buyers) buyer.values[0] = (buyer.values[0] as number) + 1;
        const view = run(
          {
            resources: record(supply),
            users: buyers.map(({ budget, values }, index) => ({ name: `u${index}`, budget, values: record(values) })),
          },
          policy,
        );
        const prices = supply.map((_, r) => view.prices?.[`r${r}`] as number);
        buyers.forEach(({ budget, values }, index) => {
          const amounts = supply.map((_, r) => view.fractional?.users[index]?.amounts[`r${r}`] as number);
          expect(sum(amounts.map((amount, r) => amount * (prices[r] as number)))).toBeCloseTo(budget, 6);
          const best = Math.max(...values.map((value, r) => (prices[r] === 0 ? 0 : value / (prices[r] as number))));
          amounts.forEach((amount, r) => {
            if (amount < 1e-6) return;
            expect((values[r] as number) / (prices[r] as number)).toBeCloseTo(best, 6);
          });
        });
        supply.forEach((amount, r) => {
          const sold = sum(view.fractional?.users.map((user) => user.amounts[`r${r}`] as number) ?? []);
          if ((prices[r] as number) > 1e-9) expect(sold).toBeCloseTo(amount, 6);
          else expect(sold).toBeLessThanOrEqual(amount + 1e-6);
        });
      }
    },
  );

  it('ceei and Leontief Fisher: everyone spends its income, only full resources have a price', () => {
    for (let trial = 0; trial < 10; trial++) {
      const resources = whole(1, 4);
      const capacity = list(resources, () => whole(5, 60));
      const users = list(whole(2, 7), (index) => ({
        name: `u${index}`,
        demand: record(list(resources, (r) => (r === 0 ? whole(1, 9) : whole(0, 9)))),
        budget: whole(1, 9),
      }));
      const weights = users.map(({ budget, ...user }) => ({ ...user, weight: budget }));
      const runs = [
        run({ resources: record(capacity), users }, 'fisher[utility=leontief]'),
        run({ resources: record(capacity), users: weights }, 'ceei'),
      ];
      for (const view of runs) {
        const prices = capacity.map((_, r) => view.prices?.[`r${r}`] as number);
        users.forEach(({ budget, demand }, index) => {
          const cost = sum(prices.map((price, r) => price * (demand[`r${r}`] as number)));
          expect((view.fractional?.users[index]?.tasks as number) * cost).toBeCloseTo(budget, 6);
        });
        capacity.forEach((amount, r) => {
          const used = sum(
            users.map(
              ({ demand }, index) => (view.fractional?.users[index]?.tasks as number) * (demand[`r${r}`] as number),
            ),
          );
          expect(used).toBeLessThanOrEqual(amount * (1 + 1e-8));
          if ((prices[r] as number) * amount > 1e-6) expect(used / amount).toBeCloseTo(1, 6);
        });
      }
    }
  });

  it('tycoon: no bidder gains by moving money between two machines', () => {
    for (let trial = 0; trial < 40; trial++) {
      const machines = whole(2, 4);
      const users = list(whole(2, 5), (index) => ({
        name: `u${index}`,
        budget: whole(1, 9),
        values: record(list(machines, () => whole(1, 9))),
      }));
      const view = run({ resources: record(list(machines, () => 1)), users }, 'tycoon');
      const bids = (view.details as { bids: number[][] }).bids;
      const others = (user: number, machine: number): number =>
        sum(bids.map((row, other) => (other === user ? 0 : (row[machine] as number))));
      users.forEach(({ values, budget }, user) => {
        const utility = (own: readonly number[]): number =>
          sum(
            own.map(
              (bid, machine) =>
                ((values[`r${machine}`] as number) * bid) / Math.max(1e-300, bid + others(user, machine)),
            ),
          );
        const own = bids[user] as number[];
        expect(sum(own)).toBeCloseTo(budget, 7);
        const now = utility(own);
        for (let from = 0; from < machines; from++) {
          for (let to = 0; to < machines; to++) {
            for (const part of [0.5, 0.01]) {
              const moved = [...own];
              const money = part * (own[from] as number);
              moved[from] = (moved[from] as number) - money;
              moved[to] = (moved[to] as number) + money;
              expect(utility(moved)).toBeLessThanOrEqual(now + 1e-7);
            }
          }
        }
      });
    }
  });
});
