const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)?$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Seconds from 1970-01-01 00:00:00 to a clock time `YYYY-MM-DD HH:MM:SS` of the same clock; NaN when it is no such time. Traces tell
 * local times without a zone: differences are right but for the hour of a change of summer time.
 */
export function clockSeconds(text: string): number {
  const parts = text.length === 19 ? plainParts(text) : otherParts(text.trim());
  if (parts === undefined) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  return (daysBefore(year, month) + day - 1) * 86400 + hour * 3600 + minute * 60 + second;
}

const DASH = 45;
const BLANK = 32;
const LETTER_T = 84;
const COLON = 58;

type Parts = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** The usual form, read digit by digit: a pattern costs more than the rest of a row. */
function plainParts(text: string): Parts | undefined {
  const isFormed =
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    (text.charCodeAt(10) === BLANK || text.charCodeAt(10) === LETTER_T) &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON;
  if (!isFormed) return undefined;
  const two = (at: number): number => digit(text, at) * 10 + digit(text, at + 1);
  const parts = [two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17)] as const;
  return Number.isNaN(parts[0] + parts[1] + parts[2] + parts[3] + parts[4] + parts[5]) ? undefined : parts;
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

/** A date without a time, parts of seconds. */
function otherParts(text: string): Parts | undefined {
  const match = DATE.exec(text);
  return match === null ? undefined : (match.slice(1).map((part) => Number(part ?? 0)) as unknown as Parts);
}

/** Days from 1970-01-01 to the first of a month: years begin in March, so that the leap day is their last one. */
function daysBefore(year: number, month: number): number {
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5);
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  // 719468 days lie between 0000-03-01 and 1970-01-01.
  return 365 * shifted + leaps + dayOfYear - 719468;
}
