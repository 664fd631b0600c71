import { describe, expect, it } from 'vitest';
import { allocators } from '../../../src/allocators/index.js';
import { alignment } from '../../../src/allocators/tetris.js';
import type { Allocator, AllocatorContext, Sorter, SorterAllocator } from '../../../src/model/allocator.js';
import type { TaskFact } from '../../../src/model/observer.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

const SPACE = new ResourceSpace();

function context(): AllocatorContext {
  return {
    resources: SPACE,
    fairnessExclude: [],
    random: () => () => 0.5,
    bidderOf: () => ({ bidder: '', endowment: 0, incomePerS: 0, cap: 0 }),
    allocator: policyOf,
  };
}

function policyOf(text: string): Allocator {
  const { definition, options } = allocators.resolve(text);
  return definition.create(options, context());
}

interface Placed {
  readonly id: string;
  readonly agent: number;
  readonly startS: number;
}

/** Where and when the tasks of a scenario started, and the mean response of its jobs in seconds. */
function run(document: object, allocator: string, order = 'fifo'): { placed: Placed[]; meanResponseS: number } {
  const placed: Placed[] = [];
  let sum = 0;
  let count = 0;
  const simulation = new Simulation(
    parseScenario(JSON.stringify({ name: 'family', ...document, policy: { allocator, order } }), 'family.json'),
    {
      checksInvariants: true,
      observe: () => [
        {
          taskStarted: (fact: TaskFact) =>
            void placed.push({ id: fact.job.record.id, agent: fact.agent, startS: fact.startUs / 1e6 }),
          jobEnded: (job) => {
            sum += (job.finishUs - job.submitUs) / 1e6;
            count++;
          },
        },
      ],
    },
  );
  simulation.run();
  simulation.close();
  return { placed, meanResponseS: sum / count };
}

describe('tetris', () => {
  it('scores a task on an agent by the dot product of what it asks for and what is free, as shares of the cluster', () => {
    // Of 20 CPUs and 40 MiB: a task of 2 and 8 (1/10, 1/5) where 10 and 10 are free (1/2, 1/4): 1/20 + 1/20 = 1/10.
    const total = SPACE.of({ cpus: 20, mem: 40 });
    expect(alignment(SPACE.of({ cpus: 2, mem: 8 }), SPACE.of({ cpus: 10, mem: 10 }), total)).toBeCloseTo(0.1, 12);
  });

  it('gives the agent rich in memory to who needs memory, and the one rich in CPUs to who needs CPUs', () => {
    const document = {
      workload: {
        jobs: [
          { id: 'mem', cpus: 1, mem: 8192, duration: 10, estimate: 10, user: 'm' },
          { id: 'cpu', cpus: 8, mem: 128, duration: 10, estimate: 10, user: 'c' },
        ],
      },
      // Either task fits either agent, but each leaves the other agent's plenty unused on the wrong one.
      cluster: {
        agents: [
          { cpus: 8, mem: 16384 },
          { cpus: 16, mem: 8192 },
        ],
      },
      frameworks: [
        { name: 'm', match: { user: 'm' } },
        { name: 'c', match: { user: 'c' } },
      ],
    };
    const { placed } = run(document, 'tetris[fairness=0]');
    expect(Object.fromEntries(placed.map(({ id, agent }) => [id, agent]))).toEqual({ mem: 0, cpu: 1 });
  });
});

describe('static-partition', () => {
  const jobs = (count: number, at: number, user: string): object[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `${user}${at}-${index}`,
      at,
      cpus: 1,
      mem: 0,
      duration: 10,
      user,
    }));
  const document = (more: object = {}): object => ({
    workload: { jobs: [...jobs(8, 0, 'p'), ...jobs(8, 0, 'b')] },
    cluster: { agents: [{ count: 4, cpus: 1, mem: 0 }] },
    roles: { prod: {}, 'prod/web': {}, batch: {} },
    frameworks: [
      { name: 'p', match: { user: 'p' }, role: 'prod/web' },
      { name: 'b', match: { user: 'b' }, role: 'batch' },
    ],
    ...more,
  });
  const HALVES = 'static-partition[partitions=a:50%:prod|b:0.5:batch]';
  const agentsOf = (placed: readonly Placed[], user: string): number[] =>
    [...new Set(placed.filter(({ id }) => id.startsWith(user)).map(({ agent }) => agent))].sort((x, y) => x - y);

  it('keeps each role, and those below it, on its own agents, even when others are idle', () => {
    const { placed } = run(document(), HALVES);
    const [p, b] = [agentsOf(placed, 'p'), agentsOf(placed, 'b')];
    expect([p.length, b.length]).toEqual([2, 2]);
    expect(p.filter((agent) => b.includes(agent))).toEqual([]);
  });

  it('may be changed and extended while it runs, and leaves what no partition claims to everybody', () => {
    // From 15 on a quarter is enough for batch and a quarter is free for all: prod uses three of the four agents.
    const actions = [
      { at: 15, policy: { action: 'setPartition', name: 'b', share: 0.25 } },
      { at: 15, policy: { action: 'setPartition', name: 'c', share: 0.25, roles: ['prod', 'batch'] } },
    ];
    const { placed } = run(document({ actions }), HALVES);
    expect(agentsOf(placed, 'p').length).toBe(3);
    const early = placed.filter(({ startS }) => startS < 15);
    expect(agentsOf(early, 'p').length).toBe(2);
  });

  it('refuses shares beyond 1, shares that are none, and words it does not know', () => {
    expect(() => policyOf('static-partition[partitions=a:0.7|b:0.7]')).toThrow(/add up to more than 1, got "1.4"/);
    expect(() => policyOf('static-partition[partitions=a:lots]')).toThrow(/between 0 and 1, got "lots"/);
    const actions = [{ at: 1, policy: { action: 'grow' } }];
    expect(() => run(document({ actions }), HALVES)).toThrow(/knows setPartition with a name, got "grow"/);
    expect(() => run(document({ actions }), 'drf')).toThrow(/the allocator takes no actions, got "grow"/);
  });
});

