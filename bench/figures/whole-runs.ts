import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure, Told } from '../figure.js';

/** The program as compiled beside the suite. */
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const HOOK = resolve('bench/print-cpu.cjs');
const MONTH = '.tmp/bench-month';
const MONTH_TASKS = 25_000_000;
const SWEEP = '.tmp/bench-sweep';

function ran(...words: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stderr;
}

function cpuSOf(told: string): number {
  return Number([...told.matchAll(/CPU (\d+)/g)].at(-1)?.[1]) / 1e6;
}

/** Reads the tables of the month twin, runs it and writes jobs, tasks and summary. CPU seconds of the program. */
function month(): Told {
  try {
    ran('bench/month/make-month.mjs', MONTH, String(MONTH_TASKS));
    const told = ran('--require', HOOK, MAIN, 'run', `${MONTH}/month.yaml`, '--out', `${MONTH}/results`, '--force');
    return {
      value: cpuSOf(told),
      peakRssMb: Number(/PEAK (\d+)/.exec(told)?.[1]) / 1024,
    };
  } finally {
    rmSync(MONTH, { recursive: true, force: true });
  }
}

/**
 * Eight runs of some five seconds: CPU seconds that they need one after the other, of those that all cores had while they ran beside each
 * other. (By the clock alone one core looks faster than it is: collector and compiler of a single run are on the others.)
 */
function efficiency(): number {
  rmSync(SWEEP, { recursive: true, force: true });
  mkdirSync(SWEEP, { recursive: true });
  const jobs = 200_000;
  const scenario = {
    name: 'load',
    workload: {
      synthetic: {
        jobs,
        arrivals: { poisson: { rate: '11 /s' } },
        tasks: 10,
        duration: { exponential: { mean: '100 s' } },
        cpus: 1,
        mem: 2048,
      },
    },
    cluster: { agents: [{ count: 1000, cpus: 16, mem: '64 GiB' }] },
    frameworks: [{ name: 'all' }],
  };
  writeFileSync(`${SWEEP}/load.json`, JSON.stringify(scenario));
  const experiment = {
    name: 'load-study',
    scenario: 'load.json',
    axes: { 'policy.order': ['fifo', 'sjf'] },
    seeds: '1..4',
  };
  writeFileSync(`${SWEEP}/study.json`, JSON.stringify(experiment));
  const swept = (cores: number): { cpuS: number; wallS: number } => {
    const began = process.hrtime.bigint();
    const out = `${SWEEP}/out-${cores}`;
    const told = ran('--require', HOOK, MAIN, 'sweep', `${SWEEP}/study.json`, '--jobs', String(cores), '--out', out);
    return { cpuS: cpuSOf(told), wallS: Number(process.hrtime.bigint() - began) / 1e9 };
  };
  const cores = availableParallelism();
  const alone = swept(1);
  const together = swept(cores);
  rmSync(SWEEP, { recursive: true, force: true });
  return alone.cpuS / (cores * together.wallS);
}

/** The program as its users run it, tables and all. */
export const wholeRunFigures: Figure[] = [
  {
    name: 'Google-month twin: 25 million tasks, 12,500 agents, 29 days, tables written (peak at most 200 MB)',
    unit: 'CPU s',
    better: 'less',
    floor: 180,
    runs: 1,
    measure: month,
  },
  {
    name: 'sweep on all cores: share of them made use of',
    unit: 'ratio',
    better: 'more',
    floor: 0.9,
    runs: 1,
    measure: efficiency,
  },
];
