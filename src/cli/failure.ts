import { CommanderError } from 'commander';
import { InputError, InputErrors, InvariantError } from '../core/errors.js';

/** Exit codes of the program (DESIGN §10). */
export const EXIT_CHECK_FAILED = 1;
const EXIT_INPUT = 2;
const EXIT_INVARIANT = 70;
const EXIT_INTERRUPTED = 130;
const BROKEN_OFF = 'ERR_SCRIPT_EXECUTION_INTERRUPTED';

/** Prints what went wrong to stderr and says how the program ends. */
export function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version leave by an exception as well; commander has printed what there is to say.
    return error.exitCode === 0 ? 0 : EXIT_INPUT;
  }
  if (error instanceof InputError || error instanceof InputErrors) {
    console.error(error.format());
    return EXIT_INPUT;
  }
  if (isInterruption(error)) {
    console.error('interrupted: nothing was written');
    return EXIT_INTERRUPTED;
  }
  if (error instanceof InvariantError) {
    console.error(`error E_INVARIANT: ${error.message}`);
    console.error('  hint: this is a fault of mesosim, not of the input; please report it with the lines above');
    return EXIT_INVARIANT;
  }
  if (error instanceof Error && 'syscall' in error) {
    // The disk is full, a folder may not be written: no fault of the program and none of the input.
    console.error(`error E_IO: ${error.message}`);
    return EXIT_CHECK_FAILED;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  console.error('  hint: this is a fault of mesosim; please report it with the lines above');
  return EXIT_INVARIANT;
}

/** Broken off between two pieces of work, or in the middle of one. */
function isInterruption(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'InterruptedError' || (error as NodeJS.ErrnoException).code === BROKEN_OFF;
}
