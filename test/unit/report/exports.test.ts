import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { intervalSet } from '../../../src/report/exports/batsim.js';
import { exportResults } from '../../../src/report/exports/index.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';
import { prepareTrace } from '../../../src/workloads/index.js';

/** Thirty jobs of two tasks on three agents of four CPUs under preemption: retries and evictions are among the attempts. */
const SCENARIO = {
  name: 'exported',
  workload: {
    synthetic: {
      jobs: 30,
      arrivals: { poisson: { rate: '0.6 /s' } },
      tasks: 2,
      duration: { exponential: { mean: '9 s' } },
      cpus: 2,
      mem: 512,
      priority: { uniform: { low: 0, high: 9 } },
      estimateFactor: 2,
    },
  },
  cluster: { agents: [{ count: 3, cpus: 4, mem: 4096 }] },
  policy: { allocator: 'priority[preemption=true]' },
};

let base: string;
let folder: string;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'mesosim-export-'));
  folder = join(base, 'run');
  await runScenario(parseScenario(JSON.stringify(SCENARIO), 'exported'), { out: folder, isExplicitOut: true });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const rowsOf = (text: string): Record<string, string>[] => parse(text, { columns: true });
const jobRows = (): Record<string, string>[] => rowsOf(read('jobs.csv'));

function readBack(file: string, format: string): JobRecord[] {
  const { format: reader, context } = prepareTrace(
    [file],
    { format, options: {}, onBadRow: 'error', maxSkipped: -1 },
    new ResourceSpace(),
  );
  const source = reader.openJobs?.([file], context);
  const jobs: JobRecord[] = [];
  for (let job = source?.next() ?? null; job !== null; job = source?.next() ?? null) jobs.push(job);
  source?.close();
  return jobs;
}

