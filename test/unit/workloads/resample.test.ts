import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/core/random.js';
import { emptyReport, type JobRecord, type JobSource } from '../../../src/model/job.js';
import { resampled } from '../../../src/workloads/resample.js';

/** Two hundred jobs, one a minute, of ten users in turn; each job waits for the user's last one. */
function trace(): JobSource {
  let number = 0;
  return {
    report: emptyReport('test', ['trace.csv']),
    close: () => undefined,
    next: (): JobRecord | null => {
      if (number === 200) return null;
      const id = String(number);
      const after = number < 10 ? [] : [{ job: String(number - 10), delayUs: 0 }];
      const user = `u${number % 10}`;
      return {
        id,
        user,
        queue: '',
        class: '',
        submitUs: number++ * 60e6,
        priority: 0,
        deadlineUs: -1,
        after,
        groups: [],
      };
    },
  };
}

function drawn(seed: number): JobRecord[] {
  const source = resampled(trace(), trace, new Streams(seed).stream('resample-1'));
  const jobs: JobRecord[] = [];
  for (let job = source.next(); job !== null; job = source.next()) jobs.push(job);
  return jobs;
}

describe('a trace resampled by users', () => {
  it('has whole users, as many draws as users, in order of submit time', () => {
    const jobs = drawn(1);
    expect(jobs).toHaveLength(200); // ten draws of twenty jobs each
    const perUser = new Map<string, number>();
    for (const [index, job] of jobs.entries()) {
      expect(job.submitUs).toBeGreaterThanOrEqual(jobs[index - 1]?.submitUs ?? 0);
      perUser.set(job.user, (perUser.get(job.user) ?? 0) + 1);
    }
    expect([...perUser.values()].every((count) => count % 20 === 0)).toBe(true);
    expect(perUser.size).toBeLessThan(10);
  });

  it('gives every copy ids of its own, and dependencies within the copy', () => {
    const jobs = drawn(1);
    const ids = new Set(jobs.map((job) => job.id));
    expect(ids.size).toBe(jobs.length);
    expect(jobs.some((job) => job.id.endsWith('~2'))).toBe(true);
    for (const job of jobs) for (const { job: before } of job.after) expect(ids.has(before)).toBe(true);
  });

  it('is the same for a seed and another for another', () => {
    const ids = (seed: number): string =>
      drawn(seed)
        .map((job) => job.id)
        .join(' ');
    expect(ids(1)).toBe(ids(1));
    expect(ids(1)).not.toBe(ids(2));
  });
});
