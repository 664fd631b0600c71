import type { Command } from 'commander';
import { withCommonFlags } from '../flags.js';
import { say } from '../terminal.js';

const EXAMPLES = `
Example:
  $ mesosim init study && cd study && mesosim compare scenario.yaml`;

/** `mesosim init`: a folder with a scenario to start from, the schema for editors and a small trace. */
export function addInit(program: Command): void {
  const command = program
    .command('init')
    .summary('a ready folder to start from')
    .description(
      'Writes a folder with a commented scenario, the JSON Schema for editors and a small trace. Never overwrites a file.',
    )
    .argument('<dir>', 'folder; made when it does not exist')
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(async (folder: string) => {
    const { initFolder } = await import('../init-folder.js');
    const files = initFolder(folder);
    say(`wrote ${files.join(', ')}\nnext: cd ${folder} && mesosim compare scenario.yaml`);
  });
}
