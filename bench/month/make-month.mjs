// Generates the Google-month twin: 12,500 heterogeneous agents, 29 days, 25 million tasks at load 0.7, 100 users, as native tables with a
// scenario beside them. Sizes, priorities and tasks per job are those of bench/data/google-2011-jobs.csv; durations are scaled so that the
// scarcer resource is loaded as asked. Usage: node bench/month/make-month.mjs FOLDER [TASKS] [LOAD]
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import seedrandom from 'seedrandom';

const [folder = '.tmp/month', taskText = '25000000', loadText = '0.7'] = process.argv.slice(2);
const TASKS = Number(taskText);
const LOAD = Number(loadText);
const DAYS = 29 * (TASKS / 25e6);
const AGENTS = 12_500;
const USERS = 100;
const MACHINE = { cpus: 32, memMib: 131_072 };
// Shares of CPUs and memory and machines of that kind: Reiss et al., SoCC 2012, Table 1 (12,583 in all, scaled to AGENTS).
const KINDS = [
  [0.5, 0.5, 6732],
  [0.5, 0.25, 3863],
  [0.5, 0.75, 1001],
  [1, 1, 795],
  [0.25, 0.25, 126],
  [0.5, 0.12, 52],
  [0.5, 0.03, 5],
  [0.5, 0.97, 5],
  [1, 0.5, 3],
  [0.5, 0.06, 1],
];

const [, ...lines] = readFileSync(new URL('../data/google-2011-jobs.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const mix = lines.map((line) => {
  const [priority, tasks, cpus, mem, duration] = line.split(',').map(Number);
  return { priority, tasks, cpus, mem, duration };
});
const whole = KINDS.reduce((sum, [, , count]) => sum + count, 0);
let left = AGENTS;
const fleet = KINDS.map(([cpus, mem, count], index) => {
  const share = index === 0 ? 0 : Math.round((count * AGENTS) / whole);
  left -= share;
  return { cpus, mem, count: share };
});
fleet[0].count = left;
const total = (key) => fleet.reduce((sum, kind) => sum + kind[key] * kind.count, 0);
const taskMean = (value) =>
  mix.reduce((sum, row) => sum + row.tasks * value(row), 0) / mix.reduce((sum, row) => sum + row.tasks, 0);
const ratePerS = TASKS / (DAYS * 86_400);
const loadOf = (key) => (ratePerS * taskMean((row) => row[key] * row.duration)) / total(key);
const scale = LOAD / Math.max(loadOf('cpus'), loadOf('mem'));

const draw = seedrandom.alea('google-month');
mkdirSync(folder, { recursive: true });
/** Rows gathered to megabytes before they are written. */
function table(name, header) {
  const file = openSync(join(folder, name), 'w');
  let rows = `${header}\n`;
  const flush = () => {
    writeSync(file, rows);
    rows = '';
  };
  return {
    add(row) {
      rows += `${row}\n`;
      if (rows.length > 1 << 20) flush();
    },
    end() {
      flush();
      closeSync(file);
    },
  };
}
// User u has a share ∝ 1/u of the jobs.
const weights = Array.from({ length: USERS }, (_, user) => 1 / (user + 1));
const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
function user() {
  let point = draw() * weightSum;
  for (let index = 0; index < USERS; index++) {
    point -= weights[index];
    if (point <= 0) return index + 1;
  }
  return USERS;
}
const jobs = table('workload-jobs.csv', 'job_id,user,submit_s,priority');
const tasks = table('workload-tasks.csv', 'job_id,count,cpus,mem_mib,duration_s');
const jobGapS =
  taskMean((row) => row.tasks) > 0 ? mix.reduce((sum, row) => sum + row.tasks, 0) / mix.length / ratePerS : 0;
let nowS = 0;
let made = 0;
let jobCount = 0;
while (made < TASKS) {
  const row = mix[Math.floor(draw() * mix.length)];
  nowS += -Math.log(1 - draw()) * jobGapS;
  jobCount++;
  const count = Math.min(row.tasks, TASKS - made);
  made += count;
  const duration = Math.max(1, -Math.log(1 - draw()) * row.duration * scale);
  jobs.add(`${jobCount},user-${user()},${nowS.toFixed(3)},${row.priority}`);
  const cpus = Math.max(0.001, row.cpus * MACHINE.cpus).toFixed(3);
  const mem = Math.max(1, Math.round(row.mem * MACHINE.memMib));
  tasks.add(`${jobCount},${count},${cpus},${mem},${duration.toFixed(3)}`);
}
jobs.end();
tasks.end();
const agents = table('agents.csv', 'agent_id,count,cpus,mem_mib');
for (const [index, kind] of fleet.entries()) {
  if (kind.count > 0)
    agents.add(`kind-${index},${kind.count},${kind.cpus * MACHINE.cpus},${Math.round(kind.mem * MACHINE.memMib)}`);
}
agents.end();
const frameworks = weights.map((_, index) => `  - { name: user-${index + 1}, match: { user: user-${index + 1} } }`);
writeFileSync(
  join(folder, 'month.yaml'),
  `name: google-month
workload: { trace: workload-jobs.csv }
cluster: { agents: [{ trace: agents.csv }] }
frameworks:
${frameworks.join('\n')}
`,
);
process.stdout.write(
  `${made} tasks in ${jobCount} jobs, ${(nowS / 86400).toFixed(1)} days, durations × ${scale.toFixed(2)}\n`,
);
