import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRecord } from '../../src/model/job.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { prepareTrace } from '../../src/workloads/index.js';
import { datacentreSamples } from './datacentre-samples.js';
import { peerSamples } from './peer-samples.js';

/** A small trace of a format, made by us: its files by name, the first one (or all, with `isWhole`) given to the reader. */
export interface TraceSample {
  readonly format: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Every file is an argument; else the others only stand beside the first. */
  readonly isWhole?: boolean;
  readonly holds: 'jobs' | 'agents' | 'events';
}

const swfRow = (id: number, submitS: number, runS: number, procs: number, user: number): string =>
  `${id} ${submitS} 5 ${runS} ${procs} -1 512 ${procs} ${runS * 2} 1024 1 ${user} 3 -1 ${user % 2} -1 ${id > 2 ? id - 2 : -1} 4`;

const googleEvent = (timeUs: number, job: number, index: number, kind: number): string =>
  `${timeUs},,${job},${index},,${kind},user${job % 3},${job % 4},${job % 12},0.0625,0.01,0.0001,0`;

function googleTasks(): string {
  const rows: [number, string][] = [];
  for (let job = 1; job <= 8; job++) {
    for (let index = 0; index < 3; index++) {
      const start = 600e6 + job * 10e6 + index;
      rows.push([start, googleEvent(start, job, index, 0)]);
      rows.push([start + 1e6, googleEvent(start + 1e6, job, index, 1)]);
      if (job < 8) rows.push([start + job * 7e6, googleEvent(start + job * 7e6, job, index, job % 2 === 0 ? 4 : 3)]);
    }
  }
  return `${rows
    .sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
    .map(([, row]) => row)
    .join('\n')}\n`;
}

/** One sample or more of every registered format; a test fails when a format has none. */
export const traceSamples: readonly TraceSample[] = [
  ...peerSamples,
  ...datacentreSamples,
  {
    format: 'swf',
    holds: 'jobs',
    files: {
      'own.swf': `; MaxProcs: 64\n; UnixStartTime: 0\n${Array.from({ length: 20 }, (_, row) => swfRow(row + 1, row * 40, 30 + ((row * 37) % 200), 1 + (row % 7), row % 5)).join('\n')}\n`,
    },
  },
  { format: 'google-2011', holds: 'jobs', files: { 'task_events-part-00000-of-00500.csv': googleTasks() } },
  {
    format: 'google-2011',
    holds: 'agents',
    files: {
      'machine_events-part-00000-of-00001.csv':
        '0,1,0,a,0.5,0.25\n0,2,0,a,1,0.5\n0,3,0,b,0.5,\n700000000,1,1,a,0.5,0.25\n',
    },
  },
  {
    format: 'openb',
    holds: 'jobs',
    files: {
      'openb_pod_list_own.csv': `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n${Array.from(
        { length: 12 },
        (_, row) =>
          `pod-${row},${1000 + row * 100},${512 * (row + 1)},${row % 2},${row % 2 === 0 ? 0 : 500},,${row % 3 === 0 ? 'LS' : 'BE'},Succeeded,${row * 30},${row * 30 + 100 + row},${row * 30 + 3}`,
      ).join('\n')}\n`,
    },
  },
  {
    format: 'openb',
    holds: 'agents',
    files: {
      'openb_node_list_own.csv': 'sn,cpu_milli,memory_mib,gpu,model\nn-1,32000,131072,2,T4\nn-2,64000,262144,0,\n',
    },
  },
  {
    format: 'omega-cell',
    holds: 'jobs',
    files: {
      'cell.csv': `job_id,submit_s,workload,num_tasks,task_duration_s,cpus_per_task,mem_gb_per_task\n${Array.from(
        { length: 12 },
        (_, row) =>
          `${row},${row * 20.5},${row % 4 === 0 ? 'Service' : 'Batch'},${1 + (row % 5)},${15.25 + row},0.5,${0.25 * (1 + (row % 3))}`,
      ).join('\n')}\n`,
    },
  },
  {
    format: 'native',
    holds: 'jobs',
    files: {
      'workload-jobs.csv': `job_id,user,queue,class,submit_s,priority,deadline_s,after\n${Array.from(
        { length: 12 },
        (_, row) => `j${row},u${row % 3},q${row % 2},c,${row * 12.5},${row % 4},,${row > 3 ? `j${row - 3}+1.5` : ''}`,
      ).join('\n')}\n`,
      'workload-tasks.csv': `job_id,task,count,gang,cpus,mem_mib,disk_mib,gpus,duration_s,estimate_s,constraints,after,image,inputs,output_mib\n${Array.from(
        { length: 12 },
        (_, row) =>
          `j${row},map,${1 + (row % 4)},${row % 2 === 0},0.5,${128 + row},,,${10 + row},20,,,img,a;b,1.5\nj${row},reduce,1,false,1,256,,,5,,,map,,,`,
      ).join('\n')}\n`,
    },
  },
  {
    format: 'native',
    holds: 'jobs',
    files: {
      'workload-jobs.csv': `job_id,user,submit_s\n${Array.from({ length: 6 }, (_, row) => `vm${row},u${row % 2},${row * 20}`).join('\n')}\n`,
      'workload-tasks.csv': `job_id,task,count,cpus,mem_mib,duration_s\n${Array.from({ length: 6 }, (_, row) => `vm${row},,1,2,512,90`).join('\n')}\n`,
      'workload-usage.csv': `job_id,task,offset_s,cpus,mem_mib\n${Array.from({ length: 6 }, (_, row) => `vm${row},,0,0.25,${100 + row}\nvm${row},,45.5,1.5,128`).join('\n')}\n`,
    },
  },
  {
    format: 'native',
    holds: 'agents',
    files: {
      'agents.csv':
        'agent_id,count,cpus,mem_mib,disk_mib,gpus,attributes\na,3,8,1024,0,1,rack=r1;zone=z\nb,1,4,512,0,0,\n',
    },
  },
];

/** Writes the files of a sample into a folder and returns the arguments of a reader. */
export function writeSample(sample: TraceSample, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const paths = Object.entries(sample.files).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  });
  return sample.isWhole === true ? paths : paths.slice(0, 1);
}

/** All jobs of a trace, through the registry as a run reads them. */
export function readJobs(files: readonly string[], format = ''): JobRecord[] {
  const request = { format, options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const prepared = prepareTrace(files, request, new ResourceSpace());
  const source = prepared.format.openJobs?.(files, prepared.context);
  const jobs: JobRecord[] = [];
  for (let job = source?.next() ?? null; job !== null; job = source?.next() ?? null) jobs.push(job);
  source?.close();
  return jobs;
}

/** Names of the files of a folder, in order; none when there is no such folder. */
export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort((a, b) => (a < b ? -1 : 1)) : [];
}
