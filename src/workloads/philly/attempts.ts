import { clockSeconds } from '../clock-time.js';

/** One run of a job as cluster_job_log tells it. Times in seconds of the cluster's clock, NaN = not told. */
export interface Attempt {
  readonly startS: number;
  readonly endS: number;
  /** GPUs on each server, as many entries as servers. */
  readonly gpus: readonly number[];
}

const timeOf = (value: unknown): number => (typeof value === 'string' ? clockSeconds(value) : Number.NaN);

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
