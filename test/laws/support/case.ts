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

/** The file named by MESOSIM_CASES, or the project's copy of the catalogue and its own further cases (quick: the first of each family). */
export function readCases(): { readonly path: string; readonly cases: readonly LawCase[] } {
  const given = process.env['MESOSIM_CASES'];
  if (given !== undefined) return { path: given, cases: casesIn(given) };
  const files = ['validation-cases.json', 'own-cases.json'].map(inData);
  const [catalogue = [], own = []] = files.map(casesIn);
  return { path: files.join(', '), cases: [...catalogue, ...(lawsMode() === 'full' ? own : firstOfEach(own))] };
}

/** One case of each family: what a quick run has time for. */
function firstOfEach(cases: readonly LawCase[]): LawCase[] {
  return cases.filter((law, index) => cases.findIndex(({ family }) => family === law.family) === index);
}

function inData(name: string): string {
  return new URL(`../data/${name}`, import.meta.url).pathname;
}

function casesIn(path: string): readonly LawCase[] {
  return inOneLine(path, () => fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).cases);
}

/** What a schema says, in one line that begins with where. */
export function inOneLine<T>(where: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw oneLine(where, error);
  }
}

/** A schema's mistakes as an error of one line; any other error as it is. */
export function oneLine(where: string, error: unknown): unknown {
  if (!(error instanceof z.ZodError)) return error;
  const said = error.issues.map(({ path, message }) => [...path.map(String), message].join(': '));
  return new Error(`${where}: ${said.join('; ')}`);
}

/** The inputs of a case: all that the schema asks for and nothing else, or a mistake of one line. */
export function inputsOf<S extends z.ZodRawShape>(law: LawCase, shape: S) {
  return inOneLine(`${law.id}: inputs`, () => z.strictObject(shape).parse(law.inputs));
}

/** The same of what is expected: nothing that a case asks for is passed over. */
export function expectedOf<S extends z.ZodRawShape>(law: LawCase, shape: S) {
  return inOneLine(`${law.id}: expected`, () => z.strictObject(shape).parse(law.expected));
}

/** LAWS=quick (default) or full. */
export function lawsMode(): LawsMode {
  const mode = process.env['LAWS'] ?? 'quick';
  if (mode !== 'quick' && mode !== 'full') throw new Error(`LAWS must be quick or full, got "${mode}"`);
  return mode;
}
