// Runs the layer check and fails also when it read no module: a checker that sees nothing proves nothing.
import { spawnSync } from 'node:child_process';

const run = spawnSync('npx', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'], {
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
const report = JSON.parse(run.stdout);
const { violations, totalCruised } = report.summary;
for (const { rule, from, to } of violations) process.stdout.write(`${rule.severity} ${rule.name}: ${from} → ${to}\n`);
process.stdout.write(`layers: ${totalCruised} modules, ${violations.length} violations\n`);
if (totalCruised < 50 || violations.some((violation) => violation.rule.severity === 'error')) process.exitCode = 1;
