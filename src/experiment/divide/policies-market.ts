import {
  fillAllOrNothing,
  fillByDensity,
  scoreDivisible,
  scoreGreedy,
  scorePacking,
  taskScore,
} from '../../allocators/math/base-rule.js';
import { bundleVcg } from '../../allocators/math/bundle-auction.js';
import { Fraction, sumOf } from '../../allocators/math/fraction.js';
import { packItems } from '../../allocators/math/integer-packing.js';
import { type MultiUnitOutcome, multiUnitAuction } from '../../allocators/math/multi-unit.js';
import { amountsOf, type DividePolicy, needAll, type Outcome } from './outcome.js';
import { singleCapacity } from './policies-bids.js';
import type { DivideProblem } from './problem.js';

const SCORE = {
  score: {
    type: 'choice',
    choices: ['auto', 'cluster', 'bid'],
    default: 'auto',
    help: 'cluster: Σ unit price · demand / total; bid: price for the whole demand, by the part filled; auto: what users state',
  },
} as const;

/** The base rule R = argmax Σ p_i x_i / q_i, exact, with its shadow prices and Clarke payments. */
export const baseRule: DividePolicy = {
  name: 'base-rule',
  summary: 'R = argmax of Σ p_i x_i / q_i over what fits: divisible, whole and greedy',
  source: 'the base rule of mesosim; readings MKT-S (score=cluster) and MKT-R (score=bid)',
  options: SCORE,
  utility: () => 'none',
  entitlement: () => Fraction.one,
  run: (problem, options) => runBaseRule(problem, options['score'], 'base-rule'),
};

/** The base rule with winners paying what they bid, or a pay-as-bid auction of units. */
export const marketFirstPrice: DividePolicy = {
  name: 'market-first-price',
  summary: 'the base rule (or the best marginal bids); winners pay what they bid',
  source: 'DESIGN: market; Krishna, Auction Theory, ch. 12 (discriminatory)',
  options: SCORE,
  utility: () => 'money',
  entitlement: () => Fraction.one,
  run: (problem, options) => {
    if (hasUnitBids(problem)) {
      const auction = runUnits(problem, 'market-first-price');
      return unitsOutcome(auction, auction.payAsBid, undefined, ['pay-as-bid']);
    }
    const outcome = runBaseRule(problem, options['score'], 'market-first-price');
    const { fractional, whole } = outcome;
    const paid = (allotment: Outcome['whole']): Outcome['whole'] =>
      allotment && { ...allotment, payments: offersFor(problem, allotment.tasks as readonly Fraction[]) };
    return {
      ...outcome,
      fractional: paid(fractional) as NonNullable<typeof fractional>,
      whole: paid(whole) as NonNullable<typeof whole>,
    };
  },
};

/** Welfare-maximal units, bundles or tasks with Clarke payments. */
export const marketVcg: DividePolicy = {
  name: 'market-vcg',
  summary: 'the welfare-maximal whole division; everyone pays what the others lose by it',
  source: 'Vickrey 1961, Clarke 1971, Groves 1973',
  options: {},
  utility: () => 'money',
  entitlement: () => Fraction.one,
  run: (problem) => {
    if (hasUnitBids(problem)) {
      const auction = runUnits(problem, 'market-vcg');
      return unitsOutcome(auction, auction.vcgPayments, undefined, ['VCG']);
    }
    const demands = needAll(problem, 'demand', 'market-vcg');
    const items = problem.users.map((user, index) => ({
      amounts: demands[index] as readonly Fraction[],
      value: offerOf(problem, index, 'market-vcg'),
      limit: limitOf(user.maxTasks, user.price !== undefined),
    }));
    const vcg = bundleVcg({ capacity: problem.capacity, items });
    const tasks = vcg.counts.map((count) => Fraction.of(count));
    return {
      whole: { tasks, amounts: amountsOf(tasks, demands), payments: vcg.payments, value: vcg.welfare },
      notes: vcg.isProven ? [] : ['the search limit came first: the payments are not proven Clarke payments'],
      details: {
        welfare: vcg.welfare,
        revenue: sumOf(vcg.payments),
        winners: problem.users.filter((_, index) => (vcg.counts[index] as number) > 0).map((user) => user.name),
        isProven: vcg.isProven,
      },
    };
  },
};

