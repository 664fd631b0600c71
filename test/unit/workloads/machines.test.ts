import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { FOREVER_US } from '../../../src/model/job.js';
import { detectFormat } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SHARED = '../shared/traces';
const VM = 'x/XsOfHO4ocsV99i4NluqKDuxctW2MMVmwqOPAlg4wp8mqbBOe3wxBlQo0+Qx';
const vm = (id: string, created: number, deleted: number, more: { category?: string; cores?: string } = {}): string =>
  `${VM}${id},SUB${id}+uf,DEP/w==,${created},${deleted},90,25,50,${more.category ?? 'Interactive'},${more.cores ?? '4'},7`;

describe('azure-vm', () => {
  const table = [
    vm('b', 600, 4200),
    vm('a', 0, 2_591_700, { category: 'Unkown' }),
    vm('c', 600, 300),
    vm('d', 600, 900, { cores: '' }),
  ].join('\n');

  it('makes a job of a machine with its size, which uses its average', () => {
    const path = file(table, 'vmtable.csv');
    expect(detectFormat(path).name).toBe('azure-vm');
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id, submitUs, queue, priority }) => [id.slice(-1), submitUs, queue, priority])).toEqual([
      ['a', 0, 'Unknown', 1],
      ['b', 600e6, 'Interactive', 2],
    ]);
    const [group] = reading.jobs[1]?.groups ?? [];
    expect(group).toMatchObject({ count: 1, durationUs: 3600e6 });
    // 4 cores and 7 GiB, of which a quarter of the cores is used.
    expect([...(group?.amounts ?? [])]).toEqual([4000, 7_168_000, 0, 0]);
    expect(group?.usage?.map(({ offsetUs, amounts }) => [offsetUs, [...amounts]])).toEqual([
      [0, [1000, 7_168_000, 0, 0]],
    ]);
    expect(skippedOf(reading)).toEqual({ E_AZURE_RUN: 1, E_AZURE_VALUE: 1 });
    expect(repairedOf(reading)).toEqual({ E_AZURE_CENSORED: 1, E_ORDER: 1 });
    expect(readJobs(path, { format: 'azure-vm[censored=forever]' }).jobs[0]?.groups[0]?.durationUs).toBe(FOREVER_US);
    expect(skippedOf(readJobs(path, { format: 'azure-vm[censored=skip]' }))).toMatchObject({ E_AZURE_CENSORED: 1 });
  });

  it('takes the use from readings named beside the table, averaged over intervals', () => {
    const readings = [
      `300,${VM}b,0,9,8`,
      `600,${VM}b,0,90,10`,
      `900,${VM}b,0,90,30`,
      `3600,${VM}b,0,90,50`,
      `3600,${VM}b,0,90,101`,
      `3600,${VM}z,0,90,50`,
    ].join('\n');
    const files = [file(table, 'vmtable.csv'), file(readings, 'vm_cpu_readings-file-1-of-125.csv')];
    const [, job] = readJobs(files).jobs;
    // The first hour: (8 + 10 + 30) / 3 = 16 % of 4 cores, from before the start; from 3600 s on, 3000 s later, 50 %.
    expect(job?.groups[0]?.usage?.map(({ offsetUs, amounts }) => [offsetUs, amounts[0]])).toEqual([
      [0, 640],
      [3000e6, 2000],
    ]);
    const fine = readJobs(files, { format: 'azure-vm[usageStep=300 s]' }).jobs[1];
    expect(fine?.groups[0]?.usage?.map(({ offsetUs, amounts }) => [offsetUs, amounts[0]])).toEqual([
      [0, 400],
      [300e6, 1200],
      [3000e6, 2000],
    ]);
    expect(inspectTrace([files[1] as string], request)['facts']).toMatchObject({ rows: 6, vms: 2, firstS: 300 });
    expect(inputErrorOf(() => readJobs(files.slice(1)))).toContain('vmtable is missing');
  });

  const SAMPLE = `${SHARED}/azure-vm/vmtable.csv.gz`;
  it.skipIf(!existsSync(SAMPLE))('agrees with csv-parse on the real sample', () => {
    const rows = parse(gunzipSync(readFileSync(SAMPLE))) as string[][];
    const { jobs } = readJobs(SAMPLE);
    expect(jobs.length).toBe(rows.length);
    const seconds = rows.reduce((sum, row) => sum + (Number(row[4]) - Number(row[3])) * Number(row[9]), 0);
    const read = jobs.reduce(
      (sum, { groups: [group] }) => sum + ((group?.durationUs ?? 0) / 1e6) * ((group?.amounts[0] ?? 0) / 1000),
      0,
    );
    expect(read).toBe(seconds);
    const categories = rows.map((row) => (row[8] === 'Unkown' ? 'Unknown' : row[8]));
    expect(jobs.map(({ class: kind }) => kind).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      categories.sort((a = '', b = '') => (a < b ? -1 : 1)),
    );
  });
});

