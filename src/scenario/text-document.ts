import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { InputError, InputErrors, type InputPosition, MAX_COLLECTED_ERRORS } from '../core/errors.js';

export type Path = readonly (string | number | symbol)[];

/** What a file of YAML or JSON says, and where it says it. */
export interface TextDocument {
  readonly value: unknown;
  readonly places: Places;
}

/** The text of a file, which must be UTF-8. InputError E_FILE, which calls it `what`. */
export function readText(file: string, what: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError('E_FILE', `the ${what} cannot be read (${(error as NodeJS.ErrnoException).code})`, { file });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError('E_FILE', `the ${what} must be UTF-8 text`, { file, ...firstBadByte(bytes) });
  }
}

/** The place of the first byte that is no UTF-8: where the text that can be read ends. */
function firstBadByte(bytes: Buffer): InputPosition {
  const good = new TextDecoder('utf-8').decode(bytes).split('\uFFFD', 1)[0] as string;
  const lines = good.split('\n');
  return { line: lines.length, column: (lines.at(-1) as string).length + 1 };
}

/** Reads YAML or JSON. Mistakes of syntax are InputErrors under `code`. */
export function readDocument(text: string, file: string, code = 'E_YAML'): TextDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const places = new Places(document, lines, file);
  const syntax = document.errors.map((error) => new InputError(code, syntaxRule(error), places.at(error.pos[0])));
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const rule = `the alias *${alias.source} stands before its anchor or has none`;
      syntax.push(new InputError(code, rule, places.at(alias.range?.[0] ?? 0)));
    },
  });
  if (syntax.length > 0) throw new InputErrors(syntax.slice(0, MAX_COLLECTED_ERRORS));
  try {
    return { value: document.toJS({ maxAliasCount: 1000 }), places };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new InputError(code, 'aliases within aliases stand for too many values', { file, line: 1, column: 1 });
  }
}

/** The parser's words where they help; ours where they speak to programmers. */
function syntaxRule({ code, message }: YAMLError): string {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'a file must hold one document; a second one begins here';
    case 'DUPLICATE_KEY':
      return 'a key must stand once in its mapping; this one stands there again';
    case 'TAB_AS_INDENT':
      return 'tabs must not indent; write spaces';
    default:
      return message;
  }
}

interface Override {
  readonly keys: readonly string[];
  readonly position: InputPosition;
}

/** Where things stand: in the text of a document, or on the command line. */
export class Places {
  private readonly overrides: Override[] = [];

  constructor(
    private readonly document: Document,
    private readonly lines: LineCounter,
    private readonly file: string,
  ) {}

  /** From now on what lies at these keys stands on the command line, whatever the text has there. */
  override(keys: readonly string[], text: string): void {
    this.overrides.unshift({ keys, position: { file: `--set ${text}` } });
  }

  /** Of a value, or of the nearest thing around it that there is. */
  ofValue(path: Path): InputPosition {
    const keys = path.map(String);
    for (let length = keys.length; length > 0; length--) {
      const given = this.overrides.find((override) => isSame(override.keys, keys.slice(0, length)));
      if (given !== undefined) return given.position;
      const node = this.document.getIn(path.slice(0, length).map(plainKey), true);
      const range = typeof node === 'object' && node !== null ? Reflect.get(node, 'range') : undefined;
      if (Array.isArray(range) && typeof range[0] === 'number') return this.at(range[0]);
      // An override below makes the mappings above it.
      const below = this.overrides.find((override) => isSame(override.keys.slice(0, length), keys.slice(0, length)));
      if (below !== undefined) return below.position;
    }
    return { file: this.file, line: 1, column: 1 };
  }

  /** Of a key of the mapping at `path`. */
  ofKey(path: Path, key: string): InputPosition {
    const node = path.length === 0 ? this.document.contents : this.document.getIn(path.map(plainKey), true);
    const isGiven = this.overrides.some(({ keys }) => isSame(keys, [...path.map(String), key].slice(0, keys.length)));
    if (isMap(node) && !isGiven) {
      for (const { key: name } of node.items) {
        if (isScalar(name) && String(name.value) === key && name.range) return this.at(name.range[0]);
      }
    }
    return this.ofValue([...path, key]);
  }

  /** Of a character of the text. */
  at(offset: number): InputPosition {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function plainKey(key: string | number | symbol): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
