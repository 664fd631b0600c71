import { z } from 'zod';
import type { JobFile, JsonPath } from '../job-file.js';

/** Each job of the files: a file holds one object or a list of them. */
export function* jobsOf(files: readonly JobFile[]): Iterable<{ file: JobFile; value: unknown; path: JsonPath }> {
  for (const file of files) {
    const { value } = file;
    if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) yield { file, value: entry, path: [index] };
    } else {
      yield { file, value, path: [] };
    }
  }
}

/** A number, or a text that is one: real job files have both. */
export function numeric(rule: string, accepts: (value: number) => boolean) {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const number = typeof value === 'number' || value.trim() !== '' ? Number(value) : Number.NaN;
    if (Number.isFinite(number) && accepts(number)) return number;
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });
}

/** Null is as good as absent: programs write it where there is nothing. Nulls within lists stay. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutNulls(entry)]));
}
