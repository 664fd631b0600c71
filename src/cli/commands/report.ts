import type { Command } from 'commander';

/** `mesosim report`. */
export function addReport(_program: Command): void {
  // Follows.
}
