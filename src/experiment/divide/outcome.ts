import type { Fraction } from '../../allocators/math/fraction.js';
import type { OptionSpecs, OptionValues } from '../../model/options.js';
import type { PluginDefinition } from '../../model/plugin.js';
import type { DivideProblem, DivideUser } from './problem.js';

/** Exact where the method is, else a double. */
export type Quantity = Fraction | number;

/** Who gets what. */
export interface Allotment {
  /** Tasks (or bundles) per user; absent where users have no tasks. */
  readonly tasks?: readonly Quantity[];
  /** Per user and resource. */
  readonly amounts: readonly (readonly Quantity[])[];
  /** Money that each user pays. */
  readonly payments?: readonly Quantity[];
  /** What the policy maximizes: R, welfare. */
  readonly value?: Quantity;
}

/** A policy's answer. */
export interface Outcome {
  /** Tasks may be split. */
  readonly fractional?: Allotment;
  /** Whole tasks or bundles. */
  readonly whole?: Allotment;
  /** Per unit of each resource. */
  readonly prices?: readonly Quantity[];
  /** Said beside the numbers: which reading of a rule, what was proven, what was left out. */
  readonly notes: readonly string[];
  /** Further numbers by name, such as freeze rounds. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * What users want, for the audit. `tasks`: as many tasks as possible. `goods`: Σ value · amount. `money`: value minus payment.
 * `none`: the problem does not say.
 */
export type UtilityKind = 'tasks' | 'goods' | 'money' | 'none';

/** A policy of static division: one entry of the registry. */
export interface DividePolicy extends PluginDefinition {
  readonly options: OptionSpecs;
  utility(problem: DivideProblem, options: OptionValues<OptionSpecs>): UtilityKind;
  /** The user's entitlement that sharing incentive and envy go by. */
  entitlement(user: DivideUser): Fraction;
  /** `isProbe`: the audit asks, and looks at the division that its kind of utility needs only. */
  run(problem: DivideProblem, options: OptionValues<OptionSpecs>, isProbe?: boolean): Outcome;
}

/** Nearest double. */
export function numberOf(quantity: Quantity): number {
  return typeof quantity === 'number' ? quantity : quantity.toNumber();
}

/** A value that every user must state for this policy; an error that points at the first that does not. */
export function needAll<K extends keyof DivideUser>(
  problem: DivideProblem,
  key: K,
  policy: string,
): NonNullable<DivideUser[K]>[] {
  return problem.users.map((user, index) => {
    const value = user[key];
    if (value === undefined || value === null) {
      throw problem.fail(['users', index], `${policy} needs "${key}" of every user, user "${user.name}" has none`);
    }
    return value;
  });
}

/** Tasks times demand, per user and resource. */
export function amountsOf(tasks: readonly Fraction[], demand: readonly (readonly Fraction[])[]): Fraction[][] {
  return demand.map((row, user) => row.map((amount) => amount.times(tasks[user] as Fraction)));
}
