// `npm start`: builds when there is no build yet, then compares the quick start.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = join(root, 'dist', 'cli', 'start.js');
if (!existsSync(entry)) {
  process.stderr.write('building (once) …\n');
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  // The record of an incremental build may say that everything is there when `dist` was deleted.
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--incremental', 'false'], {
    cwd: root,
    stdio: 'inherit',
  });
}
await import(entry);