describe('oracle', () => {
  const document = {
    // Estimates are off by ten: who believes them decides badly, who sees the truth does not.
    workload: {
      synthetic: [
        {
          jobs: 150,
          arrivals: { poisson: { rate: 0.35 } },
          duration: { exponential: { mean: 20 } },
          mem: 0,
          user: 'a',
        },
        {
          jobs: 150,
          arrivals: { poisson: { rate: 0.35 } },
          duration: { exponential: { mean: 2 } },
          estimateFactor: 10,
          mem: 0,
          user: 'b',
        },
      ],
    },
    cluster: { agents: [{ count: 8, cpus: 1, mem: 0 }], checkpoint: true },
    frameworks: [
      { name: 'a', match: { user: 'a' } },
      { name: 'b', match: { user: 'b' } },
    ],
    master: { allocateOn: ['recover'] },
  };
  it('has a shorter mean response than any policy that does not see the truth', () => {
    const best = run(document, 'oracle', 'srtf').meanResponseS;
    for (const allocator of ['drf', 'fifo', 'srtf', 'round-robin', 'tetris']) {
      expect(best, allocator).toBeLessThanOrEqual(run(document, allocator).meanResponseS);
    }
  });
});

describe('multi-objective', () => {
  /** A framework sorter with clients that hold so many CPUs and so much memory of 100 and 100. */
  function filled(text: string, held: readonly (readonly [cpus: number, mem: number])[]): number[] {
    const sorter: Sorter = (policyOf(text) as SorterAllocator).sorter('framework');
    sorter.setTotal(SPACE.of({ cpus: 100, mem: 100 }));
    for (const [row, [cpus, mem]] of held.entries()) {
      sorter.add(row, String(row));
      sorter.activate(row);
      sorter.allocated(row, SPACE.of({ cpus, mem }), 0, 1);
    }
    sorter.refresh();
    return [...sorter.order.subarray(0, sorter.activeCount)];
  }

  it('adds ranks times weights', () => {
    // By CPUs: 0 (10), 1 (20), 2 (30): ranks 0, ½, 1. By memory: 2 (0), 0 (50), 1 (60): ranks ½, 1, 0.
    const held = [
      [10, 50],
      [20, 60],
      [30, 0],
    ] as const;
    // 1 : 1 → ½, 1½, 1. 1 : 3 → 1½, 3½, 1. 3 : 1 → ½, 2½, 3.
    const by = (cpus: number, mem: number): number[] =>
      filled(`multi-objective[objectives=max-min[resource=cpus]:${cpus}|max-min[resource=mem]:${mem}]`, held);
    expect(by(1, 1)).toEqual([0, 2, 1]);
    expect(by(1, 3)).toEqual([2, 0, 1]);
    expect(by(3, 1)).toEqual([0, 1, 2]);
  });

  it('lets a later objective decide only where the ones before it are tied', () => {
    const held = [
      [10, 50],
      [10, 20],
      [5, 90],
    ] as const;
    expect(
      filled('multi-objective[objectives=max-min[resource=cpus]|max-min[resource=mem],mode=lexicographic]', held),
    ).toEqual([2, 1, 0]);
  });

  it('names what it cannot combine', () => {
    expect(() => policyOf('multi-objective[objectives=market-uniform:1]')).toThrow(/must be an allocator that ranks/);
    expect(() => policyOf('multi-objective[objectives=nope]')).toThrow(/there is no allocator "nope"/);
  });
});

describe('edf with admission', () => {
  it('lets work that cannot be on time go last instead of making others late', () => {
    // One CPU. At 0: a needs 10 of the 12 s it has. At 1: b needs 5 of 6 s, due at 7, before a. Both cannot be met: by plain EDF b ends a,
    // which then ends at 15, late. With admission b fails the test (5 + 9 s due by 12, 11 s left), a is on time, and b comes after it.
    const document = {
      workload: {
        jobs: [
          { id: 'a', cpus: 1, mem: 0, duration: 10, estimate: 10, deadline: 12, user: 'a' },
          { id: 'b', at: 1, cpus: 1, mem: 0, duration: 5, estimate: 5, deadline: 7, user: 'b' },
        ],
      },
      cluster: { agents: [{ cpus: 1, mem: 0 }], checkpoint: true },
      frameworks: [
        { name: 'a', match: { user: 'a' } },
        { name: 'b', match: { user: 'b' } },
      ],
      master: { allocateOn: ['recover'] },
    };
    const starts = (text: string): string[] =>
      run(document, text, 'edf').placed.map(({ id, startS }) => `${id} ${startS}`);
    expect(starts('edf')).toEqual(['a 0', 'b 1', 'a 6']);
    expect(starts('edf[admission=true]')).toEqual(['a 0', 'b 10']);
  });
});
