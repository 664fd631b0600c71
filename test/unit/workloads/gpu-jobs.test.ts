import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { clockSeconds } from '../../../src/workloads/clock-time.js';
import { detectFormat, prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { fc } from '../../support/properties.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SHARED = '../shared/traces';

describe('clock times without a zone', () => {
  it('are seconds since 1970 of the same clock, as ISO 8601 counts them', () => {
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2400-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const text = date.toISOString().slice(0, 19);
        expect(clockSeconds(text.replace('T', ' '))).toBe(Date.parse(`${text}Z`) / 1000);
      }),
      { numRuns: 300, seed: 3 },
    );
    for (const text of ['', 'None', '2017-02-29 00:00:00', '2017-13-01 00:00:00', '2017-01-01 24:00:00', '2017-1-1'])
      expect(clockSeconds(text)).toBeNaN();
  });
});

const attempt = (start: string | null, end: string | null, ...servers: number[]) => ({
  start_time: start === null ? null : `2017-10-07 ${start}`,
  end_time: end === null ? null : `2017-10-07 ${end}`,
  detail: servers.map((gpus, index) => ({
    ip: `m${index}`,
    gpus: Array.from({ length: gpus }, (_, gpu) => `gpu${gpu}`),
  })),
});
const phillyJob = (id: string, submitted: string | null, attempts: unknown) => ({
  status: 'Pass',
  vc: 'ee9e8c',
  jobid: id,
  attempts,
  submitted_time: submitted === null ? null : `2017-10-07 ${submitted}`,
  user: 'ce2f4c',
});

describe('philly', () => {
  const jobs = [
    // Submitted a second after b; its second attempt ran 02:00:00 on two servers of eight GPUs.
    phillyJob('a', '01:11:40', [attempt('01:12:09', '01:13:23', 8), attempt('01:13:30', '03:13:30', 8, 8)]),
    phillyJob('b', '01:11:39', [attempt('01:12:00', '01:12:30', 2)]),
    phillyJob('uneven', '01:12:00', [attempt('01:12:00', '01:13:00', 8, 4)]),
    phillyJob('none', '01:12:00', []),
    phillyJob('running', '01:12:00', [attempt('01:12:00', null, 1)]),
    phillyJob('backwards', '01:12:00', [attempt('01:12:09', '01:12:08', 1)]),
    phillyJob('cpu', '01:12:00', [attempt('01:12:09', '01:12:18')]),
    phillyJob('late', null, [attempt('01:12:09', '01:12:18', 1)]),
    phillyJob('', '01:12:00', [attempt('01:12:09', '01:12:18', 1)]),
    phillyJob('odd', '01:12:00', 'no list'),
  ];

  it('replays the run that ended a job: a gang of one task per server, or of one-GPU tasks on unequal servers', () => {
    const path = file(JSON.stringify(jobs, undefined, 1), 'cluster_job_log');
    expect(detectFormat(path).name).toBe('philly');
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id, submitUs, user, queue }) => [id, submitUs, user, queue])).toEqual([
      ['b', 0, 'ce2f4c', 'ee9e8c'],
      ['a', 1e6, 'ce2f4c', 'ee9e8c'],
      ['uneven', 21e6, 'ce2f4c', 'ee9e8c'],
    ]);
    expect(reading.jobs.map(({ groups }) => groups[0])).toMatchObject([
      { count: 1, gang: false, durationUs: 30e6 },
      { count: 2, gang: true, durationUs: 7200e6 },
      { count: 12, gang: true, durationUs: 60e6 },
    ]);
    // 4 CPUs and 16 GiB per GPU by default.
    expect(reading.jobs.map(({ groups }) => [...(groups[0]?.amounts ?? [])])).toEqual([
      [8000, 32768000, 0, 2000],
      [32000, 131072000, 0, 8000],
      [4000, 16384000, 0, 1000],
    ]);
    expect(skippedOf(reading)).toEqual({
      E_PHILLY_PENDING: 2,
      E_PHILLY_CENSORED: 1,
      E_PHILLY_RUN: 1,
      E_PHILLY_GPUS: 1,
      E_PHILLY_VALUE: 2,
    });
    expect(repairedOf(reading)).toEqual({ E_PHILLY_ATTEMPTS: 1, E_ORDER: 1 });
    // With all attempts together: 74 s + 7200 s.
    const all = readJobs(path, { format: 'philly[attempts=all]' });
    expect(all.jobs[1]?.groups[0]?.durationUs).toBe(7274e6);
  });

  it('reads times with a zone as times of UTC, over the end of summer time and beside times without one', () => {
    // 2017-11-05 01:30 PDT is 08:30 UTC, 01:30 PST an hour later.
    const zoned = (id: string, submitted: string, start: string, end: string) => ({
      ...phillyJob(id, '00:00:00', [{ ...attempt(null, null, 1), start_time: start, end_time: end }]),
      submitted_time: submitted,
    });
    const list = [
      zoned('a', '2017-11-05 01:00:00 PDT', '2017-11-05 01:30:00 PDT', '2017-11-05 01:30:00 PST'),
      zoned('b', '2017-11-05 09:00:00 UTC', '2017-11-05T09:00:00Z', '2017-11-05 01:00:30 PST'),
    ];
    const reading = readJobs(file(JSON.stringify(list), 'cluster_job_log'));
    expect(reading.jobs.map(({ id, submitUs, groups }) => [id, submitUs, groups[0]?.durationUs])).toEqual([
      ['a', 0, 3600e6],
      ['b', 3600e6, 30e6],
    ]);
    expect(skippedOf(reading)).toEqual({});
  });

  it('tells attempts, GPU seconds and states, and reads a machine list as agents', () => {
    const path = file(jobs.map((job) => JSON.stringify(job)).join('\n'), 'cluster_job_log.json');
    // GPU seconds: 74 * 8 + 7200 * 16 + 30 * 2 + 60 * 12, and twice 9 * 1 of the jobs without a submit time or an id.
    expect(inspectTrace([path], request)['facts']).toMatchObject({
      jobs: 10,
      attempts: 9,
      withoutAttempts: 2,
      severalAttempts: 1,
      withoutEnd: 1,
      gpuSeconds: 116590,
      largestJobGpus: 16,
      byStatus: { Pass: 10 },
    });
    const list = file('machineId,number of GPUs,single GPU mem\nm31,8, 24GB\nm32,2,12GB\nm33,x,12GB\n', 'machines.csv');
    const { format, context } = prepareTrace([list], request, new ResourceSpace());
    expect(format.readAgents?.([list], context).agents).toEqual([
      { id: 'm31', amounts: Float64Array.of(32000, 131072000, 0, 8000), attributes: { gpu_mem: '24GB' } },
      { id: 'm32', amounts: Float64Array.of(8000, 32768000, 0, 2000), attributes: { gpu_mem: '12GB' } },
    ]);
    expect(inspectTrace([list], request)).toMatchObject({ agents: 2, facts: { rows: 3, gpus: 10 } });
  });
});