/** Money for one task: the price of the bundle, or unit prices times demand. */
export function offerOf(problem: DivideProblem, index: number, policy: string): Fraction {
  const { price, unitPrices, demand, name } = problem.users[index] as DivideProblem['users'][number];
  if (price !== undefined) return price;
  if (unitPrices === undefined || demand === undefined) {
    const rule = `${policy} needs a demand with "price" or "unitPrices", or "marginalBids", of user "${name}"`;
    throw problem.fail(['users', index], rule);
  }
  return sumOf(unitPrices.map((value, resource) => value.times(demand[resource] as Fraction)));
}

/** Bundles with a price are wanted once unless the user says more; tasks at unit prices as often as they fit. */
export function limitOf(maxTasks: Fraction | undefined, hasPrice: boolean): number | undefined {
  if (maxTasks !== undefined) return Number(maxTasks.floor());
  return hasPrice ? 1 : undefined;
}

/** Every user offers for units of one resource. */
export function hasUnitBids(problem: DivideProblem): boolean {
  return problem.users.every((user) => user.marginalBids !== undefined);
}

/** The auction of identical units. */
export function runUnits(problem: DivideProblem, policy: string): MultiUnitOutcome {
  const capacity = singleCapacity(problem, policy);
  if (capacity.denominator !== 1n) {
    throw problem.fail(['resources', problem.resources[0] as string], `units must be whole, got "${capacity}"`);
  }
  return multiUnitAuction(Number(capacity.numerator), needAll(problem, 'marginalBids', policy));
}

/** An outcome of units won. */
export function unitsOutcome(
  auction: MultiUnitOutcome,
  payments: readonly Fraction[],
  price: Fraction | undefined,
  notes: readonly string[],
): Outcome {
  const tasks = auction.unitsWon.map((won) => Fraction.of(won));
  return {
    whole: { tasks, amounts: tasks.map((count) => [count]), payments, value: auction.welfare },
    ...(price === undefined ? {} : { prices: [price] }),
    notes,
    details: {
      welfare: auction.welfare,
      revenue: sumOf(payments),
      priceHighestLosing: auction.priceHighestLosing,
      priceLowestWinning: auction.priceLowestWinning,
      vcgPayments: auction.vcgPayments,
      payAsBid: auction.payAsBid,
    },
  };
}

function offersFor(problem: DivideProblem, tasks: readonly Fraction[]): Fraction[] {
  return tasks.map((count, index) => count.times(offerOf(problem, index, 'market-first-price')));
}

function runBaseRule(problem: DivideProblem, score: unknown, policy: string): Outcome {
  const isCluster =
    score === 'cluster' || (score === 'auto' && problem.users.every((user) => user.unitPrices !== undefined));
  return isCluster ? clusterScore(problem, policy) : bidScore(problem, policy);
}

/** Reading MKT-S. */
function clusterScore(problem: DivideProblem, policy: string): Outcome {
  const demands = needAll(problem, 'demand', policy);
  const unitPrices = needAll(problem, 'unitPrices', policy);
  const total = problem.capacity;
  const bids = problem.users.map((user, index) => ({
    demand: demands[index] as readonly Fraction[],
    unitPrices: unitPrices[index] as readonly Fraction[],
    maxTasks: user.maxTasks,
  }));
  const divisible = scoreDivisible(total, bids);
  const packing = scorePacking(total, bids);
  const best = packItems(packing);
  const clarke = bundleVcg(packing);
  const greedy = scoreGreedy(total, bids);
  const whole = best.counts.map((count) => Fraction.of(count));
  const clarkeDivisible = bids.map((_, index) => {
    const others = bids.map((bid, other) => (other === index ? { ...bid, maxTasks: Fraction.zero } : bid));
    const own = (divisible.x[index] as Fraction).times(taskScore(total, bids[index] as (typeof bids)[number]));
    return scoreDivisible(total, others).value.minus(divisible.value).plus(own);
  });
  return {
    fractional: { tasks: divisible.x, amounts: amountsOf(divisible.x, demands), value: divisible.value },
    whole: { tasks: whole, amounts: amountsOf(whole, demands), value: best.value },
    prices: divisible.prices,
    notes: [
      'score=cluster (MKT-S): i is a resource type, q its total; prices are the shadow prices of the divisible optimum',
      ...(best.isProven ? [] : ['the search limit came first: the whole division is not proven best']),
    ],
    details: {
      scorePerTask: bids.map((bid) => taskScore(total, bid)),
      divisibleR: divisible.value,
      wholeR: best.value,
      greedyTasks: greedy.tasks,
      greedyR: greedy.value,
      clarkePaymentsDivisible: clarkeDivisible,
      clarkePaymentsWhole: clarke.payments,
    },
  };
}

