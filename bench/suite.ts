import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ResourceSpace } from '../src/model/resources.js';
import { TableFile } from '../src/results/table-file.js';
import { parseScenario } from '../src/scenario/load.js';
import { Simulation } from '../src/scenario/simulation.js';
import { swf } from '../src/workloads/swf.js';
import { holdModel } from './hold.js';
import { type ReplayShape, replay, saturatedCycleMs } from './replay.js';

interface Row {
  readonly figure: string;
  readonly unit: string;
  readonly floor: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

const AGENTS = 12_500;
const FRAMEWORKS = 100;
const SWF_ROOT = '../shared/traces/swf';

/** Each figure runs in a process of its own, so that none warms or clutters another. */
const FIGURES: Readonly<Record<string, { unit: string; floor: string; measure: () => number }>> = {
  calibration: { unit: 'M iterations/s', floor: '', measure: calibration },
  'hold 1e3': { unit: 'M events/s', floor: '5', measure: () => holdModel(1e3, 3e6) },
  'hold 1e5': { unit: 'M events/s', floor: '3', measure: () => holdModel(1e5, 3e6) },
  'hold 1e6': { unit: 'M events/s', floor: '1.5', measure: () => holdModel(1e6, 3e6) },
  'replay 37 tasks/job': {
    unit: 'tasks/s',
    floor: '150000',
    measure: () => path({ tasksPerJob: 37, tasks: 1_000_000 }),
  },
  'replay 1 task/job': { unit: 'tasks/s', floor: '60000', measure: () => path({ tasksPerJob: 1, tasks: 400_000 }) },
  'replay 10 tasks/job, think': {
    unit: 'tasks/s',
    floor: '20000',
    measure: () => path({ tasksPerJob: 10, tasks: 200_000, tJobUs: 100_000, tTaskUs: 5_000 }),
  },
  'saturated cycle, offers': { unit: 'ms', floor: '8', measure: () => saturatedCycleMs(AGENTS, 10, 100).offeredMs },
  'saturated cycle, answers': { unit: 'ms', floor: '6', measure: () => saturatedCycleMs(AGENTS, 10, 100).answeredMs },
  'SWF reader (LCG)': { unit: 'jobs/s', floor: '', measure: readLcg },
  'NASA-iPSC, 128 one-CPU agents': { unit: 'CPU s', floor: '1.5', measure: nasa },
  'tasks.csv rows': { unit: 'rows/s', floor: '500000', measure: writeRows },
};

function path(shape: Omit<ReplayShape, 'agents' | 'frameworks' | 'load'>): number {
  return replay({ agents: AGENTS, frameworks: FRAMEWORKS, load: 0.7, ...shape }).tasksPerS;
}

function cpuS(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

function calibration(): number {
  let state = 1;
  const seconds = cpuS(() => {
    for (let index = 0; index < 1e8; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
  });
  return state === 0 ? 0 : 100 / seconds;
}

function readLcg(): number {
  const options = { memory: false, dependencies: false, reorder: 4096 };
  let jobs = 0;
  const seconds = cpuS(() => {
    const source = swf.openJobs?.([`${SWF_ROOT}/LCG-2005-1.swf.gz`], {
      resources: new ResourceSpace(),
      options,
      onBadRow: 'skip',
      maxSkipped: -1,
    });
    while (source?.next() !== null) jobs++;
    source?.close();
  });
  return jobs / seconds;
}

function nasa(): number {
  const document = {
    name: 'nasa',
    workload: { trace: `${SWF_ROOT}/NASA-iPSC-1993-3.1-cln.swf.gz` },
    cluster: { agents: [{ count: 128, cpus: 1, mem: '1 GiB' }] },
    frameworks: [{ name: 'all', gangRelease: '1 h' }],
  };
  return cpuS(() => {
    const run = new Simulation(parseScenario(JSON.stringify(document), 'nasa.json'));
    run.run();
    run.close();
  });
}

function writeRows(): number {
  const count = 1_000_000;
  const seconds = cpuS(() => {
    const table = new TableFile('/dev/null', [
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
      'g',
      'h',
      'i',
      'j',
      'k',
      'l',
      'm',
      'n',
      'o',
    ]);
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
        .text('finished')
        .milli(1500)
        .milli(2_048_000)
        .milli(0);
      table.end();
    }
    table.close();
  });
  return count / seconds;
}

function main(): void {
  const [mode, name] = process.argv.slice(2);
  if (mode === '--one') {
    const figure = FIGURES[name as string];
    process.stdout.write(`${figure?.measure()}\n`);
    return;
  }
  const rows: Row[] = [];
  for (const [figure, { unit, floor }] of Object.entries(FIGURES)) {
    const needsTrace = /SWF|NASA/.test(figure);
    if (needsTrace && !existsSync(SWF_ROOT)) continue;
    const values = [1, 2, 3]
      .map(() =>
        Number(
          spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--one', figure], { encoding: 'utf8' }).stdout,
        ),
      )
      .sort((a, b) => a - b);
    const [least, value, most] = values as [number, number, number];
    rows.push({ figure, unit, floor, value, least, most });
    process.stdout.write(`| ${figure} | ${shown(value)} | ${shown(least)} – ${shown(most)} | ${floor} | ${unit} |\n`);
  }
  const csv = rows.map((row) => [`"${row.figure}"`, row.unit, row.floor, row.value, row.least, row.most].join(','));
  writeFileSync('bench/results.csv', `figure,unit,floor,median,min,max\n${csv.join('\n')}\n`);
}

function shown(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toFixed(2);
}

main();
