import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { metrics } from '../../src/metrics/index.js';
import { TableFile } from '../../src/results/table-file.js';
import { parseScenario } from '../../src/scenario/load.js';
import { runScenario } from '../../src/scenario/run.js';
import { LineReader } from '../../src/workloads/bytes/line-reader.js';
import { cpuSecondsOf, type Figure } from '../figure.js';

const TASK_COLUMNS = 15;

function taskRows(): number {
  const count = 1_000_000;
  const table = new TableFile(
    '/dev/null',
    Array.from({ length: TASK_COLUMNS }, (_, column) => `column${column}`),
  );
  const seconds = cpuSecondsOf(() => {
    for (let row = 0; row < count; row++) {
      table
        .text('1234567/12')
        .text('1234567')
        .integer(1)
        .text('framework')
        .text('*')
        .integer(0)
        .seconds(row * 1003);
      table
        .seconds(row * 1007)
        .seconds(row * 1009)
        .text('agent-123')
        .seconds(123_456)
        .text('finished');
      table.milli(1500).milli(2_048_000).milli(0).end();
    }
    table.close();
  });
  return count / seconds;
}

/** A busy hour of many frameworks: CPU seconds of the run with these metrics only. */
async function runWith(
  kept: readonly string[],
  frameworks: number,
  jobs = 20,
): Promise<{ cpuS: number; rows: number }> {
  const off = metrics
    .list()
    .map(({ name }) => name)
    .filter((name) => !kept.includes(name));
  const synthetic = Array.from({ length: frameworks }, (_, row) => ({
    jobs,
    user: `u${row}`,
    arrivals: { poisson: { rate: `${jobs / 2000} /s` } },
    tasks: 2,
    duration: { exponential: { mean: '120 s' } },
    cpus: 1,
    mem: 512,
  }));
  const document = {
    name: 'writers',
    workload: { synthetic },
    cluster: { agents: [{ count: 2 * jobs, cpus: 16, mem: '64 GiB' }] },
    frameworks: Array.from({ length: frameworks }, (_, row) => ({ name: `u${row}`, match: { user: `u${row}` } })),
    metrics: { sample: '1 s', off },
    until: '1000 s',
  };
  const out = join('.tmp', `bench-writers-${process.pid}`);
  const before = process.cpuUsage();
  await runScenario(parseScenario(JSON.stringify(document), 'writers.json'), {
    ...{ out, isExplicitOut: true, force: true },
    extraMetrics: kept,
  });
  const { user, system } = process.cpuUsage(before);
  const rows = kept.reduce((sum, metric) => sum + rowsOf(join(out, `${metric}.csv`)), 0);
  rmSync(out, { recursive: true, force: true });
  return { cpuS: (user + system) / 1e6, rows };
}

/** Lines of a table below its header. */
function rowsOf(path: string): number {
  const reader = new LineReader(path);
  let lines = 0;
  while (reader.nextLine()) lines++;
  reader.close();
  return lines - 1;
}

/** Rows of a table per CPU second that it adds to the same run: its metric's books and its writing. */
async function addedBy(metric: string, frameworks: number, jobs: number): Promise<number> {
  // Both ways are taken before the clock counts: the JIT's work would be charged to what comes first.
  await runWith([metric], frameworks, jobs);
  await runWith([], frameworks, jobs);
  let rows = 0;
  let addedS = 0;
  for (let pair = 0; pair < 2; pair++) {
    addedS -= (await runWith([], frameworks, jobs)).cpuS;
    const withIt = await runWith([metric], frameworks, jobs);
    addedS += withIt.cpuS;
    rows += withIt.rows;
  }
  return rows / Math.max(1e-6, addedS);
}

function rows(metric: string, jobs: number): Figure {
  return {
    name: `${metric}.csv rows, 100 frameworks: per second that they add to the run`,
    unit: 'rows/s',
    better: 'more',
    floor: 500_000,
    measure: () => addedBy(metric, 100, jobs),
  };
}

/** CPU time that a metric with its table adds to the same run. */
async function shareOf(metric: string): Promise<number> {
  // Ten times the jobs, and both ways taken before the clock counts: the JIT's work would be charged to what comes first.
  const cpuSOf = async (kept: readonly string[]): Promise<number> => (await runWith(kept, 100, 200)).cpuS;
  await cpuSOf([metric]);
  await cpuSOf([]);
  let without = 0;
  let withIt = 0;
  for (let pair = 0; pair < 2; pair++) {
    without += await cpuSOf([]);
    withIt += await cpuSOf([metric]);
  }
  return 100 * (withIt / without - 1);
}

function share(name: string, metric: string): Figure {
  return {
    name: `${name}, 100 frameworks: added to the run`,
    unit: '%',
    better: 'less',
    measure: () => shareOf(metric),
  };
}

const TABLES = ['jobs', 'tasks', 'offers', 'events'] as const;

/** Each result writer that has many rows. */
export const writerFigures: Figure[] = [
  { name: 'tasks.csv rows', unit: 'rows/s', better: 'more', floor: 500_000, measure: taskRows },
  {
    name: 'fairness.csv rows, 500 frameworks, a sample a second',
    unit: 'rows/s',
    better: 'more',
    floor: 500_000,
    measure: () => addedBy('fairness', 500, 20),
  },
  share('waits by cause', 'waits'),
  ...[...TABLES, 'utilization'].map((metric) => share(`${metric}.csv`, metric)),
  // Offers and events are many to a job.
  ...TABLES.map((metric, index) => rows(metric, index < 2 ? 600 : 20)),
];
