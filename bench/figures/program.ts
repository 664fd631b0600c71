import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, median } from '../figure.js';

/** The program as compiled beside the suite. */
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const PEAK = fileURLToPath(new URL('../peak.js', import.meta.url));
const HOOK = resolve('bench/print-cpu.cjs');

/** CPU milliseconds of a Node process that runs this. */
function startMs(words: readonly string[]): number {
  const times = Array.from({ length: 9 }, () => {
    const { stderr } = spawnSync(process.execPath, ['--require', HOOK, ...words], { encoding: 'utf8' });
    return Number(/CPU (\d+)/.exec(stderr)?.[1]) / 1000;
  });
  return median(times);
}

/** Peak resident megabytes of a replay of so many tasks, in a process that loads nothing else. */
function peakMb(tasks: number): number {
  return Number(spawnSync(process.execPath, [PEAK, String(tasks)], { encoding: 'utf8' }).stdout);
}

/** What a user meets before anything is simulated, and what a long run costs in memory. */
export const programFigures: Figure[] = [
  {
    name: 'mesosim --help over bare node',
    unit: 'ms',
    better: 'less',
    floor: 60,
    measure: () => startMs([MAIN, '--help']) - startMs(['-e', '0']),
  },
  {
    name: 'mesosim run scenarios/tiny.yaml, whole process',
    unit: 'ms',
    better: 'less',
    measure: () => startMs([MAIN, 'run', 'scenarios/tiny.yaml', '--out', '.tmp/bench-tiny', '--force']),
  },
  { name: 'peak memory, 1 million tasks', unit: 'MB', better: 'less', runs: 1, measure: () => peakMb(1e6) },
  { name: 'peak memory, 10 million tasks', unit: 'MB', better: 'less', runs: 1, measure: () => peakMb(1e7) },
];
