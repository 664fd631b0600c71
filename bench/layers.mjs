// Where the time of a run goes, by layer: runs a scenario under V8's CPU profiler and sums the samples by the folder of the source that was
// running. Usage: npm run build && node bench/layers.mjs [SCENARIO | FILE.cpuprofile] (default: the month twin, made small, in .tmp/layers)
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = '.tmp/layers';
const PROFILE = `${FOLDER}/run.cpuprofile`;
/** Paths below dist/, the first that fits counts. Node's own modules work for the tables (Buffer, writeSync) and for loading modules. */
const LAYERS = [
  ['engine: queue, loop, clocks, sketches', /^core\//],
  [
    'cluster: allocation cycle and filters',
    /^cluster\/(cycle|filters|shuffle|clients|market-cycle|allocation\/|general\/)/,
  ],
  ['cluster: offers, tasks, books', /^cluster\//],
  ['allocator: sorters and policies', /^allocators\//],
  ['framework: queue and placement', /^(frameworks|orders|placements)\//],
  ['metrics', /^metrics\//],
  ['reading', /^workloads\//],
  ['writing', /^(results\/|node:(buffer|fs)|.*(utf8Write|writeBuffer|latin1Write|asciiWrite))/],
  ['scenario: routing, set-up', /^(scenario|model|cli|report|experiment|faults)\//],
  ['garbage collection (main thread)', /^\(garbage collector\)/],
  ['loading of modules and the rest', /^/],
];

function ran(...words) {
  const { status, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(stderr);
}

function profiled(scenario) {
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const flags = ['--cpu-prof', `--cpu-prof-dir=${FOLDER}`, '--cpu-prof-name=run.cpuprofile'];
  ran(...flags, main, 'run', scenario, '--out', `${FOLDER}/results`, '--force');
  rmSync(`${FOLDER}/results`, { recursive: true, force: true });
  return PROFILE;
}

function smallMonth() {
  ran(fileURLToPath(new URL('month/make-month.mjs', import.meta.url)), `${FOLDER}/month`, '3000000');
  return `${FOLDER}/month/month.yaml`;
}

mkdirSync(FOLDER, { recursive: true });
const [given = smallMonth()] = process.argv.slice(2);
const { nodes, samples, timeDeltas } = JSON.parse(
  readFileSync(given.endsWith('.cpuprofile') ? given : profiled(given), 'utf8'),
);
const layerOf = new Map(
  nodes.map(({ id, callFrame: { functionName, url } }) => {
    const place = url === '' ? functionName : url.replace(/^.*\/dist\//, '');
    return [id, LAYERS.findIndex(([, pattern]) => pattern.test(place))];
  }),
);
const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id));
const sums = LAYERS.map(() => 0);
for (const [index, id] of samples.entries()) if (!idle.has(id)) sums[layerOf.get(id)] += timeDeltas[index];
const total = sums.reduce((sum, value) => sum + value, 0);
process.stdout.write('| layer | share |\n|---|---|\n');
for (const [index, [name]] of LAYERS.entries()) {
  process.stdout.write(`| ${name} | ${((100 * sums[index]) / total).toFixed(1)} % |\n`);
}
