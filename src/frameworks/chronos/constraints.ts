import type { InputError } from '../../core/errors.js';
import type { Amounts } from '../../model/resources.js';

/** Judges an agent by its attributes; `hostname` is among them. */
export type Matcher = (attributes: Readonly<Record<string, string>>, hostname: string) => boolean;

/**
 * `[attribute, EQUALS|LIKE|UNLIKE, value]` (Chronos `jobs/constraints/`). An agent without the attribute fails all three. LIKE and
 * UNLIKE match the whole value; of a set `{a,b}` one item is enough for LIKE, and none may match for UNLIKE.
 */
export function constraintOf(terms: readonly string[], fail: (rule: string) => InputError): Matcher {
  const [attribute, operator, value] = terms;
  if (attribute === undefined || operator === undefined || value === undefined || terms.length !== 3) {
    throw fail('must be [attribute, operator, value]');
  }
  const items = matcherOf(operator.toUpperCase(), value, fail);
  return (attributes, hostname) => {
    const found = attribute === 'hostname' ? hostname : attributes[attribute];
    return found !== undefined && items(found);
  };
}

function matcherOf(operator: string, value: string, fail: (rule: string) => InputError): (found: string) => boolean {
  if (operator === 'EQUALS') return (found) => found === value;
  if (operator !== 'LIKE' && operator !== 'UNLIKE') {
    throw fail(`must have the operator EQUALS, LIKE or UNLIKE, got "${operator}"`);
  }
  const pattern = wholeMatch(value, fail);
  const isLike = (found: string): boolean => itemsOf(found).some((item) => pattern.test(item));
  return operator === 'LIKE' ? isLike : (found) => !isLike(found);
}

function wholeMatch(value: string, fail: (rule: string) => InputError): RegExp {
  try {
    return new RegExp(`^(?:${value})$`, 'u');
  } catch {
    throw fail(`must have a regular expression as its value, got "${value}"`);
  }
}

function itemsOf(value: string): string[] {
  return /^\{.*\}$/.test(value)
    ? value
        .slice(1, -1)
        .split(',')
        .map((item) => item.trim())
    : [value];
}

/**
 * Quirk: of the entries of a resource only the first counts (`mesos/MesosJobFramework.scala`, Resources). Offers name what is reserved first,
 * so that unreserved amounts beside it are not seen.
 */
export function fitsFirstEntries(amounts: Amounts, reserved: Amounts): boolean {
  return amounts.every((amount, row) => reserved[row] === 0 || amount <= (reserved[row] as number));
}