describe('exports', () => {
  it('writes sets of machines as intervals', () => {
    expect(intervalSet([])).toBe('');
    expect(intervalSet([5, 2, 1, 10, 11, 12])).toBe('1-2 5 10-12');
  });

  it('opendc: a workload that its reader takes back, with the tasks that finished and their times to the millisecond', async () => {
    await exportResults(folder, 'opendc');
    const jobs = readBack(join(folder, 'export/opendc/tasks.parquet'), 'opendc');
    // 30 jobs of two tasks, each finished once whatever was evicted before.
    expect(jobs).toHaveLength(60);
    const finished = rowsOf(read('tasks.csv')).filter(({ state }) => state === 'finished');
    // The reader counts from the first submission.
    const submitMs = finished.map((row) => Math.round(Number(row.submit_s) * 1000));
    const firstMs = Math.min(...submitMs);
    const ofRun = finished.map((row, index) => [
      (submitMs[index] ?? 0) - firstMs,
      Math.round((Number(row.finish_s) - Number(row.start_s)) * 1000),
    ]);
    const ofExport = jobs.map(({ submitUs, groups }) => [submitUs / 1000, (groups[0]?.durationUs ?? 0) / 1000]);
    const inOrder = (pairs: number[][]) =>
      [...pairs].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0));
    expect(inOrder(ofExport)).toEqual(inOrder(ofRun));
    // Two CPUs and 512 MiB each.
    expect(jobs.every(({ groups }) => groups[0]?.amounts[0] === 2000 && groups[0].amounts[1] === 512_000)).toBe(true);
  });

  it('batsim: times agree with each other, and machine states add up to the number of machines (evalys asserts it)', async () => {
    await exportResults(folder, 'batsim');
    const jobs = rowsOf(read('export/batsim/jobs.csv'));
    expect(jobs).toHaveLength(30);
    for (const job of jobs) {
      const of = (name: string): number => Number(job[name]);
      expect(of('starting_time')).toBeCloseTo(of('submission_time') + of('waiting_time'), 5);
      expect(of('finish_time')).toBeCloseTo(of('starting_time') + of('execution_time'), 5);
      expect(of('turnaround_time')).toBeCloseTo(of('finish_time') - of('submission_time'), 5);
      expect(job.final_state).toBe('COMPLETED_SUCCESSFULLY');
      expect(job.allocated_resources).toMatch(/^[0-2](-[0-2])?( [0-2])?$/);
    }
    const states = rowsOf(read('export/batsim/machine_states.csv'));
    for (const row of states) {
      expect(
        Number(row.nb_idle) +
          Number(row.nb_computing) +
          Number(row.nb_sleeping) +
          Number(row.nb_switching_on) +
          Number(row.nb_switching_off),
      ).toBe(3);
    }
    expect(states.at(-1)?.nb_computing).toBe('0');
    const schedule = JSON.parse(read('export/batsim/schedule.json')) as Record<string, number>;
    const keys = Object.keys(schedule);
    expect(keys).toEqual([...keys].sort((a, b) => (a < b ? -1 : 1)));
    expect(schedule.nb_jobs).toBe(30);
    expect(schedule.success_rate).toBe(1);
    const waits = jobRows().map((row) => Number(row.wait_s));
    expect(schedule.mean_waiting_time).toBeCloseTo(waits.reduce((sum, wait) => sum + wait, 0) / 30, 5);
  });

  it('batsim4: the names and columns that evalys reads', async () => {
    await exportResults(folder, 'batsim4');
    expect(read('export/batsim4/out_jobs.csv').split('\n')[0]).toContain(
      'requested_number_of_resources,requested_time,success,final_state',
    );
    expect(rowsOf(read('export/batsim4/out_schedule.csv'))[0]?.nb_computing_machines).toBe('3');
  });

  it('swf: is read back with the jobs, sizes and run times of the run', async () => {
    await exportResults(folder, 'swf');
    const jobs = readBack(join(folder, 'export/swf/jobs.swf'), 'swf');
    const rows = jobRows().sort((a, b) => Number(a.submit_s) - Number(b.submit_s));
    expect(jobs).toHaveLength(30);
    for (const [index, job] of jobs.entries()) {
      const row = rows[index] as Record<string, string>;
      // Readers count from the first submission.
      expect(job.submitUs / 1e6).toBe(Math.round(Number(row.submit_s)) - Math.round(Number(rows[0]?.submit_s)));
      expect(job.groups.reduce((sum, group) => sum + group.count, 0)).toBe(Number(row.tasks));
      expect((job.groups[0]?.durationUs as number) / 1e6).toBe(
        Math.max(0, Math.round(Number(row.turnaround_s) - Number(row.wait_s))),
      );
    }
  });

  it('google-2011: has an end for every schedule, in order of time, and every eviction', async () => {
    await exportResults(folder, 'google-2011');
    const rows = parse(read('export/google-2011/task_events/part-00000-of-00001.csv')) as string[][];
    const attempts = rowsOf(read('tasks.csv'));
    const ofType = (type: string): number => rows.filter((row) => row[5] === type).length;
    expect(ofType('0')).toBe(attempts.length);
    expect(ofType('1')).toBe(attempts.filter((row) => row.start_s !== '').length);
    expect(ofType('2')).toBe(attempts.filter((row) => row.reason === 'preempted').length);
    expect(ofType('4')).toBe(60);
    const times = rows.map((row) => Number(row[0]));
    expect(times.every((time, index) => index === 0 || time >= (times[index - 1] as number))).toBe(true);
    expect(rows.every((row) => row.length === 13 && Number(row[9]) === 0.5)).toBe(true);
  });

  it('cook: one row per instance with its times in milliseconds', async () => {
    await exportResults(folder, 'cook');
    const rows = rowsOf(read('export/cook/out-trace.csv'));
    expect(rows).toHaveLength(rowsOf(read('tasks.csv')).filter((row) => row.start_s !== '').length);
    expect(rows.every((row) => Number(row.end_time_ms) >= Number(row.start_time_ms))).toBe(true);
    expect(rows.filter((row) => row.status === ':instance.status/success')).toHaveLength(60);
  });

  it('perfetto: slices of one lane never overlap, and last as long as their tasks', async () => {
    await exportResults(folder, 'perfetto');
    const { traceEvents } = JSON.parse(read('export/perfetto/trace.json')) as {
      traceEvents: { ph: string; pid: number; tid: number; ts: number; dur: number }[];
    };
    const ends = new Map<string, number>();
    let total = 0;
    for (const { ph, pid, tid, ts, dur } of traceEvents) {
      if (ph !== 'X') continue;
      expect(ts).toBeGreaterThanOrEqual(ends.get(`${pid}/${tid}`) ?? 0);
      ends.set(`${pid}/${tid}`, ts + dur);
      total += dur;
    }
    const expected = rowsOf(read('tasks.csv')).reduce((sum, row) => sum + Number(row.run_s || 0), 0);
    expect(total / 1e6).toBeCloseTo(expected, 3);
  });

  it('openmetrics: one family after the other, every sample a number, closed by EOF', async () => {
    await exportResults(folder, 'openmetrics');
    const lines = read('export/openmetrics/metrics.txt').split('\n');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    const families = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(new Set(families).size).toBe(families.length);
    let current = '';
    for (const line of lines.slice(0, -2)) {
      if (line.startsWith('# TYPE ')) current = line.split(' ')[2] ?? '';
      if (line.startsWith('#')) continue;
      expect(line).toMatch(/^[a-z_0-9A-Z]+\{([a-z]+="[^"]*",?)*\} -?[0-9.e+-]+$/);
      expect(line.startsWith(`${current}{`)).toBe(true);
    }
  });
});
