import { describe, expect, it } from 'vitest';
import type { JobView } from '../../../src/model/observer.js';
import { job, runToEnd, type TinySetup, tinyCluster } from '../../support/world.js';

/** Start times of jobs in seconds. */
function starts(setup: TinySetup): Record<string, number> {
  const times: Record<string, number> = {};
  const jobEnded = ({ record, firstStartUs }: JobView): void => {
    times[record.id] = firstStartUs / 1e6;
  };
  runToEnd(tinyCluster({ ...setup, observers: [{ jobEnded }] }));
  return times;
}

describe('an order over tasks of different shapes', () => {
  it('is kept: what came first goes first, also when later work of the shape just served would fit', () => {
    // Two CPUs are taken until 10. Behind that wait a1, b1, a2 in this order; a1 and a2 are alike, b1 wants memory too. Two of them fit
    // at 10: by FIFO a1 and b1; a2 goes when they have ended, at 15.
    const jobs = [
      job('all', 0, { cpus: 2, durationS: 10 }),
      job('a1', 1, { cpus: 1, durationS: 5 }),
      job('b1', 2, { cpus: 1, mem: 64, durationS: 5 }),
      job('a2', 3, { cpus: 1, durationS: 5 }),
    ];
    for (const isNaive of [false, true]) {
      const setup = { agents: [{ cpus: 2, mem: 64 }], frameworks: [{ name: 'f' }], jobs, settings: { isNaive } };
      expect(starts(setup)).toEqual({ all: 0, a1: 10, b1: 10, a2: 15 });
    }
  });

  it('by shortest job first takes turns between shapes', () => {
    // One CPU, taken until 10; then by estimate: b 1, a 2, d 3 (as a), c 4 (as b).
    const jobs = [
      job('all', 0, { durationS: 10, estimateS: 10 }),
      job('a', 1, { durationS: 2, estimateS: 2 }),
      job('b', 1, { mem: 32, durationS: 1, estimateS: 1 }),
      job('c', 1, { mem: 32, durationS: 4, estimateS: 4 }),
      job('d', 1, { durationS: 3, estimateS: 3 }),
    ];
    const setup = { agents: [{ cpus: 1, mem: 64 }], frameworks: [{ name: 'f', order: 'sjf' }], jobs };
    expect(starts(setup)).toEqual({ all: 0, b: 10, a: 11, d: 13, c: 16 });
  });
});

describe('what is held for a gang', () => {
  it('stays held when work that goes before the gang comes and is placed', () => {
    // `taken` has one of three agents until 60, so the gang holds the other two. `quick` comes at 5 and goes first (shortest job first): it
    // runs on a held agent, and the other one is not given back: `other` of the second framework starts only when the gang is over.
    const jobs = [
      job('taken', 0, { durationS: 60, estimateS: 60 }, { queue: 'b' }),
      job('gang', 1, { count: 3, durationS: 10, estimateS: 10, gang: true }, { queue: 'a' }),
      job('other', 2, { durationS: 2 }, { queue: 'b' }),
      job('quick', 5, { durationS: 3, estimateS: 3 }, { queue: 'a' }),
    ];
    const frameworks = [{ name: 'a', order: 'sjf', gangReleaseUs: 1e9 }, { name: 'b' }];
    const agents = [{ cpus: 1, mem: 64, count: 3 }];
    for (const isNaive of [false, true]) {
      const times = starts({ agents, frameworks, jobs, settings: { isNaive } });
      expect(times).toMatchObject({ taken: 0, quick: 5 });
      // At 8 quick's agent returns; b's turn: it has 1 of 3 agents, a holds 1. At the batch of 8 it goes to … whoever has less.
      expect(times['other']).toBeGreaterThanOrEqual(8);
    }
  });
});
