import type { Command } from 'commander';
import { EXIT_CHECK_FAILED } from '../failure.js';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { say, sayJson } from '../terminal.js';

const EXAMPLES = `
Example:
  $ mesosim doctor`;

/** `mesosim doctor`: checks the installation; exit 1 when something is wrong. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('check the installation')
    .description('Checks Node, memory, disk and packages, and repeats a small run whose digest is known.')
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(async (flags: CommonFlags) => {
    const { examine } = await import('../doctor.js');
    const findings = await examine();
    if (flags.format === 'json') sayJson(findings);
    else for (const { isGood, what, detail } of findings) say(`${isGood ? '✓' : '✗'} ${what}: ${detail}`);
    if (findings.some(({ isGood }) => !isGood)) process.exitCode = EXIT_CHECK_FAILED;
  });
}
