import { InputError, type InputPosition } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { type OptionSpecs, type OptionValues, resolveOptions } from './options.js';

/** What every plugin states about itself; `mesosim list`, help and the docs tables come from it. */
export interface PluginDefinition {
  readonly name: string;
  readonly summary: string;
  /** Paper and section, or upstream file and function. */
  readonly source: string;
  readonly options: OptionSpecs;
}

/** A policy as users spell it: `name[option=value,…]`. */
export interface PolicySpec {
  readonly name: string;
  readonly raw: Readonly<Record<string, string>>;
  /** The text as written, used as the policy's label in results. */
  readonly text: string;
}

/** Parses `name[option=value,…]`. Throws InputError E_POLICY on a malformed text. */
export function parsePolicy(text: string, position: InputPosition = {}): PolicySpec {
  const match = /^\s*([A-Za-z][\w-]*)\s*(?:\[(.*)\])?\s*$/s.exec(text);
  if (match === null) {
    throw new InputError('E_POLICY', `a policy must be written name[option=value,…], got "${text}"`, position);
  }
  const raw: Record<string, string> = {};
  for (const part of splitTopLevel(match[2] ?? '')) {
    const equals = part.indexOf('=');
    if (equals <= 0) throw new InputError('E_POLICY', `an option must be written name=value, got "${part}"`, position);
    raw[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return { name: match[1] as string, raw, text: text.trim() };
}

/** Splits at commas outside brackets; empty parts are dropped. */
export function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text) {
    if (character === '[') depth++;
    if (character === ']') depth--;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      part += character;
    }
  }
  parts.push(part);
  return parts.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

/** The plugins of one kind by name; a user's own module adds to it with `--plugin`. */
export class Registry<D extends PluginDefinition> {
  private readonly definitions = new Map<string, D>();

  constructor(
    readonly kind: string,
    definitions: readonly D[] = [],
  ) {
    for (const definition of definitions) this.add(definition);
  }

  /** Adds a plugin; a name that is taken is the user's mistake (E_PLUGIN_TWICE). */
  add(definition: D): void {
    if (this.definitions.has(definition.name)) {
      throw new InputError('E_PLUGIN_TWICE', `there are two plugins of kind ${this.kind} named "${definition.name}"`);
    }
    this.definitions.set(definition.name, definition);
  }

  has(name: string): boolean {
    return this.definitions.has(name);
  }

  get(name: string, position: InputPosition = {}): D {
    const definition = this.definitions.get(name);
    if (definition === undefined) {
      throw new InputError(
        'E_PLUGIN_UNKNOWN',
        `there is no ${this.kind} "${name}"`,
        position,
        nameHint(name, this.names()),
      );
    }
    return definition;
  }

  names(): string[] {
    return [...this.definitions.keys()];
  }

  list(): D[] {
    return [...this.definitions.values()];
  }

  /** Definition and checked options of `name[option=value,…]`; `more` are options given beside the text. */
  resolve(
    text: string,
    position: InputPosition = {},
    more: Readonly<Record<string, unknown>> = {},
  ): { definition: D; options: OptionValues<OptionSpecs>; spec: PolicySpec } {
    const spec = parsePolicy(text, position);
    const definition = this.get(spec.name, position);
    const options = resolveOptions(`${this.kind} ${spec.name}`, definition.options, { ...more, ...spec.raw }, position);
    return { definition, options, spec };
  }
}
