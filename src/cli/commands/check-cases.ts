import type { Command } from 'commander';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { say } from '../terminal.js';

const EXAMPLES = `
Examples:
  $ mesosim check-cases allocator-cases.json
  $ mesosim check-cases allocator-cases.json --format json

Exit code 1 when a case differs: the first difference of each is shown (case, step, framework, agent, resource, expected, got).`;

/** `mesosim check-cases`: replays neutral allocator cases, decision by decision. */
export function addCheckCases(program: Command): void {
  withCommonFlags(program.command('check-cases <cases>'))
    .summary('replay allocator cases decision by decision')
    .description('Replays a file of neutral allocator cases and says pass, or the first difference of each case.')
    .option('--allocator <policy>', 'name[option=value,…]', 'drf')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: CommonFlags & { readonly allocator: string }) => {
      const { checkCases, renderCaseJson, renderCaseText } = await import('../../experiment/check-cases.js');
      const report = checkCases(path, { allocator: flags.allocator });
      say(flags.format === 'json' ? renderCaseJson(report) : renderCaseText(report));
      if (report.failed > 0) process.exitCode = 1;
    });
}