/** Reading MKT-R on one resource; bundles of several resources tie their types together. */
function bidScore(problem: DivideProblem, policy: string): Outcome {
  const demands = needAll(problem, 'demand', policy);
  const prices = needAll(problem, 'price', policy);
  const notes = ['score=bid (MKT-R): i is a bidder, q all that it asks, p its price for all of it'];
  if (problem.resources.length === 1) {
    const capacity = problem.capacity[0] as Fraction;
    const bids = problem.users.map((user, index) => {
      const limit = Fraction.of(limitOf(user.maxTasks, true) as number);
      const quantity = limit.times(demands[index]?.[0] as Fraction);
      return { name: user.name, quantity, price: (prices[index] as Fraction).times(limit) };
    });
    const wanted = bids.filter((bid) => bid.quantity.sign > 0);
    if (wanted.length === bids.length) {
      const parts = fillByDensity(capacity, bids);
      const whole = fillAllOrNothing(capacity, bids);
      const tasksOf = (amounts: readonly Fraction[]): Fraction[] =>
        amounts.map((amount, index) => amount.over(demands[index]?.[0] as Fraction));
      return {
        fractional: {
          tasks: tasksOf(parts.amounts),
          amounts: parts.amounts.map((amount) => [amount]),
          value: parts.revenue,
        },
        whole: {
          tasks: tasksOf(whole.amounts),
          amounts: whole.amounts.map((amount) => [amount]),
          value: whole.revenue,
        },
        notes,
        details: {
          revenueFractional: parts.revenue,
          revenueAllOrNothing: whole.revenue,
          allOrNothingWinners: bids.filter((_, i) => whole.amounts[i]?.sign === 1).map((bid) => bid.name),
        },
      };
    }
  }
  return bundleScore(problem, demands, prices, notes);
}

function bundleScore(
  problem: DivideProblem,
  demands: readonly (readonly Fraction[])[],
  prices: readonly Fraction[],
  notes: readonly string[],
): Outcome {
  // A price per bundle is the score "price · total / total" on any one resource: the packing and the linear program are the same.
  const limits = problem.users.map((user) => limitOf(user.maxTasks, true) as number);
  const items = problem.users.map((_, index) => ({
    amounts: demands[index] as readonly Fraction[],
    value: prices[index] as Fraction,
    limit: limits[index],
  }));
  const best = packItems({ capacity: problem.capacity, items });
  const whole = best.counts.map((count) => Fraction.of(count));
  const divisible = scoreDivisible(
    [...problem.capacity, Fraction.one],
    problem.users.map((_, index) => ({
      demand: [...(demands[index] as readonly Fraction[]), Fraction.zero],
      unitPrices: unitPricesFor(demands[index] as readonly Fraction[], prices[index] as Fraction, problem.capacity),
      maxTasks: Fraction.of(limits[index] as number),
    })),
  );
  return {
    fractional: { tasks: divisible.x, amounts: amountsOf(divisible.x, demands), value: divisible.value },
    whole: { tasks: whole, amounts: amountsOf(whole, demands), value: best.value },
    prices: divisible.prices.slice(0, problem.resources.length),
    notes: [...notes, 'bundles tie the resource types together'],
    details: { revenueFractional: divisible.value, revenueAllOrNothing: best.value, isProven: best.isProven },
  };
}

/** Unit prices under which the cluster score of one bundle is its price. */
function unitPricesFor(demand: readonly Fraction[], price: Fraction, capacity: readonly Fraction[]): Fraction[] {
  const first = demand.findIndex((amount) => amount.sign > 0);
  return [...demand, Fraction.zero].map((amount, resource) =>
    resource === first ? price.times(capacity[resource] as Fraction).over(amount) : Fraction.zero,
  );
}
