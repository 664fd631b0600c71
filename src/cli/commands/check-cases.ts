import type { Command } from 'commander';
import { EXIT_CHECK_FAILED } from '../failure.js';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { say } from '../terminal.js';

const EXAMPLES = `
Example:
  $ mesosim check-cases cases.json --allocator drf`;

/** `mesosim check-cases`: replays neutral allocator cases; exit 1 when one differs. */
export function addCheckCases(program: Command): void {
  const command = program
    .command('check-cases')
    .summary('replay neutral allocator cases')
    .description(
      'Replays neutral allocator cases and prints the first difference of each that fails. Exit 1 when one fails.',
    )
    .argument('<cases>', 'case file (JSON)')
    .option('--allocator <policy>', 'allocator to check', 'drf')
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(async (file: string, flags: CommonFlags & { allocator: string }) => {
    await loadPluginFlags(flags);
    const { checkCases, renderCaseJson, renderCaseText } = await import('../../experiment/check-cases.js');
    const report = checkCases(file, { allocator: flags.allocator });
    say(flags.format === 'json' ? renderCaseJson(report) : renderCaseText(report));
    if (report.failed > 0) process.exitCode = EXIT_CHECK_FAILED;
  });
}
