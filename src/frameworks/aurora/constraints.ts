import type { InputError } from '../../core/errors.js';

/** One constraint of a job on an attribute of agents. */
export type Constraint =
  | { readonly kind: 'limit'; readonly attribute: string; readonly limit: number }
  | {
      readonly kind: 'value';
      readonly attribute: string;
      readonly isNegated: boolean;
      readonly values: readonly string[];
    };

/** `limit:n`, `a,b` (any of them) or `!a,b` (none of them) (`filter/ConstraintMatcher.java`). */
export function constraintOf(attribute: string, text: string, fail: (rule: string) => InputError): Constraint {
  if (text.startsWith('limit:')) {
    const limit = Number(text.slice('limit:'.length));
    if (!Number.isInteger(limit) || limit < 1) throw fail('must be limit:n with a whole number of at least 1');
    return { kind: 'limit', attribute, limit };
  }
  const isNegated = text.startsWith('!');
  const values = (isNegated ? text.slice(1) : text).split(',').map((value) => value.trim());
  if (values.some((value) => value === '')) throw fail('must be limit:n, or values separated by commas');
  return { kind: 'value', attribute, isNegated, values };
}

/** A missing attribute passes `!a` and fails the rest; `countAt` tells how many tasks of the job have this value by now. */
export function isMet(constraint: Constraint, value: string | undefined, countAt: (value: string) => number): boolean {
  if (constraint.kind === 'limit') return value !== undefined && countAt(value) < constraint.limit;
  const isAny = value !== undefined && constraint.values.includes(value);
  return constraint.isNegated ? !isAny : isAny;
}
