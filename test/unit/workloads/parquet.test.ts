import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { opendcFragments, opendcTasks, parquetBytes, wtaTasks } from '../../support/parquet-bytes.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file, folder } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const ROOT = '../shared/traces';

function folderOf(name: string, files: Record<string, Uint8Array | string>): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [entry, content] of Object.entries(files)) {
    mkdirSync(join(path, entry, '..'), { recursive: true });
    writeFileSync(join(path, entry), content);
  }
  return path;
}

async function query(sql: string): Promise<Record<string, unknown>> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjects();
  connection.closeSync();
  return rows[0] as Record<string, unknown>;
}

describe('opendc', () => {
  const tasks = parquetBytes(opendcTasks);

  it('reads tasks as jobs that wait for their parents, and fragments as what they use', () => {
    const path = folderOf('od', {
      'tasks.parquet': tasks,
      'fragments.parquet': parquetBytes(opendcFragments, 'UNCOMPRESSED'),
    });
    const { jobs, report } = readJobs(path);
    expect(report.files).toEqual([join(path, 'tasks.parquet'), join(path, 'fragments.parquet')]);
    expect(report.notes.get('origin_us')).toBe('1700000000000000');
    expect(jobs).toMatchObject([
      { id: '2', submitUs: 0, after: [], groups: [{ durationUs: 6e6 }] },
      { id: '1', submitUs: 5e6, after: [{ job: '2', delayUs: 0 }], groups: [{ durationUs: 10e6 }] },
    ]);
    expect(jobs.map(({ groups }) => [...(groups[0]?.amounts ?? [])])).toEqual([
      [1000, 512_000, 0, 0],
      [4000, 2_048_000, 0, 0],
    ]);
    // 4000 of 8000 MHz are 2 of 4 cores for 4 s, then all of them; the two equal fragments are one step.
    const steps = jobs[1]?.groups[0]?.usage?.map(({ offsetUs, amounts }) => [offsetUs, amounts[0], amounts[1]]);
    expect(steps).toEqual([
      [0, 2000, 2_048_000],
      [4e6, 4000, 2_048_000],
    ]);
    expect(readJobs(path, { format: 'opendc[fragments=false]' }).jobs[1]?.groups[0]?.usage).toBeUndefined();
    expect(readJobs(join(path, 'tasks.parquet')).jobs).toEqual(jobs);
  });

  it('reads texts as ids, timestamps, missing columns; KB where MB cannot be; skips and counts', () => {
    const path = file(
      parquetBytes([
        { name: 'id', type: 'TEXT', data: ['a', 'b', 'c', ''] },
        { name: 'cpu_capacity', type: 'DOUBLE', data: [1, 1, 1, 1] },
        {
          name: 'submission_time',
          type: 'TIMESTAMP',
          data: [new Date(2000), new Date(1000), new Date(0), new Date(0)],
        },
        { name: 'duration', type: 'INT64', data: [1000n, -5n, 1000n, 1000n] },
        { name: 'cpu_count', type: 'INT32', data: [1, 1, null, 1] },
        { name: 'mem_capacity', type: 'INT64', data: [20_971_520n, 1n, 1n, 1n] },
      ]),
      'v1.parquet',
    );
    const reading = readJobs(path);
    expect(reading.jobs).toMatchObject([{ id: 'a', submitUs: 0 }]);
    // 20,971,520 MB would be 20 TiB: KB, so 20,480 MiB.
    expect(reading.jobs[0]?.groups[0]?.amounts[1]).toBe(20_480_000);
    expect(readJobs(path, { format: 'opendc[memUnit=MB]' }).jobs[0]?.groups[0]?.amounts[1]).toBe(20_971_520_000);
    expect(skippedOf(reading)).toEqual({ E_OPENDC_VALUE: 3 });
  });

  it.skipIf(!existsSync(ROOT))('agrees with DuckDB on a real workload', async () => {
    const path = `${ROOT}/opendc/bitbrains-small`;
    const sums = await query(
      `select count(*)::int n, sum(cpu_count)::int cores, sum(duration)::double ms, max(mem_capacity)::double mem from '${path}/tasks.parquet'`,
    );
    const { jobs } = readJobs(path);
    expect(jobs).toHaveLength(sums['n'] as number);
    const groups = jobs.flatMap((job) => job.groups);
    expect(groups.reduce((sum, { amounts }) => sum + (amounts[0] as number), 0)).toBe((sums['cores'] as number) * 1000);
    expect(groups.reduce((sum, { durationUs }) => sum + durationUs, 0)).toBe((sums['ms'] as number) * 1000);
    expect(Math.max(...groups.map(({ amounts }) => amounts[1] as number))).toBe(
      Math.round(((sums['mem'] as number) / 1024) * 1000),
    );
    const fragments = await query(`select count(*)::int n, sum(duration)::double ms from '${path}/fragments.parquet'`);
    expect(inspectTrace([path], request)['facts']).toMatchObject({
      fragments: fragments['n'],
      fragmentDurationMs: fragments['ms'],
    });
  });
});

