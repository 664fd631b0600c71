import { describe, expect, it } from 'vitest';
import { Streams } from '../../src/core/random.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';

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
  const { times = 1, reversed = false, prefix = '', disk = 0, exclude = false } = variant;
  const jobs = jobsOf(seed).map((job) => ({
    ...{ ...job, cpus: 1, at: job.at * times, duration: job.duration * times, estimate: job.duration * times },
  }));
  const agent = { count: 2, cpus: 2, mem: 1024, ...(disk > 0 ? { disk } : {}) };
  const document = {
    name: 'metamorphic',
    workload: { jobs: reversed ? jobs.reverse() : jobs },
    cluster: { agents: [agent] },
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
  simulation.run();
  simulation.close();
  return list.sort((one, other) => (one < other ? -1 : 1));
}

const SEEDS = [1, 2];
/** Without chance and without half-lives, quanta or epochs. */
const TIMELESS = ['drf', 'hdrf', 'asset-fair', 'priority', 'fifo', 'round-robin', 'sjf', 'srtf'];
/**
 * These rank by work, not by shares. A share counts what is on offer, as in Mesos, so that a resource nobody asks for may be the
 * dominant one of whoever is offered most of a busy agent: V-MET-5 is no law of DRF with whole offers.
 */
const BY_WORK = ['fifo', 'sjf', 'srtf'];

describe('relations on random scenarios', () => {
  // srtf puts off vain evictions by 30 s (preemption.ts), a time that no setting scales.
  it.each(TIMELESS.filter((name) => name !== 'srtf'))(
    '%s: all times times three, the same schedule three times as slow (V-MET-2)',
    (name) => {
      for (const seed of SEEDS) expect(schedule(name, seed, { times: 3 })).toEqual(schedule(name, seed));
    },
  );

  it.each(TIMELESS)('%s: rows reversed and frameworks renamed in order, the same schedule (V-MET-4)', (name) => {
    for (const seed of SEEDS) {
      expect(schedule(name, seed, { reversed: true, prefix: 'team-' })).toEqual(schedule(name, seed));
    }
  });

  it.each(['drf', 'asset-fair'])('%s: nor does it where fairness leaves that resource out (V-MET-5)', (name) => {
    for (const seed of SEEDS) {
      expect(schedule(name, seed, { disk: 100_000, exclude: true })).toEqual(schedule(name, seed));
    }
  });

  it.each(BY_WORK)('%s: a resource that nobody asks for changes nothing (V-MET-5)', (name) => {
    for (const seed of SEEDS) expect(schedule(name, seed, { disk: 100_000 })).toEqual(schedule(name, seed));
  });
});
