import { InputError, InputErrors, type InputPosition, InvariantError } from '../core/errors.js';

interface MistakeRecord {
  readonly code: string;
  readonly rule: string;
  readonly position: InputPosition;
  readonly hint: string;
}

/** An error as plain data: classes do not survive the way from a worker thread. */
export interface FailureRecord {
  readonly kind: 'input' | 'invariant' | 'other';
  readonly message: string;
  readonly mistakes: readonly MistakeRecord[];
  readonly omittedCount: number;
}

export function recordFailure(error: unknown): FailureRecord {
  const base = { message: error instanceof Error ? (error.stack ?? error.message) : String(error), omittedCount: 0 };
  if (error instanceof InputError) return { ...base, kind: 'input', mistakes: [recordMistake(error)] };
  if (error instanceof InputErrors) {
    return { ...base, kind: 'input', mistakes: error.errors.map(recordMistake), omittedCount: error.omittedCount };
  }
  if (error instanceof InvariantError) return { ...base, kind: 'invariant', message: error.message, mistakes: [] };
  return { ...base, kind: 'other', mistakes: [] };
}

/** The error again, of the class it had. */
export function errorOf(record: FailureRecord): Error {
  if (record.kind === 'invariant') return new InvariantError(record.message);
  if (record.kind === 'other') return new Error(record.message);
  const errors = record.mistakes.map(
    (mistake) => new InputError(mistake.code, mistake.rule, mistake.position, mistake.hint),
  );
  const first = errors[0];
  return errors.length === 1 && first !== undefined ? first : new InputErrors(errors, record.omittedCount);
}

function recordMistake(error: InputError): MistakeRecord {
  return { code: error.code, rule: error.rule, position: error.position, hint: error.hint };
}
