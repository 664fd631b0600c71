import { InputError, type InputPosition } from '../core/errors.js';

/** Microseconds per unit of time that a user may write. */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1e3,
  s: 1e6,
  sec: 1e6,
  min: 60e6,
  m: 60e6,
  h: 3600e6,
  d: 86_400e6,
  w: 604_800e6,
};

/** MiB per unit of memory that a user may write. Decimal units are powers of ten. */
const MEMORY_UNITS: Readonly<Record<string, number>> = {
  B: 1 / 2 ** 20,
  KiB: 1 / 1024,
  MiB: 1,
  GiB: 1024,
  TiB: 1024 ** 2,
  PiB: 1024 ** 3,
  kB: 1e3 / 2 ** 20,
  KB: 1e3 / 2 ** 20,
  MB: 1e6 / 2 ** 20,
  GB: 1e9 / 2 ** 20,
  TB: 1e12 / 2 ** 20,
};

const QUANTITY = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-zµ]*)\s*$/;

/** `90 s`, `1.5 h`, `200 ms`, or a bare number of seconds → whole microseconds, at least 0. */
export function parseDurationUs(text: string, label = 'a duration', position: InputPosition = {}): number {
  const match = QUANTITY.exec(text);
  const scale = match === null ? undefined : match[2] === '' ? 1e6 : unitOf(DURATION_UNITS, match[2]);
  const value = match === null ? Number.NaN : Number(match[1]);
  const us = Math.round(value * (scale ?? Number.NaN));
  if (Number.isSafeInteger(us) && us >= 0) return us;
  throw new InputError(
    'E_DURATION',
    `${label} must be a time of at least 0 such as "90 s", got "${text}"`,
    position,
    `units: ${Object.keys(DURATION_UNITS).join(', ')}; a bare number is seconds`,
  );
}

/** `4 GiB`, `512 MiB`, or a bare number of MiB → whole thousandths of a MiB, at least 0. */
export function parseMemoryMilliMib(text: string, label = 'memory', position: InputPosition = {}): number {
  const match = QUANTITY.exec(text);
  const scale = match === null ? undefined : match[2] === '' ? 1 : unitOf(MEMORY_UNITS, match[2]);
  const milli = Math.round(Number(match?.[1] ?? Number.NaN) * (scale ?? Number.NaN) * 1000);
  if (Number.isSafeInteger(milli) && milli >= 0) return milli;
  throw new InputError(
    'E_MEMORY',
    `${label} must be an amount of at least 0 such as "4 GiB", got "${text}"`,
    position,
    `units: ${Object.keys(MEMORY_UNITS).join(', ')}; a bare number is MiB`,
  );
}

/** A plain amount such as `2.5` CPUs → whole thousandths, at least 0 (Mesos: llround(x·1000), src/common/values.cpp convertToFixed). */
export function parseMilli(text: string, label = 'an amount', position: InputPosition = {}): number {
  const match = QUANTITY.exec(text);
  const milli = match === null || match[2] !== '' ? Number.NaN : Math.round(Number(match[1]) * 1000);
  if (Number.isSafeInteger(milli) && milli >= 0) return milli;
  throw new InputError('E_AMOUNT', `${label} must be a number of at least 0, got "${text}"`, position);
}

function unitOf(units: Readonly<Record<string, number>>, name: string | undefined): number | undefined {
  return name !== undefined && Object.hasOwn(units, name) ? units[name] : undefined;
}
