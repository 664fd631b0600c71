import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { detectFormat, prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const PART = '../shared/traces/google2011/task_events-part-00000-of-00500.csv.gz';

/** A row of task_events at a second of the trace. */
const event = (s: number, job: number, index: number, kind: number, more: { cpu?: string; different?: string } = {}) =>
  `${s * 1e6},,${job},${index},,${kind},user=,2,9,${more.cpu ?? '0.25'},${more.cpu === '' ? '' : '0.5'},0.001,${more.different ?? '0'}`;

describe('task_events of 2011', () => {
  it('takes the last run that did not end by eviction, from the 600 s at which the trace begins', () => {
    const path = file(
      [
        // Task 0: before the trace; runs from 0 (600 s) to 700 s.
        event(0, 7, 0, 0),
        event(0, 7, 0, 1),
        event(700, 7, 0, 4),
        // Task 1: evicted after 50 s, submitted again, killed after 30 s of its second run.
        event(610, 7, 1, 0),
        event(620, 7, 1, 1),
        event(670, 7, 1, 2),
        event(670, 7, 1, 0),
        event(680, 7, 1, 1),
        event(690, 7, 1, 7, { cpu: '0.125' }),
        event(710, 7, 1, 5, { cpu: '0.125' }),
        event(9223372036854.775, 8, 0, 4),
      ].join('\n'),
      'events.csv',
    );
    expect(detectFormat(path).name).toBe('google-2011');
    const reading = readJobs(path);
    expect(reading.jobs).toHaveLength(1);
    expect(reading.jobs[0]).toMatchObject({ id: '7', user: 'user=', class: '2', priority: 9, submitUs: 0 });
    expect(reading.jobs[0]?.groups.map(({ name, durationUs }) => [name, durationUs])).toEqual([
      ['0', 100e6],
      ['1', 30e6],
    ]);
    // A quarter of 32 CPUs, half of 128 GiB, a thousandth of 1 TiB; the update halves the CPUs.
    expect([...(reading.jobs[0]?.groups[0]?.amounts ?? [])]).toEqual([8000, 65536000, 1048576, 0]);
    expect(reading.jobs[0]?.groups[1]?.amounts[0]).toBe(4000);
    expect(repairedOf(reading)).toEqual({ E_GOOGLE_RESUBMITTED: 1 });
    expect(skippedOf(reading)).toEqual({ E_GOOGLE_AFTER_END: 1 });
  });

  it('reads parts in order of time, however they are named', () => {
    const event = (s: number, kind: number) => `${s}000000,,5,0,,${kind},u,1,9,0.25,0.125,0,0`;
    const first = file(`${event(600, 0)}\n${event(610, 1)}\n`, 'part-00000-of-00500.csv');
    const second = file(`${event(650, 4)}\n`, 'part-00001-of-00500.csv');
    for (const parts of [
      [first, second],
      [second, first],
    ]) {
      expect(readJobs(parts).jobs).toMatchObject([{ id: '5', submitUs: 0, groups: [{ durationUs: 40e6 }] }]);
      expect(inspectTrace(parts, request)['facts']).toMatchObject({ runsEnded: 1, runMicrosecondsOfEnded: 40e6 });
    }
  });

  it('leaves out what has no end, runs it to the end of the files, or fits it', () => {
    const path = file(
      [
        // Ends after 100 s; runs on for 140 s; was never scheduled; was killed while it waited.
        event(600, 1, 0, 0),
        event(600, 1, 0, 1),
        event(700, 1, 0, 4),
        event(660, 2, 0, 0),
        event(660, 2, 0, 1),
        event(700, 3, 0, 0),
        event(700, 4, 0, 0),
        event(800, 4, 0, 5),
      ].join('\n'),
      'task_events.csv',
    );
    const runs = (how: string): unknown =>
      readJobs(path, { format: `google-2011[censored=${how}]` }).jobs.map(({ id, groups }) => [
        id,
        (groups[0]?.durationUs ?? 0) / 1e6,
      ]);
    expect(runs('skip')).toEqual([['1', 100]]);
    expect(runs('run-to-end')).toEqual([
      ['1', 100],
      ['2', 140],
    ]);
    // Time on test 100 + 140 s over one end: 240 s, also for the task that has not begun.
    expect(runs('fit')).toEqual([
      ['1', 100],
      ['2', 240],
      ['3', 240],
    ]);
    expect(skippedOf(readJobs(path))).toEqual({ E_GOOGLE_CENSORED: 3 });
  });

  it('counts tasks without a request, with their number of fields wrong, and those that must part', () => {
    const path = file(
      [
        event(600, 1, 0, 0, { cpu: '' }),
        event(600, 1, 0, 1, { cpu: '' }),
        event(700, 1, 0, 4, { cpu: '' }),
        event(600, 1, 1, 1, { different: '1' }),
        event(700, 1, 1, 3, { different: '1' }),
        event(700, 1, 1, 9),
        '1,2,3',
        'x,,1,1,,1,u,1,1,0,0,0,0',
      ].join('\n'),
      'task_events-part-00000-of-00500.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs[0]?.groups.map(({ amounts }) => amounts[0])).toEqual([0, 8000]);
    expect(repairedOf(reading)).toEqual({ E_GOOGLE_REQUEST: 1, E_GOOGLE_DISTINCT: 1 });
    expect(skippedOf(reading)).toEqual({ E_GOOGLE_VALUE: 2, E_GOOGLE_FIELDS: 1 });
  });

  it('knows what tasks used and where they may run, from the tables named beside', () => {
    const events = file(
      [event(600, 1, 0, 0), event(610, 1, 0, 1), event(910, 1, 0, 4)].join('\n'),
      'task_events-part-00000-of-00500.csv',
    );
    const used = (from: number, to: number, job: number, cpu: number): string =>
      `${from * 1e6},${to * 1e6},${job},0,55,${cpu},0.25${',0'.repeat(12)}`;
    const usage = file(
      [used(600, 610, 1, 0.5), used(610, 700, 1, 0.0625), used(700, 910, 1, 0.125), used(700, 910, 2, 0.125)].join(
        '\n',
      ),
      'task_usage-part-00000-of-00500.csv',
    );
    const constraints = file(
      '600000000,1,0,0,attr=,2\n600000000,1,0,1,other=,x=\n600000000,1,0,3,size=,9\n600000000,5,0,0,attr=,2\n',
      'task_constraints-part-00000-of-00500.csv',
    );
    const reading = readJobs([events, usage, constraints]);
    const [group] = reading.jobs[0]?.groups ?? [];
    expect(group?.constraints).toBe('attr=2;other!=x');
    // From the start of the run: 2 CPUs, from 90 s on 4; a quarter of 128 GiB of memory.
    expect(group?.usage?.map(({ offsetUs, amounts }) => [offsetUs, [...amounts]])).toEqual([
      [0, [2000, 32768000, 0, 0]],
      [90e6, [4000, 32768000, 0, 0]],
    ]);
    expect(skippedOf(reading)).toEqual({ E_GOOGLE_CONSTRAINT: 1, E_GOOGLE_ORPHAN: 3 });
    expect(reading.report).toMatchObject({ rowsRead: 11, rowsKept: 7 });
    // 0.5 * 10 + 0.0625 * 90 + 0.125 * 210 * 2 = 63.125.
    expect(inspectTrace([usage], request)['facts']).toMatchObject({ rows: 4, tasks: 2, cpuSeconds: 63.125 });
    expect(inputErrorOf(() => readJobs([usage], { format: 'google-2011' }))).toContain('task_events is missing');
  });

  it('gives machines the attributes that they had before the trace', () => {
    const machines = file(
      '0,5,0,plat=,0.5,0.25\n700000000,5,1,plat=,0.5,0.25\n',
      'machine_events-part-00000-of-00001.csv',
    );
    const attributes = file('0,5,attr=,2,0\n800000000,5,attr=,3,0\n', 'machine_attributes-part-00000-of-00001.csv');
    const { format, context } = prepareTrace([machines, attributes], request, new ResourceSpace());
    const read = format.readAgents?.([machines, attributes], context);
    expect(read?.agents).toMatchObject([{ id: '5', attributes: { platform: 'plat', attr: '2' } }]);
    expect(format.holds?.([machines, attributes])).toBe('agents');
  });

  it.skipIf(!existsSync(PART))(
    'agrees with DuckDB on the tasks of the real part that ended other than by eviction',
    async () => {
      const { jobs, report } = readJobs(PART);
      const connection = await (await DuckDBInstance.create(':memory:')).connect();
      // The last SCHEDULE before each end that is no eviction; of several such runs the last one counts.
      const answer = await connection.runAndReadAll(`
      with events as (
        select row_number() over () as seq, column00::bigint as us, column02 as job, column03 as task, column05::int as kind
        from read_csv('${PART}', header=false, all_varchar=true)),
      paired as (
        select *, lag(kind) over w as before, lag(us) over w as start
        from events where kind between 1 and 6 window w as (partition by job, task order by seq)),
      runs as (
        select job, task, greatest(us - 600000000, 0) - greatest(start - 600000000, 0) as run,
          row_number() over (partition by job, task order by seq desc) as back
        from paired where kind > 2 and before = 1)
      select count(*)::int as tasks, count(distinct job)::int as jobs, sum(run)::double as us from runs where back = 1`);
      const [row] = answer.getRowObjectsJS() as { tasks: number; jobs: number; us: number }[];
      const groups = jobs.flatMap((job) => job.groups);
      expect(report.rowsRead).toBe(450_146);
      expect({
        tasks: groups.length,
        jobs: jobs.length,
        us: groups.reduce((sum, one) => sum + one.durationUs, 0),
      }).toEqual(row);
    },
  );
});

describe('google-2019', () => {
  const json = (row: object): string => JSON.stringify(row);
  const instance = (s: number, id: string, index: number, type: string | number, more: object = {}) => ({
    time: String(s * 1e6),
    type: String(type),
    collection_id: id,
    scheduling_class: '1',
    collection_type: '0',
    priority: '103',
    instance_index: String(index),
    resource_request: { cpus: 0.0625, memory: 0.03125 },
    ...more,
  });
  const rows = [
    instance(600, '375000000001', 0, 0),
    instance(601, '375000000001', 0, 'QUEUE'),
    instance(602, '375000000001', 0, 'SCHEDULE'),
    instance(662, '375000000001', 0, 4),
    instance(670, '375000000001', 0, 3),
    instance(700, '375000000001', 0, 'FINISH'),
    instance(610, '9007199254740993', 3, 0),
    instance(611, '9007199254740993', 3, 3, { resource_request: { cpus: 0.125, memory: 0.03125 } }),
    instance(650, '9007199254740993', 3, 7, { resource_request: { cpus: 0.125, memory: 0.03125 } }),
    instance(650, '375000000009', 0, 0, { collection_type: '1' }),
    instance(650, '375000000010', 0, 'VANISH'),
  ];
  const HEADER = 'time,type,collection_id,scheduling_class,collection_type,priority,instance_index';
  const cells = ({ time, type, collection_id, instance_index, collection_type }: ReturnType<typeof instance>): string =>
    `${time},${type},${collection_id},1,${collection_type},103,${instance_index}`;

  it('reads JSON lines, a JSON list, flattened CSV and CSV with records as text alike', () => {
    const lines = file(rows.map(json).join('\n'), 'instance_events-000000000000.json');
    const reading = readJobs(lines);
    expect(detectFormat(lines).name).toBe('google-2019');
    expect(reading.jobs.map(({ id, submitUs, class: kind, priority }) => [id, submitUs, kind, priority])).toEqual([
      ['375000000001', 0, '1', 103],
      ['9007199254740993', 10e6, '1', 103],
    ]);
    expect(reading.jobs.flatMap(({ groups }) => groups.map(({ name, durationUs }) => [name, durationUs]))).toEqual([
      ['0', 30e6],
      ['3', 39e6],
    ]);
    // A sixteenth and an eighth of 32 CPUs, 1/32 of 128 GiB.
    expect(reading.jobs.map(({ groups }) => [...(groups[0]?.amounts ?? [])])).toEqual([
      [2000, 4096000, 0, 0],
      [4000, 4096000, 0, 0],
    ]);
    expect(skippedOf(reading)).toEqual({ E_GOOGLE_ALLOC: 1, E_GOOGLE_VALUE: 1 });
    const size = (row: ReturnType<typeof instance>) => row.resource_request;
    const flat = rows.map((row) => `${cells(row)},${size(row).cpus},${size(row).memory}`);
    const text = rows.map((row) => `${cells(row)},"{'cpus': ${size(row).cpus}, 'memory': ${size(row).memory}}"`);
    for (const [name, content] of [
      ['list.json', json(rows)],
      ['flat.csv', `${HEADER},resource_request.cpus,resource_request.memory\n${flat.join('\n')}\n`],
      ['under.csv', `${HEADER},resource_request_cpus,resource_request_memory\n${flat.join('\n')}\n`],
      ['text.csv', `${HEADER},resource_request\n${text.join('\n')}\n`],
    ] as const)
      expect(readJobs(file(content, name)).jobs, name).toEqual(reading.jobs);
  });

  it('puts events in order of time, which exports do not keep', () => {
    const sorted = readJobs(file(rows.map(json).join('\n'), 'sorted.json'));
    const reversed = readJobs(file([...rows].reverse().map(json).join('\n'), 'reversed.json'));
    // As they stand: 650, then 611 and 610; 700, then 670, 662, 602, 601, 600. The two rows that are skipped do not count.
    expect(repairedOf(reversed)).toEqual({ E_ORDER: 7 });
    expect(repairedOf(sorted)).toEqual({ E_ORDER: 3 });
    const byId = (jobs: typeof sorted.jobs) => [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(reversed.jobs)).toEqual(byId(sorted.jobs));
  });

  it('reads events to which collections and uses are joined, as published analyses have them', () => {
    const header =
      ',time,instance_events_type,collection_id,scheduling_class,collection_type,priority,instance_index,machine_id,resource_request,collections_events_type,user,start_time,end_time,average_usage,failed';
    const row = (s: number, type: number) =>
      `${s},${s}000000,${type},94591244395,3,0,200,144,168846390496,"{'cpus': 0.0206, 'memory': 0.0144}",1,u+=,600000000,900000000,"{'cpus': 0.0095, 'memory': 0.0121}",0`;
    const joined = file(`${header}\n${row(600, 0)}\n${row(602, 3)}\n${row(662, 6)}\n`, 'borg_traces_data.csv');
    expect(detectFormat(joined).name).toBe('google-2019');
    const reading = readJobs(joined);
    expect(reading.jobs).toMatchObject([
      { id: '94591244395', user: 'u+=', class: '3', priority: 200, groups: [{ name: '144', durationUs: 60e6 }] },
    ]);
    // 0.0206 of 32 CPUs.
    expect(reading.jobs[0]?.groups[0]?.amounts[0]).toBe(659);
  });

  it('takes users and what must end first from collections, uses from instance_usage', () => {
    const instances = file(rows.map(json).join('\n'), 'instances.json');
    const collections = file(
      'time,type,collection_id,collection_type,priority,user,start_after_collection_ids,max_per_machine\n605000000,0,9007199254740993,0,103,u=,"[375000000001, 375000000002]",1\n600000000,0,77,0,103,v=,,\n',
      'collections.csv',
    );
    const usage = file(
      json({
        start_time: '611000000',
        end_time: '650000000',
        collection_id: '9007199254740993',
        instance_index: '3',
        average_usage: { cpus: 0.03125, memory: 0.015625 },
      }),
      'usage.json',
    );
    const reading = readJobs([instances, collections, usage]);
    expect(reading.jobs[1]).toMatchObject({
      user: 'u=',
      submitUs: 5e6,
      after: [
        { job: '375000000001', delayUs: 0 },
        { job: '375000000002', delayUs: 0 },
      ],
    });
    expect(reading.jobs[1]?.groups[0]?.usage?.map(({ amounts }) => [...amounts])).toEqual([[1000, 2048000, 0, 0]]);
    expect(repairedOf(reading)['E_GOOGLE_DISTINCT']).toBe(1);
    expect(skippedOf(reading)).toMatchObject({ E_GOOGLE_ORPHAN: 1 });
    // 0.03125 * 39 s.
    expect(inspectTrace([usage], request)['facts']).toMatchObject({ rows: 1, cpuSeconds: 1.21875 });
    expect(inspectTrace([instances], request)['facts']).toMatchObject({ rows: 11, collections: 4, allocSets: 1 });
    expect(inputErrorOf(() => readJobs([usage]))).toContain('instance_events is missing');
  });

  it('reads machines and what happens to them', () => {
    const path = file(
      'time,machine_id,type,switch_id,capacity.cpus,capacity.memory,platform_id\n0,1,1,s1=,0.5,0.25,p1=\n0,2,1,s1=,,,p1=\n700000000,1,2,,,,\n900000000,1,ADD,s1=,0.5,0.5,p1=\n950000000,1,0,,,,\n',
      'machine_events.csv',
    );
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    const read = format.readAgents?.([path], context);
    expect(read?.agents).toEqual([
      { id: '1', amounts: Float64Array.of(16000, 32768000, 0, 0), attributes: { platform: 'p1', switch: 's1' } },
    ]);
    expect(Object.fromEntries(read?.report.skipped ?? [])).toEqual({ E_GOOGLE_SIZE: 1, E_GOOGLE_VALUE: 1 });
    const events = format.openMachineEvents?.([path], context);
    expect([events?.next(), events?.next(), events?.next()]).toMatchObject([
      { event: 'remove', timeUs: 100e6 },
      { event: 'add', timeUs: 300e6 },
      null,
    ] as object[]);
    expect(inspectTrace([path], request)['facts']).toMatchObject({ rows: 5, machines: 2 });
  });
});
