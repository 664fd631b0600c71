import type { Command } from 'commander';

/** `mesosim divide`. */
export function addDivide(_program: Command): void {
  // Follows.
}
