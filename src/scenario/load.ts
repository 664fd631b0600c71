import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InputError, InputErrors, MAX_COLLECTED_ERRORS } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import { type ScenarioDocument, scenarioSchema } from './schema.js';

/** A checked scenario and the folder that its paths are relative to. */
export interface Scenario {
  readonly document: ScenarioDocument;
  readonly file: string;
  readonly folder: string;
}

type Path = readonly (string | number | symbol)[];

/** Reads a scenario file (YAML or JSON). Throws InputErrors with file:line:column for each mistake, at most 20. */
export function loadScenario(path: string, overrides: readonly string[] = []): Scenario {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError('E_FILE', `the scenario cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      file: path,
    });
  }
  return parseScenario(text, path, overrides);
}

/** Checks a scenario given as text; `path` names it in messages and anchors its relative paths. */
export function parseScenario(text: string, path: string, overrides: readonly string[] = []): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const syntax = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return new InputError('E_YAML', error.message, { file: path, line, column: col });
  });
  if (syntax.length > 0) throw new InputErrors(syntax.slice(0, MAX_COLLECTED_ERRORS));
  const value: unknown = document.toJS({ maxAliasCount: 1000 });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError('E_SCENARIO', 'a scenario must be a mapping of keys', { file: path, line: 1, column: 1 });
  }
  for (const override of overrides) applyOverride(value as Record<string, unknown>, override);
  const result = scenarioSchema.safeParse(value);
  if (!result.success) {
    const errors = result.error.issues.flatMap((issue) => explain(issue, value, document, lines, path));
    throw new InputErrors(errors.slice(0, MAX_COLLECTED_ERRORS), Math.max(0, errors.length - MAX_COLLECTED_ERRORS));
  }
  checkWhole(result.data, path);
  return { document: result.data, file: basename(path), folder: dirname(path) };
}

/** Conditions that span keys. */
function checkWhole(document: ScenarioDocument, file: string): void {
  const { trace, synthetic } = document.workload;
  if ((trace === undefined) === (synthetic === undefined)) {
    throw new InputError('E_SCENARIO', 'workload needs either a trace or a synthetic part', { file });
  }
  for (const part of [synthetic ?? []].flat()) {
    if (part.duration === undefined && part.stages === undefined)
      throw new InputError('E_SCENARIO', 'workload.synthetic needs a duration or stages', { file });
    if (part.jobs === undefined && document.until === undefined) {
      throw new InputError(
        'E_NO_END',
        'a synthetic workload without a number of jobs never ends',
        { file },
        'set workload.synthetic.jobs or until',
      );
    }
  }
}

/** `--set policy.allocator=drf`: the value is read as YAML; list items are numbered from 0. */
function applyOverride(target: Record<string, unknown>, override: string): void {
  const equals = override.indexOf('=');
  if (equals <= 0) throw new InputError('E_SET', `--set must be written path=value, got "${override}"`);
  const keys = override.slice(0, equals).split('.');
  const value: unknown = parseDocument(override.slice(equals + 1)).toJS();
  let node: Record<string, unknown> = target;
  for (const key of keys.slice(0, -1)) {
    if (key === '__proto__' || key === 'constructor') throw new InputError('E_SET', `"${key}" is no key of a scenario`);
    if (typeof node[key] !== 'object' || node[key] === null) node[key] = {};
    node = node[key] as Record<string, unknown>;
  }
  node[keys[keys.length - 1] as string] = value;
}

function explain(
  issue: z.core.$ZodIssue,
  value: unknown,
  document: Document,
  lines: LineCounter,
  file: string,
): InputError[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = near === undefined ? `known keys here: ${known.join(', ')}` : `did you mean "${near}"?`;
      return new InputError(
        'E_KEY_UNKNOWN',
        `unknown key "${key}"`,
        placeOf(document, lines, [...issue.path, key], file, true),
        hint,
      );
    });
  }
  if (issue.code === 'invalid_union') {
    const nested = bestBranch(issue.errors);
    if (nested !== undefined) {
      return nested.flatMap((inner) =>
        explain({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, value, document, lines, file),
      );
    }
  }
  const got = valueAt(value, issue.path);
  const shown = got === undefined ? 'nothing' : `"${typeof got === 'object' ? JSON.stringify(got) : String(got)}"`;
  const rule = `${issue.path.map(String).join('.')}: ${issue.message}, got ${shown}`;
  return [new InputError('E_SCENARIO_VALUE', rule, placeOf(document, lines, issue.path, file, false))];
}

/** The alternative that went wrong deepest is the one that was meant. */
function bestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  let best: readonly z.core.$ZodIssue[] | undefined;
  for (const branch of branches) {
    if (branch.every((issue) => issue.path.length === 0 && issue.code === 'invalid_type')) continue;
    if (best === undefined || branch.length < best.length) best = branch;
  }
  return best;
}

function valueAt(value: unknown, path: Path): unknown {
  let node = value;
  for (const key of path) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = (node as Record<string, unknown>)[String(key)];
  }
  return node;
}

function placeOf(
  document: Document,
  lines: LineCounter,
  path: Path,
  file: string,
  isKey: boolean,
): { file: string; line?: number; column?: number } {
  for (let length = path.length; length > 0; length--) {
    const keys = path.slice(0, length).map((key) => (typeof key === 'symbol' ? String(key) : key));
    const node = document.getIn(keys, true) as { range?: [number, number, number] } | undefined;
    if (node?.range === undefined) continue;
    const { line, col } = lines.linePos(node.range[0]);
    // The value is known by its place; its key stands before it on the same line.
    return isKey && length === path.length
      ? { file, line, column: Math.max(1, col - String(path[path.length - 1]).length - 2) }
      : { file, line, column: col };
  }
  return { file, line: 1, column: 1 };
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
