import { beforeAll, describe, expect, it } from 'vitest';
import { allocators } from '../../src/allocators/index.js';
import { Streams } from '../../src/core/random.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { loadAllocators } from '../support/solver.js';

beforeAll(loadAllocators);

interface Variant {
  /** Every time of the scenario times this. */
  readonly times?: number;
  readonly reversed?: boolean;
  /** Put before the name of every framework: their order stays. */
  readonly prefix?: string;
  /** On every agent, asked for by nobody. */
  readonly disk?: number;
  /** Left out of shares. */
  readonly exclude?: boolean;
  /** One more agent, too small for every task. */
  readonly small?: boolean;
  /** The run is driven up to this time first, then on. */
  readonly splitS?: number;
}

const USERS = ['a', 'b', 'c'];

/** Twenty jobs of random whole seconds, at distinct times, on four slots: overloaded, so that decisions matter. */
function jobsOf(
  seed: number,
): { id: string; user: string; at: number; duration: number; tasks: number; mem: number }[] {
  const random = new Streams(seed).stream('metamorphic');
  const draw = (most: number): number => 1 + Math.floor(random() * most);
  let at = 0;
  return Array.from({ length: 20 }, (_, index) => {
    at += draw(4);
    const user = USERS[draw(3) - 1] as string;
    return { id: `j${index}`, user, at, duration: draw(12), tasks: draw(3), mem: 64 * draw(6) };
  });
}

/** Start times by task, in units of `times` seconds, sorted by task. */
function schedule(allocator: string, seed: number, variant: Variant = {}): string[] {
  const { times = 1, reversed = false, prefix = '', disk = 0, exclude = false, small = false, splitS } = variant;
  const jobs = jobsOf(seed).map((job) => ({
    ...{ ...job, cpus: 1, at: job.at * times, duration: job.duration * times, estimate: job.duration * times },
  }));
  const agent = { count: 2, cpus: 2, mem: 1024, ...(disk > 0 ? { disk } : {}) };
  const document = {
    name: 'metamorphic',
    workload: { jobs: reversed ? jobs.reverse() : jobs },
    cluster: { agents: small ? [agent, { count: 1, cpus: 0.5, mem: 1024 }] : [agent], checkpoint: true },
    master: { allocationInterval: `${times} s`, ...(exclude ? { fairnessExclude: ['disk'] } : {}) },
    frameworks: USERS.map((user) => ({ name: `${prefix}${user}`, match: { user }, refuse: `${5 * times} s` })),
    policy: { allocator },
    seed,
  };
  const list: string[] = [];
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'metamorphic.json'), {
    observe: () => [
      {
        taskStarted: ({ job, index, startUs }) => void list.push(`${job.record.id}/${index} ${startUs / times}`),
      },
    ],
  });
  if (splitS !== undefined) simulation.runUntil(splitS * 1e6);
  simulation.run();
  simulation.close();
  return list.sort((one, other) => (one < other ? -1 : 1));
}

const plains = new Map<string, string[]>();

/** The unchanged run, once. */
function plain(allocator: string, seed: number): string[] {
  const key = `${allocator} ${seed}`;
  const list = plains.get(key) ?? schedule(allocator, seed);
  plains.set(key, list);
  return list;
}

const SEEDS = [1, 2];
const NAMES = allocators
  .list()
  .map(({ name }) => name)
  .filter((name) => name !== 'null');
const without = (reasons: Readonly<Record<string, string>>): string[] => NAMES.filter((name) => !(name in reasons));

/** An allocator's times that are options, times `k`. */
function scaled(name: string, k: number): string {
  if (name === 'market-themis') return `${name}[interval=${2 * k} s,lease=${30 * k} s]`;
  if (name.startsWith('market-') || name === 'ceei') return `${name}[interval=${2 * k} s]`;
  if (['srtf', 'edf'].includes(name)) return `${name}[putOff=${30 * k} s]`;
  if (name === 'drf-decayed') return `${name}[halfLife=${20 * k} s]`;
  if (name === 'time-slice') return `${name}[quantum=${3 * k} s]`;
  return name;
}

/** No option of theirs scales all their times. */
const WITH_TIMES = {
  oracle: 'puts evictions in vain off by 30 s: it has no options',
};

const BY_SHARE =
  'a share counts what is on offer, as in Mesos: a resource nobody asks for may be the dominant one of an offer';
/** V-MET-5 is no law of these with whole offers; where fairness leaves the resource out, it is. */
const BY_SHARES = {
  ...{ drf: BY_SHARE, 'drf-decayed': BY_SHARE, hdrf: BY_SHARE, drfh: BY_SHARE, 'asset-fair': BY_SHARE },
  ...{
    'static-partition': 'ranks by DRF within a partition',
    'multi-objective': 'one of its scores is the dominant share',
  },
};

