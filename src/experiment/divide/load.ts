import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InputError, InputErrors, MAX_COLLECTED_ERRORS } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { buildProblem, type DivideProblem } from './problem.js';
import { problemSchema } from './schema.js';

type Path = readonly (string | number)[];

/** Reads a problem file (JSON; YAML is read too). Every mistake is an InputError with file:line:column and the path within. */
export function loadProblem(file: string): DivideProblem {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InputError('E_FILE', `the problem cannot be read (${code})`, { file });
  }
  return parseProblem(text, file);
}

/** The same for text that is already there. */
export function parseProblem(text: string, file: string): DivideProblem {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number): { file: string; line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax = document.errors.map((error) => new InputError('E_JSON', error.message, place(error.pos[0])));
  if (syntax.length > 0) throw new InputErrors(syntax.slice(0, MAX_COLLECTED_ERRORS));
  const fail = (path: Path, rule: string, hint = ''): InputError => {
    const label = path.length === 0 ? rule : `${pathText(path)}: ${rule}`;
    return new InputError('E_PROBLEM', label, place(offsetOf(document, path)), hint);
  };
  const checked = problemSchema.safeParse(document.toJS());
  if (!checked.success) {
    const errors = checked.error.issues.flatMap((issue) => explain(issue, document, fail));
    throw new InputErrors(errors.slice(0, MAX_COLLECTED_ERRORS), Math.max(0, errors.length - MAX_COLLECTED_ERRORS));
  }
  return buildProblem(checked.data, fail);
}

const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(problemSchema.shape),
  users: Object.keys(problemSchema.shape.users.element.shape),
  agents: ['name', 'capacity'],
};

function explain(issue: z.core.$ZodIssue, document: Document, fail: DivideProblem['fail']): InputError[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code === 'unrecognized_keys') {
    const known = KNOWN_KEYS[String(path[0] ?? '')] ?? [];
    return issue.keys.map((key) => fail([...path, key], 'unknown key', nameHint(key, known)));
  }
  const got: unknown = path.length === 0 ? document.toJS() : document.getIn(path);
  const isPlain = typeof got !== 'object' || got === null;
  const shown = got === undefined ? 'nothing' : isPlain ? `"${String(got)}"` : 'a list or an object';
  return [fail(path, `${issue.message}, got ${shown}`)];
}

/** `users[1].demand.cpus`. */
function pathText(path: Path): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
}

/** Where the value of a path begins, or the nearest thing above it that is there. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const range = typeof node === 'object' && node !== null ? Reflect.get(node, 'range') : undefined;
    if (Array.isArray(range) && typeof range[0] === 'number') return range[0];
  }
  return 0;
}
