import type { Command } from 'commander';

/** `mesosim doctor`. */
export function addDoctor(_program: Command): void {
  // Follows.
}
