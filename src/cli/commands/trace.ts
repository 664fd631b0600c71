import type { Command } from 'commander';

/** `mesosim trace`. */
export function addTrace(_program: Command): void {
  // Follows.
}
