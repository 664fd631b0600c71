import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.js';
import { scenarioJsonSchema } from '../scenario/json-schema.js';
import { writeWhole } from '../workloads/bytes/whole-file.js';

const SCENARIO = `# yaml-language-server: $schema=scenario.schema.json
# Two teams share eight agents. Run it: mesosim compare scenario.yaml
name: study
workload:
  trace: workload-jobs.csv # jobs and, beside it, workload-tasks.csv; SWF, Google 2011 and other formats work as well
cluster:
  agents: [{ count: 8, cpus: 8, mem: 32 GiB, attributes: { rack: "r{i/4}" } }]
frameworks:
  - { name: "{user}" } # one framework per user of the trace
policy: { allocator: drf, order: fifo, placement: first-fit } # mesosim list shows what there is
compare:
  - { allocator: drf }
  - { allocator: market-uniform }
  - { name: priority, allocator: "priority[preemption=true]" }
metrics: { warmup: 1 min }
# checks: [ "wait_s_p95 < 60" ] # a failed check ends the program with exit code 1
seed: 1
`;

/** Writes the files of a new study; returns their names. InputError E_OUT_EXISTS when one of them is there. */
export function initFolder(folder: string): string[] {
  const { jobs, tasks } = smallTrace();
  // The scenario comes last: where it is, the study is whole.
  const files = {
    'scenario.schema.json': scenarioJsonSchema(),
    'workload-jobs.csv': jobs,
    'workload-tasks.csv': tasks,
    'scenario.yaml': SCENARIO,
  };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    // What an init that was killed has left is the same to the byte.
    const isLeft = name !== 'scenario.yaml' && existsSync(file) && readFileSync(file, 'utf8') === text;
    if (existsSync(file) && !isLeft)
      throw new InputError('E_OUT_EXISTS', 'the file exists and is not overwritten', { file });
  }
  for (const [name, text] of Object.entries(files)) writeWhole(join(folder, name), text);
  return Object.keys(files);
}

/** Sixty jobs of two users, larger and longer ones of the second: enough to see policies differ. */
function smallTrace(): { jobs: string; tasks: string } {
  const jobs = ['job_id,user,submit_s,priority'];
  const tasks = ['job_id,task,count,cpus,mem_mib,duration_s,estimate_s'];
  for (let number = 1; number <= 60; number++) {
    const isBatch = number % 3 === 0;
    jobs.push(`j${number},${isBatch ? 'batch' : 'web'},${number * 5},${isBatch ? 0 : 10}`);
    const count = isBatch ? 16 : 4;
    const durationS = isBatch ? 90 + (number % 7) * 15 : 20 + (number % 5) * 8;
    tasks.push(`j${number},work,${count},${isBatch ? 2 : 1},${isBatch ? 6144 : 2048},${durationS},${durationS * 2}`);
  }
  return { jobs: `${jobs.join('\n')}\n`, tasks: `${tasks.join('\n')}\n` };
}
