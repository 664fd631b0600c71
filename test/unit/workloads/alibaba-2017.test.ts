import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { FOREVER_US } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { detectFormat, prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SAMPLE = '../shared/traces/alibaba2017/batch_task.csv';
const HEADER =
  'task_create_time, task_end_time, job_id, task_id,number_of_instances, status, number_of_cpus_requested_per_instance_in_the_task,normalized_memory_requested_per_instance_in_the_task';

describe('batch_task of 2017', () => {
  it('makes a job of the rows of one job id, submitted when its first task was made, a group per task', () => {
    // Job 3 is made at 100; task 4 has 12 instances of half a core and 0.01 of 256 GiB = 2621.44 MiB.
    const path = file(
      '120,125,3,5,1,Terminated,100,0.5\n100,130,3,4,12,Terminated,50,0.01\n90,95,2,1,2,Failed,50,0.01\n',
      'batch_task.csv',
    );
    const { jobs, report } = readJobs(path);
    expect(jobs.map((job) => [job.id, job.submitUs])).toEqual([
      ['2', 90e6],
      ['3', 100e6],
    ]);
    expect(jobs[1]?.groups).toMatchObject([
      { name: '5', count: 1, durationUs: 5e6 },
      { name: '4', count: 12, durationUs: 30e6 },
    ]);
    expect([...(jobs[1]?.groups[1]?.amounts ?? [])]).toEqual([500, 2621440, 0, 0]);
    expect(report).toMatchObject({ rowsRead: 3, rowsKept: 3, jobCount: 2, taskCount: 15 });
  });

  it('is the same with the header that mirrors have added, blanks before its names', () => {
    const rows = '100,130,3,4,12,Terminated,50,0.01\n';
    const bare = file(rows, 'bare.csv');
    const headed = file(`${HEADER}\n${rows}`, 'headed.csv');
    expect([detectFormat(bare).name, detectFormat(headed).name]).toEqual(['alibaba-2017', 'alibaba-2017']);
    expect(readJobs(headed).jobs).toEqual(readJobs(bare).jobs);
  });

  it('submits what was made before the trace at 0 with its whole run time, and says which rows a run leaves out', () => {
    const path = file(
      [
        '-78,22,1,1,1,Terminated,50,0.01',
        '5,0,2,1,1,Terminated,50,0.01',
        '5,9,3,1,1,Waiting,,',
        '5,9,4,1,1,Running,50,0.01',
        '9,5,5,1,1,Failed,50,0.01',
        '9,15,6,1,1,Terminated,,',
        '9,15,6,1,1,Terminated,50,0.1',
        '9,15,7,1,x,Terminated,50,0.1',
        '9,15,8,1,1,Terminated,50,1.5',
        '9,15,,1,1,Terminated,50,0.5',
      ].join('\n'),
      'batch_task.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id, submitUs, groups }) => [id, submitUs, groups[0]?.durationUs])).toEqual([
      ['1', 0, 100e6],
      ['6', 9e6, 6e6],
    ]);
    // Missing: half a CPU and 0.008 of 256 GiB = 2097.152 MiB.
    expect([...(reading.jobs[1]?.groups[0]?.amounts ?? [])]).toEqual([500, 2097152, 0, 0]);
    expect(skippedOf(reading)).toEqual({
      E_ALIBABA_PENDING: 3,
      E_ALIBABA_RUN: 1,
      E_ALIBABA_DUPLICATE: 1,
      E_ALIBABA_VALUE: 3,
    });
    expect(repairedOf(reading)).toEqual({ E_ALIBABA_BEFORE: 1, E_ALIBABA_SIZE: 2 });
  });

  it.skipIf(!existsSync(SAMPLE))('agrees with csv-parse on the real sample', () => {
    const rows = parse(readFileSync(SAMPLE), { from_line: 2 }) as string[][];
    const kept = rows.filter(
      ([create, end, , , , status]) =>
        /^(Terminated|Failed)$/.test(status ?? '') && Number(end) !== 0 && Number(end) >= Number(create),
    );
    const { jobs, report } = readJobs(SAMPLE);
    expect(report.rowsRead).toBe(rows.length);
    expect(report.rowsKept).toBe(kept.length);
    expect(jobs.length).toBe(new Set(kept.map((row) => row[2])).size);
    expect(report.taskCount).toBe(kept.reduce((sum, row) => sum + Number(row[4]), 0));
    const seconds = kept.reduce((sum, row) => sum + Number(row[1]) - Number(row[0]), 0);
    const groups = jobs.flatMap((job) => job.groups);
    expect(groups.reduce((sum, group) => sum + group.durationUs, 0)).toBe(seconds * 1e6);
    const cores = kept.reduce((sum, row) => sum + (row[6] === '' ? 50 : Number(row[6])), 0) / 100;
    expect(groups.reduce((sum, group) => sum + (group.amounts[0] ?? 0), 0)).toBeCloseTo(cores * 1000, 3);
  });
});

