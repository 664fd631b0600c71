// Compiles bench/ and runs it: prints a table and writes bench/results.csv. CPU seconds, median of several runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const out = resolve('.tmp/bench');
mkdirSync(out, { recursive: true });
const build = spawnSync(
  'npx',
  [
    'tsc',
    '-p',
    'tsconfig.json',
    '--noEmit',
    'false',
    '--noCheck',
    '--incremental',
    'false',
    '--rootDir',
    '.',
    '--outDir',
    out,
  ],
  { encoding: 'utf8' },
);
if (build.status !== 0) throw new Error(build.stdout);
writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
if (!existsSync(join(out, 'node_modules'))) symlinkSync(resolve('node_modules'), join(out, 'node_modules'));
const run = spawnSync(process.execPath, [join(out, 'bench/suite.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = run.status ?? 1;
