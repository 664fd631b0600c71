import type { Command } from 'commander';

/** `mesosim init`. */
export function addInit(_program: Command): void {
  // Follows.
}
