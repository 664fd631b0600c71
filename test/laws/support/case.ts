import { readFileSync } from 'node:fs';
import { z } from 'zod';

const toleranceSchema = z.looseObject({
  kind: z.enum(['exact', 'absolute', 'relative', 'ci', 'bounds']),
  value: z.number().optional(),
  relative: z.number().optional(),
});

const caseSchema = z.looseObject({
  id: z.string(),
  family: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  expected: z.record(z.string(), z.unknown()),
  tolerance: toleranceSchema,
  source: z.string().optional(),
  note: z.string().optional(),
});

const fileSchema = z.looseObject({
  schema: z.literal('mesosim-validation-cases/1'),
  families: z.record(z.string(), z.string()),
  cases: z.array(caseSchema),
});

/** How near a result must be; `ci` cases carry `relative` and often `minJobs` or `replications`. */
export type Tolerance = z.infer<typeof toleranceSchema>;
/** One case of the file; `families` in the file says what inputs and expected mean. */
export type LawCase = z.infer<typeof caseSchema>;

/** `quick`: tolerance 5 %, fewer jobs, under a minute. `full`: the tolerance as stated. */
export type LawsMode = 'quick' | 'full';

/** What a family needs beside its case. */
export interface LawContext {
  readonly mode: LawsMode;
  /** Fails unless `got` has every value of the case's `expected` within the case's tolerance. */
  expectAll(got: unknown, law: LawCase): void;
}

/** One family of laws: how to get from a case's inputs to its expected values with the project's own code. */
export interface LawFamily {
  readonly family: string;
  check(law: LawCase, context: LawContext): void | Promise<void>;
}

/** The project's copy, or the file named by MESOSIM_CASES. */
export function readCases(): { readonly path: string; readonly cases: readonly LawCase[] } {
  const path = process.env['MESOSIM_CASES'] ?? new URL('../data/validation-cases.json', import.meta.url).pathname;
  return { path, cases: fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).cases };
}

/** LAWS=quick (default) or full. */
export function lawsMode(): LawsMode {
  const mode = process.env['LAWS'] ?? 'quick';
  if (mode !== 'quick' && mode !== 'full') throw new Error(`LAWS must be quick or full, got "${mode}"`);
  return mode;
}
