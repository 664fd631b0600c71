// Makes bench/data/google-2011-jobs.csv: a seeded sample of the jobs of a task_events part of ClusterData 2011-2.
// Usage: npm run build && node bench/month/make-mix.mjs PART (needs the original file; the sample itself is in the repository)
import { writeFileSync } from 'node:fs';
import seedrandom from 'seedrandom';
import { ResourceSpace } from '../../dist/model/resources.js';
import { formatNamed } from '../../dist/workloads/index.js';

const SAMPLE = 1000;
const google = formatNamed('google-2011');
const options = Object.fromEntries(Object.entries(google.options).map(([name, { default: value }]) => [name, value]));
// One machine of the trace is 1 CPU and 1 GiB here: amounts are shares of the largest machine.
const context = {
  resources: new ResourceSpace(),
  options: { ...options, machineCpus: 1000, machineMemGib: 1000, machineDiskGib: 1000 },
  onBadRow: 'skip',
  maxSkipped: -1,
};
const source = google.openJobs(process.argv.slice(2), context);
const draw = seedrandom.alea('google-2011-mix');
const kept = [];
let seen = 0;
for (let job = source.next(); job !== null; job = source.next()) {
  const groups = job.groups.filter((group) => group.durationUs > 0);
  if (groups.length === 0) continue;
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const mean = (value) => groups.reduce((sum, group) => sum + value(group) * group.count, 0) / count;
  const row = {
    priority: job.priority,
    tasks: count,
    cpus: mean((group) => group.amounts[0]) / 1e6,
    mem: mean((group) => group.amounts[1]) / (1000 * 1024 * 1000),
    duration: mean((group) => group.durationUs) / 1e6,
  };
  // Reservoir sampling: every job has the same chance.
  if (kept.length < SAMPLE) kept.push(row);
  else {
    const place = Math.floor(draw() * (seen + 1));
    if (place < SAMPLE) kept[place] = row;
  }
  seen++;
}
const rows = kept.map(({ priority, tasks, cpus, mem, duration }) =>
  [priority, tasks, cpus.toFixed(5), mem.toFixed(5), duration.toFixed(1)].join(','),
);
writeFileSync(
  'bench/data/google-2011-jobs.csv',
  `priority,tasks,cpus_share,mem_share,duration_s\n${rows.join('\n')}\n`,
);
process.stdout.write(
  `${seen} jobs seen, ${kept.length} kept, ${kept.reduce((sum, { tasks }) => sum + tasks, 0)} tasks in them\n`,
);
