import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { readJobs, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();

interface Event {
  readonly s: number;
  readonly job: number;
  readonly index: number;
  /** Of 2019: 0 SUBMIT, 3 SCHEDULE, 4 EVICT, 6 FINISH, 9 UPDATE_PENDING. */
  readonly type: number;
  readonly cpus: number;
}

const someEvents = fc.array(
  fc.record({
    s: fc.integer({ min: 600, max: 640 }),
    job: fc.integer({ min: 1, max: 4 }),
    index: fc.integer({ min: 0, max: 3 }),
    type: fc.constantFrom(0, 0, 3, 3, 4, 6, 6, 9),
    cpus: fc.constantFrom(0.0625, 0.125, 0.25),
  }),
  { maxLength: 60 },
);

const HEADER =
  'time,type,collection_id,scheduling_class,collection_type,priority,instance_index,resource_request.cpus,resource_request.memory';
const line = ({ s, job, index, type, cpus }: Event): string =>
  `${s}000000,${type},${job},1,0,${s},${index},${cpus},0.5`;

/** Jobs of 2019 and what was told of them; whoever listens to issues has all events held and sorted. */
function jobs2019(events: readonly Event[], isWatched: boolean) {
  const path = file(`${HEADER}\n${events.map(line).join('\n')}\n`, 'instance_events.csv');
  const request = { format: 'google-2019', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const watched = isWatched ? { ...request, onIssue: () => undefined } : request;
  const { format, context } = prepareTrace([path], watched, new ResourceSpace());
  const source = format.openJobs?.([path], context);
  const jobs: JobRecord[] = [];
  for (let job = source?.next() ?? null; job !== null; job = source?.next() ?? null) jobs.push(job);
  return { jobs, report: source?.report };
}

/** By hand: the last run of a task that ended other than by eviction. */
function runOf(events: readonly Event[]): number | undefined {
  let start: number | undefined;
  let run: number | undefined;
  for (const { s, type } of events) {
    if (type === 3) start = s;
    if (type === 6 && start !== undefined) run = s - start;
    if (type === 4 || type === 6) start = undefined;
  }
  return run;
}

/** By hand: in order of time, the run of each task and the CPUs told last. */
function runsOf(events: readonly Event[]): string[] {
  const byTask = new Map<string, Event[]>();
  for (const event of [...events].sort((a, b) => a.s - b.s)) {
    const key = `${event.job}/${event.index}`;
    byTask.set(key, [...(byTask.get(key) ?? []), event]);
  }
  const runs = [...byTask].map(([key, list]) => ({ key, run: runOf(list), cpus: Number(list.at(-1)?.cpus) }));
  return runs
    .filter(({ run }) => run !== undefined)
    .map(({ key, run, cpus }) => `${key} ${run} s ${32_000 * cpus}`)
    .sort();
}

const told = (
  jobs: readonly { id: string; groups: readonly { name: string; durationUs: number; amounts: Float64Array }[] }[],
) =>
  jobs
    .flatMap(({ id, groups }) =>
      groups.map(({ name, durationUs, amounts }) => `${id}/${name} ${durationUs / 1e6} s ${amounts[0]}`),
    )
    .sort();

describe('events of tasks', () => {
  it('in order of time make the same jobs as they come, held, and by hand', () => {
    fc.assert(
      fc.property(someEvents, (events) => {
        const sorted = [...events].sort((a, b) => a.s - b.s);
        const [direct, held] = [jobs2019(sorted, false), jobs2019(sorted, true)];
        expect(direct).toEqual(held);
        expect(told(direct.jobs)).toEqual(runsOf(events));
      }),
      { numRuns: 150 },
    );
  });

  it('in any order make the jobs of the sorted ones, those of an instant as they stand', () => {
    fc.assert(
      fc.property(someEvents, (events) => {
        const [read, held] = [jobs2019(events, false), jobs2019(events, true)];
        expect(read).toEqual(held);
        expect(told(read.jobs)).toEqual(runsOf(events));
        let newest = 0;
        const late = events.filter(({ s }) => {
          newest = Math.max(newest, s);
          return s < newest;
        }).length;
        expect(read.report?.repaired.get('E_ORDER')).toBe(late || undefined);
      }),
      { numRuns: 150 },
    );
  });

  it('of 2011 make the same runs, by hand', () => {
    // SUBMIT, SCHEDULE, EVICT, FINISH and UPDATE_PENDING are 0, 1, 2, 4 and 7 there.
    const kinds = new Map([
      [0, 0],
      [3, 1],
      [4, 2],
      [6, 4],
      [9, 7],
    ]);
    fc.assert(
      fc.property(someEvents, (events) => {
        const rows = [...events]
          .sort((a, b) => a.s - b.s)
          .map(
            ({ s, job, index, type, cpus }) => `${s}000000,,${job},${index},,${kinds.get(type)},u,1,9,${cpus},0.5,0,0`,
          );
        const path = file(`${rows.join('\n')}\n`, 'task_events-part-00000-of-00500.csv');
        const { jobs } = readJobs(path, { format: 'google-2011' });
        expect(told(jobs)).toEqual(runsOf(events));
      }),
      { numRuns: 100 },
    );
  });

  it('are of more tasks than a block of memory holds, each handed on once', () => {
    // 40,000 tasks of 400 jobs in turn: task 7 of job 3 runs for 3007 s.
    const rows = [1, 4].flatMap((kind) =>
      Array.from({ length: 40_000 }, (_, row) => {
        const [job, index] = [row % 400, Math.floor(row / 400)];
        const s = kind === 1 ? 600 : 600 + job * 1000 + index;
        return `${s}000000,,${job},${index},,${kind},u,1,9,0.25,0.5,0,0`;
      }),
    );
    const { jobs } = readJobs(file(rows.join('\n'), 'task_events-part-00000-of-00500.csv'), { format: 'google-2011' });
    expect(jobs).toHaveLength(400);
    for (const [row, { id, groups }] of jobs.entries()) {
      expect(id).toBe(String(row));
      expect(groups.map(({ durationUs }) => durationUs / 1e6)).toEqual(
        Array.from({ length: 100 }, (_, index) => row * 1000 + index),
      );
    }
  });
});
