import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { inputErrorOf, readJobs, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SAMPLE = 'traces/rumen-2jobs/2jobs2min-rumen-jh.json.gz';
const ROOT = '../shared/traces/rumen';

function agentsOf(path: string): (string | number)[][] {
  const { format, context } = prepareTrace([path], request, new ResourceSpace());
  return (format.readAgents?.([path], context).agents ?? []).map(({ id, amounts, attributes }) => [
    id,
    amounts[0] as number,
    amounts[1] as number,
    attributes['rack'] ?? '',
    attributes['labels'] ?? '',
  ]);
}

describe('sls', () => {
  const container = (start: number, end: number, more: object = {}): object => ({
    'container.host': '/default-rack/node1',
    'container.start.ms': start,
    'container.end.ms': end,
    'container.type': 'map',
    ...more,
  });
  const job = (tasks: object[], more: object = {}): object => ({
    'am.type': 'mapreduce',
    'job.start.ms': 1000,
    'job.end.ms': 9000,
    'job.queue.name': 'q',
    'job.id': 'j',
    'job.user': 'u',
    'job.tasks': tasks,
    ...more,
  });

  it('makes groups of containers that are alike; reduces wait for maps; job.count repeats', () => {
    const first = job([
      container(0, 5000),
      container(10, 5010),
      container(0, 7500),
      { count: 2, 'duration.ms': 3000, 'container.type': 'reduce', 'container.memory-mb': 2048, 'container.vcores': 2 },
    ]);
    const second = { ...job([container(0, 100)], { 'job.count': 2, 'am.type': 'stream', 'job.start.ms': '5' }) };
    const path = file(`${JSON.stringify(first, null, 1)}\n${JSON.stringify(second)}`, 'a.json');
    const { jobs, report } = readJobs(path);
    expect(jobs.map(({ id, submitUs }) => [id, submitUs])).toEqual([
      ['j-0', 5000],
      ['j-1', 5000],
      ['j', 1e6],
    ]);
    expect(jobs[2]).toMatchObject({
      user: 'u',
      queue: 'q',
      class: 'mapreduce',
      groups: [
        { name: 'map', count: 2, durationUs: 5e6, after: [] },
        { name: 'map~1', count: 1, durationUs: 7_500_000 },
        { name: 'reduce', count: 2, durationUs: 3e6, after: ['map', 'map~1'] },
      ],
    });
    expect(jobs[2]?.groups.map(({ amounts }) => [amounts[0], amounts[1]])).toEqual([
      [1000, 1_024_000],
      [1000, 1_024_000],
      [2000, 2_048_000],
    ]);
    expect(report).toMatchObject({ rowsRead: 2, rowsKept: 2, taskCount: 7 });
    expect(inspectTrace([path], request)['facts']).toMatchObject({
      jobs: 2,
      containers: 6,
      byType: { map: 4, reduce: 2 },
    });
  });

  it('reads nodes with their racks, and numbered ones', () => {
    const nodes = file(
      '{"rack":"r1","nodes":[{"node":"n1","memory-mb":2048,"vcores":6},{"node":"n2","labels":"a,b"},{}]}{"rack":"r2","nodes":[{"node":"n3"}]}',
      'nodes.json',
    );
    expect(agentsOf(nodes)).toEqual([
      ['n1', 6000, 2_048_000, 'r1', ''],
      ['n2', 10_000, 10_240_000, 'r1', 'a,b'],
      ['n3', 10_000, 10_240_000, 'r2', ''],
    ]);
    expect(inspectTrace([nodes], request)).toMatchObject({ format: 'sls', agents: 3, facts: { racks: 2, nodes: 4 } });
    const numbered = file(
      `{"num.nodes": 3, "num.racks": 2}\n${JSON.stringify(job([container(0, 1)]))}`,
      'numbered.json',
    );
    expect(agentsOf(numbered).map(([id, , , rack]) => [id, rack])).toEqual([
      ['node0', 'rack-0'],
      ['node1', 'rack-1'],
      ['node2', 'rack-0'],
    ]);
    expect(readJobs(numbered).report).toMatchObject({ rowsRead: 1, rowsKept: 1 });
  });

  it('counts containers and jobs that it leaves out, and refuses a file that is cut off', () => {
    const bad = [
      job([container(5, 1)]),
      job([container(0, 1, { count: 0 }), container(0, 1)]),
      job([container(0, 1)], { 'job.start.ms': -1 }),
    ];
    const path = file(bad.map((one) => JSON.stringify(one)).join('\n'), 'b.json');
    expect(skippedOf(readJobs(path))).toEqual({ E_SLS_TASK: 2, E_SLS_VALUE: 2 });
    const cut = file('{"job.tasks": [', 'c.json');
    expect(inputErrorOf(() => readJobs(cut))).toMatch(/c\.json:1:1: error E_JSON: the file ends inside an object/);
  });
});

describe('rumen', () => {
  const attempt = (result: string, startTime: number, finishTime: number, more: object = {}): object => ({
    result,
    startTime,
    finishTime,
    ...more,
  });

  it('runs tasks as long as the attempt that succeeded; those that never did fail; times begin at 0', () => {
    const text = JSON.stringify({
      jobID: 'job_1',
      user: 'geek',
      queue: 'q',
      priority: 'VERY_HIGH',
      submitTime: 1_240_335_962_848,
      outcome: 'SUCCESS',
      mapTasks: [
        {
          taskID: 'm0',
          attempts: [
            attempt('FAILED', 0, 9000),
            attempt('SUCCESS', 100, 3100, { hdfsBytesRead: 2 ** 21, mapOutputBytes: 2 ** 20 }),
            attempt('KILLED', 0, 5000),
          ],
        },
        { taskID: 'm1', attempts: [attempt('SUCCESS', 500, 3500, { hdfsBytesRead: 2 ** 20, mapOutputBytes: -1 })] },
        { taskID: 'm2', attempts: [attempt('FAILED', 0, 1000), attempt('FAILED', 0, 2000)] },
        { taskID: 'm3', attempts: [attempt('FAILED', -1, 2000)] },
      ],
      reduceTasks: [
        {
          taskID: 'r0',
          attempts: [attempt('SUCCESS', 0, 4000, { reduceShuffleBytes: 2 ** 20, hdfsBytesWritten: 3 * 2 ** 20 })],
        },
      ],
      otherTasks: [{ taskID: 's', attempts: [attempt('SUCCESS', 0, 1)] }],
    });
    const later = JSON.stringify({ jobID: 'job_2', submitTime: 1_240_335_963_848, mapTasks: [], reduceTasks: [] });
    const reading = readJobs(file(`${text}\n${later}`, 'a.json'));
    expect(reading.jobs).toMatchObject([
      {
        id: 'job_1',
        submitUs: 0,
        priority: 2,
        user: 'geek',
        groups: [
          // 2 MiB and 1 MiB read by two maps: 1.5 MiB each; 1 MiB written by one of them: 0.5 each.
          { name: 'map', count: 2, durationUs: 3e6, inputMilliMib: 1500, outputMilliMib: 500 },
          { name: 'map~1', count: 1, durationUs: 2e6, exit: 'failed' },
          {
            name: 'reduce',
            count: 1,
            durationUs: 4e6,
            after: ['map', 'map~1'],
            inputMilliMib: 1000,
            outputMilliMib: 3000,
          },
        ],
      },
    ]);
    expect(skippedOf(reading)).toEqual({ E_RUMEN_ATTEMPT: 1, E_RUMEN_EMPTY: 1 });
    expect(reading.report.notes.get('origin_us')).toBe('1240335962848000');
  });

  it('reads a topology as agents by rack', () => {
    const path = file(
      '{"name":"<root>","children":[{"name":"10\\\\.1","children":[{"name":"a\\\\.b","children":null},{"name":"c"}]},{"name":"r2","children":[{"name":"d"}]}]}',
      't.json',
    );
    expect(agentsOf(path).map(([id, cpus, , rack]) => [id, cpus, rack])).toEqual([
      ['a.b', 8000, '10.1'],
      ['c', 8000, '10.1'],
      ['d', 8000, 'r2'],
    ]);
    expect(inspectTrace([path], request)).toMatchObject({ format: 'rumen', agents: 3, facts: { racks: 2, hosts: 3 } });
  });

  it('agrees with plain searches on the sample that comes along', () => {
    const text = gunzipSync(readFileSync(SAMPLE)).toString();
    const { jobs, report } = readJobs(SAMPLE);
    expect(report).toMatchObject({
      format: 'rumen',
      rowsRead: 2,
      jobCount: 2,
      taskCount: (text.match(/"attemptID"/g) ?? []).length,
    });
    expect(jobs.map(({ submitUs }) => submitUs)).toEqual([0, (1371222159703 - 1371222054499) * 1000]);
    const runs = [...text.matchAll(/"startTime" : (\d+),\s*"result" : "SUCCESS",\s*"finishTime" : (\d+)/g)];
    const ms = runs.reduce((sum, [, start, finish]) => sum + Number(finish) - Number(start), 0);
    expect(
      jobs.flatMap(({ groups }) => groups).reduce((sum, { count, durationUs }) => sum + count * durationUs, 0),
    ).toBe(ms * 1000);
  });

  it.skipIf(!existsSync(ROOT))('agrees with the counts of the published traces', () => {
    // Counts of the samples' page, computed by a script of its own.
    expect(inspectTrace([`${ROOT}/19-jobs.trace.json.gz`], request)['facts']).toEqual({
      jobs: 19,
      maps: 8573,
      reduces: 3256,
      attempts: 8404 + 3496 + 1096,
      firstSubmitMs: 1240335962848,
      lastSubmitMs: 1240337638601,
      byOutcome: { SUCCESS: 14, FAILED: 5 },
      attemptsByResult: { SUCCESS: 8404, FAILED: 3496, KILLED: 1096 },
    });
    expect(inspectTrace([`${ROOT}/gridmix-trace_5m.json.gz`], request)['facts']).toMatchObject({
      jobs: 16,
      maps: 240,
      reduces: 540,
      attempts: 780,
    });
  });
});
