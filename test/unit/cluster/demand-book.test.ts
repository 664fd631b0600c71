import { describe, expect, it } from 'vitest';
import { Cluster } from '../../../src/cluster/cluster.js';
import { PolicyView } from '../../../src/cluster/view.js';
import type { AllocatorView } from '../../../src/model/allocator.js';
import { NaiveSorter } from '../../support/naive-sorter.js';
import { job, runToEnd, type TinySetup, tinyParts } from '../../support/world.js';

/** What an allocator that reads demand saw at each of its runs: time in seconds, waiting tasks. */
function seen(setup: Partial<TinySetup> & { networkDelayUs: number }): { s: number; tasks: number }[] {
  const rows: { s: number; tasks: number }[] = [];
  const prepare = (view: AllocatorView): void => {
    const tasks = view.demandOf(0).reduce((sum, entry) => sum + entry.count, 0);
    rows.push({ s: view.nowUs / 1e6, tasks });
  };
  const parts = tinyParts({
    agents: [{ cpus: 2 }],
    frameworks: [{ name: 'a' }],
    jobs: [job('first', 1.2, { count: 3, durationS: 10 }), job('second', 5.3, { count: 2, durationS: 1 })],
    untilUs: 9e6,
    settings: { networkDelayUs: setup.networkDelayUs },
  });
  runToEnd(
    new Cluster({
      ...parts,
      allocator: { kind: 'sorter', sorter: () => new NaiveSorter(), prepare },
      readsDemand: true,
      policyView: (world) => new PolicyView(world, ['demand'], 'watcher'),
    }),
  );
  return rows;
}

describe('the demand book', () => {
  it('is the queue itself where messages take no time', () => {
    // 1.2 s: three tasks wait and a run is asked for at once. Two of them start on the two CPUs, one still waits.
    const rows = seen({ networkDelayUs: 0 });
    expect(rows[0]).toEqual({ s: 1.2, tasks: 3 });
    expect(rows.find(({ s }) => s === 2)?.tasks).toBe(1);
    // 5.3 s: two more.
    expect(rows.find(({ s }) => s === 5.3)?.tasks).toBe(3);
  });

  it('shows the queue as it was one network delay ago', () => {
    // Half a second of delay: the arrival of 1.2 s is known at 1.7 s, when the revive arrives too.
    const rows = seen({ networkDelayUs: 500_000 });
    expect(rows[0]).toEqual({ s: 1.7, tasks: 3 });
    // Offers leave at 1.7 s, are answered at 2.2 s, and the answer, with the shorter queue, is at the master at 2.7 s.
    expect(rows.find(({ s }) => s === 2)?.tasks).toBe(3);
    expect(rows.find(({ s }) => s === 3)?.tasks).toBe(1);
    // The arrival of 5.3 s shows at 5.8 s, not before.
    expect(rows.filter(({ s, tasks }) => s < 5.8 && s > 2.7 && tasks !== 1)).toEqual([]);
    expect(rows.find(({ s }) => s === 5.8)?.tasks).toBe(3);
  });
});
