import { describe, expect, it } from 'vitest';
import type { JobRecord, TaskGroup } from '../../../src/model/job.js';
import { job, runToEnd, SPACE, tinyCluster } from '../../support/world.js';

const step = (offsetS: number, cpus: number, mem = 0) => ({
  offsetUs: offsetS * 1e6,
  amounts: SPACE.of({ cpus, mem }),
});

function withUsage(record: JobRecord, usage: TaskGroup['usage']): JobRecord {
  for (const group of record.groups) group.usage = usage as NonNullable<TaskGroup['usage']>;
  return record;
}

function usedCpuSeconds(jobs: JobRecord[], more: Partial<Parameters<typeof tinyCluster>[0]> = {}): number {
  const cluster = runToEnd(
    tinyCluster({ agents: [{ cpus: 8, mem: 1000 }], frameworks: [{ name: 'f' }], jobs, ...more }),
  );
  return cluster.world.ledger.integral('used', 0) / 1000;
}

describe('actual use', () => {
  it('follows the steps of each task from its own start', () => {
    // Two tasks of 100 s: 0.5 CPUs for 40 s, then 1.5 for 60 s: 2 * (20 + 90) = 220 CPU seconds of 200 asked for.
    const steps = [step(0, 0.5), step(40, 1.5)];
    expect(usedCpuSeconds([withUsage(job('a', 0, { cpus: 1, count: 2, durationS: 100 }), steps)])).toBe(220);
    expect(usedCpuSeconds([job('a', 0, { cpus: 1, count: 2, durationS: 100 })])).toBe(200);
  });

  it('is the first step before that, and steps after the end never come', () => {
    // One task of 50 s at 0.25 CPUs; the step at 90 s lies behind its end.
    const steps = [step(10, 0.25), step(90, 8)];
    expect(usedCpuSeconds([withUsage(job('a', 0, { cpus: 1, durationS: 50 }), steps)])).toBe(12.5);
  });

  it('ends with a task that is stopped, and goes on where a checkpoint left it', () => {
    // The agent goes after 30 s at 0.5 CPUs (15 CPU s) and another takes over: with a checkpoint the second attempt has 70 s left,
    // the first 10 s of them at 0.5, then 60 s at 2 = 125; without one it begins again, 40 s at 0.5 and 60 s at 2 = 140.
    const steps = [step(0, 0.5), step(40, 2)];
    const lose = (checkpoint: boolean): number => {
      let isDone = false;
      return usedCpuSeconds([withUsage(job('a', 0, { cpus: 2, durationS: 100 }), steps)], {
        agents: [{ cpus: 2, count: 2 }],
        settings: { checkpoint, agentOrder: 'id', checksInvariants: true },
        actions: {
          nextUs: () => (isDone ? Number.POSITIVE_INFINITY : 30e6),
          act: (_nowUs, cluster) => {
            isDone = true;
            cluster.membership.leave(0);
          },
        },
      });
    };
    expect(lose(true)).toBe(15 + 5 + 120);
    expect(lose(false)).toBe(15 + 20 + 120);
  });
});
