import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file, folder } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SHARED = '../shared/traces/swf';

/** A row with the fields that differ, by number from 1; all others are unknown. */
function row(fields: Readonly<Record<number, number | string>>): string {
  return Array.from({ length: 18 }, (_, index) => fields[index + 1] ?? -1).join(' ');
}

describe('every field of a row', () => {
  it('is used or told: id, submit, run, processors, estimate, user, queue; waits and CPU times are not replayed', () => {
    const full = row({
      ...{ 1: 7, 2: 100, 3: 55, 4: 60, 5: 4, 6: 59.5, 7: 2048, 8: 8, 9: 3600, 10: 4096, 11: 1, 12: 31, 13: 2 },
      ...{ 14: 5, 15: 3, 16: 9, 17: 6, 18: 30 },
    });
    const path = file(`${full}\n`, 'full.swf');
    const [job] = readJobs(path).jobs;
    expect(job).toMatchObject({ id: '7', submitUs: 0, user: '31', queue: '3', after: [] });
    expect(job?.groups[0]).toMatchObject({ count: 4, gang: true, durationUs: 60e6, estimateUs: 3600e6 });
    expect([...(job?.groups[0]?.amounts ?? [])]).toEqual([1000, 0, 0, 0]);
    for (const [from, queue] of [
      ['partition', '9'],
      ['group', '2'],
      ['executable', '5'],
    ])
      expect(readJobs(path, { format: `swf[queueFrom=${from}]` }).jobs[0]?.queue).toBe(queue);
    // 4096 kB requested = 4 MiB per processor; without a request the 2048 kB used.
    const asks = (line: string): number | undefined =>
      readJobs(file(line, 'memory.swf'), { format: 'swf[memory=true]' }).jobs[0]?.groups[0]?.amounts[1];
    expect([asks(full), asks(full.replace(' 4096 ', ' -1 '))]).toEqual([4000, 2000]);
  });

  it('takes field 5 if it is positive, else field 8; users and queues that are not known are nobody', () => {
    const path = file(
      [
        row({ 1: 1, 2: 0, 4: 5, 5: 3, 8: 9 }),
        row({ 1: 2, 2: 0, 4: 5, 5: 0, 8: 9 }),
        row({ 1: 3, 2: 0, 4: 5, 8: 2 }),
      ].join('\n'),
      'procs.swf',
    );
    const { jobs } = readJobs(path);
    expect(jobs.map(({ groups, user, queue }) => [groups[0]?.count, user, queue])).toEqual([
      [3, '', ''],
      [9, '', ''],
      [2, '', ''],
    ]);
    expect(inspectTrace([path], request)['facts']).toMatchObject({ largestJobProcs: 9, procSeconds: 70 });
  });
});

describe('status codes', () => {
  it('replay failed, completed and cancelled jobs as they ran, and leave out parts of jobs that have a row of their own', () => {
    const codes = [1, 0, 5, -1, 2, 3, 4];
    const path = file(
      codes.map((status, at) => row({ 1: at, 2: at, 4: 5, 5: 1, 11: status })).join('\n'),
      'status.swf',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id }) => id)).toEqual(['0', '1', '2', '3']);
    expect(skippedOf(reading)).toEqual({ E_SWF_PARTIAL: 3 });
    expect(inspectTrace([path], request)['facts']).toMatchObject({ jobs: 7, status: { '2': 1, '3': 1, '4': 1 } });
  });
});

