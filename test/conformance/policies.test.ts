import { beforeAll, describe, expect, it } from 'vitest';
import { allocators } from '../../src/allocators/index.js';
import { PolicyView } from '../../src/cluster/view.js';
import { metrics } from '../../src/metrics/index.js';
import { resolveOptions } from '../../src/model/options.js';
import type { Candidates } from '../../src/model/placement.js';
import { orders } from '../../src/orders/index.js';
import { placements } from '../../src/placements/index.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { loadAllocators } from '../support/solver.js';
import { job, SPACE, tinyCluster } from '../support/world.js';

beforeAll(loadAllocators);

const document = {
  name: 'conformance',
  workload: {
    synthetic: [
      {
        jobs: 40,
        arrivals: { poisson: { rate: 0.5 } },
        tasks: 3,
        duration: { exponential: { mean: '9 s' } },
        estimateFactor: 1,
        deadlineFactor: 3,
        mem: '64 MiB',
        user: 'a',
        priority: 1,
      },
      {
        jobs: 40,
        arrivals: { poisson: { rate: 0.5 } },
        tasks: 2,
        duration: { exponential: { mean: '7 s' } },
        mem: '512 MiB',
        user: 'b',
        priority: 5,
      },
      {
        jobs: 20,
        arrivals: { poisson: { rate: 0.2 } },
        tasks: 2,
        gang: true,
        duration: { exponential: { mean: '5 s' } },
        mem: '64 MiB',
        user: 'c',
      },
    ],
  },
  // With checkpoints, so that policies that end work for other work get everything done.
  cluster: { agents: [{ count: 5, cpus: 4, mem: '4 GiB' }], checkpoint: true },
  roles: { r: { weight: 2 } },
  frameworks: [
    { name: 'a', match: { user: 'a' }, role: 'r' },
    { name: 'b', match: { user: 'b' } },
    { name: 'c', match: { user: 'c' }, gangRelease: '10 s' },
  ],
  until: '30 min',
};

function run(overrides: Record<string, unknown>, isNaive = false): Simulation {
  const simulation = new Simulation(parseScenario(JSON.stringify({ ...document, ...overrides }), 'conformance.json'), {
    checksInvariants: true,
    isNaive,
  });
  simulation.run();
  simulation.close();
  return simulation;
}

describe.each(allocators.list().map((definition) => [definition.name, definition] as const))(
  'allocator %s',
  (name, definition) => {
    it('states what it is: a summary, a source, and help for every option', () => {
      expect(definition.summary.length).toBeGreaterThan(10);
      expect(definition.source.length).toBeGreaterThan(3);
      for (const option of Object.values(definition.options)) expect(option.help.length).toBeGreaterThan(3);
      expect(() => resolveOptions(name, definition.options, {})).not.toThrow();
    });

    it('keeps conservation after every event, repeats itself, and finishes the work unless it offers nothing', () => {
      const first = run({ policy: { allocator: name } });
      const second = run({ policy: { allocator: name } });
      expect(first.digest).toBe(second.digest);
      const { intake } = first.cluster;
      expect(intake.submittedCount).toBe(100);
      if (name === 'null') expect(intake.endedCount).toBe(0);
      else expect(intake.endedCount).toBe(100);
    });

    it('takes the same decisions fast and naive', () => {
      expect(run({ policy: { allocator: name } }, true).digest).toBe(run({ policy: { allocator: name } }).digest);
    });
  },
);

describe('what an allocator may know', () => {
  it('throws when it reads demand or tasks without declaring them', () => {
    const cluster = tinyCluster({ agents: [{ cpus: 1 }], frameworks: [{ name: 'a' }], jobs: [job('j', 0, {})] });
    const view = new PolicyView(cluster.world, [], 'nosy');
    expect(() => view.demandOf(0)).toThrow(/reads demand without declaring it/);
    expect(() => [...view.runningTasks()]).toThrow(/reads tasks without declaring it/);
  });
});

describe.each(orders.list().map((definition) => [definition.name] as const))('order %s', (name) => {
  it('serves every job and repeats itself', () => {
    const first = run({ policy: { order: name } });
    expect(first.cluster.intake.endedCount).toBe(100);
    expect(run({ policy: { order: name } }).digest).toBe(first.digest);
  });
});

/** Five agents of 4 CPUs with 0, 1, 2, 3, 4 CPUs held. */
const candidates: Candidates = {
  resources: SPACE,
  firstFit: (demand, from) =>
    [0, 1, 2, 3, 4].find((agent) => agent >= from && agent * 1000 >= (demand[0] as number)) ?? -1,
  heldOn: (agent) => SPACE.of({ cpus: agent }),
  totalOf: () => SPACE.of({ cpus: 4 }),
  attributeOf: () => undefined,
  taskCountOn: (agent) => 4 - agent,
  replicasOf: (block) => [Number(block)],
};

describe.each(placements.list().map((definition) => [definition.name, definition] as const))(
  'placement %s',
  (name, definition) => {
    it('names an agent where the task fits, and none when it fits nowhere', () => {
      const placement = definition.create(resolveOptions(name, definition.options, {}), { random: () => () => 0.5 });
      expect(placement.choose(SPACE.of({ cpus: 3 }), candidates, 0)).toBeGreaterThanOrEqual(3);
      expect(placement.choose(SPACE.of({ cpus: 5 }), candidates, 0)).toBe(-1);
    });

    it('serves every job and repeats itself', () => {
      const first = run({ policy: { placement: name } });
      expect(first.cluster.intake.endedCount).toBe(100);
      expect(run({ policy: { placement: name } }).digest).toBe(first.digest);
    });
  },
);

describe('placements by name', () => {
  const choose = (name: string): number => {
    const definition = placements.get(name);
    return definition
      .create(resolveOptions(name, definition.options, {}), { random: () => () => 0 })
      .choose(SPACE.of({ cpus: 2 }), candidates, 0);
  };
  it('first-fit takes the lowest row, best-fit the tightest, worst-fit and tetris the roomiest, least-loaded the one with fewest tasks', () => {
    expect(['first-fit', 'best-fit', 'worst-fit', 'tetris', 'least-loaded'].map(choose)).toEqual([2, 2, 4, 4, 4]);
  });

  it('locality takes the agent with most of the blocks on which the task fits, and falls back to the first', () => {
    const place = placements.get('locality').create({}, { random: () => () => 0 });
    const choose = (inputs: string[]) => place.choose(SPACE.of({ cpus: 2 }), candidates, 0, inputs);
    expect(choose([])).toBe(2);
    // Agent 1 holds two blocks, but has 1 CPU left; 4 and 3 hold one each: the lower row.
    expect(choose(['1', '1', '4', '3'])).toBe(3);
    expect(choose(['4', '4', '3'])).toBe(4);
    expect(choose(['0', '1'])).toBe(2);
  });
});

describe.each(metrics.list().map((definition) => [definition.name, definition] as const))(
  'metric %s',
  (_name, definition) => {
    it('states what it is', () => {
      expect(definition.summary.length).toBeGreaterThan(10);
      expect(definition.source.length).toBeGreaterThan(3);
    });
  },
);
