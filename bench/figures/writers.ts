import { metrics } from '../../src/metrics/index.js';
import { TableFile } from '../../src/results/table-file.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
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

/** A busy hour of many frameworks, with a sample a second. */
function busyHour(frameworks: number, jobs: number): Record<string, unknown> {
  const synthetic = Array.from({ length: frameworks }, (_, row) => ({
    jobs,
    user: `u${row}`,
    arrivals: { poisson: { rate: `${jobs / 2000} /s` } },
    tasks: 2,
    duration: { exponential: { mean: '120 s' } },
    cpus: 1,
    mem: 512,
  }));
  return {
    name: 'writers',
    workload: { synthetic },
    cluster: { agents: [{ count: 2 * jobs, cpus: 16, mem: '64 GiB' }] },
    frameworks: Array.from({ length: frameworks }, (_, row) => ({ name: `u${row}`, match: { user: `u${row}` } })),
    metrics: { sample: '1 s' },
    until: '1000 s',
  };
}

/** Copies of a metric that are measured at once: the run that they watch costs as much as one of them otherwise. */
const COPIES = 10;

/**
 * Rows of a table per CPU second: the metric's books and its writing. Two runs differ in the number of observers alone, so that what
 * the cluster does to tell a fact is in both; tables go to /dev/null.
 */
function rowsPerS(metric: string, frameworks: number, jobs: number): number {
  const alone = watched(metric, 1, frameworks, jobs);
  let addedS = 0;
  let rows = 0;
  for (let pair = 0; pair < 2; pair++) {
    const many = watched(metric, 1 + COPIES, frameworks, jobs);
    addedS += many.cpuS - watched(metric, 1, frameworks, jobs).cpuS;
    rows += (many.rows / (1 + COPIES)) * COPIES;
  }
  if (alone.rows === 0) throw new Error(`${metric}.csv has no rows`);
  return rows / addedS;
}

/** A run that so many copies of a metric watch. */
function watched(metric: string, copies: number, frameworks: number, jobs: number): { cpuS: number; rows: number } {
  const { definition, options } = metrics.resolve(metric);
  const tables: TableFile[] = [];
  const cpuS = cpuSecondsOf(() => {
    const simulation = new Simulation(parseScenario(JSON.stringify(busyHour(frameworks, jobs)), 'writers.json'), {
      observe: (cluster) =>
        Array.from({ length: copies }, () =>
          definition.create(options, {
            cluster,
            warmupUs: 0,
            table: (_, columns) => {
              tables.push(new TableFile('/dev/null', columns));
              return tables.at(-1) as TableFile;
            },
            summary: () => undefined,
          }),
        ),
    });
    simulation.run();
    simulation.close();
    for (const table of tables) table.close();
  });
  return { cpuS, rows: tables.reduce((sum, { rowCount }) => sum + rowCount, 0) };
}

function rows(metric: string, frameworks: number, jobs: number): Figure {
  return {
    name: `${metric}.csv rows, ${frameworks} frameworks`,
    unit: 'rows/s',
    better: 'more',
    ...(metric === 'tasks' ? { floor: 500_000 } : {}),
    measure: () => rowsPerS(metric, frameworks, jobs),
  };
}

/** CPU time that a metric of few rows adds to a run that nothing watches. */
function share(metric: string): Figure {
  return {
    name: `${metric}.csv, 100 frameworks: added to the run`,
    unit: '%',
    better: 'less',
    measure: () => {
      const one = { bare: 0, added: 0 };
      watched(metric, 1, 100, 200);
      for (let pair = 0; pair < 2; pair++) {
        one.bare += watched(metric, 0, 100, 200).cpuS;
        one.added += (watched(metric, COPIES, 100, 200).cpuS - watched(metric, 0, 100, 200).cpuS) / COPIES;
      }
      return (100 * one.added) / one.bare;
    },
  };
}

/** Each result writer: rows of tables that have many, time of those that have few. */
export const writerFigures: Figure[] = [
  { name: 'tasks.csv rows', unit: 'rows/s', better: 'more', floor: 500_000, measure: taskRows },
  rows('fairness', 500, 20),
  rows('jobs', 100, 200),
  rows('tasks', 100, 200),
  // Offers and events are many to a job.
  rows('offers', 100, 20),
  rows('events', 100, 20),
  share('waits'),
  share('utilization'),
];
