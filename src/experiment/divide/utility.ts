import type { OptionSpecs, OptionValues } from '../../model/options.js';
import { type Allotment, type DividePolicy, numberOf, type Outcome, type UtilityKind } from './outcome.js';
import { limitOf, offerOf } from './policies-market.js';
import type { DivideProblem } from './problem.js';

/** An allotment in doubles. */
export interface Shares {
  readonly amounts: readonly (readonly number[])[];
  readonly payments: readonly number[];
  readonly isWhole: boolean;
}

/** A policy with its options, and what its users want. */
export interface Subject {
  readonly policy: DividePolicy;
  readonly options: OptionValues<OptionSpecs>;
  readonly kind: UtilityKind;
}

/** The allotment that an audit looks at: divisible where users want tasks or goods, whole where they bid money. */
export function sharesOf(subject: Subject, outcome: Outcome): Shares {
  const prefersWhole = subject.kind === 'money';
  const allotment = prefersWhole ? (outcome.whole ?? outcome.fractional) : (outcome.fractional ?? outcome.whole);
  return toNumbers(allotment as Allotment, allotment === outcome.whole);
}

/** Runs the policy on another problem. */
export function rerun(subject: Subject, problem: DivideProblem): Shares {
  return sharesOf(subject, subject.policy.run(problem, subject.options, true));
}

function toNumbers(allotment: Allotment, isWhole: boolean): Shares {
  return {
    amounts: allotment.amounts.map((row) => row.map(numberOf)),
    payments: allotment.amounts.map((_, user) => {
      const payment = allotment.payments?.[user];
      return payment === undefined ? 0 : numberOf(payment);
    }),
    isWhole,
  };
}

/** True utility of a bundle (and a payment) for a user of the problem. */
export function utilityOf(
  subject: Subject,
  problem: DivideProblem,
  index: number,
  bundle: readonly number[],
  payment: number,
  isWhole: boolean,
): number {
  const user = problem.users[index] as DivideProblem['users'][number];
  switch (subject.kind) {
    case 'tasks':
      return tasksIn(bundle, user.demand, user.maxTasks?.toNumber());
    case 'goods':
      return bundle.reduce((sum, amount, good) => sum + amount * (user.values?.[good]?.toNumber() ?? 0), 0);
    case 'money':
      return moneyValue(problem, index, bundle, isWhole) - payment;
    default:
      return 0;
  }
}

/** Utility of what everyone holds. */
export function utilities(subject: Subject, problem: DivideProblem, shares: Shares): number[] {
  return problem.users.map((_, index) =>
    utilityOf(
      subject,
      problem,
      index,
      shares.amounts[index] as readonly number[],
      shares.payments[index] as number,
      shares.isWhole,
    ),
  );
}

/** Money that a user would give for a bundle. */
export function moneyValue(problem: DivideProblem, index: number, bundle: readonly number[], isWhole: boolean): number {
  const user = problem.users[index] as DivideProblem['users'][number];
  if (user.marginalBids !== undefined) {
    const units = Math.floor((bundle[0] as number) + 1e-9);
    return user.marginalBids.slice(0, units).reduce((sum, bid) => sum + bid.toNumber(), 0);
  }
  const copies = tasksIn(bundle, user.demand, limitOf(user.maxTasks, user.price !== undefined));
  return (isWhole ? Math.floor(copies + 1e-9) : copies) * offerOf(problem, index, 'the audit').toNumber();
}

function tasksIn(
  bundle: readonly number[],
  demand: readonly { toNumber(): number }[] | undefined,
  limit: number | undefined,
): number {
  let tasks = limit ?? Number.POSITIVE_INFINITY;
  demand?.forEach((amount, resource) => {
    const need = amount.toNumber();
    // Max-min hands out one resource and takes the others to be ample.
    if (need > 0) tasks = Math.min(tasks, (bundle[resource] as number) / need);
  });
  return tasks;
}