describe('tiresias', () => {
  it('reads gangs of one-GPU tasks in seconds, and those of Chronus in minutes with deadlines', () => {
    const plain = readJobs(
      file(
        'job_id,num_gpu,submit_time,iterations,model_name,duration,interval\n0,1,5,606,vgg19,164,30\n1,8,35,133,vgg11,147,23\n',
        'jobs.csv',
      ),
    );
    expect(plain.jobs.map(({ id, submitUs, class: model }) => [id, submitUs, model])).toEqual([
      ['0', 0, 'vgg19'],
      ['1', 30e6, 'vgg11'],
    ]);
    expect(plain.jobs[1]?.groups[0]).toMatchObject({ count: 8, gang: true, durationUs: 147e6 });
    const header =
      'job_id,user,num_gpu,submit_time,iterations,model_name,duration,interval,expect_time_list,expect_value_list,best_effort,job_type';
    const path = file(
      `${header}\n7,vc_a,4,12,6910,resnet101,211,8,282,10,0,strict\n8,vc_b,0,10,1,vgg19,3,6,,10,0,strict\n9,vc_b,1,x,1,vgg19,3,6,88,10,0,strict\n`,
      'slo.csv',
    );
    const reading = readJobs(path);
    // Job 8 is first, at minute 10; job 7 comes 2 minutes later and must end 282 minutes after that.
    expect(reading.jobs.map(({ id, submitUs, deadlineUs, queue }) => [id, submitUs, deadlineUs, queue])).toEqual([
      ['8', 0, -1, 'vc_b'],
      ['7', 120e6, (2 + 282) * 60e6, 'vc_a'],
    ]);
    expect(reading.jobs.map(({ groups }) => [groups[0]?.count, groups[0]?.amounts[3]])).toEqual([
      [1, 0],
      [4, 1000],
    ]);
    expect(skippedOf(reading)).toEqual({ E_TIRESIAS_VALUE: 1 });
    expect(repairedOf(reading)).toEqual({ E_TIRESIAS_GPUS: 1, E_ORDER: 1 });
    expect(readJobs(path, { format: 'tiresias[unit=s]' }).jobs[1]?.submitUs).toBe(2e6);
  });

  const SLO = `${SHARED}/philly-derived/trace_job_Philly_SLO.csv`;
  it.skipIf(!existsSync(SLO))('agrees with csv-parse on the real samples', () => {
    for (const [path, perUnit] of [
      [SLO, 60],
      [`${SHARED}/philly-derived/tiresias-60_job.csv`, 1],
    ] as const) {
      const rows = parse(readFileSync(path), { columns: true }) as Record<string, string>[];
      const { jobs, report } = readJobs(path);
      expect([report.rowsRead, report.rowsKept, jobs.length]).toEqual([rows.length, rows.length, rows.length]);
      const gpuTime = rows.reduce((sum, row) => sum + Number(row['num_gpu']) * Number(row['duration']), 0);
      const read = jobs.reduce((sum, { groups: [group] }) => {
        const gpus = ((group?.amounts[3] ?? 0) / 1000) * (group?.count ?? 0);
        return sum + (gpus * (group?.durationUs ?? 0)) / 1e6;
      }, 0);
      expect(read).toBeCloseTo(gpuTime * perUnit, 3);
      const submits = rows.map((row) => Number(row['submit_time'])).sort((a, b) => a - b);
      const [first = 0] = submits;
      expect(jobs.map(({ submitUs }) => submitUs)).toEqual(submits.map((submit) => (submit - first) * perUnit * 1e6));
    }
  });
});

