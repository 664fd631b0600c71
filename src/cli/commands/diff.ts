import type { Command } from 'commander';
import { EXIT_CHECK_FAILED } from '../failure.js';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { interruptSignal, say, sayJson } from '../terminal.js';

const EXAMPLES = `
Example:
  $ mesosim diff results/quick-start/compare/runs/quick-start/drf-s1 results/quick-start/compare/runs/quick-start/priority-s1`;

/** `mesosim diff`: follows two runs to the first fact in which they differ; exit 1 when there is one. */
export function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .summary('the first fact in which two runs differ')
    .description(
      'Repeats two runs from their manifests, side by side, up to the first fact in which they differ. Exit 1 when there is one.',
    )
    .argument('<a>', 'folder of a run')
    .argument('<b>', 'folder of another')
    .option('--folder <dir>', "folder that the scenarios' paths are relative to (default: as in the manifests)")
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(async (a: string, b: string, flags: CommonFlags & { readonly folder?: string }) => {
    const signal = interruptSignal();
    await loadPluginFlags(flags);
    const { diffRuns } = await import('../../experiment/diff.js');
    const difference = await diffRuns(a, b, { folder: flags.folder, signal });
    if (difference !== undefined) process.exitCode = EXIT_CHECK_FAILED;
    if (flags.format === 'json') sayJson(difference ?? null);
    else if (difference === undefined) say('the runs are equal, fact by fact');
    else {
      say(`${difference.equalFacts} equal facts, then`);
      for (const [name, fact] of [
        ['a', difference.a],
        ['b', difference.b],
      ] as const) {
        say(`  ${name}: ${fact === undefined ? 'has ended' : `${fact.timeS} s: ${fact.text}`}`);
      }
    }
  });
}
