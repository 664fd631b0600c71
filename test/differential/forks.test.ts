import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.js';
import { frameworks } from '../../src/frameworks/index.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { SUBJECT, workOf } from '../conformance/framework-work.js';
import { fc } from '../support/properties.js';
import { loadAllocators } from '../support/solver.js';

beforeAll(loadAllocators);

const ALLOCATORS = [
  'drf',
  'fifo',
  'round-robin',
  'lottery',
  'srtf',
  'karma',
  'drf-decayed',
  'null',
  'priority[preemption=true]',
  'market-uniform[interval=5 s]',
  'market-first-price[interval=3 s]',
  'market-proportional[interval=4 s]',
  'ceei[interval=5 s]',
];

/** What a fork may bring besides another allocator. */
const CHANGES = [[], ['policy.order=lpt'], ['policy.placement=worst-fit'], ['master.allocationInterval=400 ms']];

interface Case {
  readonly framework: string;
  readonly from: string;
  readonly to: string;
  readonly more: string[];
  readonly forkUs: number;
  readonly seed: number;
  readonly delay: string;
}

const cases: fc.Arbitrary<Case> = fc.record({
  framework: fc.constantFrom(...frameworks.list().map(({ name }) => name)),
  from: fc.constantFrom(...ALLOCATORS),
  to: fc.constantFrom(...ALLOCATORS),
  more: fc.constantFrom(...CHANGES),
  // On a second and off it, while agents leave (30 s, 60 s) and before and after.
  forkUs: fc.oneof(
    fc.integer({ min: 1, max: 90 }).map((s) => s * 1e6),
    fc.integer({ min: 1, max: 90e6 }),
  ),
  seed: fc.integer({ min: 1, max: 1000 }),
  delay: fc.constantFrom('0 s', '20 ms'),
});

/** The framework with its work beside a rival, where agents and masters fail. */
function textOf({ framework, from, seed, delay }: Case): string {
  const { options, keys, jobs, actions } = workOf(framework);
  return JSON.stringify({
    name: 'forked',
    workload: {
      synthetic: {
        jobs: 30,
        arrivals: { poisson: { rate: 0.3 } },
        duration: { exponential: { mean: '9 s' } },
        user: 'rival',
      },
      ...(jobs === undefined || jobs.length === 0 ? {} : { jobs }),
    },
    cluster: {
      masters: 2,
      agents: [{ count: 6, cpus: 4, mem: '8 GiB', disk: '100 GiB', attributes: { rack: 'r{i/2}' } }],
    },
    network: { delay },
    frameworks: [
      { name: SUBJECT, match: { user: SUBJECT }, type: framework, options, failoverTimeout: '1 h', ...keys },
      { name: 'rival', match: { user: 'rival' }, failoverTimeout: '1 h' },
    ],
    policy: { allocator: from },
    actions: [
      { at: '30 s', removeAgent: 'agent-0' },
      { at: '35 s', failover: { framework: SUBJECT, for: '8 s' } },
      { at: '50 s', failMaster: {} },
      { at: '60 s', removeAgent: 'agent-3' },
      ...(actions ?? []),
    ],
    until: '120 s',
    seed,
  });
}

/** Facts up to a time, and how many came after it; undefined where the framework needs an engine that no market can drive. */
function factsOf(given: Case, isForked: boolean): { past: string[]; later: number } | undefined {
  const file = join('test', 'conformance', 'forked.json');
  const text = textOf(given);
  const { forkUs, to, more } = given;
  try {
    const scenario = parseScenario(text, file, [`policy.allocator=${to}`, ...more]);
    const fork = isForked ? { atUs: forkUs, overrides: [], scenario } : undefined;
    const simulation = new Simulation(parseScenario(text, file), { fork, checksInvariants: true });
    const past: string[] = [];
    let later = 0;
    simulation.cluster.world.facts.listener = (kind, us, operands) => {
      if (us < forkUs) past.push(`${us} ${kind} ${operands.join(' ')}`);
      else later++;
    };
    simulation.run();
    simulation.close();
    return { past, later };
  } catch (error) {
    if (error instanceof InputError && error.code === 'E_ENGINE') return undefined;
    throw error;
  }
}

describe('a fork of any framework, between any allocators', () => {
  it('shares its past fact for fact, and goes on with its books in order', () => {
    let shared = 0;
    fc.assert(
      fc.property(cases, (given) => {
        const plain = factsOf(given, false);
        const forked = factsOf(given, true);
        fc.pre(plain !== undefined && forked !== undefined);
        expect(forked?.past).toEqual(plain?.past);
        shared += plain?.past.length ?? 0;
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
    // Each past holds dozens of facts.
    expect(shared).toBeGreaterThan(60 * 20);
  });
});