describe('helios', () => {
  const HEADER = 'job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue';
  const day = '2020-06-09';

  it('spreads totals over the nodes of a gang, and says which rows are not as they should be', () => {
    const path = file(
      [
        HEADER,
        `1,u1,vcA,16,64,2,COMPLETED,${day} 18:41:01,${day} 18:42:01,${day} 18:52:01,600,60`,
        `2,u2,vcB,0,4,1,FAILED,${day} 18:41:11,${day} 18:41:11,${day} 18:41:12,1,0`,
        `3,u2,vcB,3,6,2,TIMEOUT,${day} 18:41:21,${day} 18:41:21,${day} 18:41:31,99,0`,
        `4,u2,vcB,1,1,1,CANCELLED,${day} 18:41:31,,,,`,
        `5,u2,vcB,1,1,1,CANCELLED,${day} 18:41:31,,,7,`,
        `6,u2,vcB,1,1,1,FAILED,${day} 18:41:31,${day} 18:41:32,${day} 18:41:31,1,1`,
        `7,u2,vcB,1,1,1,FAILED,yesterday,${day} 18:41:32,${day} 18:41:33,1,1`,
        `8,u2,vcB,0,0,1,FAILED,${day} 18:41:31,${day} 18:41:31,${day} 18:41:33,2,1`,
      ].join('\n'),
      'cluster_log.csv',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id, submitUs, queue, class: kind }) => [id, submitUs, queue, kind])).toEqual([
      ['1', 0, 'vcA', 'gpu'],
      ['2', 10e6, 'vcB', 'cpu'],
      ['3', 20e6, 'vcB', 'gpu'],
      ['5', 30e6, 'vcB', 'gpu'],
    ]);
    expect(reading.jobs.map(({ groups: [group] }) => [group?.count, group?.gang, group?.durationUs])).toEqual([
      [2, true, 600e6],
      [1, false, 1e6],
      [3, true, 10e6],
      [1, false, 7e6],
    ]);
    expect(reading.jobs.map(({ groups }) => [groups[0]?.amounts[0], groups[0]?.amounts[3]])).toEqual([
      [32000, 8000],
      [4000, 0],
      [2000, 1000],
      [1000, 1000],
    ]);
    expect(skippedOf(reading)).toEqual({ E_HELIOS_PENDING: 1, E_HELIOS_RUN: 1, E_HELIOS_VALUE: 2 });
    expect(repairedOf(reading)).toEqual({ E_HELIOS_NODES: 1, E_HELIOS_DURATION: 1 });
  });

  const SAMPLE = `${SHARED}/helios-sample/cluster_log_sample.csv`;
  it.skipIf(!existsSync(SAMPLE))('agrees with csv-parse on the real samples', () => {
    const rows = parse(readFileSync(SAMPLE), { columns: true }) as Record<string, string>[];
    const { jobs } = readJobs(SAMPLE);
    expect(jobs.map(({ id, groups }) => [id, (groups[0]?.durationUs ?? 0) / 1e6])).toEqual(
      rows.map((row) => [row['job_id'], Number(row['duration'])]),
    );
    const quota = `${SHARED}/helios-sample/Earth_gpu_number.csv`;
    const days = parse(readFileSync(quota), { columns: true }) as Record<string, string>[];
    const facts = inspectTrace([quota], request)['facts'] as {
      gpuDays: number;
      quotas: Record<string, { from: string; gpus: number }[]>;
    };
    expect(facts).toMatchObject({ days: days.length, virtualClusters: 25, totalMismatch: 0 });
    expect(facts.gpuDays).toBe(days.reduce((sum, row) => sum + Number(row['total']), 0));
    // A quota holds from the day of its step until the next one.
    for (const row of days) {
      for (const [name, steps] of Object.entries(facts.quotas)) {
        const held = steps.filter(({ from }) => from <= (row['date'] ?? '')).at(-1)?.gpus;
        expect(held).toBe(Number(row[name]));
      }
    }
  });
});

