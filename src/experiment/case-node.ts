import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { InputError, type InputPosition } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { isRolePath } from '../model/role-path.js';

const REMARKS = ['note', 'comment', 'quirk', 'why'];

/** A value of a JSON file that knows its path, so that every complaint can name the place. */
export class CaseNode {
  constructor(
    readonly value: unknown,
    readonly path: string,
    readonly file: string,
  ) {}

  get position(): InputPosition {
    return { file: this.file };
  }

  /** The user's mistake at this place. */
  error(rule: string, hint = ''): InputError {
    return new InputError(
      'E_CASE',
      `${this.path || 'the file'} must be ${rule}, got ${shown(this.value)}`,
      this.position,
      hint,
    );
  }

  has(name: string): boolean {
    return typeof this.value === 'object' && this.value !== null && Object.hasOwn(this.value, name);
  }

  /** A field that must be there. */
  get(name: string): CaseNode {
    if (this.has(name)) return this.child(name);
    throw new InputError('E_CASE', `${this.path || 'the file'} must have a field "${name}"`, this.position);
  }

  /** A field, undefined when it is absent. */
  find(name: string): CaseNode | undefined {
    return this.has(name) ? this.child(name) : undefined;
  }

  private child(name: string): CaseNode {
    const value = (this.value as Record<string, unknown>)[name];
    return new CaseNode(value, this.path === '' ? name : `${this.path}.${name}`, this.file);
  }

  /** Complains of fields that mean nothing here; remarks are welcome everywhere. */
  allow(names: readonly string[]): void {
    for (const name of this.names()) {
      if (!names.includes(name) && !REMARKS.includes(name)) throw this.child(name).unknown('field', name, names);
    }
  }

  unknown(kind: string, name: string, known: readonly string[]): InputError {
    return new InputError(
      'E_CASE',
      `${this.path} is no known ${kind}, got "${name}"`,
      this.position,
      nameHint(name, known),
    );
  }

  text(): string {
    if (typeof this.value !== 'string' || this.value === '') throw this.error('a text');
    return this.value;
  }

  /** The path of a role, as Mesos accepts it. */
  role(): string {
    const path = this.text();
    if (!isRolePath(path)) throw this.error('* or a path of names such as "eng/dev"');
    return path;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.error('true or false');
    return this.value;
  }

  number(low: number, rule: string): number {
    if (typeof this.value !== 'number' || !Number.isFinite(this.value) || this.value < low) throw this.error(rule);
    return this.value;
  }

  list(): CaseNode[] {
    if (!Array.isArray(this.value)) throw this.error('a list');
    return this.value.map((item, index) => new CaseNode(item, `${this.path}[${index}]`, this.file));
  }

  texts(): string[] {
    return this.list().map((item) => item.text());
  }

  names(): string[] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      throw this.error('an object');
    return Object.keys(this.value);
  }

  /** Fields of an object used as a table. */
  entries(): [string, CaseNode][] {
    return this.names().map((name) => [name, this.child(name)]);
  }
}

/** Reads a JSON file; a mistake in it is given with line and column. */
export function readCaseNode(path: string): CaseNode {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new InputError('E_FILE', `the case file cannot be read (${reason}), got "${path}"`, { file: path });
  }
  try {
    return new CaseNode(JSON.parse(text), '', path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('E_JSON', `the case file must be JSON: ${reason}`, positionOf(text, path));
  }
}

/** Node's own messages name a position only sometimes; a YAML reader (JSON is YAML) always does. */
function positionOf(text: string, file: string): InputPosition {
  const place = parseDocument(text).errors[0]?.linePos?.[0];
  return place === undefined ? { file } : { file, line: place.line, column: place.col };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
