import type { ClearingBid } from '../../allocators/math/clearing-types.js';
import { leontiefEquilibrium } from '../../allocators/math/fisher-leontief.js';
import { linearEquilibrium } from '../../allocators/math/fisher-linear.js';
import { exactLinearEquilibrium } from '../../allocators/math/fisher-linear-exact.js';
import { Fraction } from '../../allocators/math/fraction.js';
import { wholeBundles } from '../../allocators/math/share-clearing.js';
import { type DividePolicy, needAll, type Outcome } from './outcome.js';
import type { DivideProblem } from './problem.js';

/** Pairs up to which the linear equilibrium is proven in exact fractions. */
const EXACT_PAIRS = 200;

/** Competitive equilibrium from equal incomes: budgets are the weights. */
export const ceei: DividePolicy = {
  name: 'ceei',
  summary: 'competitive equilibrium from equal incomes (unequal weights = unequal incomes), Leontief demands',
  source: 'Ghodsi et al., NSDI 2011 §5.2; Eisenberg and Gale 1959',
  options: {},
  utility: () => 'tasks',
  entitlement: (user) => user.weight,
  run: (problem) =>
    leontief(
      problem,
      'ceei',
      problem.users.map((user) => user.weight),
    ),
};

/** Fisher market with budgets. */
export const fisher: DividePolicy = {
  name: 'fisher',
  summary: 'Fisher market equilibrium with budgets; linear utilities where all users have values, else Leontief',
  source: 'Eisenberg and Gale 1959; Orlin, STOC 2010',
  options: {
    utility: {
      type: 'choice',
      choices: ['auto', 'leontief', 'linear'],
      default: 'auto',
      help: 'form of the utilities',
    },
  },
  utility: (problem, options) => (isLinear(problem, options['utility']) ? 'goods' : 'tasks'),
  entitlement: (user) => user.budget ?? Fraction.one,
  run: (problem, options) => {
    const budgets = problem.users.map((user) => user.budget ?? Fraction.one);
    return isLinear(problem, options['utility']) ? linear(problem, budgets) : leontief(problem, 'fisher', budgets);
  },
};

/** The name under which it runs in a simulated cluster. */
export const marketFisher: DividePolicy = { ...fisher, name: 'market-fisher' };

function isLinear(problem: DivideProblem, utility: unknown): boolean {
  return utility === 'linear' || (utility === 'auto' && problem.users.every((user) => user.values !== undefined));
}

function leontief(problem: DivideProblem, name: string, budgets: readonly Fraction[]): Outcome {
  const demand = needAll(problem, 'demand', name).map((row) => row.map((amount) => amount.toNumber()));
  const capacity = problem.capacity.map((amount) => amount.toNumber());
  const maxTasks = problem.users.map((user) => user.maxTasks?.toNumber());
  const equilibrium = leontiefEquilibrium({
    budgets: budgets.map((money) => money.toNumber()),
    capacity,
    demand,
    maxTasks,
  });
  const bids = demand.map(
    (row, bidder): ClearingBid => ({
      bidder,
      demand: Float64Array.from(row),
      maxBundles: Math.floor(maxTasks[bidder] ?? Number.MAX_SAFE_INTEGER),
      unitPrices: new Float64Array(row.length),
      balance: Number.POSITIVE_INFINITY,
      estimateS: 0,
    }),
  );
  const everyone = bids.map(() => true);
  const whole = wholeBundles(
    { supply: Float64Array.from(capacity), bids },
    Float64Array.from(equilibrium.tasks),
    everyone,
  );
  const wholeCounts = Array.from(whole, (count) => Fraction.of(count));
  return {
    fractional: {
      tasks: equilibrium.tasks,
      amounts: demand.map((row, user) => row.map((amount) => amount * (equilibrium.tasks[user] as number))),
      payments: equilibrium.spent,
    },
    whole: {
      tasks: wholeCounts,
      amounts: demand.map((row, user) => row.map((amount) => amount * (whole[user] as number))),
    },
    prices: equilibrium.prices,
    notes: [
      'whole tasks: the fractional ones by largest remainder, then whatever fits; prices are the fractional ones',
    ],
    details: {
      iterations: equilibrium.iterations,
      dualityGap: equilibrium.dualityGap,
      converged: equilibrium.converged,
    },
  };
}

function linear(problem: DivideProblem, budgets: readonly Fraction[]): Outcome {
  const values = needAll(problem, 'values', 'fisher[utility=linear]');
  values.forEach((row, user) => {
    if (row.every((value) => value.sign === 0)) {
      throw problem.fail(['users', user, 'values'], 'a buyer must value something: at least one value above 0');
    }
  });
  const isSmall = values.length * problem.capacity.length <= EXACT_PAIRS;
  const exact = isSmall ? exactLinearEquilibrium({ budgets, supply: problem.capacity, values }) : undefined;
  if (exact !== undefined) {
    const payments = exact.allocation.map((row) =>
      row.reduce((sum, amount, good) => sum.plus(amount.times(exact.prices[good] as Fraction)), Fraction.zero),
    );
    return {
      fractional: { amounts: exact.allocation, payments },
      prices: exact.prices,
      notes: exact.isUnique ? [] : ['several allocations clear at these prices; this is one of them'],
      details: { utilities: exact.utilities, isUnique: exact.isUnique, isExact: true },
    };
  }
  const near = linearEquilibrium({
    budgets: budgets.map((money) => money.toNumber()),
    supply: problem.capacity.map((amount) => amount.toNumber()),
    values: values.map((row) => row.map((value) => value.toNumber())),
  });
  const payments = near.allocation.map((row) =>
    row.reduce((sum, amount, good) => sum + amount * (near.prices[good] as number), 0),
  );
  return {
    fractional: { amounts: near.allocation, payments },
    prices: near.prices,
    notes: ['in doubles: not proven in fractions'],
    details: { utilities: near.utilities, dualityGap: near.dualityGap, converged: near.converged, isExact: false },
  };
}
