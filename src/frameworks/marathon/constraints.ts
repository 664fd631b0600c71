import type { AppDefinition, Constraint } from './app-definition.js';
import { javaRegex } from './java-regex.js';

/** What a rule sees of an agent: the text of a field, or nothing. */
export type FieldOf = (field: string) => string | undefined;

/** Values of a field over the instances that count: those placed with this configuration or a later one. */
export type Placed = readonly FieldOf[];

export interface ConstraintRules {
  /** GROUP_BY as since October 2020 (commit ddd6b19b189d), or as docs/constraints.md describes it. */
  readonly isGroupByExact: boolean;
  /** GROUP_BY without a number divides by zero and matches nothing. */
  readonly groupByNeedsValue: boolean;
}

/**
 * Whether an offer of an agent meets every constraint of an app (mesos/Constraints.scala). `targetCount` is the app's number of
 * instances. An agent without the field fails, except that it passes UNLIKE.
 */
export function meets(
  app: AppDefinition,
  agent: FieldOf,
  placed: Placed,
  targetCount: number,
  rules: ConstraintRules,
): boolean {
  return app.constraints.every((constraint) => meetsOne(constraint, agent, placed, targetCount, rules));
}

function meetsOne(constraint: Constraint, agent: FieldOf, placed: Placed, targetCount: number, rules: ConstraintRules) {
  const { field, operator, value } = constraint;
  const own = agent(field);
  if (own === undefined) return operator === 'UNLIKE';
  switch (operator) {
    case 'UNIQUE':
      return countOf(field, own, placed) === 0;
    case 'MAX_PER':
      return countOf(field, own, placed) < Number(value);
    case 'CLUSTER':
      return value === '' ? isClustered(field, own, placed) : own === value;
    case 'GROUP_BY':
      return rules.isGroupByExact
        ? meetsGroupBy(field, own, value, placed, targetCount, rules.groupByNeedsValue)
        : meetsGroupByLoose(field, own, value, placed);
    case 'LIKE':
      return regexOf(value).test(own);
    case 'UNLIKE':
      return !regexOf(value).test(own);
    case 'IS':
      return normalized(own) === normalized(value);
  }
}

function countOf(field: string, value: string, placed: Placed): number {
  let count = 0;
  for (const fieldOf of placed) if (fieldOf(field) === value) count++;
  return count;
}

/** Without a value, the first instance decides. */
function isClustered(field: string, own: string, placed: Placed): boolean {
  const first = placed[0];
  return first === undefined || first(field) === own;
}

function groupsOf(field: string, placed: Placed): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fieldOf of placed) {
    const value = fieldOf(field);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** N instances over v groups: q = N div v each, and r = N mod v of the groups one more. */
function meetsGroupBy(
  field: string,
  own: string,
  value: string,
  placed: Placed,
  targetCount: number,
  needsValue: boolean,
): boolean {
  if (value === '') return needsValue ? false : meetsGroupByLoose(field, own, value, placed);
  const counts = groupsOf(field, placed);
  const groupCount = Number(value);
  if (groupCount === 0) return false;
  // Before anything is placed the rule reckons with one instance.
  const total = placed.length === 0 ? 1 : targetCount;
  const each = Math.floor(total / groupCount);
  const spare = total % groupCount;
  const count = counts.get(own);
  if (count === undefined) return counts.size < groupCount;
  let used = 0;
  for (const other of counts.values()) used += Math.max(0, other - each);
  return count < each || (count === each && spare > used);
}

/** A new value passes; a known one when there are v groups (0 if not given) and it has fewest instances. */
function meetsGroupByLoose(field: string, own: string, value: string, placed: Placed): boolean {
  const counts = groupsOf(field, placed);
  const count = counts.get(own);
  if (count === undefined) return true;
  return counts.size >= Number(value || 0) && count === Math.min(...counts.values());
}

const regexes = new Map<string, RegExp>();

function regexOf(text: string): RegExp {
  let regex = regexes.get(text);
  if (regex === undefined) {
    regex = javaRegex(text);
    regexes.set(text, regex);
  }
  return regex;
}

/** Numbers are compared with three decimals. */
function normalized(text: string): string {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text).toFixed(3) : text;
}

/**
 * An attribute as Marathon compares it: numbers with at most three decimals, the half to the even digit; sets `{a,b}` and ranges
 * `[1-2,5-9]` in order.
 */
export function attributeText(value: string): string {
  if (/^-?\d+\.\d+$/.test(value)) return decimals(value);
  if (/^\{.*\}$/.test(value)) return `{${inOrder(value, (item) => item).join(',')}}`;
  if (/^\[[\d\s,-]*\]$/.test(value)) return `[${inOrder(value, (item) => item.padStart(20, '0')).join(',')}]`;
  return value;
}

function decimals(value: string): string {
  const scaled = Number(value) * 1000;
  const floor = Math.floor(scaled);
  const isHalf = Math.abs(scaled - floor - 0.5) < 1e-9;
  const rounded = isHalf ? floor + Math.abs(floor % 2) : Math.round(scaled);
  return String(rounded / 1000);
}

function inOrder(list: string, keyOf: (item: string) => string): string[] {
  const items = list
    .slice(1, -1)
    .split(',')
    .map((item) => item.trim());
  return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}
