import type { z } from 'zod';
import { InputError, InputErrors, MAX_COLLECTED_ERRORS } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import type { Path, Places, TextDocument } from './text-document.js';

/** What a kind of file calls its mistakes, and the schema that it must fit. */
export interface Dialect {
  readonly schema: unknown;
  /** The document as a whole, such as `the scenario`. */
  readonly whole: string;
  readonly unknownKey: string;
  readonly missingKey: string;
  readonly wrongValue: string;
  /** How a path is written before its rule; keys with dots between them where this is absent. */
  readonly nameOf?: ((path: Path) => string) | undefined;
}

/** Mistakes in the order of the text, the first twenty of them. */
export function collected(errors: readonly InputError[]): InputErrors {
  const ordered = [...errors].sort(
    (a, b) => (a.position.line ?? 0) - (b.position.line ?? 0) || (a.position.column ?? 0) - (b.position.column ?? 0),
  );
  return new InputErrors(ordered.slice(0, MAX_COLLECTED_ERRORS), Math.max(0, errors.length - MAX_COLLECTED_ERRORS));
}

/** What fits the schema; InputErrors that tell each mistake with its place, its rule and what was written. */
export function checked<T>(schema: z.ZodType<T>, { value, places }: TextDocument, dialect: Omit<Dialect, 'schema'>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.filter((issue) => !isMisspelt(issue, result.error.issues, value, schema));
  throw collected(issues.flatMap((issue) => explain(issue, value, places, { ...dialect, schema })));
}

/** A missing key of which the unknown key beside it is a misspelling: one mistake, told once. */
function isMisspelt(
  issue: z.core.$ZodIssue,
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  schema: unknown,
): boolean {
  if (valueAt(value, issue.path) !== undefined || issue.path.length === 0) return false;
  const above = issue.path.slice(0, -1);
  return issues.some(
    (other) =>
      other.code === 'unrecognized_keys' &&
      other.path.join('\n') === above.join('\n') &&
      other.keys.some((key) => nearestName(key, knownKeys(schema, above)) === String(issue.path.at(-1))),
  );
}

/** What the schema found wrong, as mistakes of the user with their places. */
function explain(issue: z.core.$ZodIssue, value: unknown, places: Places, dialect: Dialect): InputError[] {
  const { schema } = dialect;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = near === undefined ? `known keys here: ${known.join(', ')}` : `did you mean "${near}"?`;
      return new InputError(dialect.unknownKey, `unknown key "${key}"`, places.ofKey(issue.path, key), hint);
    });
  }
  if (issue.code === 'invalid_union' && !issue.message.startsWith('must')) {
    const nested = bestBranch(issue.errors);
    if (nested !== undefined) {
      return nested.flatMap((inner) =>
        explain({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, value, places, dialect),
      );
    }
  }
  const got = valueAt(value, issue.path);
  const name = issue.path.length === 0 ? dialect.whole : (dialect.nameOf ?? dotted)(issue.path);
  if (got === undefined && issue.path.length > 0) {
    const known = knownKeys(schema, issue.path.slice(0, -1));
    const hint = known.length === 0 ? '' : `known keys here: ${known.join(', ')}`;
    return [
      new InputError(
        dialect.missingKey,
        `${name.replace(/:$/, '')} is missing`,
        places.ofValue(issue.path.slice(0, -1)),
        hint,
      ),
    ];
  }
  const shown = typeof got === 'object' ? JSON.stringify(got) : String(got);
  const rule = `${name} ${ruleOf(issue)}, got "${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}"`;
  return [new InputError(dialect.wrongValue, rule, places.ofValue(issue.path))];
}

function dotted(path: Path): string {
  return path.map(String).join('.');
}

const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys',
  record: 'a mapping of keys',
};

/** The rule that was broken, in words. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      if (issue.origin === 'array')
        return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} entries`;
      return `must be ${issue.inclusive === false ? 'greater than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_union':
      return `must be ${[...new Set(issue.errors.flatMap(expectedTypes))].join(' or ')}`;
    default:
      return `is not right: ${issue.message}`;
  }
}

function expectedTypes(branch: readonly z.core.$ZodIssue[]): string[] {
  return branch.flatMap((issue) => (issue.code === 'invalid_type' ? [typeName(issue.expected)] : []));
}

function typeName(expected: string): string {
  return TYPES[expected] ?? expected;
}

/**
 * The alternative that was meant: the one whose keys fit best, then the one with the fewest mistakes. One that is of another type
 * altogether is none.
 */
function bestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  let best: readonly z.core.$ZodIssue[] | undefined;
  for (const branch of branches) {
    if (branch.every((issue) => issue.path.length === 0 && issue.code === 'invalid_type')) continue;
    if (best === undefined || misfit(branch) < misfit(best)) best = branch;
  }
  return best;
}

/** Mistakes of an alternative; a key that it does not know weighs more than any wrong value. */
function misfit(branch: readonly z.core.$ZodIssue[]): number {
  return branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 100 * issue.keys.length : 1), 0);
}

function valueAt(value: unknown, path: Path): unknown {
  let node = value;
  for (const key of path) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = (node as Record<string, unknown>)[String(key)];
  }
  return node;
}

/** Keys that the schema knows at a path; list items and unions are looked through. */
function knownKeys(whole: unknown, path: Path): string[] {
  let schema = whole;
  for (const key of path) schema = typeof key === 'number' ? elementOf(schema) : childOf(schema, String(key));
  return keysOf(schema);
}

interface Definition {
  readonly def?: {
    readonly shape?: Record<string, unknown>;
    readonly innerType?: unknown;
    readonly element?: unknown;
    readonly options?: readonly unknown[];
    readonly valueType?: unknown;
  };
}

function unwrapped(schema: unknown): Definition['def'] {
  let def = (schema as Definition | undefined)?.def;
  while (def?.innerType !== undefined) def = (def.innerType as Definition).def;
  return def;
}

function childOf(schema: unknown, key: string): unknown {
  const def = unwrapped(schema);
  if (def?.options !== undefined)
    return def.options.map((option) => childOf(option, key)).find((child) => child !== undefined);
  return def?.shape?.[key] ?? def?.valueType;
}

function elementOf(schema: unknown): unknown {
  const def = unwrapped(schema);
  if (def?.options !== undefined)
    return def.options.map((option) => elementOf(option)).find((element) => element !== undefined);
  return def?.element;
}

function keysOf(schema: unknown): string[] {
  const def = unwrapped(schema);
  if (def?.options !== undefined) return [...new Set(def.options.flatMap((option) => keysOf(option)))];
  return Object.keys(def?.shape ?? {});
}
