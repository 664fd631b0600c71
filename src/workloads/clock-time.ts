const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)?$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Characters of `YYYY-MM-DD HH:MM:SS`. */
export const CLOCK_LENGTH = 19;

/**
 * Seconds from 1970-01-01 00:00:00 to a clock time `YYYY-MM-DD HH:MM:SS` of the same clock; NaN when it is no such time. Traces tell
 * local times without a zone: differences are right but for the hour of a change of summer time.
 */
export function clockSeconds(text: string): number {
  const match = DATE.exec(text.trim());
  if (match === null) return Number.NaN;
  // A date without a time is its beginning.
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as Parts;
  return secondsOf(year, month, day, hour, minute, second);
}

type Parts = [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** The usual form out of bytes, as {@link clockSeconds} has it; NaN when it is another. */
export function clockAt(bytes: Uint8Array, at: number): number {
  const middle = bytes[at + 10];
  const isFormed =
    bytes[at + 4] === DASH &&
    bytes[at + 7] === DASH &&
    (middle === BLANK || middle === LETTER_T) &&
    bytes[at + 13] === COLON &&
    bytes[at + 16] === COLON;
  if (!isFormed) return Number.NaN;
  const year = two(bytes, at) * 100 + two(bytes, at + 2);
  const [month, day] = [two(bytes, at + 5), two(bytes, at + 8)];
  return secondsOf(year, month, day, two(bytes, at + 11), two(bytes, at + 14), two(bytes, at + 17));
}

const DASH = 45;
const BLANK = 32;
const LETTER_T = 84;
const COLON = 58;

/** Two digits as a number, NaN when they are none. */
function two(bytes: Uint8Array, at: number): number {
  const [tens, units] = [(bytes[at] as number) - 48, (bytes[at + 1] as number) - 48];
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : Number.NaN;
}

function secondsOf(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  if (!(day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  return (daysBefore(year, month) + day - 1) * 86400 + hour * 3600 + minute * 60 + second;
}

/** Days from 1970-01-01 to the first of a month: years begin in March, so that the leap day is their last one. */
function daysBefore(year: number, month: number): number {
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5);
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  // 719468 days lie between 0000-03-01 and 1970-01-01.
  return 365 * shifted + leaps + dayOfYear - 719468;
}
