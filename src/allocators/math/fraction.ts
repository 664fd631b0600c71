import { assert, fail } from '../../core/errors.js';

/** What a fraction can be made of: a number means the decimal that it prints as, a text is `63/25`, `2.5` or `1e-3`. */
export type FractionLike = Fraction | number | bigint | string;

/** An exact rational number in lowest terms, denominator > 0: shares that tie on paper tie here. */
export class Fraction {
  static readonly zero = new Fraction(0n, 1n);
  static readonly one = new Fraction(1n, 1n);

  private constructor(
    readonly numerator: bigint,
    readonly denominator: bigint,
  ) {}

  static of(value: FractionLike): Fraction {
    if (value instanceof Fraction) return value;
    if (typeof value === 'bigint') return new Fraction(value, 1n);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return new Fraction(BigInt(value), 1n);
    return parse(String(value)) ?? fail(`not a fraction: "${String(value)}"`);
  }

  /** The fraction of a text, or undefined where it is none. */
  static parse(text: string): Fraction | undefined {
    return parse(text);
  }

  static ratio(numerator: bigint, denominator: bigint): Fraction {
    assert(denominator !== 0n, 'division of a fraction by zero');
    const divisor = gcd(numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator);
    const sign = denominator < 0n ? -1n : 1n;
    return divisor === 0n ? Fraction.zero : new Fraction((sign * numerator) / divisor, (sign * denominator) / divisor);
  }

  plus(other: Fraction): Fraction {
    if (this.denominator === other.denominator) {
      return Fraction.ratio(this.numerator + other.numerator, this.denominator);
    }
    const numerator = this.numerator * other.denominator + other.numerator * this.denominator;
    return Fraction.ratio(numerator, this.denominator * other.denominator);
  }

  minus(other: Fraction): Fraction {
    return this.plus(other.negated());
  }

  times(other: Fraction): Fraction {
    return Fraction.ratio(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  over(other: Fraction): Fraction {
    return Fraction.ratio(this.numerator * other.denominator, this.denominator * other.numerator);
  }

  negated(): Fraction {
    return new Fraction(-this.numerator, this.denominator);
  }

  /** Negative, zero or positive as this is below, equal to or above the other. */
  compare(other: Fraction): number {
    const difference = this.numerator * other.denominator - other.numerator * this.denominator;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  equals(other: Fraction): boolean {
    return this.numerator === other.numerator && this.denominator === other.denominator;
  }

  get sign(): number {
    return this.numerator < 0n ? -1 : this.numerator > 0n ? 1 : 0;
  }

  /** The largest whole number not above. */
  floor(): bigint {
    const quotient = this.numerator / this.denominator;
    return this.numerator < 0n && quotient * this.denominator !== this.numerator ? quotient - 1n : quotient;
  }

  /** The nearest double, within one unit in the last place. */
  toNumber(): number {
    const size = this.numerator < 0n ? -this.numerator : this.numerator;
    if (size < SAFE && this.denominator < SAFE) return Number(this.numerator) / Number(this.denominator);
    // 64 bits of the quotient, then a power of two: neither side may overflow to infinity.
    const shift = BigInt(bitLength(size) - bitLength(this.denominator) - 64);
    const quotient = shift >= 0n ? size / (this.denominator << shift) : (size << -shift) / this.denominator;
    const value = Number(quotient) * 2 ** Number(shift);
    return this.numerator < 0n ? -value : value;
  }

  toString(): string {
    return this.denominator === 1n ? `${this.numerator}` : `${this.numerator}/${this.denominator}`;
  }
}

/** Exact sum. */
export function sumOf(values: Iterable<Fraction>): Fraction {
  let sum = Fraction.zero;
  for (const value of values) sum = sum.plus(value);
  return sum;
}

/** The lesser of two. */
export function least(a: Fraction, b: Fraction): Fraction {
  return b.compare(a) < 0 ? b : a;
}

/** The larger of two. */
export function largest(a: Fraction, b: Fraction): Fraction {
  return b.compare(a) > 0 ? b : a;
}

/** Whole numbers in the ratio of the fractions, and what one of them is worth: value = whole × unit. */
export function toWhole(values: readonly Fraction[]): { readonly whole: bigint[]; readonly unit: Fraction } {
  let common = 1n;
  for (const value of values) common = (common / gcd(common, value.denominator)) * value.denominator;
  return {
    whole: values.map((value) => value.numerator * (common / value.denominator)),
    unit: Fraction.ratio(1n, common),
  };
}

const SAFE = 2n ** 53n;
const DECIMAL = /^\s*([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$/;

function parse(text: string): Fraction | undefined {
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const numerator = parse(text.slice(0, slash));
    const denominator = parse(text.slice(slash + 1));
    return numerator === undefined || denominator === undefined || denominator.sign === 0
      ? undefined
      : numerator.over(denominator);
  }
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const digits = match[3] ?? '';
  const exponent = Number(match[4] ?? 0) - digits.length;
  const size = BigInt(`${match[2] as string}${digits}`);
  const scale = 10n ** BigInt(Math.abs(exponent));
  const value = exponent >= 0 ? Fraction.ratio(size * scale, 1n) : Fraction.ratio(size, scale);
  return match[1] === '-' ? value.negated() : value;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}
