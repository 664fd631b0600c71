import { InputError, InputErrors, MAX_COLLECTED_ERRORS } from '../../core/errors.js';
import { countReason, type SourceReport } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';

/** Where a reader stands: a line reader, or an object of a JSON file. */
export interface RowPlace {
  readonly path: string;
  readonly line: number;
  /** Where an object begins in its line, for issues of the object as a whole. */
  readonly column?: number;
}

/** Counts what a reader meets, tells it to whoever listens, and stops the reading when the user asked for strictness. */
export class IssueLog {
  private readonly errors: InputError[] = [];
  private skippedCount = 0;

  constructor(
    private readonly report: SourceReport,
    private readonly context: TraceContext,
  ) {}

  /** A row that a run leaves out. */
  skip(reader: RowPlace, column: number, code: string, message: string, hint = ''): void {
    this.skippedCount++;
    countReason(this.report.skipped, code);
    this.tell('skip', reader, column, code, message, hint);
    if (this.context.onBadRow === 'error') this.collect(new InputError(code, message, position(reader, column), hint));
    if (this.context.maxSkipped >= 0 && this.skippedCount > this.context.maxSkipped) {
      throw new InputError(
        'E_TOO_MANY_SKIPPED',
        `more than ${this.context.maxSkipped} rows had to be skipped; the last one: ${message}`,
        position(reader, column),
        hint,
      );
    }
  }

  /** A row that is used after a stated correction. */
  repair(reader: RowPlace, column: number, code: string, message: string, hint = ''): void {
    countReason(this.report.repaired, code);
    this.tell('repair', reader, column, code, message, hint);
  }

  /** The file cannot be what it should be. */
  fatal(reader: RowPlace, column: number, code: string, message: string, hint = ''): never {
    this.tell('error', reader, column, code, message, hint);
    throw new InputError(code, message, position(reader, column), hint);
  }

  private collect(error: InputError): void {
    this.errors.push(error);
    if (this.errors.length >= MAX_COLLECTED_ERRORS) this.flush();
  }

  /** At the end of the reading: what strictness has collected is thrown. */
  flush(): void {
    if (this.errors.length > 0) throw new InputErrors(this.errors);
  }

  private tell(
    severity: 'error' | 'skip' | 'repair',
    reader: RowPlace,
    column: number,
    code: string,
    message: string,
    hint: string,
  ): void {
    this.context.onIssue?.({ severity, code, ...position(reader, column), message, hint });
  }
}

function position(reader: RowPlace, column: number): { file: string; line: number; column: number } {
  return { file: reader.path, line: reader.line, column: column > 0 ? column : (reader.column ?? 0) };
}