describe('the other tables of 2017', () => {
  it('groups instances of a task that ran equally long: they ask for the largest use and use the mean', () => {
    const path = file(
      [
        '10,20,1,7,100,Terminated,1,1,0.8,0.25,0.02,0.01',
        '10,20,1,7,101,Terminated,1,1,1.5,0.75,0.01,0.01',
        '10,25,1,7,102,Terminated,1,1,0.5,,0.01,',
        '10,12,1,7,103,Interrupted,1,2,0.5,0.1,0.01,0.01',
        '0,0,1,7,104,Waiting,1,1,,,,',
        '70000,70005,,,104,Terminated,1,1,1,1,0.1,0.1',
      ].join('\n'),
      'batch_instance.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs[0]?.groups).toMatchObject([
      { name: '7', count: 2, durationUs: 10e6 },
      { name: '7~1', count: 1, durationUs: 15e6 },
    ]);
    // 1.5 cores and 0.02 of 256 GiB = 5242.88 MiB asked; (0.25 + 0.75) / 2 cores and 2621.44 MiB used.
    expect([...(reading.jobs[0]?.groups[0]?.amounts ?? [])]).toEqual([1500, 5242880, 0, 0]);
    expect([...(reading.jobs[0]?.groups[0]?.usage?.[0]?.amounts ?? [])]).toEqual([500, 2621440, 0, 0]);
    expect(reading.jobs[0]?.groups[1]?.usage).toBeUndefined();
    expect(skippedOf(reading)).toEqual({ E_ALIBABA_ATTEMPT: 1, E_ALIBABA_PENDING: 1, E_ALIBABA_VALUE: 1 });
    expect(inspectTrace([path], request)['facts']).toMatchObject({ rows: 6, jobs: 1, emptyJob: 1, machines: 5 });
  });

  it('makes services of container_event, from Create to Remove', () => {
    const path = file(
      '0,Create,1,9,4,0.05,0.1,0|1|2|3\n300,Create,2,9,8,0.1,0.1,4|5\n900,Remove,2,9,8,0.1,0.1,4|5\n950,Remove,3,9,8,0.1,0.1,\n',
      'container_event.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id, submitUs, groups }) => [id, submitUs, groups[0]?.durationUs])).toEqual([
      ['1', 0, FOREVER_US],
      ['2', 300e6, 600e6],
    ]);
    // 0.05 of 256 GiB = 13107.2 MiB, 0.1 of 2 TiB = 209715.2 MiB.
    expect([...(reading.jobs[0]?.groups[0]?.amounts ?? [])]).toEqual([4000, 13107200, 209715200, 0]);
    expect(skippedOf(reading)).toEqual({ E_ALIBABA_PENDING: 1 });
    expect(repairedOf(reading)).toEqual({ E_ALIBABA_EVENT: 1 });
    expect(inspectTrace([path], request)['facts']).toEqual({
      rows: 4,
      containers: 3,
      byEvent: { Create: 2, Remove: 2 },
    });
  });

  it('takes machines away at an error and knows those of time 0 as agents', () => {
    const path = file(
      '0,1,add,,64,0.5,1\n0,2,add,,64,1,1\n70,2,softerror,disk_full,,,\n90,2,harderror,x,,,\n95,3,add,,32,1,1\n99,4,burn,,,,\n',
      'server_event.csv',
    );
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    const read = format.readAgents?.([path], context);
    expect(read?.agents.map(({ id, amounts }) => [id, [...amounts]])).toEqual([
      ['1', [64000, 131072000, 2097152000, 0]],
      ['2', [64000, 262144000, 2097152000, 0]],
    ]);
    const events = format.openMachineEvents?.([path], context);
    expect([events?.next(), events?.next(), events?.next()]).toMatchObject([
      { agent: '2', event: 'remove', timeUs: 70e6 },
      { agent: '3', event: 'add', timeUs: 95e6 },
      null,
    ] as object[]);
    expect(Object.fromEntries(read?.report.skipped ?? [])).toEqual({ E_ALIBABA_VALUE: 1 });
    expect(inspectTrace([path], request)['facts']).toMatchObject({ rows: 6, machines: 4 });
  });
});
