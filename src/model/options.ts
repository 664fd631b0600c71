import { InputError, type InputPosition } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { expandedPath, pathFrom } from './paths.js';
import { parseDurationUs } from './units.js';

/** One option of a plugin: from it come the help, the docs tables, the sweep axes and the checks. */
export interface OptionSpec {
  readonly type: 'number' | 'integer' | 'boolean' | 'text' | 'duration' | 'choice' | 'file' | 'files' | 'distribution';
  /** In the unit of the option; a duration is in microseconds or a text such as `60 s`. */
  readonly default: number | boolean | string;
  readonly unit?: string;
  /** Inclusive bounds of a number, integer or duration (in microseconds). */
  readonly range?: readonly [number, number];
  readonly choices?: readonly string[];
  readonly help: string;
}
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A constant with or without its unit, or one distribution by name such as `{ weibull: { shape: 0.7, scale: '3 h' } }`. */
export type DistributionValue = string | number | Readonly<Record<string, unknown>>;

type ValueOf<T> = T extends 'number' | 'integer' | 'duration'
  ? number
  : T extends 'boolean'
    ? boolean
    : T extends 'files'
      ? readonly string[]
      : T extends 'distribution'
        ? DistributionValue
        : string;
type OptionValue<S extends OptionSpec> = ValueOf<S['type']>;
/** The checked values of a plugin's options; a duration arrives in microseconds. */
export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]: OptionValue<O[K]> };

/** Checks raw values against the specs and fills in the defaults. Throws InputError for an unknown name or a bad value. */
export function resolveOptions<O extends OptionSpecs>(
  owner: string,
  specs: O,
  raw: Readonly<Record<string, unknown>>,
  position: InputPosition = {},
): OptionValues<O> {
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(specs, name)) {
      throw new InputError(
        'E_OPTION_UNKNOWN',
        `${owner} has no option "${name}"`,
        position,
        nameHint(name, Object.keys(specs)),
      );
    }
  }
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    values[name] = parseOption(`${owner}[${name}]`, spec, raw[name] ?? spec.default, position);
  }
  return values as OptionValues<O>;
}

function parseOption(
  label: string,
  spec: OptionSpec,
  value: unknown,
  position: InputPosition,
): number | boolean | string | readonly string[] | DistributionValue {
  switch (spec.type) {
    case 'boolean':
      if (String(value) === 'true' || String(value) === 'false') return String(value) === 'true';
      throw bad(label, 'true or false', value, position);
    case 'choice':
      if (typeof value === 'string' && spec.choices?.includes(value)) return value;
      throw bad(label, `one of ${spec.choices?.join(', ')}`, value, position);
    case 'text':
      return String(value);
    case 'distribution':
      return distribution(label, value, position);
    case 'file':
      return value === '' ? '' : pathFrom(position, String(value));
    case 'files':
      return paths(value, position);
    case 'duration':
      return inRange(
        label,
        spec,
        typeof value === 'number' ? value : parseDurationUs(String(value), label, position),
        position,
      );
    default:
      return inRange(label, spec, parseNumber(label, spec.type === 'integer', value, position), position);
  }
}

/** One path, several separated by commas, or a list; `*` is expanded. */
function paths(value: unknown, position: InputPosition): readonly string[] {
  return (Array.isArray(value) ? value.map(String) : String(value).split(','))
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .flatMap((path) => expandedPath(pathFrom(position, path), position));
}

function distribution(label: string, value: unknown, position: InputPosition): DistributionValue {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as DistributionValue;
  throw bad(label, 'an amount or one distribution such as { exponential: { mean: 1 h } }', value, position);
}

function parseNumber(label: string, isWhole: boolean, value: unknown, position: InputPosition): number {
  const number = typeof value === 'number' ? value : Number(value);
  if (Number.isFinite(number) && String(value).trim() !== '' && (!isWhole || Number.isInteger(number))) return number;
  throw bad(label, isWhole ? 'a whole number' : 'a number', value, position);
}

function inRange(label: string, spec: OptionSpec, value: number, position: InputPosition): number {
  if (spec.range !== undefined && (value < spec.range[0] || value > spec.range[1])) {
    throw bad(label, `between ${spec.range[0]} and ${spec.range[1]}`, value, position);
  }
  return value;
}

function bad(label: string, rule: string, value: unknown, position: InputPosition): InputError {
  return new InputError('E_OPTION_VALUE', `${label} must be ${rule}, got "${String(value)}"`, position);
}
