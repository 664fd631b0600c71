import type { Command } from 'commander';

/** `mesosim rerun`. */
export function addRerun(_program: Command): void {
  // Follows.
}
