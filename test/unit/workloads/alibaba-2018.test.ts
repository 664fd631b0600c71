import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { FOREVER_US } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { parseTaskName } from '../../../src/workloads/alibaba-2018/task-name.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SAMPLE = '../shared/traces/alibaba2018/batch_task_selected_DAGs.csv';

const row = (
  name: string,
  job: string,
  start: number,
  end: number,
  more: { n?: string; cpu?: string; mem?: string } = {},
) => `${name},${more.n ?? '1'},${job},1,Terminated,${start},${end},${more.cpu ?? '100'},${more.mem ?? '0.5'}`;

describe('task names of alibaba-2018', () => {
  it('tell the own number and the parents; letters, stages and non-DAG names do not count', () => {
    expect(parseTaskName('M1')).toEqual({ own: 1, parents: [], isCut: false });
    expect(parseTaskName('J3_1_2')).toEqual({ own: 3, parents: [1, 2], isCut: false });
    expect(parseTaskName('R4_2_Stg3')).toEqual({ own: 4, parents: [2], isCut: false });
    expect(parseTaskName('task_Nzg3ODAwNDgzMTAwNTc2NTQ2Mw==')).toBeUndefined();
    expect(parseTaskName('MergeTask')).toBeUndefined();
  });

  it('lose the last part when the field was cut at it, be it empty or a number that does not ascend', () => {
    expect(parseTaskName('J30_4_5_6_8_9_10_12_13_14_16_17_18_19_21_22_24_25_')).toMatchObject({ own: 30, isCut: true });
    const cut = parseTaskName('R24_1_2_3_4_5_6_7_8_9_10_11_12_13_14_15_16_17_18_1');
    expect(cut?.isCut).toBe(true);
    expect(cut?.parents.at(-1)).toBe(18);
    // Fifty characters, but the last number ascends: it is whole.
    expect(parseTaskName('J24_4_5_7_8_9_10_11_13_14_15_16_17_18_19_20_22_23')?.parents.at(-1)).toBe(23);
  });
});

describe('batch_task', () => {
  it('makes a job of the rows of one name, submitted at its first start, whose tasks wait for their parents', () => {
    // Job b starts first; M1 has 12 instances of half a core and 1 % of 512 GiB = 5242.88 MiB.
    const path = file(
      [
        row('R2_1', 'a', 110, 130, { n: '3' }),
        row('M1', 'a', 100, 110, { n: '12.0', cpu: '50.0', mem: '1' }),
        row('task_x', 'b', 90, 95),
      ].join('\n'),
      'batch_task.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map((job) => [job.id, job.submitUs])).toEqual([
      ['b', 90e6],
      ['a', 100e6],
    ]);
    expect(reading.jobs[1]?.groups).toMatchObject([
      { name: 'R2_1', count: 3, durationUs: 20e6, after: ['M1'] },
      { name: 'M1', count: 12, durationUs: 10e6, after: [] },
    ]);
    expect([...(reading.jobs[1]?.groups[1]?.amounts ?? [])]).toEqual([500, 5242880, 0, 0]);
    expect(reading.report).toMatchObject({ rowsRead: 3, rowsKept: 3, jobCount: 2, taskCount: 16 });
  });

  it('reads rows of a job that do not stand together as one job', () => {
    const rows = [row('M1', 'a', 5, 6), row('M1', 'b', 1, 2), row('R2_1', 'a', 6, 9), row('R2_7', 'b', 2, 3)];
    const path = file(rows.join('\n'), 'batch_task.csv');
    const { jobs, report } = readJobs(path);
    expect(jobs.map((job) => [job.id, job.groups.map((group) => group.name)])).toEqual([
      ['b', ['M1', 'R2_7']],
      ['a', ['M1', 'R2_1']],
    ]);
    expect(report).toMatchObject({ rowsRead: 4, rowsKept: 4, jobCount: 2 });
    // Each issue is told once, although the file is read twice.
    expect(validateTrace([path], request).counts).toEqual({ E_ALIBABA_PARENT: 1, E_ORDER: 1 });
  });

  it('says which rows a run leaves out or mends, each with its code and place', () => {
    const path = file(
      [
        row('M1', 'a', 5, 6),
        row('M1', 'a', 5, 7),
        'M2,,a,1,Waiting,5,0,,',
        'M3,2,a,1,Running,5,0,100,0.5',
        row('M4', 'a', 9, 8),
        row('M5', 'a', 5, 6, { cpu: '-100' }),
        row('M6', 'a', 5, 6, { mem: '101' }),
        row('M7', 'a', 5, 6, { n: '0' }),
        row('R8_1_2', 'a', 6, 7, { cpu: '', mem: '' }),
        row('M1_2', 'c', 1, 2),
        row('M2_1', 'c', 1, 2),
        row('M1', '', 1, 2),
      ].join('\n'),
      'batch_task.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs).toHaveLength(1);
    expect(reading.jobs[0]?.groups.map((group) => group.name)).toEqual(['M1', 'R8_1_2']);
    expect([...(reading.jobs[0]?.groups[1]?.amounts ?? [])]).toEqual([1000, 2621440, 0, 0]);
    expect(skippedOf(reading)).toEqual({
      E_ALIBABA_DUPLICATE: 1,
      E_ALIBABA_PENDING: 2,
      E_ALIBABA_RUN: 1,
      E_ALIBABA_VALUE: 4,
      E_ALIBABA_CYCLE: 2,
    });
    expect(repairedOf(reading)).toEqual({ E_ALIBABA_SIZE: 2, E_ALIBABA_PARENT: 1, E_ORDER: 0 || undefined });
    const issue = validateTrace([path], request).issues.find(({ code }) => code === 'E_ALIBABA_RUN');
    expect(issue).toMatchObject({ line: 5, column: 7, message: 'end_time must not be before start_time 9, got "8"' });
  });

  it.skipIf(!existsSync(SAMPLE))('agrees with csv-parse on the real sample', () => {
    const rows = parse(readFileSync(SAMPLE), { columns: true }) as Record<string, string>[];
    const good = rows.filter(
      (r) => r['instance_num'] !== '' && Number(r['end_time']) >= Number(r['start_time']) && Number(r['end_time']) > 0,
    );
    const reading = readJobs(SAMPLE);
    expect(reading.report.rowsRead).toBe(rows.length);
    expect(reading.report.rowsKept).toBe(good.length);
    expect(reading.jobs.length).toBe(new Set(good.map((r) => r['job_name'])).size);
    const instances = good.reduce((sum, r) => sum + Number(r['instance_num']), 0);
    expect(reading.report.taskCount).toBe(instances);
    const seconds = good.reduce((sum, r) => sum + Number(r['end_time']) - Number(r['start_time']), 0);
    const groups = reading.jobs.flatMap((job) => job.groups);
    expect(groups.reduce((sum, group) => sum + group.durationUs, 0)).toBe(seconds * 1e6);
    const endsInSeparator = good.filter((r) => r['task_name']?.endsWith('_')).length;
    expect(endsInSeparator).toBeGreaterThan(80);
    expect(reading.report.repaired.get('E_ALIBABA_CUT')).toBeGreaterThan(endsInSeparator);
    expect(reading.report.skipped.has('E_ALIBABA_CYCLE')).toBe(false);
  });
});

