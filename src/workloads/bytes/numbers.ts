/** Powers of ten that doubles hold exactly. */
const TENS = Array.from({ length: 16 }, (_, power) => 10 ** power);
const MOST_DIGITS = 15;
/** So many digits fit a 32-bit integer, whose arithmetic is several times as fast. */
const SHORT = 9;
/** A point, counted from the digit 0. */
const POINT = -2;
const MINUS = 45;

export const isBlankByte = (byte: number): boolean => byte === 32 || byte === 9;

/**
 * The number that these bytes tell, blanks around it left out; NaN when they tell none, or one that no double holds. Up to 15 digits with
 * at most one point are read from the bytes: both the digits and the power of ten are exact then, so their quotient is rounded as Number
 * does.
 */
export function numberIn(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  // Most cells are short whole numbers, and tables of them have little else to cost time.
  if (end - first > SHORT || end <= first) return longNumber(bytes, start, end);
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) value = (Math.imul(value, 10) + digit) | 0;
    else if (digit === POINT) return withFraction(bytes, start, end, at, value);
    else return longNumber(bytes, start, end);
  }
  return first === start ? value : 0 - value;
}

/** A short number whose point was met: the digits before it are `whole`. */
function withFraction(bytes: Uint8Array, start: number, end: number, point: number, whole: number): number {
  let value = whole;
  for (let at = point + 1; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return longNumber(bytes, start, end);
    value = (Math.imul(value, 10) + digit) | 0;
  }
  const isNegative = bytes[start] === MINUS;
  if (end - start - (isNegative ? 1 : 0) < 2) return Number.NaN;
  value /= TENS[end - point - 1] as number;
  return isNegative ? 0 - value : value;
}

function longNumber(bytes: Uint8Array, start: number, stop: number): number {
  let at = start;
  let end = stop;
  while (at < end && isBlankByte(bytes[at] as number)) at++;
  while (at < end && isBlankByte(bytes[end - 1] as number)) end--;
  if (at === end) return Number.NaN;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  if (end - at > MOST_DIGITS + 1) return otherNumber(bytes, start, stop);
  const first = at;
  let point = -1;
  let short = 0;
  for (const middle = Math.min(end, at + SHORT); at < middle; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) short = (Math.imul(short, 10) + digit) | 0;
    else if (digit === POINT && point < 0) point = at;
    else return otherNumber(bytes, start, stop);
  }
  let value = short;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === POINT && point < 0) point = at;
    else return otherNumber(bytes, start, stop);
  }
  const digits = end - first - (point < 0 ? 0 : 1);
  if (digits < 1 || digits > MOST_DIGITS) return otherNumber(bytes, start, stop);
  if (point >= 0) value /= TENS[end - point - 1] as number;
  return isNegative ? 0 - value : value;
}

function otherNumber(bytes: Uint8Array, start: number, end: number): number {
  return numberOfText(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
}

/** Only plain decimal forms that a double holds count as numbers: no hexadecimal, no Infinity, nothing that overflows. */
export function numberOfText(text: string): number {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number.NaN;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : Number.NaN;
}
