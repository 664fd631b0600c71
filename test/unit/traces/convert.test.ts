import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { convertTrace } from '../../../src/workloads/convert/convert.js';
import { namesIn, readJobs, traceSamples, writeSample } from '../../support/trace-samples.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-targets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const sampleOf = (format: string, name: string): string[] => {
  const sample = traceSamples.find((one) => one.format === format && one.holds === 'jobs');
  if (sample === undefined) throw new Error(`no sample of ${format}`);
  return writeSample(sample, join(folder, name));
};
const tables = (jobs: string, tasks: string, name: string): string => {
  const paths = writeSample(
    { format: 'native', holds: 'jobs', files: { 'workload-jobs.csv': jobs, 'workload-tasks.csv': tasks } },
    join(folder, name),
  );
  return paths[0] as string;
};

/** A Parquet row as the cells of the CSV row: numbers are compared as numbers, null is an empty cell. */
function asCells(row: Record<string, unknown>, csv: Readonly<Record<string, string>>): Record<string, string> {
  const cell = (column: string, value: unknown): string =>
    typeof value === 'number' && value === Number(csv[column]) ? (csv[column] ?? '') : String(value ?? '');
  return Object.fromEntries(Object.keys(csv).map((column) => [column, cell(column, row[column])]));
}

describe('trace convert --to parquet', () => {
  it('writes the native tables with types: DuckDB reads from them what csv-parse reads from the CSV', async () => {
    const files = sampleOf('native', 'parquet-in');
    const out = join(folder, 'parquet');
    const { jobs, written } = await convertTrace(files, request, 'parquet', out);
    expect(jobs).toBe(12);
    expect(written).toEqual([join(out, 'workload-jobs.parquet'), join(out, 'workload-tasks.parquet')]);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    for (const name of ['workload-jobs', 'workload-tasks']) {
      const rows = (await connection.runAndReadAll(`select * from '${join(out, name)}.parquet'`)).getRowObjectsJS();
      const csv = parse(readFileSync(join(folder, 'parquet-in', `${name}.csv`), 'utf8'), { columns: true }) as Record<
        string,
        string
      >[];
      expect(rows).toHaveLength(csv.length);
      expect(rows.map((row, index) => asCells(row, csv[index] ?? {}))).toEqual(csv);
    }
    const services = tables('job_id,submit_s\ns,0\n', 'job_id,duration_s\ns,inf\n', 'service');
    await convertTrace([services], request, 'parquet', join(folder, 'service-out'));
    const answer = await connection.runAndReadAll(
      `select duration_s, estimate_s from '${join(folder, 'service-out')}/workload-tasks.parquet'`,
    );
    expect(answer.getRowsJS()).toEqual([[Number.POSITIVE_INFINITY, null]]);
  });
});

describe('trace convert --to batsim', () => {
  it('writes what Batsim demands: unique ids, known profiles, res within nb_res, times in seconds', async () => {
    const out = join(folder, 'swf.json');
    await convertTrace(sampleOf('swf', 'batsim-in'), request, 'batsim', out);
    const workload = JSON.parse(readFileSync(out, 'utf8')) as {
      nb_res: number;
      jobs: { id: string; subtime: number; res: number; profile: string; walltime?: number }[];
      profiles: Record<string, { type: string; delay: number }>;
    };
    expect(workload.nb_res).toBe(64);
    expect(workload.jobs).toHaveLength(20);
    expect(new Set(workload.jobs.map(({ id }) => id)).size).toBe(20);
    // Row 3 of the sample: submitted at 80 s, runs 30 + 74 s on 3 processors, asks for twice that.
    const third = workload.jobs[2];
    expect(third).toEqual({ id: '3', subtime: 80, res: 3, profile: 'delay_104', walltime: 208 });
    expect(workload.profiles['delay_104']).toEqual({ type: 'delay', delay: 104 });
    for (const { profile, res } of workload.jobs) {
      expect(workload.profiles[profile]?.type).toBe('delay');
      expect(res).toBeLessThanOrEqual(workload.nb_res);
    }
  });

  it('leaves out services, says so, and makes ids fit that Batsim could not tell apart', async () => {
    const jobs = tables(
      'job_id,submit_s\na!b,0\na_b,1\na!b,2\ns,3\n',
      'job_id,cpus,duration_s\na!b,1,1\na_b,1,2\na!b,1,3\ns,1,inf\n',
      'ids',
    );
    const out = join(folder, 'ids.json');
    const { jobs: kept, left } = await convertTrace([jobs], request, 'batsim', out);
    expect([kept, left]).toEqual([3, { 'no end': 1 }]);
    const { jobs: written } = JSON.parse(readFileSync(out, 'utf8')) as { jobs: { id: string }[] };
    expect(written.map(({ id }) => id)).toEqual(['a_b', 'a_b~2', 'a_b~3']);
  });
});

