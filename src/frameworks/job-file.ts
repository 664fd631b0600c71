import { readFileSync } from 'node:fs';
import { type DocumentNode, parse, type ValueNode } from '@humanwhocodes/momoa';
import type { z } from 'zod';
import { InputError, InputErrors, type InputPosition, MAX_COLLECTED_ERRORS } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';

/** Where a value stands within a JSON text: keys and list indices from the top. */
export type JsonPath = readonly (string | number)[];

/** Deeper nesting than any job file has: a bomb, not a job. */
const MAX_DEPTH = 500;

/**
 * A JSON file of a framework (apps, jobs, groups) with the place of every value. Mistakes are InputError E_JOB_JSON with
 * file:line:column, the JSON path, the reason and what was found; in the text, in a schema, or in the meaning.
 */
export class JobFile {
  readonly value: unknown;
  private readonly root: ValueNode;

  constructor(
    readonly file: string,
    text: string,
  ) {
    this.root = parsed(file, text.startsWith('\uFEFF') ? text.slice(1) : text).body;
    this.value = this.valueOf(this.root, [], 0);
  }

  /** A mistake at a path: `$.apps[0].instances must be at least 0, got "-1"`. The value found is added when it is there. */
  error(path: JsonPath, rule: string, hint = ''): InputError {
    const node = this.nodeAt(path);
    const isPlain = node !== undefined && node.type !== 'Object' && node.type !== 'Array';
    const found = isPlain ? `, got ${shown(this.valueOf(node, path, 0))}` : '';
    return new InputError('E_JOB_JSON', `${pathText(path)} ${rule}${found}`, this.positionOf(path), hint);
  }

  /** The value at a path as the schema reads it. Throws InputErrors with each of its mistakes, at most twenty. */
  check<T>(schema: z.ZodType<T>, path: JsonPath = [], value: unknown = valueAt(this.value, path)): T {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw collected(result.error.issues.flatMap((issue) => this.explain(issue, path)));
  }

  /** Where the value of a path stands, or the nearest thing around it that is there. */
  positionOf(path: JsonPath): InputPosition {
    for (let length = path.length; length >= 0; length--) {
      const node = this.nodeAt(path.slice(0, length));
      if (node === undefined) continue;
      const { line, column } = node.loc.start;
      return { file: this.file, line, column };
    }
    return { file: this.file, line: 1, column: 1 };
  }

  private explain(issue: z.core.$ZodIssue, base: JsonPath): InputError[] {
    const path = [...base, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => this.error([...path, key], 'is no known key'));
    if (issue.code === 'invalid_union') {
      const best = bestBranch(issue.errors);
      if (best !== undefined) return best.flatMap((inner) => this.explain(inner, path));
    }
    if (this.nodeAt(path) === undefined) return [this.error(path, 'is missing')];
    const node = this.nodeAt(path);
    const kind = node?.type === 'Object' ? ', got an object' : node?.type === 'Array' ? ', got a list' : '';
    return [this.error(path, `${ruleOf(issue)}${kind}`, hintOf(issue, valueAt(this.value, path)))];
  }

  private nodeAt(path: JsonPath): ValueNode | undefined {
    let node: ValueNode | undefined = this.root;
    for (const key of path) {
      if (node?.type === 'Array') node = node.elements[Number(key)]?.value;
      else if (node?.type === 'Object') node = node.members.findLast((member) => nameOf(member.name) === key)?.value;
      else return undefined;
    }
    return node;
  }

  private valueOf(node: ValueNode, path: JsonPath, depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.errorHere(node, path, `must not be nested deeper than ${MAX_DEPTH}`);
    switch (node.type) {
      case 'Object':
        return this.objectOf(node, path, depth);
      case 'Array':
        return node.elements.map((element, index) => this.valueOf(element.value, [...path, index], depth + 1));
      case 'Number':
        if (!Number.isFinite(node.value)) throw this.errorHere(node, path, 'must be a number that a double can hold');
        return node.value;
      case 'Null':
        return null;
      case 'String':
      case 'Boolean':
        return node.value;
      default:
        throw this.errorHere(node, path, 'must be a number');
    }
  }