describe('wta', () => {
  it('makes a job of a workflow; ids keep all their digits; links count from either end', () => {
    const path = folderOf('wta', {
      'tasks/schema-1.0/part.0.parquet': parquetBytes(wtaTasks),
      'generic_information.json': '{}',
    });
    const reading = readJobs(path);
    expect(reading.jobs).toMatchObject([
      { id: '10', submitUs: 700_000, user: '', groups: [{ name: '4', durationUs: 4e6 }] },
      {
        id: '9',
        submitUs: 1e6,
        user: '7',
        class: 'workflow',
        groups: [
          { name: '1152921504606846977', durationUs: 5e6, after: [] },
          { name: '1152921504606846978', durationUs: 2_500_000, after: ['1152921504606846977'] },
          { name: '3', durationUs: 1e6, after: ['1152921504606846977'] },
        ],
      },
    ]);
    expect(reading.jobs[1]?.groups.map(({ amounts }) => [amounts[0], amounts[1]])).toEqual([
      [2000, 2000],
      [1000, 0],
      [1000, 0],
    ]);
    expect(skippedOf(reading)).toEqual({ E_WTA_RUN: 1 });
    expect(repairedOf(reading)).toEqual({ E_ORDER: 1 });
  });

  it.skipIf(!existsSync(ROOT))('agrees with DuckDB on real traces, to the last digit of ids', async () => {
    for (const name of ['shell', 'wtf-trace']) {
      const path = `${ROOT}/wta/${name}`;
      const sums = await query(
        `select count(*)::int n, count(distinct workflow_id)::int w, sum(runtime)::double ms, sum(len(parents))::int edges, max(id)::varchar id from '${path}/tasks.parquet'`,
      );
      const { jobs } = readJobs(path);
      const groups = jobs.flatMap((job) => job.groups);
      expect([groups.length, jobs.length]).toEqual([sums['n'], sums['w']]);
      expect(groups.reduce((sum, { durationUs }) => sum + durationUs, 0)).toBe((sums['ms'] as number) * 1000);
      expect(groups.reduce((sum, { after }) => sum + after.length, 0)).toBe(sums['edges']);
      expect(groups.map(({ name: id }) => id)).toContain(sums['id']);
    }
  });
});

describe('Parquet files and folders', () => {
  it('that are broken are refused by name', () => {
    const whole = parquetBytes(wtaTasks);
    for (const [name, bytes] of [
      ['short', whole.slice(0, 6)],
      ['cut', whole.slice(0, -20)],
      ['zeros', new Uint8Array(whole.length).fill(0)],
      [
        'footer',
        Uint8Array.from(whole, (byte, at) => (at > whole.length - 200 && at < whole.length - 60 ? 255 : byte)),
      ],
      ['zipped', gzipSync(whole)],
    ] as const) {
      const path = file(bytes, `${name}.parquet`);
      expect(inputErrorOf(() => readJobs(path, { format: 'wta' }))).toMatch(/error E_PARQUET/);
    }
    expect(inputErrorOf(() => readJobs(join(folder, 'none.parquet'), { format: 'wta' }))).toMatch(/E_FILE/);
  });

  it('that hold no trace are refused; one of native tables is read', () => {
    expect(inputErrorOf(() => readJobs(folderOf('empty', { 'x.txt': 'x' })))).toMatch(
      /E_FORMAT: the folder holds no trace/,
    );
    expect(inputErrorOf(() => readJobs(folderOf('other', { 'x.txt': 'x' }), { format: 'swf' }))).toMatch(
      /E_FILE: a file is needed, got a folder/,
    );
    const native = folderOf('native', {
      'workload-jobs.csv': 'job_id,submit_s\na,1\n',
      'workload-tasks.csv': 'job_id,duration_s\na,5\n',
    });
    expect(readJobs(native).jobs).toMatchObject([{ id: 'a', submitUs: 1e6, groups: [{ durationUs: 5e6 }] }]);
  });
});