describe('trace convert --to swf', () => {
  it('keeps what SWF can tell: swf → swf replays the same jobs', async () => {
    const files = sampleOf('swf', 'swf-in');
    const out = join(folder, 'again.swf');
    await convertTrace(files, request, 'swf', out);
    expect(readJobs([out])).toEqual(readJobs(files));
  });

  it('tells a workflow by its widest level and its longest chain', async () => {
    const jobs = tables(
      'job_id,user,submit_s\nw,ann,7.5\n',
      'job_id,task,count,cpus,mem_mib,duration_s,after\nw,a,1,1,100,10,\nw,b,3,2,200,20,a\nw,c,1,1,100,5,a\nw,d,1,1,100,30,b;c\n',
      'flow',
    );
    const out = join(folder, 'flow.swf');
    await convertTrace([jobs], request, 'swf', out);
    const row = readFileSync(out, 'utf8')
      .split('\n')
      .find((line) => !line.startsWith(';')) as string;
    // b and c run side by side: 3 × 2 + 1 processors; a, b, d one after the other: 60 s; 100 MiB per processor.
    expect(row.split(' ')).toEqual([
      '1',
      '7.5',
      '-1',
      '60',
      '7',
      '-1',
      '-1',
      '7',
      '-1',
      '102400',
      '1',
      '100000',
      '-1',
      '-1',
      '-1',
      '-1',
      '-1',
      '-1',
    ]);
  });
});

describe('a conversion that fails', () => {
  it('leaves nothing half written behind', async () => {
    const place = join(folder, 'fails');
    const good = (sampleOf('swf', 'fails-in')[0] as string).replace(/$/, '');
    const cut = join(folder, 'fails-in', 'bad.swf');
    writeFileSync(cut, `${readFileSync(good, 'utf8')}1 2 3\n`);
    for (const to of ['native', 'parquet', 'swf', 'batsim'] as const) {
      const out = to === 'native' || to === 'parquet' ? join(place, to) : join(place, `out.${to}`);
      await expect(convertTrace([cut], { ...request, maxSkipped: 0 }, to, out)).rejects.toThrow('more than 0 rows');
    }
    const rest = namesIn(place).flatMap((name) => (name.includes('.') ? [name] : readdirSync(join(place, name))));
    expect(rest).toEqual([]);
  });
});

describe('a conversion that does not come to its end', () => {
  const LOG = 'traces/nasa-ipsc/NASA-iPSC-1993-3.1-cln.swf.gz';
  const places = { native: 'folder', parquet: 'folder', swf: 'file.swf', batsim: 'file.json' } as const;

  it.each(['native', 'parquet', 'swf', 'batsim'] as const)('leaves neither files nor folders: --to %s', async (to) => {
    const out = join(folder, 'deep', `broken-off-${to}`, places[to]);
    // Broken off by the user while it writes.
    const stop = new AbortController();
    stop.abort();
    await expect(convertTrace([LOG], request, to, out, () => stop.signal)).rejects.toThrow('interrupted');
    // A row in the middle that strictness does not bear.
    const rows = Array.from({ length: 3000 }, (_, row) => `${row} ${row} 0 9 1 9 -1 1 9 -1 1 1 1 1 1 1 -1 -1`);
    rows[2900] = '2900 2900 x';
    const log = join(folder, 'strict.swf');
    writeFileSync(log, `${rows.join('\n')}\n`);
    await expect(convertTrace([log], { ...request, onBadRow: 'error' }, to, out)).rejects.toThrow();
    expect(namesIn(folder).filter((name) => name.includes('deep'))).toEqual([]);
  });

  it('keeps what stood there before', async () => {
    const out = join(folder, 'before');
    await convertTrace(sampleOf('native', 'before-in'), request, 'native', out);
    const before = readFileSync(join(out, 'workload-jobs.csv'), 'utf8');
    const stop = new AbortController();
    stop.abort();
    await expect(convertTrace([LOG], request, 'native', out, () => stop.signal)).rejects.toThrow('interrupted');
    expect(readdirSync(out).sort()).toEqual(['workload-jobs.csv', 'workload-tasks.csv']);
    expect(readFileSync(join(out, 'workload-jobs.csv'), 'utf8')).toBe(before);
  });
});