describe('bitbrains', () => {
  const HEADER =
    'Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork transmitted throughput [KB/s]';
  const sample = (time: number, cores: number, percent: number, usedKb: number): string =>
    [time, cores, 2600, 26, percent, 2097152.0, usedKb, 0, 0, 0, 0].join(';\t');

  it('makes a job of a file, as large as it ever was, in seconds whatever the header says', () => {
    const one = file(
      [
        HEADER,
        sample(1376314846, 1, 50, 1048576),
        sample(1376315146, 1, 100, 524288),
        sample(1376318446, 2, 25, 1048576),
        sample(1376318446, 2, 25, 1048576),
        sample(1376318746, 2, -1, 1048576),
      ].join('\n'),
      '17.csv',
    );
    const two = file([HEADER, sample(1376314546000, 4, 10, 1024)].join('\n'), '18.csv');
    expect(detectFormat(one).name).toBe('bitbrains');
    const reading = readJobs([one, two]);
    expect(reading.jobs.map(({ id, submitUs }) => [id, submitUs])).toEqual([
      ['18', 0],
      ['17', 300e6],
    ]);
    const [group] = reading.jobs[1]?.groups ?? [];
    // From its first sample to 300 s after its last: 3900 s. Two cores, 2 GiB.
    expect([group?.durationUs, ...(group?.amounts ?? [])]).toEqual([3900e6, 2000, 2_048_000, 0, 0]);
    // The first hour: (0.5 + 1) / 2 cores and (1024 + 512) / 2 MiB; then half a core of two.
    expect(group?.usage?.map(({ offsetUs, amounts }) => [offsetUs, amounts[0], amounts[1]])).toEqual([
      [0, 750, 768_000],
      [3600e6, 500, 1_024_000],
    ]);
    expect(skippedOf(reading)).toEqual({ E_BITBRAINS_ORDER: 1, E_BITBRAINS_VALUE: 1 });
    // Real milliseconds, in the second file, are taken as such.
    expect(repairedOf(reading)).toEqual({ E_BITBRAINS_UNIT: 1, E_ORDER: 1 });
  });

  const SAMPLE = `${SHARED}/bitbrains/bitbrains.csv`;
  it.skipIf(!existsSync(SAMPLE))('agrees with csv-parse on the real sample', () => {
    const rows = parse(readFileSync(SAMPLE), { delimiter: ';', from_line: 2, trim: true }) as string[][];
    const { jobs, report } = readJobs(SAMPLE, { format: 'bitbrains[usageStep=1 s]' });
    expect(report.rowsRead).toBe(rows.length);
    const [group] = jobs[0]?.groups ?? [];
    const first = Number(rows[0]?.[0]);
    expect(group?.durationUs).toBe((Number(rows.at(-1)?.[0]) - first + 300) * 1e6);
    expect(group?.usage?.map(({ offsetUs }) => offsetUs / 1e6)).toEqual(rows.map((row) => Number(row[0]) - first));
    const used = rows.map((row) => Math.round(Number(row[1]) * Number(row[4]) * 10));
    expect(group?.usage?.map(({ amounts }) => amounts[0])).toEqual(used);
    const facts = inspectTrace([SAMPLE], request)['facts'] as Record<string, number>;
    expect(facts).toMatchObject({ rows: 8619, largestGapS: 1500, cores: 1, memKb: 2097152, maxCpuPercent: 12.6 });
    expect(facts['cpuPercentSum']).toBeCloseTo(
      rows.reduce((sum, row) => sum + Number(row[4]), 0),
      6,
    );
  });
});