describe('time', () => {
  it('begins at the earliest kept job, wherever its row stands', () => {
    const path = file(
      [
        row({ 1: 1, 2: -1, 4: -1, 5: 4 }),
        row({ 1: 2, 2: 700, 4: 9, 5: 1 }),
        row({ 1: 3, 2: 650, 4: 9, 5: 1 }),
        row({ 1: 4, 2: 710.5, 4: 9, 5: 1 }),
      ].join('\n'),
      'order.swf',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map(({ id, submitUs }) => [id, submitUs])).toEqual([
      ['3', 0],
      ['2', 50e6],
      ['4', 60.5e6],
    ]);
    expect(skippedOf(reading)).toEqual({ E_SWF_SUBMIT: 1 });
    expect(repairedOf(reading)).toEqual({ E_ORDER: 1 });
  });

  it('of a job that follows another is the end of that one and the think time, but never before its own submission', async () => {
    // One processor. Job 1 runs 0-100 s. Job 2 thinks 30 s after it: 130-140 s, although submitted at 50 s; job 3 is submitted at 500 s.
    const path = file(
      [
        '; MaxProcs: 1',
        row({ 1: 1, 2: 0, 4: 100, 5: 1 }),
        row({ 1: 2, 2: 50, 4: 10, 5: 1, 17: 1, 18: 30 }),
        row({ 1: 3, 2: 500, 4: 10, 5: 1, 17: 2 }),
      ].join('\n'),
      'think.swf',
    );
    expect(readJobs(path, { format: 'swf[dependencies=true]' }).jobs.map(({ after }) => after)).toEqual([
      [],
      [{ job: '1', delayUs: 30e6 }],
      [{ job: '2', delayUs: 0 }],
    ]);
    const scenario = {
      name: 'think',
      workload: { trace: path, format: 'swf[dependencies=true]' },
      cluster: { agents: [{ trace: path }] },
      frameworks: [{ name: 'f', type: 'batch' }],
    };
    const out = `${folder}/think-out`;
    await runScenario(parseScenario(JSON.stringify(scenario), `${folder}/scenario.yaml`), { out, isExplicitOut: true });
    const [header = '', ...lines] = readFileSync(`${out}/jobs.csv`, 'utf8').trim().split('\n');
    const column = header.split(',').indexOf('first_start_s');
    const starts = lines.map((line) => Number(line.split(',')[column]));
    // Offers come every second: a start is late by at most one.
    for (const [index, due] of [0, 130, 500].entries()) {
      expect(starts[index]).toBeGreaterThanOrEqual(due);
      expect(starts[index]).toBeLessThanOrEqual(due + 1);
    }
  });
});

describe('the header', () => {
  it('keeps the first value of each key, and is the machine: nodes that share the processors', () => {
    const header = '; MaxNodes: 4\n; MaxProcs: 16\n;MaxMemory: 2048\n; Note: one\n; Note: two\n;\n;   goes on\n';
    const path = file(`${header}${row({ 1: 1, 2: 0, 4: 5, 5: 1 })}\n`, 'header.swf');
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    const read = format.readAgents?.([path], context);
    expect(read?.agents.map(({ id, amounts }) => [id, ...amounts])).toEqual(
      [0, 1, 2, 3].map((node) => [`node-${node}`, 4000, 2000, 0, 0]),
    );
    expect(read?.report.notes.get('Note')).toBe('one');
    const odd = file('; MaxNodes: 3\n; MaxProcs: 16\n', 'odd.swf');
    expect(format.readAgents?.([odd], context).agents).toHaveLength(16);
    const bare = file(row({ 1: 1 }), 'bare.swf');
    expect(inputErrorOf(() => format.readAgents?.([bare], context))).toContain('E_SWF_SIZE');
  });
});

describe('the logs of the archive', () => {
  for (const name of ['NASA-iPSC-1993-3.1-cln', 'KTH-SP2-1996-2.1-cln', 'LLNL-Thunder-2007-1.1-cln']) {
    const path = `${SHARED}/${name}.swf.gz`;
    it.skipIf(!existsSync(path))(
      `keep of ${name} the rows that ran, in order, whose overlap may exceed the machine`,
      () => {
        const rows = gunzipSync(readFileSync(path))
          .toString()
          .split('\n')
          .filter((line) => line.trim() !== '' && !line.startsWith(';'))
          .map((line) => line.trim().split(/\s+/).map(Number));
        const good = rows.filter((cells) => {
          const [, submit = -1, , run = -1, allocated = -1, , , requested = -1] = cells;
          return submit >= 0 && run >= 0 && (allocated > 0 || requested > 0);
        });
        const reading = readJobs(path);
        expect(reading.report).toMatchObject({ rowsRead: rows.length, rowsKept: good.length });
        const submits = good.map((cells) => cells[1] as number).sort((a, b) => a - b);
        expect(reading.jobs.map(({ submitUs }) => submitUs)).toEqual(
          submits.map((submit) => (submit - (submits[0] as number)) * 1e6),
        );
        const procSeconds = good.reduce((sum, cells) => {
          const procs = (cells[4] as number) > 0 ? (cells[4] as number) : (cells[7] as number);
          return sum + procs * (cells[3] as number);
        }, 0);
        const read = reading.jobs.reduce(
          (sum, { groups: [g] }) => sum + (g?.count ?? 0) * ((g?.durationUs ?? 0) / 1e6),
          0,
        );
        expect(read).toBe(procSeconds);
        // Recorded starts and ends overlap by more than the machine has: a replay makes its own starts.
        const facts = inspectTrace([path], request)['facts'] as { peakProcs: number; headerMaxProcs: number };
        expect(facts.peakProcs).toBeGreaterThan(facts.headerMaxProcs);
      },
    );
  }
});
