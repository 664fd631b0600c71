import { Fraction, sumOf } from '../../allocators/math/fraction.js';
import { kellyEquilibrium, proportionalShare, tycoonEquilibrium } from '../../allocators/math/proportional.js';
import { type DividePolicy, needAll } from './outcome.js';
import type { DivideProblem } from './problem.js';

/** Proportional share of every resource by the money put on it. */
export const marketProportional: DividePolicy = {
  name: 'market-proportional',
  summary: 'every resource by share of the money put on it; price = money / capacity',
  source: 'Lai et al. 2005 (Tycoon, Auction Share)',
  options: {},
  utility: (problem) => (problem.users.every((user) => user.values !== undefined) ? 'goods' : 'none'),
  entitlement: (user) => sumOf(user.spend ?? []),
  run: (problem) => {
    const spend = needAll(problem, 'spend', 'market-proportional');
    const shares = problem.capacity.map((capacity, resource) =>
      proportionalShare(
        capacity,
        spend.map((row) => row[resource] as Fraction),
      ),
    );
    return {
      fractional: {
        amounts: spend.map((_, user) => shares.map((share) => share.amounts[user] as Fraction)),
        payments: spend.map((row) => sumOf(row)),
      },
      prices: shares.map((share) => share.price),
      notes: [],
      details: {},
    };
  },
};

/** Nash equilibrium of one resource shared by bids. */
export const kelly: DividePolicy = {
  name: 'kelly',
  summary: 'Nash equilibrium of quasi-linear bidders on one proportionally shared resource',
  source: 'Kelly 1997; Johari and Tsitsiklis 2004, theorem 2',
  options: {},
  utility: () => 'none',
  entitlement: () => Fraction.one,
  run: (problem) => {
    const capacity = singleCapacity(problem, 'kelly');
    const values = needAll(problem, 'values', 'kelly').map((row) => row[0] as Fraction);
    const equilibrium = kellyEquilibrium(values, capacity);
    return {
      fractional: {
        amounts: equilibrium.shares.map((share) => [share.times(capacity)]),
        payments: equilibrium.bids,
      },
      prices: [equilibrium.price],
      notes: ['an equilibrium of strategic bidders: what they do, not what a rule grants to stated values'],
      details: { shares: equilibrium.shares, efficiency: equilibrium.efficiency },
    };
  },
};

/** Price-anticipating equilibrium over machines. */
export const tycoon: DividePolicy = {
  name: 'tycoon',
  summary: 'Nash equilibrium of budgets over several proportionally shared machines (resources = machines)',
  source: 'Feldman, Lai, Zhang, EC 2005',
  options: {},
  utility: () => 'none',
  entitlement: (user) => user.budget ?? Fraction.one,
  run: (problem) => {
    const values = needAll(problem, 'values', 'tycoon');
    const budgets = problem.users.map((user) => (user.budget ?? Fraction.one).toNumber());
    const weights = values.map((row) => row.map((value, j) => value.times(problem.capacity[j] as Fraction).toNumber()));
    const equilibrium = tycoonEquilibrium(budgets, weights);
    const capacity = problem.capacity.map((amount) => amount.toNumber());
    return {
      fractional: {
        amounts: equilibrium.bids.map((row) =>
          row.map((bid, j) => {
            const price = equilibrium.prices[j] as number;
            return price > 0 ? ((capacity[j] as number) * bid) / price : 0;
          }),
        ),
        payments: equilibrium.bids.map((row) => row.reduce((sum, bid) => sum + bid, 0)),
      },
      prices: equilibrium.prices.map((price, j) => price / (capacity[j] as number)),
      notes: [
        'an equilibrium of strategic bidders: what they do, not what a rule grants to stated values',
        ...(equilibrium.converged ? [] : ['the bids did not settle: no equilibrium was found']),
      ],
      details: {
        bids: equilibrium.bids,
        utilities: equilibrium.utilities,
        iterations: equilibrium.iterations,
        residual: equilibrium.residual,
        converged: equilibrium.converged,
      },
    };
  },
};

/** Capacity of the only resource. */
export function singleCapacity(problem: DivideProblem, policy: string): Fraction {
  if (problem.resources.length !== 1) {
    throw problem.fail(['resources'], `${policy} divides one resource, the problem has ${problem.resources.length}`);
  }
  return problem.capacity[0] as Fraction;
}