  private objectOf(node: Extract<ValueNode, { type: 'Object' }>, path: JsonPath, depth: number): unknown {
    const seen = new Set<string>();
    const entries: [string, unknown][] = [];
    for (const { name, value } of node.members) {
      const key = nameOf(name);
      if (seen.has(key)) throw this.errorHere(name, [...path, key], 'occurs twice');
      seen.add(key);
      entries.push([key, this.valueOf(value, [...path, key], depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  private errorHere(
    node: { loc: { start: { line: number; column: number } } },
    path: JsonPath,
    rule: string,
  ): InputError {
    const { line, column } = node.loc.start;
    return new InputError('E_JOB_JSON', `${pathText(path)} ${rule}`, { file: this.file, line, column });
  }
}

/** Reads one file. Throws InputError E_FILE when it cannot be read, E_JOB_JSON when it is no JSON. */
export function readJobFile(file: string): JobFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InputError('E_FILE', `the jobs cannot be read (${code})`, { file });
  }
  return new JobFile(file, text);
}

/** `$.apps[0].cpus`; keys that are no plain word are quoted. */
export function pathText(path: JsonPath): string {
  const parts = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return `$${parts.join('')}`;
}

/** Several mistakes as one error: the first twenty in the order of the text. */
export function collected(errors: readonly InputError[]): InputErrors {
  const ordered = [...errors].sort(
    (a, b) => (a.position.line ?? 0) - (b.position.line ?? 0) || (a.position.column ?? 0) - (b.position.column ?? 0),
  );
  return new InputErrors(ordered.slice(0, MAX_COLLECTED_ERRORS), Math.max(0, errors.length - MAX_COLLECTED_ERRORS));
}

function parsed(file: string, text: string): DocumentNode {
  try {
    return parse(text, { mode: 'json' });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // A text nested deeper than the stack.
    if (error instanceof RangeError) throw new InputError('E_JOB_JSON', '$ is nested too deep', { file });
    const { line, column } = error as Error & { line?: number; column?: number };
    const reason = error.message.replace(/\s*\(\d+:\d+\)$/, '').replace(/\.$/, '');
    const position = line === undefined || column === undefined ? { file } : { file, line, column };
    throw new InputError('E_JOB_JSON', `$ is no JSON: ${reason}`, position);
  }
}

function nameOf(name: { type: string; value?: unknown; name?: string }): string {
  return name.type === 'Identifier' ? String(name.name) : String(name.value);
}

function valueAt(value: unknown, path: JsonPath): unknown {
  let node = value;
  for (const key of path) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = Reflect.get(node, key);
  }
  return node;
}

function shown(value: unknown): string {
  const text = String(value);
  return `"${text.length > 80 ? `${text.slice(0, 77)}...` : text}"`;
}

const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

/** The rule that was broken, in words. */
function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'array') return `must have at least ${issue.minimum} entries`;
      if (issue.origin === 'string') return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'greater than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_union':
      return `must be ${[...new Set(issue.errors.flatMap(expectedTypes))].join(' or ')}`;
    default:
      return /^(must|is|has|needs|names) /.test(issue.message) ? issue.message : `is not right: ${issue.message}`;
  }
}

function hintOf(issue: z.core.$ZodIssue, got: unknown): string {
  return issue.code === 'invalid_value' && typeof got === 'string' ? nameHint(got, issue.values.map(String)) : '';
}

function expectedTypes(branch: readonly z.core.$ZodIssue[]): string[] {
  return branch.flatMap((issue) => (issue.code === 'invalid_type' ? [TYPES[issue.expected] ?? issue.expected] : []));
}

/** The alternative that was meant: one of the right type, with the fewest mistakes. */
function bestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const meant = branches.filter(
    (branch) => !branch.every((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
  );
  return meant.sort((a, b) => a.length - b.length)[0];
}
