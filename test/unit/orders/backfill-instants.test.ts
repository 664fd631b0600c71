import { describe, expect, it } from 'vitest';
import type { JobView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** Start times in seconds of rigid jobs [id, submit, processors, run] with exact estimates on 8 processors. */
function starts(order: string, jobs: readonly (readonly [string, number, number, number])[]): Record<string, number> {
  const document = {
    name: 'instants',
    workload: {
      jobs: jobs.map(([id, at, tasks, duration]) => ({
        ...{ id, at, tasks, gang: true, cpus: 1, mem: 0, duration, estimate: duration },
      })),
    },
    cluster: { agents: [{ count: 1, cpus: 8, mem: 0 }] },
    frameworks: [{ name: 'all', gangRelease: '1000 d' }],
    policy: { allocator: 'drf', order },
    master: { allocateOn: ['recover'] },
  };
  const times: Record<string, number> = {};
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'instants.json'), {
    observe: () => [
      {
        jobEnded: ({ record, firstStartUs }: JobView) => {
          times[record.id] = firstStartUs / 1e6;
        },
      },
    ],
  });
  simulation.run();
  simulation.close();
  return times;
}

describe('backfilling when work ends and arrives at the same instant', () => {
  it('conservative keeps a promise that falls due while what it waits for is on its way back', () => {
    // E holds 4 until 15. F (7) is promised 15–24, J (5) 24–25, C (8) 25–38. K (1, 8 long) fills 7–15 beside E. At 15 E and K end and A
    // comes; whatever is heard first, F starts then, J and C keep their places behind it, and A (3) goes last.
    const jobs = [
      ['E', 1, 4, 14],
      ['F', 3, 7, 9],
      ['J', 3, 5, 1],
      ['C', 4, 8, 13],
      ['G', 5, 7, 14],
      ['K', 7, 1, 8],
      ['A', 15, 3, 10],
    ] as const;
    expect(starts('backfill-conservative', jobs)).toEqual({ E: 1, K: 7, F: 15, J: 24, C: 25, G: 38, A: 52 });
  });

  it('EASY looks behind the head only when all that ends at the instant is back', () => {
    // N holds 5 of 8 until 4, when A (2, 8 long) comes. E (6) starts at 4; L (8) is the head then and can start at 8. A would run until 12
    // and delay L, so it starts after L, at 23. Deciding before N is back would have let A pass as what E leaves over.
    const jobs = [
      ['N', 2, 5, 2],
      ['E', 3, 6, 4],
      ['L', 3, 8, 15],
      ['A', 4, 2, 8],
    ] as const;
    expect(starts('backfill-easy', jobs)).toEqual({ N: 2, E: 4, L: 8, A: 23 });
  });
});
