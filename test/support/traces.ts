import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { InputError, InputErrors } from '../../src/core/errors.js';
import type { JobRecord, SourceReport } from '../../src/model/job.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { prepareTrace } from '../../src/workloads/index.js';

/** A folder of the test file for small traces; gone when its tests are done. */
export function traceFolder(): { folder: string; file(text: string | Uint8Array, name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-traces-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (text: string | Uint8Array, name: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return { folder, file };
}

export interface Reading {
  readonly jobs: JobRecord[];
  readonly report: SourceReport;
}

/** All jobs of files. */
export function readJobs(
  files: string | readonly string[],
  more: { format?: string; onBadRow?: 'skip' | 'error'; maxSkipped?: number; options?: Record<string, unknown> } = {},
): Reading {
  const list = [files].flat();
  const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1, ...more };
  const { format, context } = prepareTrace(list, request, new ResourceSpace());
  const source = format.openJobs?.(list, context);
  if (source === undefined) throw new Error(`${format.name} has no jobs`);
  const jobs: JobRecord[] = [];
  for (let job = source.next(); job !== null; job = source.next()) jobs.push(job);
  source.close();
  return { jobs, report: source.report };
}

/** What the user reads when the work fails on input; any other failure is thrown on. */
export function inputErrorOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format();
    throw error;
  }
  return 'no error';
}

export const skippedOf = ({ report }: Reading): Record<string, number> => Object.fromEntries(report.skipped);
export const repairedOf = ({ report }: Reading): Record<string, number> => Object.fromEntries(report.repaired);
