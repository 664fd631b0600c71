// Sets two commits side by side: each figure is measured alternately, A B A B …, so that a machine that slows down slows both.
// Usage: npm run bench:compare -- A B [--only TEXT] [--runs N]
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileBench } from './compile-bench.mjs';

const words = process.argv.slice(2);
const option = (name, fallback) => {
  const at = words.indexOf(name);
  return at < 0 ? fallback : words.splice(at, 2)[1];
};
const only = option('--only', '');
const runs = Number(option('--runs', '5'));
const [a, b] = words;
if (a === undefined || b === undefined) {
  process.stderr.write('usage: npm run bench:compare -- A B [--only TEXT] [--runs N]\n');
  process.exit(2);
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** A checkout of a commit with its compiled suite. Dependencies are those installed here. */
function checkout(commit) {
  const hash = git('rev-parse', commit);
  // Beside this checkout, so that traces which are found relative to it are found there too.
  const folder = resolve('..', `.bench-${hash.slice(0, 12)}`);
  if (!existsSync(folder)) git('worktree', 'add', '--detach', folder, hash);
  if (!existsSync(join(folder, 'node_modules'))) symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return { folder, suite: join(compileBench(folder), 'bench', 'suite.js') };
}

function ask({ folder, suite }, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=8192', suite, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

const median = (values) => [...values].sort((x, y) => x - y)[values.length >> 1];
const sides = [checkout(a), checkout(b)];
try {
  const names = sides.map((side) => ask(side, '--list').split('\n'));
  const common = names[0].filter((name) => names[1].includes(name) && name.includes(only));
  process.stdout.write(`| figure | ${a} | ${b} | B / A | spread A | spread B |\n|---|---|---|---|---|---|\n`);
  for (const name of common) {
    const values = [[], []];
    try {
      for (let run = 0; run < runs; run++) {
        for (const [index, side] of sides.entries()) {
          values[index].push(JSON.parse(ask(side, '--one', name).split('\n').at(-1)).value);
        }
      }
    } catch (error) {
      process.stderr.write(`left out: ${name} (${String(error.message).split('\n')[0]})\n`);
      continue;
    }
    const [first, second] = values.map(median);
    const spread = (list) => `${(100 * (Math.max(...list) / Math.min(...list) - 1)).toFixed(1)} %`;
    const shown = (value) => Number(value.toPrecision(4)).toString();
    const ratio = (second / first).toFixed(3);
    process.stdout.write(
      `| ${name} | ${shown(first)} | ${shown(second)} | ${ratio} | ${spread(values[0])} | ${spread(values[1])} |\n`,
    );
  }
} finally {
  for (const { folder } of sides) {
    rmSync(join(folder, 'node_modules'), { force: true });
    git('worktree', 'remove', '--force', folder);
  }
}
