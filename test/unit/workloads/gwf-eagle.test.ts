import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const HEADER = 'WorkflowID, JobID     , SubmitTime, RunTime   , NProcs    , ReqNProcs , Dependencies\n';

describe('gwf', () => {
  it('makes a job of a workflow, whose tasks wait for their dependencies and are gangs of their processors', () => {
    const path = file(
      `${HEADER}7 , 1 , 3 , 11 , 1 , 1 , \n7 , 2 , 9 , 5 , -1 , 3 , 1\n7 , 3 , 9 , 0.5 , 1 , 1 , 1 2\n`,
      'a.gwf',
    );
    const { jobs } = readJobs(path);
    expect(jobs).toMatchObject([
      {
        id: '7',
        class: 'workflow',
        submitUs: 3e6,
        groups: [
          { name: '1', count: 1, gang: false, durationUs: 11e6, after: [] },
          { name: '2', count: 3, gang: true, durationUs: 5e6, after: ['1'] },
          { name: '3', durationUs: 500_000, after: ['1', '2'] },
        ],
      },
    ]);
  });

  it('counts what it leaves out and what it mends', () => {
    const path = file(
      `${HEADER}1,1,0,5,1,1,\n1,2,0,-1,1,1,1\n1,3,0,5,0,-1,1\n1,4,0,5,1,1,9\n1,4,4,5,1,1,\n2,1,0,5,1,1,2\n2,2,0,5,1,1,1\n`,
      'b.gwf',
    );
    const reading = readJobs(path);
    expect(reading.jobs.map(({ groups }) => groups.map(({ name }) => name))).toEqual([['1', '4', '4~2']]);
    expect(skippedOf(reading)).toEqual({ E_GWF_RUN: 1, E_GWF_VALUE: 1, E_CYCLE: 1 });
    expect(repairedOf(reading)).toEqual({ E_WORKFLOW_LATE: 1, E_PARENT: 1, E_TASK_TWICE: 1 });
  });

  it('agrees with csv-parse on the sample that comes along', () => {
    const path = 'traces/gwf/workflows.gwf';
    const rows = parse(readFileSync(path), { columns: true, trim: true }) as Record<string, string>[];
    const { jobs, report } = readJobs(path);
    expect(report.rowsRead).toBe(rows.length);
    expect(jobs).toHaveLength(new Set(rows.map((row) => row['WorkflowID'])).size);
    const groups = jobs.flatMap((job) => job.groups);
    const edges = rows.reduce(
      (sum, row) => sum + (row['Dependencies'] ?? '').split(/\s+/).filter((id) => id !== '').length,
      0,
    );
    expect(groups.reduce((sum, { after }) => sum + after.length, 0)).toBe(edges);
    // The page of the sample: 70 tasks of 10 workflows, 693 s, 80 dependencies, submitted from 3 to 87 s.
    expect(inspectTrace([path], request)['facts']).toEqual({
      tasks: 70,
      workflows: 10,
      dependencies: 80,
      runTimeS: 693,
      firstSubmitS: 3,
      lastSubmitS: 87,
      largestProcs: 1,
    });
  });
});

describe('eagle', () => {
  it('makes a job of a line: equal run times are one group, the mean is the estimate', () => {
    const path = file('0.5 4 3.5 3 4 3 4\n\n2 1 10 10\n', 'a.tr');
    const { jobs, report } = readJobs(path);
    expect(jobs).toMatchObject([
      {
        id: '1',
        submitUs: 500_000,
        groups: [
          { name: '0', count: 2, durationUs: 3e6, estimateUs: 3_500_000 },
          { name: '1', count: 2, durationUs: 4e6 },
        ],
      },
      { id: '3', groups: [{ name: '', count: 1, durationUs: 10e6 }] },
    ]);
    expect(report).toMatchObject({ rowsRead: 2, rowsKept: 2, taskCount: 5 });
  });

  it('skips lines with another number of run times than they say, and values out of range', () => {
    const path = file('0 2 3 3 3\n1 3 3 3 3\n2 0 1\n3 1 1 -1\n4 x 1 1\n', 'b.tr');
    expect(skippedOf(readJobs(path))).toEqual({ E_EAGLE_FIELDS: 1, E_EAGLE_VALUE: 3 });
  });

  it('agrees with a plain split on the sample that comes along', () => {
    const path = 'traces/eagle-like/hybrid.tr';
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    const tasks = lines.reduce((sum, line) => sum + line.length - 3, 0);
    const seconds = lines.reduce((sum, line) => sum + line.slice(3).reduce((a, b) => a + b, 0), 0);
    const facts = inspectTrace([path], request)['facts'] as Record<string, number>;
    expect(facts).toMatchObject({ jobs: 300, tasks });
    expect(facts['taskSeconds']).toBeCloseTo(seconds, 6);
    expect(readJobs(path).report).toMatchObject({ jobCount: 300, taskCount: tasks });
  });
});
