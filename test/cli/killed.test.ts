import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import seedrandom from 'seedrandom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

const ROUNDS = 5;
let bench: Workbench;
let whole: Map<string, string>;
let wholeMs: number;
beforeAll(async () => {
  bench = new Workbench();
  bench.write('run.yaml', SMALL.replace('jobs: 40', 'jobs: 2000'));
  const began = performance.now();
  await program('whole');
  wholeMs = performance.now() - began;
  whole = filesOf('whole');
});
afterAll(() => bench.remove());

/** Runs the scenario; a signal is sent after so many milliseconds, if the program is still there. */
function program(out: string, signal?: NodeJS.Signals, afterMs = 0): Promise<number | null> {
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), 'run', 'run.yaml', '--out', out, '--force'], {
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

function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(bench.path(folder), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    names
      .map(({ name, parentPath }) => [name, readFileSync(resolve(parentPath, name), 'latin1')] as const)
      .sort(byName),
  );
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

describe('a run that is ended from outside at a random moment', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    '%s: its folder is whole or not there, and the run made again is byte-equal',
    async (signal) => {
      const draw = seedrandom.alea(`killed-${signal}`);
      let endedEarly = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const out = `${signal}-${round}`;
        const code = await program(out, signal, draw() * wholeMs);
        // Killed: null. Interrupted: 130 once its own handler is there, null (by the signal) before.
        if (code === 0) expect(filesOf(out)).toEqual(whole);
        else {
          endedEarly++;
          expect([null, 130]).toContain(code);
          expect(existsSync(bench.path(out))).toBe(false);
        }
        if (code === 130) expect(readdirSync(bench.folder).filter((name) => name.startsWith(`${out}.`))).toEqual([]);
        if (round % 4 !== 0) continue;
        expect(await program(out)).toBe(0);
        expect(filesOf(out)).toEqual(whole);
      }
      expect(endedEarly).toBeGreaterThan(0);
    },
  );

  it('killed while it replaces an earlier result leaves the earlier one whole', async () => {
    const draw = seedrandom.alea('replaced');
    expect(await program('kept')).toBe(0);
    for (let round = 0; round < ROUNDS / 2; round++) {
      await program('kept', 'SIGKILL', draw() * wholeMs * 0.9);
      expect(filesOf('kept')).toEqual(whole);
    }
    for (const name of readdirSync(bench.folder))
      if (name.includes('.tmp-')) rmSync(bench.path(name), { recursive: true });
  });
});
