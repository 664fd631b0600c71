import type { Command } from 'commander';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { say, sayJson } from '../terminal.js';

const EXAMPLES = `
Examples:
  $ mesosim divide problem.json
  $ mesosim divide problem.json --policy ceei --format json
  $ mesosim divide --list`;

/** `mesosim divide`: static division of resources with its fairness audit. */
export function addDivide(program: Command): void {
  const command = program
    .command('divide')
    .summary('divide resources once, with a fairness audit')
    .description(
      'Divides resources among users by a policy; prints allotments, prices and payments, and the fairness audit.',
    )
    .argument('[problem]', 'problem file (JSON or YAML; its form is in docs/divide.md)')
    .option('--policy <policy>', 'name[option=value,…]', 'drf')
    .option('--list', 'list the policies')
    .option('--schema', 'print the JSON Schema of problem files')
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(divideCommand);
}

interface DivideFlags extends CommonFlags {
  readonly policy: string;
  readonly list?: true;
  readonly schema?: true;
}

async function divideCommand(file: string | undefined, flags: DivideFlags, command: Command): Promise<void> {
  const divider = await import('../../experiment/divide.js');
  if (flags.schema === true) return sayJson(divider.problemJsonSchema());
  if (flags.list === true) {
    const { renderTable } = await import('../table.js');
    return say(
      renderTable(
        ['policy', ''],
        divider.DIVIDE_POLICIES.list().map(({ name, summary }) => [name, summary]),
      ),
    );
  }
  if (file === undefined) command.error('error: a problem file is missing');
  const problem = divider.loadProblem(file as string);
  const result = divider.divide(problem, flags.policy);
  const view = divider.viewOf(problem, result);
  if (flags.format === 'json') return sayJson(view);
  const { divideScreen } = await import('../divide-table.js');
  say(divideScreen(view));
}
