import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateTrace } from '../../../src/workloads/validate.js';
import { readJobs } from '../../support/trace-samples.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-omega-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('the state of a cell (google/cluster-scheduler-simulator, traces/README.txt)', () => {
  // Job 7 has 4 tasks with 2 CPUs and 8 GiB together: 0.5 CPUs and 2 GiB each, until 12.5 s. Job 9 stays.
  const rows = '11 0.000000 7 0 2 4 2 8589934592\n11 0.000000 9 1 3 1 0.25 1048576\n12 12.5 7 0 2 99\n';
  const workload =
    'job_id,submit_s,workload,num_tasks,task_duration_s,cpus_per_task,mem_gb_per_task\n7,0,Batch,1,5,1,2\n';

  it('is what runs when the trace begins, before the jobs of the workload', () => {
    const jobs = readJobs([file('cell.csv', workload), file('state.log', rows)]);
    expect(jobs.map(({ id, submitUs, queue, priority }) => [id, submitUs, queue, priority])).toEqual([
      ['prefill-7', 0, 'Prefill', 0],
      ['prefill-9', 0, 'Prefill', 1],
      ['7', 0, 'Batch', 0],
    ]);
    expect(jobs.map(({ groups: [group] }) => [group?.count, group?.durationUs, [...(group?.amounts ?? [])]])).toEqual([
      [4, 12.5e6, [500, 2048e3, 0, 0]],
      [1, Number.POSITIVE_INFINITY, [250, 1000, 0, 0]],
      [1, 5e6, [1000, 2048e3, 0, 0]],
    ]);
  });

  it('is recognised by itself, and says which rows cannot be', () => {
    const bad = [
      '12 3 8 0 0 1',
      '11 0 7 0 2 4 2 1',
      '11 0 5 0 0 0 1 1',
      '11 0 6 0 0 1 NaN 1',
      '13 0 4 0 0 1 1 1',
      '11 0',
    ];
    const path = file('bad.log', `${rows}${bad.join('\n')}\n`);
    const { counts, issues } = validateTrace([path], { format: '', options: {}, onBadRow: 'skip', maxSkipped: -1 });
    expect(counts).toEqual({ E_OMEGA_STATE: bad.length });
    expect(issues.map(({ line, column }) => [line, column])).toEqual([
      [4, 3],
      [5, 3],
      [6, 6],
      [7, 7],
      [8, 1],
      [9, 1],
    ]);
  });
});

const REAL = '../shared/traces/omega-cell/busy-1k.csv.gz';
it.skipIf(!existsSync(REAL))('agrees with csv-parse on a day of a cell', () => {
  const rows = parse(gunzipSync(readFileSync(REAL)), { columns: true }) as Record<string, string>[];
  const jobs = readJobs([REAL]);
  expect(jobs).toHaveLength(rows.length);
  const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0);
  expect(sum(jobs.map(({ groups }) => groups[0]?.count ?? 0))).toBe(sum(rows.map((row) => Number(row['num_tasks']))));
  // CPU thousandths times microseconds, per job whole numbers below 2^53.
  const work = (tasks: number, cpusMilli: number, us: number): number => (tasks * cpusMilli * us) / 1e9;
  const told = jobs.map(({ groups: [group] }) =>
    work(group?.count ?? 0, group?.amounts[0] ?? 0, group?.durationUs ?? 0),
  );
  const written = rows.map((row) =>
    work(
      Number(row['num_tasks']),
      Math.round(Number(row['cpus_per_task']) * 1000),
      Math.round(Number(row['task_duration_s']) * 1e6),
    ),
  );
  expect(sum(told) / sum(written)).toBeCloseTo(1, 9);
  // README of the sample: 123 jobs with 1,319 tasks stand in the cell from the start.
  const prefill = jobs.filter(({ class: kind }) => kind === 'Prefill');
  expect([prefill.length, sum(prefill.map(({ groups }) => groups[0]?.count ?? 0))]).toEqual([123, 1319]);
});