describe('gavel', () => {
  const row9 = (type: string, steps: string, scale: string, weight: string, slo: string, arrival: string): string =>
    [type, 'python3 main.py', '--num_steps', '1', steps, scale, weight, slo, arrival].join('\t');

  it('reads the three generations of rows alike', () => {
    const generations = [
      ['A3C', 'cd x && python3 main.py', '--max-steps', '6948', '1920', '2'].join('\t'),
      row9('A3C', '6948', '2', '1.0', '-1', '1920'),
      ['A3C', 'python3 main.py', 'rl', '--max-steps', '0', '6948', '2', '1.0', '-1', '1920.0'].join('\t'),
    ];
    for (const row of generations) {
      const path = file(`${row}\n`, 'one.trace');
      expect(detectFormat(path).name).toBe('gavel');
      // 6948 steps at 10 a second.
      const { jobs } = readJobs(path);
      expect(jobs[0]).toMatchObject({ id: '0', class: 'A3C', submitUs: 1920e6, deadlineUs: -1 });
      expect(jobs[0]?.groups[0]).toMatchObject({ count: 2, gang: true, durationUs: 694.8e6 });
    }
  });

  it('takes run times from the throughputs of a kind of GPU, deadlines as multiples of them', () => {
    file(
      JSON.stringify({
        v100: { "('LM (batch size 20)', 1)": { null: 50, other: [1, 2] }, "('LM (batch size 20)', 4)": { null: 160 } },
        k80: { "('LM (batch size 20)', 1)": { null: 5 } },
      }),
      'rates.json',
    );
    const path = file(
      [
        row9('LM (batch size 20)', '1000', '1', '1.0', '1.5', '10.5'),
        row9('LM (batch size 20)', '1600', '4', '5.0', '-1.0', '5'),
        row9('A3C', '100', '1', '1.0', '-1.0', '20'),
        row9('A3C', 'x', '1', '1.0', '-1.0', '20'),
        row9('A3C', '1', '0', '1.0', '-1.0', '20'),
        'A3C\tpython3',
      ].join('\n'),
      'rates.trace',
    );
    const reading = readJobs(path, { format: 'gavel[throughputs=rates.json]' });
    // 1600 / 160 = 10 s; 1000 / 50 = 20 s, due 1.5 * 20 s after 10.5 s; 100 steps at the 10 a second of an unknown type.
    expect(
      reading.jobs.map(({ id, priority, deadlineUs, groups }) => [id, priority, deadlineUs, groups[0]?.durationUs]),
    ).toEqual([
      ['1', 5, -1, 10e6],
      ['0', 1, 40.5e6, 20e6],
      ['2', 1, -1, 10e6],
    ]);
    expect(repairedOf(reading)).toEqual({ E_GAVEL_RATE: 1, E_ORDER: 1 });
    expect(skippedOf(reading)).toEqual({ E_GAVEL_VALUE: 2, E_GAVEL_FIELDS: 1 });
    const slow = readJobs(path, { format: 'gavel[throughputs=rates.json,worker=k80]' });
    expect(slow.jobs.find(({ id }) => id === '0')?.groups[0]?.durationUs).toBe(200e6);
    const worker = (): unknown => readJobs(path, { format: 'gavel[throughputs=rates.json,worker=t4]' });
    expect(inputErrorOf(worker)).toContain('E_GAVEL_THROUGHPUTS');
    expect(inputErrorOf(() => readJobs(path, { format: 'gavel[throughputs=none.json]' }))).toContain('E_FILE');
    expect(inspectTrace([path], request)['facts']).toMatchObject({ jobs: 5, withSlo: 1, inversions: 1 });
  });
});
