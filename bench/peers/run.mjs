// The same workload on mesosim and on peers that package registries carry: wall, CPU, memory and results side by side.
// Usage: npm run bench:peers [-- PYTHON], where PYTHON is an interpreter that has simpy and accasim (default python3). A peer that is not there is left
// out with a message. CloudSim Plus needs Maven and a JDK; its artifacts come from Maven Central on the first run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import seedrandom from 'seedrandom';
import { compileBench } from '../../scripts/compile-bench.mjs';

const python = process.argv[2] ?? 'python3';
const folder = resolve('.tmp/peers-data');
const MAIN = join(compileBench(), 'src', 'cli', 'main.js');
mkdirSync(folder, { recursive: true });

/** Runs a command under the measuring script; its own output, and what it cost. */
function measured(...words) {
  const { stdout, stderr } = spawnSync('python3', ['bench/peers/measure.py', ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const line = stdout.trim().split('\n').at(-1) ?? '{}';
  const cost = JSON.parse(line.startsWith('{') ? line : '{"code":1}');
  return { ...cost, text: `${stdout}\n${stderr}` };
}

function mesosim(name, scenario) {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, scenario);
  const out = join(folder, `${name}-out`);
  const told = measured(process.execPath, MAIN, 'run', file, '--out', out, '--force');
  if (told.code !== 0) throw new Error(told.text);
  const rows = readFileSync(join(out, 'summary.csv'), 'utf8').split('\n');
  const value = (metric) => Number(rows.find((row) => row.startsWith(`cluster,,${metric},`))?.split(',')[4]);
  return { ...told, meanWaitS: value('wait_s_mean'), jobs: value('jobs_submitted') };
}

const rows = [];
function row(workload, simulator, told, jobs, meanWaitS) {
  const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
  rows.push([
    workload,
    simulator,
    jobs,
    number(told.wallS, 1),
    number(told.cpuS, 1),
    number(told.peakMb, 0),
    number(meanWaitS, 4),
  ]);
  process.stdout.write(`| ${rows.at(-1).join(' | ')} |\n`);
}

const has = (...words) => spawnSync(words[0], words.slice(1), { stdio: 'ignore' }).status === 0;
process.stdout.write(
  '| workload | simulator | jobs | wall s | CPU s | peak MB | mean wait s |\n|---|---|---|---|---|---|---|\n',
);

// 1. First come, first served on c servers, load 0.95: one queue, the same arrivals and run times for all.
const JOBS = 200_000;
const SERVERS = 16;
const draw = seedrandom.alea('peers');
const exponential = (mean) => -Math.log(1 - draw()) * mean;
let nowS = 0;
const jobs = ['job_id,submit_s'];
const tasks = ['job_id,cpus,duration_s'];
for (let job = 1; job <= JOBS; job++) {
  nowS += exponential(10 / (SERVERS * 0.95));
  jobs.push(`${job},${nowS.toFixed(6)}`);
  tasks.push(`${job},1,${exponential(10).toFixed(6)}`);
}
/** The first so many jobs as native tables; mesosim's row of them. */
function queueOf(count, queue) {
  mkdirSync(join(folder, String(count)), { recursive: true });
  const [jobsFile, tasksFile] = ['jobs', 'tasks'].map((table) => join(folder, String(count), `workload-${table}.csv`));
  writeFileSync(jobsFile, `${jobs.slice(0, count + 1).join('\n')}\n`);
  writeFileSync(tasksFile, `${tasks.slice(0, count + 1).join('\n')}\n`);
  const ours = mesosim(
    `queue-${count}`,
    `name: queue
workload: { trace: ${count}/workload-jobs.csv }
cluster: { agents: [{ count: 1, cpus: ${SERVERS}, mem: 1 GiB }] }
frameworks: [{ name: all }]
master: { allocateOn: [recover] }
`,
  );
  row(queue, 'mesosim, offers and all messages', ours, count, ours.meanWaitS);
  return [jobsFile, tasksFile];
}

const queue = `M/M/${SERVERS}, load 0.95`;
const files = queueOf(JOBS, queue);
if (has(python, '-c', 'import simpy')) {
  const told = measured(python, 'bench/peers/simpy_queue.py', ...files, String(SERVERS));
  const result = JSON.parse(told.text.split('\n').find((line) => line.includes('meanWaitS')));
  row(queue, 'SimPy, one Resource', told, JOBS, result.meanWaitS);
} else process.stderr.write('left out: SimPy (pip install simpy)\n');
// CloudSim Plus ends with cloudlets that never ran when it is given all: it gets the first tenth.
const short = `${queue}, the first ${JOBS / 10} jobs`;
const shortFiles = queueOf(JOBS / 10, short);
const cloudsim = resolve('bench/peers/cloudsim-plus');
if (
  has('mvn', '-q', '-v') &&
  has(
    'mvn',
    '-q',
    '-f',
    join(cloudsim, 'pom.xml'),
    'compile',
    'dependency:build-classpath',
    '-Dmdep.outputFile=target/classpath',
  )
) {
  const classpath = `${join(cloudsim, 'target/classes')}:${readFileSync(join(cloudsim, 'target/classpath'), 'utf8').trim()}`;
  const told = measured('java', '-cp', classpath, 'Queue', ...shortFiles, String(SERVERS));
  const result = told.text.split('\n').find((line) => line.includes('meanWaitS'));
  if (result === undefined) process.stderr.write(`left out: CloudSim Plus (${told.text.trim().split('\n').at(-1)})\n`);
  else row(short, 'CloudSim Plus, space-shared VMs', told, JSON.parse(result).jobs, JSON.parse(result).meanWaitS);
} else process.stderr.write('left out: CloudSim Plus (needs Maven, a JDK and Maven Central)\n');

// 2. A parallel log under first come, first served on 128 one-core nodes.
const log = 'traces/nasa-ipsc/NASA-iPSC-1993-3.1-cln.swf.gz';
const plain = join(folder, 'nasa.swf');
if (!existsSync(plain)) writeFileSync(plain, gunzipSync(readFileSync(log)));
const nasa = mesosim(
  'nasa',
  `name: nasa
workload: { trace: nasa.swf }
cluster: { agents: [{ count: 128, cpus: 1, mem: 1 GiB }] }
frameworks: [{ name: all, gangRelease: 30 d }]
master: { allocateOn: [recover] }
`,
);
row('NASA-iPSC, FCFS', 'mesosim, offers, gangs held', nasa, nasa.jobs, nasa.meanWaitS);
if (has(python, '-c', 'import accasim')) {
  const told = measured(python, 'bench/peers/accasim_fifo.py', plain, '128');
  const wait = Number(/Avg\. waiting times: ([\d.]+)/.exec(told.text)?.[1]);
  const count = Number(/Total jobs: (\d+)/.exec(told.text)?.[1]);
  row('NASA-iPSC, FCFS', 'AccaSim, FIFO first fit', told, count, wait);
} else process.stderr.write('left out: AccaSim (pip install accasim)\n');

const header = ['workload', 'simulator', 'jobs', 'wall_s', 'cpu_s', 'peak_mb', 'mean_wait_s'];
const cell = (value) => (/[",]/.test(String(value)) ? `"${value}"` : value);
writeFileSync('bench/peers/results.csv', `${[header, ...rows].map((line) => line.map(cell).join(',')).join('\n')}\n`);
