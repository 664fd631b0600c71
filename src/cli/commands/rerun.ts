import type { Command } from 'commander';
import { EXIT_CHECK_FAILED } from '../failure.js';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { interruptSignal, say, sayJson } from '../terminal.js';

interface RerunFlags extends CommonFlags {
  readonly folder?: string;
  readonly out?: string;
  readonly force?: true;
}

const EXAMPLES = `
Examples:
  $ mesosim rerun results/quick-start/drf-s1/manifest.json
  $ mesosim rerun results/quick-start/compare --folder scenarios`;

/** `mesosim rerun`: repeats a run, or every run of a comparison, from its manifest; exit 1 when a digest differs. */
export function addRerun(program: Command): void {
  const command = program
    .command('rerun')
    .summary('repeat a run from its manifest and compare digests')
    .description('Repeats a run, or every run of a comparison, from its manifest. Exit 1 when a digest differs.')
    .argument('<manifest>', 'manifest.json, or the folder that has it')
    .option('--folder <dir>', "folder that the scenario's paths are relative to (default: as in the manifest)")
    .option('--out <dir>', 'write results of the repeated run here')
    .option('--force', 'replace an earlier result folder')
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(rerunCommand);
}

async function rerunCommand(path: string, flags: RerunFlags): Promise<void> {
  const signal = interruptSignal();
  await loadPluginFlags(flags);
  const { rerun } = await import('../../experiment/rerun.js');
  const outcomes = await rerun(path, { folder: flags.folder, out: flags.out, force: flags.force === true, signal });
  if (flags.format === 'json') sayJson(outcomes);
  else {
    for (const { manifest, expected, got, note } of outcomes) {
      const verdict = expected === got ? `same digest ${got}` : `DIFFERENT: expected ${expected}, got ${got}`;
      say(`${manifest}: ${verdict}${note === '' ? '' : ` (${note})`}`);
    }
  }
  if (outcomes.some(({ expected, got }) => expected !== got)) process.exitCode = EXIT_CHECK_FAILED;
}
