import { Fraction } from '../../allocators/math/fraction.js';
import type { DivideResult } from '../divide.js';
import { type Allotment, numberOf, type Quantity } from './outcome.js';
import type { DivideProblem } from './problem.js';

/** One user's part as plain numbers, and as exact texts where the method is exact. */
export interface UserView {
  readonly name: string;
  readonly tasks?: number;
  readonly amounts: Readonly<Record<string, number>>;
  readonly dominantShare: number;
  readonly payment?: number;
  readonly exact: Readonly<Record<string, unknown>>;
}

/** An allotment as plain data. */
export interface AllotmentView {
  readonly users: readonly UserView[];
  readonly leftover: Readonly<Record<string, number>>;
  readonly value?: number;
  readonly valueExact?: string;
}

/** What `--format json` prints: stable, numbers as numbers, exact values beside them as texts such as `63/25`. */
export interface DivideView {
  readonly policy: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly fractional?: AllotmentView;
  readonly whole?: AllotmentView;
  readonly prices?: Readonly<Record<string, number>>;
  readonly pricesExact?: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly audit: DivideResult['audit'];
  readonly details: unknown;
}

/** A result as plain data. */
export function viewOf(problem: DivideProblem, result: DivideResult): DivideView {
  const { fractional, whole, prices, notes, details } = result.outcome;
  return {
    policy: result.policy,
    resources: named(problem, problem.capacity.map(numberOf)),
    ...(fractional === undefined ? {} : { fractional: allotmentView(problem, fractional) }),
    ...(whole === undefined ? {} : { whole: allotmentView(problem, whole) }),
    ...(prices === undefined
      ? {}
      : { prices: named(problem, prices.map(numberOf)), pricesExact: named(problem, prices.map(exactText)) }),
    notes,
    audit: result.audit,
    details: plain(details),
  };
}

function allotmentView(problem: DivideProblem, allotment: Allotment): AllotmentView {
  const { value } = allotment;
  const leftover = problem.capacity.map((capacity, resource) => {
    const given = allotment.amounts.map((row) => row[resource] as Quantity);
    const left = given.reduce<Quantity>((rest, amount) => minus(rest, amount), capacity);
    return Math.max(0, numberOf(left));
  });
  return {
    users: problem.users.map((user, index) => userView(problem, user.name, allotment, index)),
    leftover: named(problem, leftover),
    ...(value === undefined ? {} : { value: numberOf(value) }),
    ...(value instanceof Fraction ? { valueExact: value.toString() } : {}),
  };
}

function userView(problem: DivideProblem, name: string, allotment: Allotment, index: number): UserView {
  const amounts = allotment.amounts[index] as readonly Quantity[];
  const tasks = allotment.tasks?.[index];
  const payment = allotment.payments?.[index];
  const share = dominantShareOf(problem, amounts);
  return {
    name,
    ...(tasks === undefined ? {} : { tasks: numberOf(tasks) }),
    amounts: named(problem, amounts.map(numberOf)),
    dominantShare: numberOf(share),
    ...(payment === undefined ? {} : { payment: numberOf(payment) }),
    exact: {
      ...(tasks instanceof Fraction ? { tasks: tasks.toString() } : {}),
      ...(amounts.every((amount) => amount instanceof Fraction)
        ? { amounts: named(problem, amounts.map(exactText)) }
        : {}),
      ...(share instanceof Fraction ? { dominantShare: share.toString() } : {}),
      ...(payment instanceof Fraction ? { payment: payment.toString() } : {}),
    },
  };
}

/** The largest share of a resource that the amounts are. */
function dominantShareOf(problem: DivideProblem, amounts: readonly Quantity[]): Quantity {
  const shares = amounts.map((amount, resource): Quantity => {
    const capacity = problem.capacity[resource] as Fraction;
    return amount instanceof Fraction ? amount.over(capacity) : amount / capacity.toNumber();
  });
  return shares.reduce((top, share) => (numberOf(share) > numberOf(top) ? share : top), Fraction.zero);
}

function minus(a: Quantity, b: Quantity): Quantity {
  return a instanceof Fraction && b instanceof Fraction ? a.minus(b) : numberOf(a) - numberOf(b);
}

function named<T>(problem: DivideProblem, values: readonly T[]): Record<string, T> {
  return Object.fromEntries(problem.resources.map((name, resource) => [name, values[resource] as T]));
}

function exactText(quantity: Quantity): string | null {
  return quantity instanceof Fraction ? quantity.toString() : null;
}

/** Fractions as texts, all the way down. */
function plain(value: unknown): unknown {
  if (value instanceof Fraction) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
