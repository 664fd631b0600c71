import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyReport, type JobRecord } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { jobRecord } from '../../../src/workloads/records.js';
import { reordered } from '../../../src/workloads/reorder.js';
import { lookAheadOf, OrderScout } from '../../../src/workloads/scout.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-scout-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the scout says of these times, undefined when it gave up. */
function seen(times: readonly number[], most: number): number | undefined {
  const scout = new OrderScout(most);
  return times.every((time) => scout.sees(time)) ? scout.lookAhead : undefined;
}

describe('a scout of the order of rows', () => {
  it('says a look-ahead only if that puts the jobs in order, ties as they stand', () => {
    const rows = fc.array(fc.nat(6), { maxLength: 30 }).map((gaps) => gaps.map((gap, row) => row + gap));
    let said = 0;
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 6 }), (times, most) => {
        const ahead = seen(times, most);
        if (ahead === undefined) return;
        said++;
        let row = 0;
        const read = (): JobRecord | null => {
          const submitUs = times[row];
          return submitUs === undefined ? null : jobRecord({ id: String(row++), submitUs, groups: [] });
        };
        const source = reordered(
          emptyReport('', []),
          read,
          ahead,
          (job) => job,
          () => undefined,
        );
        const order: number[] = [];
        for (let job = source.next(); job !== null; job = source.next()) order.push(Number(job.id));
        const wanted = times.map((_, index) => index).sort((a, b) => Number(times[a]) - Number(times[b]) || a - b);
        expect(order).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
    expect(said).toBeGreaterThan(100);
  });

  it('gives up at a row that is earlier than one that stands further back than it looks', () => {
    // 9 stands three rows before 8: a look-ahead of two has handed it on.
    expect(seen([9, 10, 11, 8], 2)).toBeUndefined();
    expect(seen([9, 10, 11, 8], 4)).toBe(4);
    // 70 rows from 9 on, then 8: 64 rows are too few, 100 are enough. Ten rows are looked over with 64.
    const rising = (count: number): number[] => Array.from({ length: count }, (_, row) => 9 + row);
    expect(seen([...rising(70), 8], 100)).toBe(100);
    expect(seen([...rising(10), 8], 100)).toBe(64);
    // Row 120 is as late as row 70 was, when the ring has turned.
    expect(seen([...rising(120), 9 + 119 - 62], 100)).toBe(64);
    expect(seen([...rising(120), 9 + 119 - 65], 100)).toBe(100);
    expect(seen([1, 1, 2, Number.NaN, 3], 2)).toBe(0);
  });

  it('reads times and names of tables, with or without a header', () => {
    const layout = { columns: ['job', 'at', 'more'], numeric: ['at'] };
    const looked = (text: string, job?: number): number | undefined => {
      const path = join(folder, 'table.csv');
      writeFileSync(path, text);
      return lookAheadOf([path], { layout, submit: 1, ...(job === undefined ? {} : { job }) });
    };
    expect(looked('a,1,x\nb,2,y\n')).toBe(0);
    expect(looked('more,at,job\nx,2,a\ny,1,b\n')).toBe(64);
    expect(looked('a,1,x\n"b",2,y\na,3,z\n')).toBe(0);
    // Rows of job a do not stand together.
    expect(looked('a,1,x\nb,2,y\na,3,z\n', 0)).toBeUndefined();
    expect(looked('a,1,x\n a,2,y\n', 0)).toBe(0);
  });
});

/** Rows of a format in order, nearly so, and not at all. */
const TABLES: Readonly<Record<string, (at: number, row: number) => string>> = {
  swim: (at, row) => `job${row}\t${at}\t1\t${row * 1000}\t${row * 500}\t7`,
  eagle: (at, row) => `${at} 2 5 ${row + 1} 4`,
  gwf: (at, row) => `${row >> 1}, ${row}, ${at}, 9, 1, 1, -1`,
  'alibaba-2017': (at, row) => `${at},${at + 9},${row >> 1},${row},3,Terminated,50,0.1`,
  'alibaba-2018': (at, row) => `M${1 + (row & 1)},3,j_${row >> 1},1,Terminated,${at + 1},${at + 9},100,0.5`,
  'alibaba-gpu-2020': (at, row) => `j${row >> 1},t${row & 1},1.0,Terminated,${at}.0,${at + 5}.0,600.0,29.3,50.0,T4`,
};
const HEADERS: Readonly<Record<string, string>> = {
  gwf: 'WorkflowID, JobID, SubmitTime, RunTime, NProcs, ReqNProcs, Dependencies\n',
};
const ORDERS: Readonly<Record<string, (row: number) => number>> = {
  'in order': (row) => row >> 2,
  nearly: (row) => 50 + row - (row % 7),
  'out of order': (row) => (row * 4999) % 9973,
};

describe('jobs that are handed on as they are read', () => {
  for (const [format, line] of Object.entries(TABLES))
    for (const [name, timeOf] of Object.entries(ORDERS))
      it(`are those that are sorted first: ${format}, ${name}`, () => {
        const path = join(folder, `${format}.txt`);
        const rows = Array.from({ length: 4500 }, (_, row) => line(timeOf(row), row));
        writeFileSync(path, `${HEADERS[format] ?? ''}${rows.join('\n')}\n`);
        // Strictness wants everything read before the first job.
        const [scouted, sorted] = (['skip', 'error'] as const).map((onBadRow) => {
          const request = { format, options: {}, onBadRow, maxSkipped: -1 };
          const { format: reader, context } = prepareTrace([path], request, new ResourceSpace());
          const source = reader.openJobs?.([path], context);
          const jobs: string[] = [];
          for (let job = source?.next(); job !== null; job = source?.next()) jobs.push(JSON.stringify(job));
          source?.close();
          return { jobs: jobs.join('\n'), count: jobs.length, report: source?.report };
        });
        expect(scouted?.count).toBeGreaterThan(2000);
        expect(scouted).toEqual(sorted);
      });
});
