import type { Command } from 'commander';
import { say } from '../terminal.js';

const EXAMPLES = `
Example:
  $ mesosim schema > scenario.schema.json
  and as the first line of a scenario: # yaml-language-server: $schema=scenario.schema.json`;

/** `mesosim schema`: the JSON Schema of scenario files, by which editors complete and check keys. */
export function addSchema(program: Command): void {
  program
    .command('schema')
    .summary('JSON Schema of scenario files')
    .description('Prints the JSON Schema (draft 2020-12) of scenario files, by which editors complete and check keys.')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { scenarioJsonSchema } = await import('../../scenario/json-schema.js');
      say(scenarioJsonSchema());
    });
}
