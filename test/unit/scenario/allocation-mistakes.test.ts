import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** Ten lines; each case changes one of them. */
const GOOD = `name: mistakes
workload: { jobs: [{ id: a, duration: 10, cpus: 1, user: u }] }
cluster:
  agents:
    - { cpus: 4, mem: 1 GiB }
roles:
  r: { weight: 1 }
frameworks: [{ name: u, role: r, match: { user: u } }]
policy: { allocator: drf }
seed: 1
`;

const QUOTA = 'r: { quota: { guarantee: { cpus: 5 } } }';

const CASES: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'more is guaranteed than there is',
    'r: { weight: 1 }',
    QUOTA,
    /:7:36: error E_QUOTA: .*on cpus.*"5" where 4 is left.*\n.*force/,
  ],
  [
    'a nested role has a quota',
    'r: {',
    'r/s: { quota: { limit: { cpus: 1 } } }\n  r: {',
    /:7:.* error E_QUOTA: only top-level/,
  ],
  [
    'a limit below the guarantee',
    '{ weight: 1 }',
    '{ quota: { guarantee: { cpus: 2 }, limit: { cpus: 1 } } }',
    /E_QUOTA: the limit/,
  ],
  [
    'more is reserved than the agent has',
    '1 GiB }',
    '1 GiB, reserved: { r: { cpus: 5 } } }',
    /:5:.* E_RESERVATION: more cpus/,
  ],
  [
    'an agent with an unknown resource',
    '1 GiB }',
    '1 GiB, resources: { fpga: 1 } }',
    /:5:.* E_RESOURCE_UNKNOWN: .*"fpga".*\n.*known: cpus/,
  ],
  [
    'fairness without an unknown resource',
    'seed: 1',
    'master: { fairnessExclude: [dsik] }',
    /:10:.* E_RESOURCE_UNKNOWN: .*\n.*mean "disk"/,
  ],
  [
    'the plain engine with quota',
    'seed: 1',
    'master: { engine: plain, region: x }',
    /:10:.* E_ENGINE: the plain engine.*\n.*leave/,
  ],
];

function mistake(text: string, file = 'mistakes.yaml'): string {
  try {
    new Simulation(parseScenario(text, file)).close();
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format();
    throw error;
  }
  return '';
}

describe('mistakes in what a scenario says of quota, reservations and engines', () => {
  it('the scenario that they are made in is right', () => expect(mistake(GOOD)).toBe(''));

  it.each(CASES)('%s', (_, from, to, message) => {
    expect(GOOD).toContain(from);
    expect(mistake(GOOD.replace(from, to))).toMatch(message);
  });

  it('a market with quota is told where it is chosen', () => {
    const text = GOOD.replace('allocator: drf', 'allocator: market-uniform').replace(
      '{ weight: 1 }',
      '{ quota: { limit: { cpus: 1 } } }',
    );
    expect(mistake(text)).toMatch(/:9:\d+: error E_ENGINE: .*market.*\n.*drf/);
  });

  it('guarantees are held against the agents of a trace, too', () => {
    const traced = (cpus: number): string =>
      GOOD.replace('- { cpus: 4, mem: 1 GiB }', '- { trace: ../traces/peers-like/sls-nodes.json }').replace(
        '{ weight: 1 }',
        `{ quota: { guarantee: { cpus: ${cpus} } } }`,
      );
    expect(mistake(traced(1), 'scenarios/mistakes.yaml')).toBe('');
    expect(mistake(traced(1_000_000), 'scenarios/mistakes.yaml')).toMatch(/:7:\d+: error E_QUOTA: .*"1000000" where/);
  });
});