const OFFERED = 'the small agent is offered as a whole, which takes a turn or counts in the shares of who holds it';
/** The agent too small for every task is offered, or counts in totals: V-MET-5 does not say that offers stay the same. */
const BY_TOTALS = {
  ...Object.fromEntries(Object.keys(BY_SHARES).map((name) => [name, OFFERED])),
  ...{ 'max-min': OFFERED, 'round-robin': OFFERED, lottery: 'one more offer is one more draw' },
  ...{ tetris: 'scores by the totals of the cluster', 'market-first-price': 'scores by the totals of the cluster' },
  ...{ ceei: 'shares the totals of the cluster', 'market-fisher': 'shares the totals of the cluster' },
  'market-proportional': 'shares what is free',
};

describe('relations on random scenarios, every allocator', () => {
  it.each(without(WITH_TIMES))('%s: all times times three, the same schedule three times as slow (V-MET-2)', (name) => {
    for (const seed of SEEDS) {
      expect(schedule(scaled(name, 3), seed, { times: 3 })).toEqual(plain(scaled(name, 1), seed));
    }
  });

  it.each(NAMES)('%s: rows reversed and frameworks renamed in order, the same schedule (V-MET-4)', (name) => {
    for (const seed of SEEDS) {
      expect(schedule(name, seed, { reversed: true, prefix: 'team-' })).toEqual(plain(name, seed));
    }
  });

  it.each(NAMES)(
    '%s: a resource that nobody asks for and that is left out of shares changes nothing (V-MET-5)',
    (name) => {
      for (const seed of SEEDS) {
        expect(schedule(name, seed, { disk: 100_000, exclude: true })).toEqual(plain(name, seed));
      }
    },
  );

  it.each(without(BY_SHARES))('%s: a resource that nobody asks for changes nothing (V-MET-5)', (name) => {
    for (const seed of SEEDS) expect(schedule(name, seed, { disk: 100_000 })).toEqual(plain(name, seed));
  });

  it.each(without(BY_TOTALS))('%s: an agent too small for every task changes nothing (V-MET-5)', (name) => {
    for (const seed of SEEDS) expect(schedule(name, seed, { small: true })).toEqual(plain(name, seed));
  });

  it.each(NAMES)('%s: a run that is stopped and goes on is the run that is not (V-MET-9)', (name) => {
    for (const seed of SEEDS) expect(schedule(name, seed, { splitS: 17.5 })).toEqual(plain(name, seed));
  });
});

const IN_ORDER = 'equal work is served in order: the first framework goes first until it has nothing left';
/** Of equal frameworks these prefer one. */
const UNEQUAL = {
  ...{ fifo: IN_ORDER, priority: IN_ORDER, sjf: IN_ORDER, srtf: IN_ORDER, edf: IN_ORDER, oracle: IN_ORDER },
  ...{ tetris: IN_ORDER, 'time-slice': IN_ORDER, 'multi-objective': IN_ORDER },
  'market-proportional':
    'whole tasks by largest remainder: equal remainders go to the earlier bid, clearing by clearing',
  ...{ 'market-first-price': IN_ORDER, 'market-vcg': IN_ORDER, 'market-uniform': IN_ORDER },
};

describe('identical frameworks in the long run', () => {
  it.each(without(UNEQUAL))('%s: Jain of what three identical frameworks used is at least 0.99 (V-MET-7)', (name) => {
    const used = [0, 0, 0];
    // 750 tasks of about 5 s are more than 12 CPUs can do in 240 s: everyone has work all the time. Chance needs longer to even out.
    const length = name === 'lottery' ? 6 : 1;
    const document = {
      name: 'identical',
      workload: {
        synthetic: USERS.map((user) => ({
          ...{ jobs: 250 * length, arrivals: { deterministic: { value: 0.001 } }, tasks: 1, cpus: 1, mem: 64, user },
          ...{ duration: { uniform: { low: 2, high: 8 } }, estimateFactor: 1 },
        })),
      },
      cluster: { agents: [{ count: 12, cpus: 1, mem: 1024 }] },
      frameworks: USERS.map((user) => ({ name: user, match: { user } })),
      policy: { allocator: scaled(name, 1) },
      until: `${240 * length} s`,
      seed: 5,
    };
    const simulation = new Simulation(parseScenario(JSON.stringify(document), 'identical.json'), {
      observe: () => [
        {
          taskEnded: ({ framework, startUs, finishUs }) => {
            if (startUs >= 0) used[framework] = (used[framework] as number) + finishUs - startUs;
          },
        },
      ],
    });
    simulation.run();
    simulation.close();
    const sum = used.reduce((total, amount) => total + amount, 0);
    expect(sum).toBeGreaterThan(0.5 * 12 * 240e6);
    expect(sum ** 2 / (3 * used.reduce((total, amount) => total + amount ** 2, 0))).toBeGreaterThanOrEqual(0.99);
  });
});
