import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import type { JobRecord } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { LineReader } from '../../../src/workloads/bytes/line-reader.js';
import { clockSeconds } from '../../../src/workloads/clock-time.js';
import { convertTrace } from '../../../src/workloads/convert/convert.js';
import { detectFormat, prepareTrace } from '../../../src/workloads/index.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { fc } from '../../support/properties.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-readers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let number = 0;
const file = (text: string | Uint8Array, name = `f${number++}`): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };

function jobsOf(path: string, more: { onBadRow?: 'skip' | 'error'; maxSkipped?: number } = {}) {
  const { format, context } = prepareTrace([path], { ...request, ...more }, new ResourceSpace());
  const source = format.openJobs?.([path], context);
  const jobs: JobRecord[] = [];
  for (let job = source?.next() ?? null; job !== null; job = source?.next() ?? null) jobs.push(job);
  source?.close();
  return { jobs, report: source?.report };
}

function errorOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format();
    throw error;
  }
  return 'no error';
}

const swfRow = (id: number, submit: number, run: number, procs: number): string =>
  `${id} ${submit} -1 ${run} ${procs} -1 -1 -1 90 -1 1 7 1 -1 2 -1 -1 -1`;

/** Rows that a reader of small pieces finds, each up to so many fields. */
function rowsOf(path: string, pieceBytes: number, most?: number): string[][] {
  const reader = new LineReader(path, pieceBytes);
  const rows: string[][] = [];
  while (reader.nextRow(44, most))
    rows.push(Array.from({ length: reader.fieldCount }, (_, index) => reader.text(index)));
  reader.close();
  return rows;
}

