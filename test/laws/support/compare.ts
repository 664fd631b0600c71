import { Fraction } from '../../../src/allocators/math/fraction.js';
import type { Tolerance } from './case.js';

/**
 * Differences between a result and what is expected, by path. A text such as `63/25` stands for that number; every key of `expected`
 * must be there, further keys of the result do not matter.
 */
export function differences(got: unknown, expected: unknown, tolerance: Tolerance, path = ''): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return [mismatch(path, got, expected)];
    return expected.flatMap((value, index) => differences(got[index], value, tolerance, `${path}[${index}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof got !== 'object' || got === null) return [mismatch(path, got, expected)];
    const entries = Object.entries(expected);
    const isTable = entries.length > 0 && Object.keys(got).length > entries.length && path !== '';
    const extra = isTable ? [mismatch(`${path} (keys)`, Object.keys(got), Object.keys(expected))] : [];
    return [
      ...extra,
      ...entries.flatMap(([key, value]) => differences(Reflect.get(got, key), value, tolerance, `${path}.${key}`)),
    ];
  }
  return isWithin(got, expected, tolerance) ? [] : [mismatch(path, got, expected)];
}

function isWithin(got: unknown, expected: unknown, tolerance: Tolerance): boolean {
  const wanted = exactOf(expected);
  if (wanted === undefined) return got === expected;
  const value = got instanceof Fraction ? got : typeof got === 'number' ? got : exactOf(got);
  if (value === undefined) return false;
  if (value instanceof Fraction && value.equals(wanted)) return true;
  const number = value instanceof Fraction ? value.toNumber() : value;
  const target = wanted.toNumber();
  switch (tolerance.kind) {
    case 'exact':
      return number === target;
    case 'absolute':
      return Math.abs(number - target) <= (tolerance.value ?? 0);
    case 'relative':
      return Math.abs(number - target) <= (tolerance.value ?? 0) * Math.max(1e-300, Math.abs(target));
    default:
      return false;
  }
}

function exactOf(value: unknown): Fraction | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Fraction.parse(String(value)) : undefined;
  return typeof value === 'string' ? Fraction.parse(value) : undefined;
}

function mismatch(path: string, got: unknown, expected: unknown): string {
  return `${path.replace(/^\./, '')}: got ${show(got)}, expected ${show(expected)}`;
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) => (inner instanceof Fraction ? inner.toString() : inner)) ?? 'nothing'
  );
}
