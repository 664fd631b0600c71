import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { detectFormat, prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SAMPLE = '../shared/traces/alibaba-gpu2020/pai_machine_spec.csv';

// The example of the trace's own page: 600 % + 2 * 400 % of CPU, 0 % + 2 * 50 % of GPU; times are shifted by a constant.
const TASKS = [
  'a1b2c3d4e5f6,ps,1.0,Terminated,1010.0,1110.0,600.0,29.296875,,',
  'a1b2c3d4e5f6,worker,2.0,Terminated,1012.0,1112.0,400.0,16.0,50.0,T4',
  'b1b2c3d4e5f6,tensorflow,1.0,Failed,1000.0,1007.0,600.0,8.0,100.0,V100',
  'c1b2c3d4e5f6,tensorflow,1.0,Running,1001.0,,600.0,8.0,100.0,V100',
  'd1b2c3d4e5f6,tensorflow,1.0,Terminated,1030.0,1020.0,600.0,8.0,100.0,V100',
  'e1b2c3d4e5f6,worker,3.0,Terminated,1040.0,1050.0,,,250.0,P100',
].join('\n');
const JOBS = [
  'a1b2c3d4e5f6,x1,58540f191766,Terminated,990.0,1112.0',
  'e1b2c3d4e5f6,x2,58540f191767,Terminated,1039.0,1050.0',
].join('\n');
const INSTANCES = [
  'a1b2c3d4e5f6,worker,i1,w1,x1,Terminated,1012.0,1112.0,m1',
  'a1b2c3d4e5f6,worker,i2,w2,x1,Terminated,1012.0,1062.0,m2',
  'a1b2c3d4e5f6,ps,i3,w3,x1,Terminated,1010.0,1100.0,m2',
  'c1b2c3d4e5f6,tensorflow,i4,w4,x1,Running,1001.0,,m2',
].join('\n');

describe('alibaba-gpu-2020', () => {
  it('makes a gang of a task with its share of a GPU, on the type of GPU where it ran', () => {
    const path = file(TASKS, 'pai_task_table.csv');
    expect(detectFormat(path).name).toBe('alibaba-gpu-2020');
    const reading = readJobs(path);
    // The first start of all is 1000: it becomes 0.
    expect(reading.jobs.map(({ id, submitUs }) => [id[0], submitUs])).toEqual([
      ['b', 0],
      ['a', 10e6],
      ['e', 40e6],
    ]);
    expect(reading.jobs[1]?.groups).toMatchObject([
      { name: 'ps', count: 1, gang: false, durationUs: 100e6, constraints: '' },
      { name: 'worker', count: 2, gang: true, durationUs: 100e6, constraints: 'gpu_type=T4' },
    ]);
    expect([...(reading.jobs[1]?.groups[0]?.amounts ?? [])]).toEqual([6000, 30_000_000, 0, 0]);
    expect([...(reading.jobs[1]?.groups[1]?.amounts ?? [])]).toEqual([4000, 16_384_000, 0, 500]);
    // Two and a half GPUs take three whole devices; a missing request is 6 CPUs and 29 GiB.
    expect([...(reading.jobs[2]?.groups[0]?.amounts ?? [])]).toEqual([6000, 29_696_000, 0, 3000]);
    expect(skippedOf(reading)).toEqual({ E_ALIBABA_PENDING: 1, E_ALIBABA_RUN: 1 });
    expect(repairedOf(reading)).toEqual({ E_ALIBABA_SIZE: 2, E_ALIBABA_GPUS: 1, E_ORDER: 1 });
    const free = readJobs(path, { format: 'alibaba-gpu-2020[gpuTypes=false]' });
    expect(free.jobs.flatMap(({ groups }) => groups.map(({ constraints }) => constraints)).join('')).toBe('');
  });

  it('takes users and submit times from the job table, run times from the instance table', () => {
    const files = [file(JOBS, 'pai_job_table.csv'), file(TASKS, 'pai_task_table.csv')];
    const withJobs = readJobs(files);
    // Job a was submitted at 990 and started at 1010: now the first of all.
    expect(withJobs.jobs.map(({ id, submitUs, user }) => [id[0], submitUs, user])).toEqual([
      ['a', 0, '58540f191766'],
      ['b', 10e6, ''],
      ['e', 49e6, '58540f191767'],
    ]);
    const reading = readJobs([...files, file(INSTANCES, 'pai_instance_table.csv')]);
    expect(reading.jobs[0]?.groups).toMatchObject([
      { name: 'ps', count: 1, durationUs: 90e6 },
      { name: 'worker', count: 1, durationUs: 100e6, gang: false },
      { name: 'worker~1', count: 1, durationUs: 50e6, gang: false },
    ]);
    expect(reading.report).toMatchObject({ rowsRead: 12, rowsKept: 9 });
    expect(skippedOf(reading)).toEqual({ E_ALIBABA_PENDING: 2, E_ALIBABA_RUN: 1 });
    expect(inputErrorOf(() => readJobs(files.slice(0, 1)))).toContain('pai_task_table is missing');
  });

  it('tells counts and sums of each table', () => {
    const tasks = file(TASKS, 'pai_task_table.csv');
    // GPU seconds: 0.5 * 2 * 100 + 1 * 7 + 2.5 * 3 * 10 = 182; a negative run and one without an end do not count.
    expect(inspectTrace([tasks], request)['facts']).toMatchObject({ rows: 6, instances: 9, jobs: 5, gpuSeconds: 182 });
    const jobs = file(JOBS, 'pai_job_table.csv');
    expect(inspectTrace([jobs], request)).toMatchObject({ facts: { rows: 2, users: 2, runSeconds: 133 } });
    const both = inspectTrace([tasks, jobs], request)['facts'] as object;
    expect(Object.keys(both)).toEqual(['pai_task_table', 'pai_job_table']);
  });

  it.skipIf(!existsSync(SAMPLE))('reads the machines of the real sample as csv-parse does', () => {
    const rows = parse(readFileSync(SAMPLE)) as string[][];
    const { format, context } = prepareTrace([SAMPLE], request, new ResourceSpace());
    const agents = format.readAgents?.([SAMPLE], context).agents ?? [];
    expect(agents.map(({ id, attributes }) => [id, attributes['gpu_type']])).toEqual(
      rows.map(([id, type]) => [id, type]),
    );
    expect(agents.map(({ amounts }) => [...amounts])).toEqual(
      rows.map(([, , cores, gb, gpus]) => [Number(cores) * 1000, Number(gb) * 1024000, 0, Number(gpus) * 1000]),
    );
    // alibaba-gpu2020/README.md: 156,576 cores, 948,224 GB, 6,742 GPUs; 798 machines with P100.
    expect(inspectTrace([SAMPLE], request)['facts']).toMatchObject({
      rows: 1897,
      cores: 156576,
      memGb: 948224,
      gpus: 6742,
      machinesByType: { P100: 798, T4: 497, MISC: 280, V100M32: 135, V100: 104, CPU: 83 },
    });
  });
});
