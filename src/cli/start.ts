import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './program.js';
import { tell } from './terminal.js';

// `npm start`: the main job on the trace that travels with the program.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const scenario = relative(process.cwd(), join(root, 'scenarios', 'quick-start.yaml'));

tell(`Replaying an extract of the Google 2011 trace under three allocators: mesosim compare ${scenario}`);
process.exitCode = await runProgram(['compare', scenario, ...process.argv.slice(2)]);
if (process.exitCode === 0) {
  tell('Next: open report.html of that folder, change the scenario, or try: npx mesosim list');
}
