import { type Document, isMap, isScalar, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { InputError, type InputPosition } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import { scenarioSchema } from './schema.js';

export type Path = readonly (string | number | symbol)[];

/** Where things stand in the text of a scenario. */
export class Places {
  constructor(
    private readonly document: Document,
    private readonly lines: LineCounter,
    private readonly file: string,
  ) {}

  /** Of a value, or of the nearest thing around it that the text has (an override may name what it has not). */
  ofValue(path: Path): InputPosition {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(keysOfPath(path.slice(0, length)), true) as { range?: [number, number, number] };
      if (node?.range !== undefined) return this.at(node.range[0]);
    }
    return { file: this.file, line: 1, column: 1 };
  }

  /** Of a key of the mapping at `path`. */
  ofKey(path: Path, key: string): InputPosition {
    const node = path.length === 0 ? this.document.contents : this.document.getIn(keysOfPath(path), true);
    if (isMap(node)) {
      for (const { key: name } of node.items) {
        if (isScalar(name) && String(name.value) === key && name.range) return this.at(name.range[0]);
      }
    }
    return this.ofValue([...path, key]);
  }

  private at(offset: number): InputPosition {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line, column: col };
  }
}

function keysOfPath(path: Path): (string | number)[] {
  return path.map((key) => (typeof key === 'symbol' ? String(key) : key));
}

/** What the schema found wrong, as mistakes of the user with their places. */
export function explain(issue: z.core.$ZodIssue, value: unknown, places: Places): InputError[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = near === undefined ? `known keys here: ${known.join(', ')}` : `did you mean "${near}"?`;
      return new InputError('E_KEY_UNKNOWN', `unknown key "${key}"`, places.ofKey(issue.path, key), hint);
    });
  }
  if (issue.code === 'invalid_union') {
    const nested = bestBranch(issue.errors);
    if (nested !== undefined) {
      return nested.flatMap((inner) =>
        explain({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, value, places),
      );
    }
  }
  const got = valueAt(value, issue.path);
  const name = issue.path.map(String).join('.') || 'the scenario';
  if (got === undefined) {
    const known = knownKeys(issue.path.slice(0, -1));
    const hint = known.length === 0 ? '' : `known keys here: ${known.join(', ')}`;
    return [new InputError('E_KEY_MISSING', `${name} is missing`, places.ofValue(issue.path.slice(0, -1)), hint)];
  }
  const shown = typeof got === 'object' ? JSON.stringify(got) : String(got);
  const rule = `${name} ${ruleOf(issue)}, got "${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}"`;
  return [new InputError('E_SCENARIO_VALUE', rule, places.ofValue(issue.path))];
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
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'array') return `must have at least ${issue.minimum} entries`;
      return `must be ${issue.inclusive === false ? 'greater than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_union':
      return `must be ${[...new Set(issue.errors.flatMap(expectedTypes))].join(' or ')}`;
    default:
      return issue.message.startsWith('must') ? issue.message : `is not right: ${issue.message}`;
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
function knownKeys(path: Path): string[] {
  let schema: unknown = scenarioSchema;
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
