import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import seedrandom from 'seedrandom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

/** Moments per command and signal, of all commands: KILLS=20. Without it some commands, each ended once. */
const KILLS = Number(process.env['KILLS'] ?? 0);

interface Case {
  readonly name: string;
  readonly words: readonly string[];
  /** Tried always, by this signal. */
  readonly always?: NodeJS.Signals;
  /** What the program is to be told besides, where something is there already. */
  readonly again?: string;
}

/** The output is the last word: a folder or a file. */
const CASES: readonly Case[] = [
  { name: 'compare', words: ['compare', 'small.yaml', '--jobs', '1', '--no-figures', '--out'] },
  { name: 'sweep', words: ['sweep', 'grid.yaml', '--jobs', '2', '--out'], again: '--resume', always: 'SIGKILL' },
  { name: 'trace convert', words: ['trace', 'convert', 'log.swf', '--out'], always: 'SIGINT' },
  { name: 'trace convert to SWF', words: ['trace', 'convert', 'log.swf', '--to', 'swf', '--out'] },
  { name: 'trace fit', words: ['trace', 'fit', 'log.swf', '--out'] },
  { name: 'init', words: ['init'], always: 'SIGKILL' },
  { name: 'fork', words: ['run', 'small.yaml', '--fork-at', '60 s', '--set', 'policy.allocator=priority', '--out'] },
];

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('small.yaml', SMALL.replace('jobs: 40', 'jobs: 60'));
  bench.write('grid.yaml', 'name: grid\nscenario: small.yaml\naxes: { workload.synthetic.tasks: [1, 2] }\n');
  const rows = Array.from({ length: 20_000 }, (_, job) => `${job + 1} ${job} 0 60 1 60 -1 1 60 -1 1 1 1 1 1 1 -1 -1`);
  bench.write('log.swf', `; MaxNodes: 4\n${rows.join('\n')}\n`);
});
afterAll(() => bench.remove());

/** Runs a command; a signal is sent after so many milliseconds, if the program is still there. Null = ended by the signal. */
function program(words: readonly string[], signal?: NodeJS.Signals, afterMs = 0): Promise<number | null> {
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...words], {
    cwd: bench.folder,
    stdio: 'ignore',
  });
  const timer = signal === undefined ? undefined : setTimeout(() => child.kill(signal), afterMs);
  return new Promise((done) =>
    child.on('exit', (code) => {
      clearTimeout(timer);
      done(code);
    }),
  );
}

/** Every file under a folder, or the file itself, by its path within. */
function filesOf(name: string): Record<string, string> {
  const path = bench.path(name);
  if (!existsSync(path)) return {};
  if (statSync(path).isFile()) return { '': readFileSync(path, 'latin1') };
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((one) =>
    statSync(join(path, one)).isFile(),
  );
  return Object.fromEntries(names.sort().map((one) => [one, readFileSync(join(path, one), 'latin1')]));
}

/** The last file of each output to come: where it is, the output is whole. */
const LAST: Readonly<Record<string, string>> = {
  compare: 'manifest.json',
  sweep: 'sweep.csv',
  'trace convert': 'workload-jobs.csv',
  'trace convert to SWF': '',
  'trace fit': '',
  init: 'scenario.yaml',
  fork: 'manifest.json',
};

/** What an ended program has left has either all files of the whole, or not the last one; every file that has its name is whole. */
function expectUnfinished(name: string, left: Record<string, string>, whole: Record<string, string>): void {
  if ((LAST[name] as string) in left) expect(left).toEqual(whole);
  for (const [file, text] of Object.entries(left)) {
    if (!/\.tmp(-\d+)?(\/|$)/.test(file)) expect(text === whole[file], file).toBe(true);
  }
}

/** Ends a command once and makes it again into the same place. */
async function endedOnce({ name, words, again }: Case, signal: NodeJS.Signals, afterMs: number): Promise<void> {
  const slug = name.replaceAll(' ', '-');
  const out = `${slug}-${signal}-${afterMs.toFixed(0)}`;
  const code = await program([...words, out], signal, afterMs);
  const left = filesOf(out);
  const whole = filesOf(`${slug}-whole`);
  expect([0, null, 130]).toContain(code);
  if (code === 0) expect(left).toEqual(whole);
  else expectUnfinished(name, left, whole);
  const beside = readdirSync(bench.folder).filter((entry) => entry.startsWith(`${out}.`));
  if (code === 130) expect(beside).toEqual([]);
  if (code === 0 || (LAST[name] as string) in left) return;
  expect(
    await program(existsSync(bench.path(out)) && again !== undefined ? [...words, out, again] : [...words, out]),
  ).toBe(0);
  expect(filesOf(out)).toEqual(whole);
  rmSync(bench.path(out), { recursive: true });
}

describe.each(CASES.filter(({ always }) => KILLS > 0 || always !== undefined))(
  '$name, ended from outside at a random moment',
  (tried) => {
    it('leaves nothing that looks whole, and made again is byte-equal', async () => {
      const began = performance.now();
      expect(await program([...tried.words, `${tried.name.replaceAll(' ', '-')}-whole`])).toBe(0);
      const wholeMs = performance.now() - began;
      const draw = seedrandom.alea(tried.name);
      for (const signal of KILLS > 0 ? (['SIGKILL', 'SIGINT'] as const) : [tried.always ?? 'SIGKILL']) {
        for (let round = 0; round < Math.max(1, KILLS); round++)
          await endedOnce(tried, signal, (0.5 + 0.5 * draw()) * wholeMs);
      }
    });
  },
);