describe('batch_instance', () => {
  it('groups instances of a task that ran equally long, asks for the largest use, and leaves failed runs out', () => {
    const path = file(
      [
        'i1,M1,j_1,1,Terminated,10,20,m_1,1,1,40,80,0.1,0.2',
        'i2,M1,j_1,1,Terminated,10,20,m_2,1,1,40,120,0.1,0.1',
        'i3,M1,j_1,1,Terminated,10,25,m_2,1,1,40,50,0.1,0.4',
        'i4,M1,j_1,1,Failed,10,12,m_2,1,2,40,50,0.1,0.4',
        'i5,R2_1,j_1,1,Terminated,25,30,m_2,1,1,,,,',
        'i6,R2_1,j_1,1,Running,25,0,m_2,1,1,,,,',
      ].join('\n'),
      'batch_instance.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs[0]?.groups).toMatchObject([
      { name: 'M1', count: 2, durationUs: 10e6 },
      { name: 'M1~1', count: 1, durationUs: 15e6 },
      { name: 'R2_1', count: 1, durationUs: 5e6, after: ['M1', 'M1~1'] },
    ]);
    // 120 % of a core; 0.4 % of 512 GiB = 2097.152 MiB.
    expect([...(reading.jobs[0]?.groups[0]?.amounts ?? [])]).toEqual([1200, 2097152, 0, 0]);
    expect(skippedOf(reading)).toEqual({ E_ALIBABA_ATTEMPT: 1, E_ALIBABA_PENDING: 1 });
    expect(inspectTrace([path], request)['facts']).toMatchObject({ rows: 6, jobs: 1, machines: 2 });
  });
});

describe('container_meta and machine_meta', () => {
  it('makes a container a task without an end unless a later row says stopped', () => {
    const path = file(
      'c_1,m_1,0,app_1,started,400,400,1.56\nc_1,m_1,50,app_1,started,400,400,1.56\nc_2,m_2,30,app_1,started,800,800,3\nc_2,m_2,90,app_1,stopped,800,800,3\n',
      'container_meta.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map((job) => [job.id, job.user, job.class, job.submitUs, job.groups[0]?.durationUs])).toEqual([
      ['c_1', 'app_1', 'container', 0, FOREVER_US],
      ['c_2', 'app_1', 'container', 30e6, 60e6],
    ]);
    expect(reading.report).toMatchObject({ rowsRead: 4, rowsKept: 2 });
    expect(repairedOf(reading)).toEqual({ E_ALIBABA_EVENT: 2 });
  });

  it('reads machines of the first time as agents and later rows as events', () => {
    const path = file(
      'm_1,0,1,2,96,100,USING\nm_2,0,1,3,64,50,USING\nm_2,70,1,3,64,50,OFFLINE\nm_3,80,1,1,96,100,USING\nm_9,0,1,1,x,100,USING\n',
      'machine_meta.csv',
    );
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    const read = format.readAgents?.([path], context);
    expect(read?.agents.map((agent) => [agent.id, [...agent.amounts]])).toEqual([
      ['m_1', [96000, 524288000, 0, 0]],
      ['m_2', [64000, 262144000, 0, 0]],
    ]);
    expect(read?.agents[0]?.attributes).toEqual({ failure_domain_1: '1', failure_domain_2: '2' });
    const events = format.openMachineEvents?.([path], context);
    expect([events?.next(), events?.next(), events?.next()]).toMatchObject([
      { agent: 'm_2', event: 'remove', timeUs: 70e6 },
      { agent: 'm_3', event: 'add', timeUs: 80e6 },
      null,
    ] as object[]);
    expect(inspectTrace([path], request)['facts']).toEqual({
      rows: 5,
      cores: 256,
      machines: 4,
      byStatus: { USING: 4, OFFLINE: 1 },
    });
  });
});
