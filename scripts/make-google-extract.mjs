// Makes traces/google-2011-extract from task_events parts of ClusterData 2011-2.
// Usage: npm run build && node scripts/make-google-extract.mjs PART… (needs the original files; the extract itself is in the repository)
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { ResourceSpace } from '../dist/model/resources.js';
import { google2011 } from '../dist/workloads/google-2011.js';

const OUT = 'traces/google-2011-extract';
/** Free tier and production are rare in the part: all of their tasks are kept; of priority 2, which is nine tenths, one in KEEP. */
const COMMON_PRIORITY = 2;
const KEEP = 3;

const context = {
  resources: new ResourceSpace(),
  options: { censored: 'skip', machineCpus: 32, machineMemGib: 128, machineDiskGib: 1024 },
  onBadRow: 'skip',
  maxSkipped: -1,
};
const source = google2011.openJobs(process.argv.slice(2), context);
const users = new Map();
const jobs = ['job_id,user,class,submit_s,priority'];
const tasks = ['job_id,task,cpus,mem_mib,duration_s'];
let seen = 0;
let work = 0;
let memory = 0;
for (let job = source.next(); job !== null; job = source.next()) {
  const groups = job.groups.filter(
    (group) => group.durationUs > 0 && (job.priority !== COMMON_PRIORITY || seen++ % KEEP === 0),
  );
  if (groups.length === 0) continue;
  if (!users.has(job.user)) users.set(job.user, `user-${users.size + 1}`);
  jobs.push([job.id, users.get(job.user), job.class, job.submitUs / 1e6, job.priority].join(','));
  for (const group of groups) {
    const duration = Math.max(0.1, Math.round(group.durationUs / 1e5) / 10);
    const cpus = Math.max(1, Math.round(group.amounts[0])) / 1000;
    const mem = Math.max(1, Math.round(group.amounts[1] / 1000));
    tasks.push([job.id, group.name, cpus, mem, duration].join(','));
    work += cpus * duration;
    memory += mem * duration;
  }
}
for (const [name, rows] of [
  ['workload-jobs.csv', jobs],
  ['workload-tasks.csv', tasks],
]) {
  const packed = gzipSync(`${rows.join('\n')}\n`, { level: 9 });
  // Byte 9 of a gzip file names the operating system: fixed, so that every machine makes the same file.
  packed[9] = 255;
  writeFileSync(`${OUT}/${name}.gz`, packed);
  process.stdout.write(`${name}: ${rows.length - 1} rows, ${packed.length} bytes\n`);
}
process.stdout.write(`work: ${Math.round(work)} CPU s, ${Math.round(memory / 1024)} GiB s, users ${users.size}\n`);
