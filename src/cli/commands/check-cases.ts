import type { Command } from 'commander';

/** `mesosim check-cases`. */
export function addCheckCases(_program: Command): void {
  // Follows.
}
