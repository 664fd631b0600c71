import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { readJobs, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const MIB = 2 ** 20;
const SAMPLE = 'traces/swim-fb-2009/FB-2009_samples_24_times_1hr_0.tsv.gz';
const PLAIN = '../shared/traces/swim/FB-2009_samples_24_times_1hr_0.tsv';

describe('swim', () => {
  it('makes maps of the blocks, reduces of the shuffled and written bytes, and run times of the rates', () => {
    const path = file(
      [
        `job0\t10\t10\t${640 * MIB}\t${320 * MIB}\t${160 * MIB}`,
        `job1\t12\t2\t0\t0\t${80 * MIB}`,
        `job2\t15\t3\t${65 * MIB}\t${3000 * MIB}\t${600 * MIB}`,
      ].join('\n'),
      'a.tsv',
    );
    const { jobs, report } = readJobs(path);
    // 640 / 64 = 10 maps, each reads 64 and writes 32: 2 + 64/50 + 32/40 = 4.08 s. (320 + 160)/1024 rounds to 0: 1 reduce,
    // 2 + 320/20 + 160/40 = 22 s.
    expect(jobs[0]?.groups).toMatchObject([
      { name: 'map', count: 10, durationUs: 4_080_000, inputMilliMib: 64_000, outputMilliMib: 32_000, after: [] },
      { name: 'reduce', count: 1, durationUs: 22e6, inputMilliMib: 320_000, outputMilliMib: 160_000, after: ['map'] },
    ]);
    // Nothing to read and no shuffle: one map, which writes the output: 2 + 80/40 = 4 s.
    expect(jobs[1]?.groups).toMatchObject([{ name: 'map', count: 1, durationUs: 4e6, inputMilliMib: 0 }]);
    expect(jobs[1]?.groups).toHaveLength(1);
    // ceil(65 / 64) = 2 maps; 3600 / 1024 = 3.5, rounded to 4 reduces.
    expect(jobs[2]?.groups.map(({ count }) => count)).toEqual([2, 4]);
    expect(report).toMatchObject({ rowsRead: 3, rowsKept: 3, jobCount: 3, taskCount: 18 });
  });

  it('takes the model from its options', () => {
    const path = file(`job0\t0\t0\t${100 * MIB}\t${10 * MIB}\t0\n`, 'b.tsv');
    const { jobs } = readJobs(path, {
      format: 'swim[blockMib=10,readMibS=1,writeMibS=1,startup=1 s,cpus=0.5,memMib=512]',
    });
    expect(jobs[0]?.groups[0]).toMatchObject({ count: 10, durationUs: 12e6 });
    expect([...(jobs[0]?.groups[0]?.amounts ?? [])]).toEqual([500, 512_000, 0, 0]);
  });

  it('skips values out of their range and jobs of too many tasks, with their place', () => {
    const path = file(
      `job0\t-1\t0\t1\t1\t1\njob1\t0\t0\t1.5\t1\t1\n\t0\t0\t1\t1\t1\njob3\t0\t0\t${2 ** 52}\t0\t0\n`,
      'c.tsv',
    );
    expect(skippedOf(readJobs(path))).toEqual({ E_SWIM_VALUE: 3, E_SWIM_SIZE: 1 });
    const { issues } = validateTrace([path], request);
    expect(issues.map(({ line, column }) => [line, column])).toEqual([
      [1, 2],
      [2, 4],
      [3, 1],
      [4, 4],
    ]);
  });

  it('sums bytes beyond 2^53 exactly', () => {
    const big = 2 ** 53 - 1;
    const path = file(`job0\t0\t0\t${big}\t0\t0\njob1\t1\t1\t${big}\t0\t0\njob2\t2\t1\t1\t0\t0\n`, 'd.tsv');
    expect(inspectTrace([path], request)['facts']).toMatchObject({
      jobs: 3,
      inputBytes: String(2n ** 54n - 1n),
      mapOnly: 3,
    });
  });

  it('reads the sample that comes along, tab by tab the same as a plain split', () => {
    const { jobs, report } = readJobs(SAMPLE);
    expect(report).toMatchObject({ format: 'swim', rowsRead: 5894, rowsKept: 5894, jobCount: 5894 });
    if (!existsSync(PLAIN)) return;
    const lines = readFileSync(PLAIN, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t').map(Number));
    const maps = lines.reduce((sum, [, , , input = 0]) => sum + Math.max(1, Math.ceil(input / (64 * MIB))), 0);
    expect(jobs.reduce((sum, { groups }) => sum + (groups[0]?.count ?? 0), 0)).toBe(maps);
    expect(jobs.filter(({ groups }) => groups.length === 1)).toHaveLength(4448);
  });
});
