import { clockSeconds } from '../clock-time.js';

/** One run of a job as cluster_job_log tells it. Times in seconds of the cluster's clock, NaN = not told. */
export interface Attempt {
  readonly startS: number;
  readonly endS: number;
  /** GPUs on each server, as many entries as servers. */
  readonly gpus: readonly number[];
}

/** Hours from the clock of a zone to UTC, as the trace's tables of uses name them (`2017-10-03 00:08:00 PDT`). */
const ZONES: Readonly<Record<string, number>> = { PST: 8, PDT: 7, UTC: 0, GMT: 0, Z: 0 };

/** A time with a zone is one of UTC, so that summer time ends without an hour too much; without one it is what the clock said. */
function timeOf(value: unknown): number {
  if (typeof value !== 'string') return Number.NaN;
  const zone = /\s*\b(P[DS]T|UTC|GMT)$|Z$/.exec(value.trim());
  if (zone === null) return clockSeconds(value);
  return clockSeconds(value.trim().slice(0, zone.index)) + (ZONES[zone[1] ?? 'Z'] as number) * 3600;
}

/** The attempts of a row, those without any form left out. */
export function attemptsOf(row: Readonly<Record<string, unknown>>): Attempt[] {
  const list = row['attempts'];
  if (!Array.isArray(list)) return [];
  return list
    .filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null)
    .map((entry) => ({
      startS: timeOf(entry['start_time']),
      endS: timeOf(entry['end_time']),
      gpus: Array.isArray(entry['detail']) ? entry['detail'].map(gpusOf).filter((count) => count > 0) : [],
    }));
}

function gpusOf(server: unknown): number {
  if (typeof server !== 'object' || server === null) return 0;
  const { gpus } = server as { gpus?: unknown };
  return Array.isArray(gpus) ? gpus.length : 0;
}

export const gpuCount = ({ gpus }: Attempt): number => gpus.reduce((sum, count) => sum + count, 0);

/** Length of a run in seconds, NaN when its start or end is not told. */
export const runSeconds = ({ startS, endS }: Attempt): number => endS - startS;

/** A text field, empty when it is none. */
export function textOf(row: Readonly<Record<string, unknown>>, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export const submitSeconds = (row: Readonly<Record<string, unknown>>): number => timeOf(row['submitted_time']);
