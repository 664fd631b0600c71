import { InputError } from '../../core/errors.js';
import type { RowPlace } from './issues.js';
import { withLongNumbersAsText } from './json-objects.js';
import { wholeText } from './whole-text.js';

/** A document deeper than this is no trace. */
const MAX_DEPTH = 256;

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** An object of a document: fields by name. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** A file that is one JSON document, held as a whole. Whole numbers beyond 2^53 are text, so that no identifier loses digits. */
export class JsonDocument {
  readonly value: unknown;
  private readonly text: string;
  private readonly places = new Map<string, Int32Array>();

  constructor(readonly path: string) {
    this.text = wholeText(path);
    this.refuseDepth();
    try {
      this.value = JSON.parse(withLongNumbersAsText(this.text));
    } catch (error) {
      throw this.syntaxError(error as Error);
    }
  }

  /** JSON.parse takes 50 times the memory of a nest of brackets. */
  private refuseDepth(): void {
    const { text } = this;
    let depth = 0;
    let isString = false;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) isString = !isString;
      else if (isString) {
        if (code === BACKSLASH) at++;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) throw this.errorAt(at, `it is nested deeper than ${MAX_DEPTH} levels`);
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    }
  }

  private syntaxError({ message }: Error): InputError {
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? this.text.length);
    return this.errorAt(at, message.replace(/ in JSON at position.*$/, ''));
  }

  private errorAt(at: number, what: string): InputError {
    const before = this.text.slice(0, at).split('\n');
    const position = { file: this.path, line: before.length, column: (before.at(-1) as string).length + 1 };
    return new InputError('E_JSON', `the file is no JSON (${what})`, position);
  }

  /** The object that the document is. InputError E_JSON when it is something else. */
  get object(): JsonFields {
    if (isObject(this.value)) return this.value;
    throw new InputError('E_JSON', 'the file must be one JSON object', { file: this.path, line: 1, column: 1 });
  }

  /** Where an item of the list under `keys` begins; looked up when it is asked for. */
  place(keys: readonly string[], index: number): RowPlace {
    const partOf = (part: number): number => this.placesOf(keys)[index * 2 + part] ?? 0;
    return {
      path: this.path,
      get line() {
        return partOf(0);
      },
      get column() {
        return partOf(1);
      },
    };
  }

  private placesOf(keys: readonly string[]): Int32Array {
    const name = keys.join('\0');
    let places = this.places.get(name);
    if (places === undefined) {
      places = itemPlaces(this.text, keys);
      this.places.set(name, places);
    }
    return places;
  }
}

export function isObject(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The list in a field; empty when the field holds none. */
export function listIn(fields: JsonFields, name: string): readonly unknown[] {
  const value = fieldOf(fields, name);
  return Array.isArray(value) ? value : [];
}

/** The object in a field; empty when the field holds none. */
export function objectIn(fields: JsonFields, name: string): JsonFields {
  const value = fieldOf(fields, name);
  return isObject(value) ? value : {};
}

/** A field's number, also of one in quotes; NaN when there is none. */
export function numberIn(fields: JsonFields, name: string): number {
  const value = fieldOf(fields, name);
  if (typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : Number.NaN;
}

/** A field's text, a number as text; empty when there is none. */
export function textIn(fields: JsonFields, name: string): string {
  const value = fieldOf(fields, name);
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Own fields only: `constructor` and its kin are no fields. */
export function fieldOf(fields: JsonFields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Lines and columns, from 1, at which the objects and lists that are items of the list under `keys` begin. */
function itemPlaces(text: string, keys: readonly string[]): Int32Array {
  const places: number[] = [];
  const path: string[] = [];
  let line = 1;
  let lineFrom = 0;
  let last = '';
  let key = '';
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:\n]/g)) {
    if (token === '\n') {
      line++;
      lineFrom = index + 1;
    } else if (token === ':') key = last;
    else if (token === '{' || token === '[') {
      // The document itself has no name, nor have items of lists.
      if (path.length === keys.length + 1 && keys.every((name, at) => path[at + 1] === JSON.stringify(name)))
        places.push(line, index - lineFrom + 1);
      path.push(path.length === 0 ? '' : key);
      key = '';
    } else if (token === '}' || token === ']') path.pop();
    else last = token;
  }
  return Int32Array.from(places);
}
