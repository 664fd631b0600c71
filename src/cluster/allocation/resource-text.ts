import { InputError, type InputPosition } from '../../core/errors.js';
import { type IntervalSet, normalized, sizeOf, union } from './interval-set.js';
import type { KindTable, KindTraits } from './resource-kinds.js';

/** One entry of a resource text: a scalar in thousandths, or ranges. */
export interface ResourceEntry {
  readonly traits: KindTraits;
  /** Thousandths; for ranges thousandths of their size. */
  readonly milli: number;
  readonly ranges: IntervalSet | undefined;
}

const NAME = /^([A-Za-z_][\w.-]*)((?:\([^()]*\)|\{[^{}]*\})*)$/;
const TAGS: Readonly<Record<string, Partial<KindTraits>>> = {
  REV: { isRevocable: true },
  MOUNT: { isIndivisible: true },
  PERSISTENT: { isIndivisible: true },
  SHARED: { isShared: true, isIndivisible: true },
};

/**
 * Parses `name:value;name(role):value;name(parent>child){REV}:value;disk{MOUNT}:100;ports:[31000-32000, 33000-33000]`. Amounts are
 * fixed point: `llround(x·1000)` as in src/common/values.cpp. `label` names the place in errors.
 */
export function parseResources(text: string, label: string, position: InputPosition = {}): ResourceEntry[] {
  const entries: ResourceEntry[] = [];
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const colon = part.indexOf(':');
    if (colon < 0) throw bad(label, 'name:value', part, position);
    entries.push(
      parseEntry(
        parseName(part.slice(0, colon).trim(), label, position),
        part.slice(colon + 1).trim(),
        label,
        position,
      ),
    );
  }
  return entries;
}

function parseName(text: string, label: string, position: InputPosition): Omit<KindTraits, 'isRange'> {
  const match = NAME.exec(text);
  if (match === null) throw bad(label, 'a name with (roles) and {tags}', text, position);
  let traits: Omit<KindTraits, 'isRange'> = {
    name: match[1] as string,
    reservations: [],
    isRevocable: false,
    isIndivisible: false,
    isShared: false,
  };
  for (const [group] of (match[2] as string).matchAll(/\([^()]*\)|\{[^{}]*\}/g)) {
    const inner = group.slice(1, -1);
    const meant = group.startsWith('(') ? reservationsIn(inner, label, position) : tagsIn(inner, label, position);
    traits = { ...traits, ...meant };
  }
  return traits;
}

function reservationsIn(text: string, label: string, position: InputPosition): Partial<KindTraits> {
  const reservations = text.split('>').map((role) => role.trim());
  if (reservations.some((role) => role === '')) throw bad(label, 'roles with names', `(${text})`, position);
  return { reservations: reservations.length === 1 && reservations[0] === '*' ? [] : reservations };
}

function tagsIn(text: string, label: string, position: InputPosition): Partial<KindTraits> {
  let traits: Partial<KindTraits> = {};
  for (const tag of text.split(',')) {
    const meant = Object.hasOwn(TAGS, tag.trim()) ? TAGS[tag.trim()] : undefined;
    if (meant === undefined) throw bad(label, `a tag of ${Object.keys(TAGS).join(', ')}`, tag, position);
    traits = { ...traits, ...meant };
  }
  return traits;
}

function parseEntry(
  traits: Omit<KindTraits, 'isRange'>,
  value: string,
  label: string,
  position: InputPosition,
): ResourceEntry {
  if (value.startsWith('[')) {
    const ranges = parseRanges(value, label, position);
    return { traits: { ...traits, isRange: true }, milli: sizeOf(ranges) * 1000, ranges };
  }
  const amount = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  const milli = Math.floor(amount * 1000 + 0.5);
  if (!Number.isSafeInteger(milli) || amount < 0) throw bad(label, 'a number of at least 0', value, position);
  return { traits: { ...traits, isRange: false }, milli, ranges: undefined };
}

function parseRanges(value: string, label: string, position: InputPosition): IntervalSet {
  const bounds: number[] = [];
  if (!value.endsWith(']')) throw bad(label, 'ranges such as [31000-32000]', value, position);
  for (const part of value.slice(1, -1).split(',')) {
    if (part.trim() === '') continue;
    const match = /^\s*(\d+)\s*(?:-\s*(\d+))?\s*$/.exec(part);
    const begin = Number(match?.[1] ?? Number.NaN);
    const end = Number(match?.[2] ?? begin);
    if (!(begin <= end)) throw bad(label, 'ranges such as [31000-32000]', value, position);
    bounds.push(begin, end);
  }
  return normalized(bounds);
}

function bad(label: string, rule: string, value: string, position: InputPosition): InputError {
  return new InputError('E_RESOURCES', `${label} must be ${rule}, got "${value.trim()}"`, position);
}

/** Amounts by kind with interval sets, for the allocator's calls. */
export interface ParsedAmounts {
  readonly amounts: Float64Array;
  readonly offset: number;
  readonly ranges: Map<number, IntervalSet> | undefined;
}

/** Entries as columns; kinds are added as needed, entries of one kind add up. */
export function amountsOf(entries: readonly ResourceEntry[], kinds: KindTable): ParsedAmounts {
  const rows = entries.map((entry) => kinds.intern(entry.traits));
  const amounts = new Float64Array(kinds.stride);
  let ranges: Map<number, IntervalSet> | undefined;
  for (const [index, entry] of entries.entries()) {
    const kind = rows[index] as number;
    if (entry.ranges === undefined) {
      amounts[kind] = (amounts[kind] as number) + entry.milli;
      continue;
    }
    ranges ??= new Map();
    const set = union(ranges.get(kind) ?? [], entry.ranges);
    ranges.set(kind, set);
    amounts[kind] = sizeOf(set) * 1000;
  }
  return { amounts, offset: 0, ranges };
}
