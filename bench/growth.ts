import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { keepHeapSmall } from '../src/cli/memory.js';
import { drawSvg } from '../src/report/draw.js';
import type { Figure as Drawing } from '../src/report/figures/figure.js';
import { median } from './figure.js';
import { changedAgents } from './figures/allocation-cycle.js';
import { replay } from './figures/poisson.js';

/** Replays of growing length; the last one is a month of a 12,500-agent cluster. */
const TASKS = [1e5, 3e5, 1e6, 3e6, 1e7, 2.5e7];
const CHANGED = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];
const SIZES = [1000, 2000, 5000, 10_000];
const POINTS = 'bench/growth/growth.csv';

interface Point {
  readonly series: string;
  readonly x: number;
  readonly value: number;
  readonly peakMb: number;
}

/** One point in a process of its own. */
function point(series: string, x: number): Point {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), series, String(x)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const { value, peakMb } = JSON.parse(stdout) as { value: number; peakMb: number };
  process.stdout.write(`${series}, ${x}: ${value.toPrecision(4)} (peak ${Math.round(peakMb)} MB)\n`);
  return { series, x, value, peakMb };
}

/** Of fewer tasks, as many runs are made, of which the median counts. */
const RUNS_BELOW = 5e6;
const START_TASKS = 1000;

/** CPU seconds of a replay. */
function replayS(tasks: number): number {
  const runs = Array.from({ length: tasks < RUNS_BELOW ? 5 : 1 }, () => {
    const { counts } = replay({ agents: 12_500, frameworks: 100, load: 0.7, tasksPerJob: 37, tasks });
    return counts.cpuS;
  });
  return median(runs);
}

/**
 * CPU µs per task, or CPU ms per run. What every replay costs before its first task (12,500 agents join, 100 frameworks register) and the
 * JIT's warm-up are not counted: they would weigh on short replays alone.
 */
function measure(series: string, x: number): number {
  // As the program does.
  keepHeapSmall();
  if (series === 'tasks') {
    replayS(400_000);
    return (1e6 * (replayS(x) - replayS(START_TASKS))) / (x - START_TASKS);
  }
  if (series === 'changed') {
    changedAgents({ agents: 10_000, frameworks: 100 }, 100, 50);
    return changedAgents({ agents: 10_000, frameworks: 100 }, x, x < 1000 ? 300 : 30);
  }
  changedAgents({ agents: 1000, frameworks: 100 }, 10, 50);
  return changedAgents({ agents: x, frameworks: 100 }, 10, 300);
}

function drawing(
  name: string,
  title: string,
  points: readonly Point[],
  axes: readonly [string, string],
  isLog = false,
): Drawing {
  return {
    name,
    title,
    caption: '',
    spec: {
      width: 360,
      height: 220,
      data: { values: points.map(({ x, value }) => ({ x, value })) },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'x', type: 'quantitative', scale: { type: 'log' }, title: axes[0], axis: { format: '~s' } },
        y: { field: 'value', type: 'quantitative', title: axes[1], scale: isLog ? { type: 'log' } : { zero: true } },
      },
    },
  };
}

interface Lists {
  readonly tasks: readonly Point[];
  readonly changed: readonly Point[];
  readonly size: readonly Point[];
}

function measured(): Lists {
  const lists = {
    tasks: TASKS.map((x) => point('tasks', x)),
    changed: CHANGED.map((x) => point('changed', x)),
    size: SIZES.map((x) => point('size', x)),
  };
  const rows = Object.values(lists)
    .flat()
    .map(({ series, x, value, peakMb }) => [series, x, Number(value.toPrecision(4)), Math.round(peakMb)]);
  mkdirSync('bench/growth', { recursive: true });
  writeFileSync(POINTS, stringify([['series', 'x', 'value', 'peak_mb'], ...rows]));
  return lists;
}

/** The points that were measured last. */
function known(): Lists {
  const rows = parse(readFileSync(POINTS, 'utf8'), { columns: true }) as Record<string, string>[];
  const of = (wanted: string): Point[] =>
    rows
      .filter(({ series }) => series === wanted)
      .map((row) => ({ series: wanted, x: Number(row.x), value: Number(row.value), peakMb: Number(row.peak_mb) }));
  return { tasks: of('tasks'), changed: of('changed'), size: of('size') };
}

async function draw(lists: Lists): Promise<void> {
  const memory = lists.tasks.map(({ series, x, peakMb }) => ({ series, x, value: peakMb, peakMb }));
  const drawings = [
    drawing('cost-per-task', 'Cost per task against tasks', lists.tasks, ['tasks', 'CPU µs per task']),
    drawing('peak-memory', 'Peak memory against tasks', memory, ['tasks', 'MB']),
    drawing(
      'changed-agents',
      'A run against agents that changed, of 10,000',
      lists.changed,
      ['agents changed', 'CPU ms'],
      true,
    ),
    drawing('all-agents', 'A run in which 10 agents changed against all agents', lists.size, ['agents', 'CPU ms']),
  ];
  for (const each of drawings) writeFileSync(`bench/growth/${each.name}.svg`, await drawSvg(each));
}

const [series, x] = process.argv.slice(2);
if (series === undefined) await draw(measured());
else if (series === '--draw') await draw(known());
else {
  const value = measure(series, Number(x));
  process.stdout.write(JSON.stringify({ value, peakMb: process.resourceUsage().maxRSS / 1024 }));
}
