import { InputError, InputErrors } from '../core/errors.js';
import { ResourceSpace } from '../model/resources.js';
import type { TraceContext, TraceFormat, TraceIssue } from '../model/trace-format.js';
import { prepareTrace, type TraceRequest } from './index.js';
import { factsOf, heldBy, reportOf } from './inspect.js';
import { NameSet } from './name-set.js';

/** Ids that are remembered to find those that come twice, and parents that never came. */
const MOST_IDS = 2 ** 20;

/** Every violation of a trace, counted by code; what a run would do with it. */
export interface Validation {
  /** The first ones, in the order of the file. */
  readonly issues: readonly TraceIssue[];
  readonly counts: Readonly<Record<string, number>>;
  /** A run would stop. */
  readonly hasErrors: boolean;
  /** A run would leave rows out. */
  readonly hasSkips: boolean;
}

/** Reads a trace to its end, or to the error that ends it. `onIssue` hears of every violation; at most `keep` are returned. */
export function validateTrace(
  files: readonly string[],
  request: TraceRequest,
  keep = 1000,
  listen?: (issue: TraceIssue) => void,
): Validation {
  const found = new Findings(keep, listen);
  try {
    const onIssue = (issue: TraceIssue): void => found.add(issue);
    const { format, context } = prepareTrace(files, { ...request, onBadRow: 'skip', onIssue }, new ResourceSpace());
    readAll(format, files, context, found);
  } catch (error) {
    if (error instanceof InputErrors) for (const one of error.errors) found.addError(one);
    else if (error instanceof InputError) found.addError(error);
    else throw error;
  }
  return found.tell();
}

function readAll(format: TraceFormat, files: readonly string[], context: TraceContext, found: Findings): void {
  const held = heldBy(format, files);
  if (held === 'jobs' && format.openJobs !== undefined) {
    const source = format.openJobs(files, context);
    const ids = new Ids(files[0] ?? '', found);
    try {
      for (let job = source.next(); job !== null; job = source.next()) ids.take(job.id, job.after);
    } finally {
      source.close();
    }
    found.complete(source.report);
  } else if (held === 'agents' && format.readAgents !== undefined) {
    found.complete(format.readAgents(files, context).report);
  } else {
    if (held === 'sizes') factsOf(format, files);
    const report = reportOf(format, files, context);
    if (report === undefined) factsOf(format, files);
    else found.complete(report);
  }
}

class Findings {
  private readonly issues: TraceIssue[] = [];
  private readonly counts = new Map<string, number>();
  private hasErrors = false;
  private hasSkips = false;

  constructor(
    private readonly keep: number,
    private readonly listen: ((issue: TraceIssue) => void) | undefined,
  ) {}

  add(issue: TraceIssue): void {
    this.counts.set(issue.code, (this.counts.get(issue.code) ?? 0) + 1);
    if (issue.severity === 'error') this.hasErrors = true;
    if (issue.severity === 'skip') this.hasSkips = true;
    if (this.issues.length < this.keep) this.issues.push(issue);
    this.listen?.(issue);
  }

  addError({ code, rule, position, hint }: InputError): void {
    const { file = '', line = 0, column = 0 } = position;
    this.add({ severity: 'error', code, file, line, column, message: rule, hint });
  }

  /** What a reader counted without a place: work that the files do not end, rows put in order. */
  complete({
    skipped,
    repaired,
  }: {
    skipped: ReadonlyMap<string, number>;
    repaired: ReadonlyMap<string, number>;
  }): void {
    for (const counts of [skipped, repaired])
      for (const [code, count] of counts) this.counts.set(code, Math.max(this.counts.get(code) ?? 0, count));
    if (skipped.size > 0) this.hasSkips = true;
  }

  tell(): Validation {
    const { issues, hasErrors, hasSkips } = this;
    return { issues, counts: Object.fromEntries(this.counts), hasErrors, hasSkips };
  }
}

/** Job ids met so far: told are those that come twice, and those that are waited for but did not come before. */
class Ids {
  private readonly known = new NameSet(MOST_IDS);

  constructor(
    private readonly file: string,
    private readonly found: Findings,
  ) {}

  take(id: string, after: readonly { readonly job: string }[]): void {
    if (this.known.count >= MOST_IDS) return;
    for (const { job } of after)
      if (!this.known.has(job)) this.tell('E_PARENT', `job "${id}" waits for "${job}", which does not come before it`);
    if (!this.known.add(id)) this.tell('E_JOB_TWICE', `the job id "${id}" comes twice`);
  }

  private tell(code: string, message: string): void {
    this.found.add({ severity: 'repair', code, file: this.file, line: 0, column: 0, message, hint: '' });
  }
}
