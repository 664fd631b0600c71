// Compiles src/ and bench/ of a checkout into its .tmp/bench, from where the suite runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Returns the folder of the compiled files. */
export function compileBench(checkout = '.') {
  const out = resolve(checkout, '.tmp/bench');
  mkdirSync(out, { recursive: true });
  const flags = ['--noEmit', 'false', '--noCheck', '--incremental', 'false', '--rootDir', '.', '--outDir', out];
  const build = spawnSync('npx', ['tsc', '-p', 'tsconfig.json', ...flags], { encoding: 'utf8', cwd: checkout });
  if (build.status !== 0) throw new Error(build.stdout);
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  if (!existsSync(join(out, 'node_modules'))) symlinkSync(resolve(checkout, 'node_modules'), join(out, 'node_modules'));
  return out;
}