describe('line reader', () => {
  it('splits quoted and plain rows as csv-parse does', () => {
    const cell = fc
      .oneof(fc.string({ maxLength: 8 }), fc.constantFrom('', 'a,b', 'say "hi"', ' 12 ', '=1+1', 'ü€😀'))
      .map((text) => text.replace(/[\r\n\0]/g, ''));
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(table, fc.boolean(), fc.integer({ min: 1, max: 40 }), (rows, isWindows, pieceBytes) => {
        const quote = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const kept = rows.filter((row) => row.join('').trim() !== '');
        const text = kept.map((row) => row.map(quote).join(',')).join(isWindows ? '\r\n' : '\n');
        const expected =
          text === ''
            ? []
            : (parse(text, { relax_column_count: true, record_delimiter: isWindows ? '\r\n' : '\n' }) as string[][]);
        const reader = new LineReader(file(text, 'table.csv'));
        const got: string[][] = [];
        while (reader.nextLine()) {
          const count = reader.split();
          got.push(Array.from({ length: count }, (_, index) => reader.text(index)));
        }
        reader.close();
        expect(got).toEqual(expected);
        // Line and fields in one go, wherever the pieces of the file end; parts of rows are their first fields.
        const path = file(text, 'table.csv');
        expect(rowsOf(path, pieceBytes)).toEqual(expected);
        expect(rowsOf(path, pieceBytes, 2).map((row) => row.slice(0, 2))).toEqual(
          expected.map((row) => row.slice(0, 2)),
        );
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('reads numbers, texts and clock times out of the bytes as Number, trim and the pattern do', () => {
    const blank = fc.constantFrom('', ' ', '\t', '  ');
    const plain = fc.oneof(
      fc.integer().map(String),
      fc.maxSafeNat().map(String),
      fc.tuple(fc.nat(), fc.stringMatching(/^\d{0,12}$/)).map(([whole, part]) => `${whole}.${part}`),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.constantFrom(
        '',
        '-',
        '.',
        '-.5',
        '5.',
        '1.2.3',
        '0x10',
        '1e400',
        'NaN',
        '1 2',
        '+7',
        '00012',
        '1234567890.12345',
      ),
      fc.constantFrom('2020-02-29 23:59:59', '2021-02-29 00:00:00', '2020-04-01T12:00:00', '2020-04-01 1a:00:00'),
    );
    fc.assert(
      fc.property(fc.tuple(blank, plain, blank), ([before, text, after]) => {
        const cell = `${before}${text}${after}`;
        const reader = new LineReader(file(`x,y\n${cell},z\n`, 'cell.csv'));
        reader.nextRow();
        reader.nextRow();
        const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text));
        // The sign of zero is not kept.
        expect(reader.number(0) + 0).toBe(isNumber ? Number(text) + 0 : Number.NaN);
        expect(reader.trimmed(0)).toBe(text.trim());
        expect(reader.textLike(0, text)).toBe(cell);
        expect(reader.clock(0)).toBe(clockSeconds(cell));
        reader.close();
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it('reads the same rows plain, gzipped, in several gzip members, with CRLF, a byte order mark and no last newline', () => {
    const rows = [swfRow(1, 0, 5, 1), swfRow(2, 3, 5, 2)];
    const plain = jobsOf(file(`${rows.join('\n')}\n`, 'a.swf')).jobs;
    expect(plain.map((job) => [job.id, job.submitUs, job.groups[0]?.count, job.groups[0]?.gang])).toEqual([
      ['1', 0, 1, false],
      ['2', 3e6, 2, true],
    ]);
    const members = Buffer.concat(rows.map((row) => gzipSync(`${row}\n`)));
    for (const text of [`\uFEFF${rows.join('\r\n')}`, rows.join('\n'), gzipSync(rows.join('\n')), members]) {
      expect(jobsOf(file(text, 'b.swf')).jobs).toEqual(plain);
    }
  });

  it('names what is wrong with a file as a whole', () => {
    expect(errorOf(() => new LineReader(join(folder, 'nowhere')))).toContain('E_FILE');
    expect(errorOf(() => new LineReader(folder))).toContain('a file is needed, got a folder');
    expect(errorOf(() => detectFormat(file('', 'empty.swf')))).toContain('E_EMPTY');
    expect(errorOf(() => detectFormat(file('hello world\n', 'x.txt')))).toContain('E_FORMAT');
    expect(
      errorOf(() => jobsOf(file(Buffer.from('\uFEFFjob_id,submit_s,priority\n', 'utf16le'), 'workload-jobs.csv'))),
    ).toContain('E_ENCODING');
    const whole = gzipSync(Array.from({ length: 5000 }, (_, index) => swfRow(index, index, 5, 1)).join('\n'));
    expect(errorOf(() => jobsOf(file(whole.subarray(0, whole.length / 2), 'cut.swf.gz')))).toContain('E_GZIP');
    const broken = Buffer.from(whole);
    broken.fill(0x55, 200, 400);
    expect(errorOf(() => jobsOf(file(broken, 'broken.swf.gz')))).toContain('E_GZIP');
  });
});

describe('swf', () => {
  it('skips each kind of bad row with its code and place, and stops at it when strict', () => {
    const path = file(
      [
        '; MaxProcs: 8',
        swfRow(1, 0, 5, 1),
        '2 1 2',
        '3 x -1 5 1 -1 -1 -1 9 -1 1 7 1 -1 2 -1 -1 -1',
        swfRow(4, -1, 5, 1),
        swfRow(5, 9, -1, 1),
        swfRow(6, 9, 5, -1),
        swfRow(7, 0x10, 5, 1),
      ].join('\n'),
      'bad.swf',
    );
    const { jobs, report } = jobsOf(path);
    expect(jobs.map((job) => job.id)).toEqual(['1', '7']);
    expect(Object.fromEntries(report?.skipped ?? [])).toEqual({
      E_SWF_FIELDS: 1,
      E_SWF_VALUE: 1,
      E_SWF_SUBMIT: 1,
      E_SWF_RUN: 1,
      E_SWF_PROCESSORS: 1,
    });
    expect(report?.notes.get('MaxProcs')).toBe('8');
    expect(errorOf(() => jobsOf(path, { onBadRow: 'error' }))).toContain(
      'bad.swf:4:2: error E_SWF_VALUE: field 2 must be a number, got "x"',
    );
    expect(errorOf(() => jobsOf(path, { maxSkipped: 2 }))).toContain('E_TOO_MANY_SKIPPED');
    expect(validateTrace([path], request).counts).toEqual({
      E_SWF_FIELDS: 1,
      E_SWF_VALUE: 1,
      E_SWF_SUBMIT: 1,
      E_SWF_RUN: 1,
      E_SWF_PROCESSORS: 1,
    });
  });

  it('puts rows that are out of order in order and counts them', () => {
    const { jobs, report } = jobsOf(
      file([swfRow(1, 50, 5, 1), swfRow(2, 10, 5, 1), swfRow(3, 60, 5, 1)].join('\n'), 'order.swf'),
    );
    expect(jobs.map((job) => job.id)).toEqual(['2', '1', '3']);
    expect(report?.repaired.get('E_ORDER')).toBe(1);
  });
});

describe('native', () => {
  it('survives conversion unchanged: native → native is the identity, swf → native keeps every job', async () => {
    const rows = fc.array(
      fc.record({
        submit: fc.integer({ min: 0, max: 1e6 }),
        run: fc.integer({ min: 0, max: 1e6 }),
        procs: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (list) => {
        const sorted = [...list].sort((a, b) => a.submit - b.submit);
        const swf = file(
          sorted.map((row, index) => swfRow(index + 1, row.submit, row.run, row.procs)).join('\n'),
          'source.swf',
        );
        const first = join(folder, 'native-1');
        const second = join(folder, 'native-2');
        await convertTrace([swf], request, 'native', first);
        await convertTrace([join(first, 'workload-jobs.csv')], request, 'native', second);
        const [original, once, twice] = [swf, join(first, 'workload-jobs.csv'), join(second, 'workload-jobs.csv')].map(
          (path) => jobsOf(path).jobs,
        );
        expect(once).toEqual(original);
        expect(twice).toEqual(once);
      }),
      { numRuns: 50, seed: 6 },
    );
  });

  it('reads services, dependencies, gangs and custom columns, and says which row is wrong', () => {
    file(
      'job_id,user,submit_s,priority,deadline_s,after\na,u,0,1,,\nb,u,1.5,2,90,a+3\nc,u,2,x,,\nd,u,3,0,,\n',
      'workload-jobs.csv',
    );
    file(
      'job_id,task,count,gang,cpus,mem_mib,duration_s\na,,1,false,0.5,64,inf\nb,m,3,true,1,64,10\nc,,1,,1,1,1\nd,,1,,-1,1,1\n',
      'workload-tasks.csv',
    );
    const { jobs, report } = jobsOf(join(folder, 'workload-jobs.csv'));
    expect(jobs.map((job) => [job.id, job.submitUs, job.priority, job.deadlineUs, job.after])).toEqual([
      ['a', 0, 1, -1, []],
      ['b', 1.5e6, 2, 90e6, [{ job: 'a', delayUs: 3e6 }]],
    ]);
    expect(jobs[0]?.groups[0]?.durationUs).toBe(Number.POSITIVE_INFINITY);
    expect(jobs[1]?.groups[0]).toMatchObject({ name: 'm', count: 3, gang: true });
    expect(report?.skipped.get('E_NATIVE_VALUE')).toBe(2);
  });
});
