/** Where a mistake stands in the user's input. Line and column count from 1; a column is a field number in tables, a character elsewhere. */
export interface InputPosition {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** The user's mistake: one stable code, one rule, the value received and the remedy. Ends the program with exit code 2, without a stack. */
export class InputError extends Error {
  constructor(
    readonly code: string,
    readonly rule: string,
    readonly position: InputPosition = {},
    readonly hint = '',
  ) {
    super(rule);
    this.name = 'InputError';
  }

  /** `FILE:LINE:COL: error E_CODE: rule` and, where there is one, a hint line. */
  format(): string {
    const { file, line, column } = this.position;
    let place = file ?? 'input';
    if (line !== undefined) place += `:${line}`;
    if (line !== undefined && column !== undefined) place += `:${column}`;
    const text = `${place}: error ${this.code}: ${this.rule}`;
    return this.hint === '' ? text : `${text}\n  hint: ${this.hint}`;
  }
}

/** Several mistakes found in one reading (at most {@link MAX_COLLECTED_ERRORS} are kept, the rest are counted). */
export class InputErrors extends Error {
  constructor(
    readonly errors: readonly InputError[],
    readonly omittedCount = 0,
  ) {
    super(errors.map((error) => error.rule).join('; '));
    this.name = 'InputErrors';
  }

  format(): string {
    const lines = this.errors.map((error) => error.format());
    if (this.omittedCount > 0) lines.push(`… and ${this.omittedCount} more`);
    return lines.join('\n');
  }
}

export const MAX_COLLECTED_ERRORS = 20;

/** Our own mistake: a broken invariant. Ends the program with exit code 70. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvariantError';
  }
}

/** Stops at once when `condition` is false. The message must be constant text: a template would be built on every call. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Reports a broken invariant with details; call it only behind an `if`. */
export function fail(message: string): never {
  throw new InvariantError(message);
}
