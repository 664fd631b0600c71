import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** All 1,000 seeds with GANG_SEEDS=1000; a hundred by default, for the time it takes. */
const SEEDS = Number(process.env['GANG_SEEDS'] ?? 100);

interface Outcome {
  readonly finished: number;
  readonly releases: number;
  readonly holding: number;
  readonly isStalled: boolean;
  readonly endS: number;
}

/**
 * Two frameworks with a gang of three each on four agents of one member's size: one gang fits, two do not, and DRF gives each
 * framework two agents. Both hold two and wait for a third.
 */
function run(options: Record<string, unknown>, more: Record<string, unknown> = {}): Outcome {
  const framework = (name: string) => ({
    name,
    type: 'gang',
    match: { user: name },
    options: { style: 'tensorflow', onLoss: 'restart', ...options },
  });
  const gang = (id: string) => ({ id, user: id, tasks: 3, gang: true, duration: '5 min', cpus: 1 });
  const scenario = parseScenario(
    JSON.stringify({
      name: 'two-gangs',
      workload: { jobs: [gang('a'), gang('b')] },
      cluster: { agents: [{ count: 4, cpus: 1 }] },
      frameworks: [framework('a'), framework('b')],
      ...more,
    }),
    'two-gangs.json',
  );
  let finished = 0;
  const gauges = new Map<string, number>();
  const simulation = new Simulation(scenario, {
    checksInvariants: true,
    observe: () => [
      {
        jobEnded: (job) => {
          if (job.state === 'finished') finished++;
        },
        gauged: (framework, name, value) => void gauges.set(`${framework}/${name}`, value),
      },
    ],
  });
  simulation.run();
  simulation.close();
  const sum = (name: string): number => (gauges.get(`0/${name}`) ?? 0) + (gauges.get(`1/${name}`) ?? 0);
  return {
    finished,
    releases: sum('releases'),
    holding: sum('gangs_holding'),
    isStalled: simulation.cluster.isStalled,
    endS: simulation.nowUs / 1e6,
  };
}

describe('two gangs that hoard', () => {
  it('wait for each other for ever without a release: a deadlock, and the run says so', () => {
    const outcome = run({ release: '0' });
    expect(outcome.finished).toBe(0);
    expect(outcome.holding).toBe(2);
    expect(outcome.isStalled).toBe(true);
  });

  it('release and take again for ever without a random back-off: a livelock', () => {
    const outcome = run({ release: '30 s', backoff: '0 s' }, { until: '2 h' });
    expect(outcome.finished).toBe(0);
    // Each releases once in 30 s and the few that it takes to be offered again.
    expect(outcome.releases).toBeGreaterThan(300);
  });

  it(
    `finish with both, over ${SEEDS} seeds: neither deadlock nor livelock`,
    () => {
      let latestS = 0;
      let mostReleases = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const outcome = run({ release: '30 s' }, { seed, until: '2 h' });
        expect(outcome.finished, `seed ${seed}`).toBe(2);
        latestS = Math.max(latestS, outcome.endS);
        mostReleases = Math.max(mostReleases, outcome.releases);
      }
      expect(mostReleases).toBeGreaterThan(0);
      expect(mostReleases).toBeLessThan(100);
    },
    SEEDS * 3000,
  );

  it('hold nothing in atomic mode, where neither may ever see all that it needs', () => {
    // DRF offers each of them two agents, again and again: no deadlock, and no progress, until one of them is alone.
    const both = run({ style: 'volcano' }, { until: '1 h' });
    expect(both).toMatchObject({ finished: 0, releases: 0, holding: 0 });
    const actions = [{ at: '10 min', killJob: 'b' }];
    expect(run({ style: 'volcano' }, { until: '1 h', actions }).finished).toBe(1);
  });

  it('do not wait for each other in one framework, where the first is served first', () => {
    const frameworks = [{ name: 'both', type: 'gang', options: { style: 'tensorflow' } }];
    expect(run({}, { frameworks })).toMatchObject({ finished: 2, isStalled: false });
    const all = [{ name: 'both', type: 'gang', options: { style: 'tensorflow', gathers: 'all', release: '0' } }];
    expect(run({}, { frameworks: all })).toMatchObject({ finished: 2 });
  });
});
