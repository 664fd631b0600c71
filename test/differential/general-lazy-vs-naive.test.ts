import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { fc } from '../support/properties.js';

const ROLES = ['prod', 'batch', 'prod/web', 'lab'];
const role = fc.constantFrom(...ROLES);
const seconds = (max: number) => fc.integer({ min: 0, max: max * 10 }).map((tenths) => `${tenths / 10} s`);

const framework = (index: number) =>
  fc
    .record({
      type: fc.constantFrom('batch', 'batch', 'stateful'),
      roles: fc.uniqueArray(role, { minLength: 1, maxLength: 2 }),
      capabilities: fc.subarray(['GPU_RESOURCES', 'REVOCABLE_RESOURCES', 'REGION_AWARE']),
      revocable: fc.constantFrom('never', 'allow', 'only'),
      refuse: fc.constantFrom('5 s', '1 s', '0 s'),
      suppressWhenIdle: fc.boolean(),
      heedMaintenance: fc.boolean(),
    })
    .map((keys) => ({ name: `f${index}`, match: { queue: `f${index}` }, ...keys }));

const job = fc.record({
  at: seconds(15),
  duration: seconds(8),
  tasks: fc.integer({ min: 1, max: 5 }),
  cpus: fc.constantFrom(0.5, 1, 2),
  mem: fc.constantFrom(0, 64),
  disk: fc.constantFrom(0, 0, 100),
  gpus: fc.constantFrom(0, 0, 0, 1),
  useFactor: fc.constantFrom(1, 0.5, 0.1),
  queue: fc.constantFrom('f0', 'f1', 'f2'),
});

const amounts = fc.record({ cpus: fc.integer({ min: 0, max: 5 }), mem: fc.constantFrom(0, 256) });
const agentId = fc.constantFrom('agent-0', 'agent-1', 'agent-2');
const action = fc.oneof(
  fc.record({ at: seconds(20), setQuota: fc.record({ role: fc.constantFrom('prod', 'lab'), limit: amounts }) }),
  fc.record({ at: seconds(20), setWeight: fc.record({ role, weight: fc.constantFrom(0.5, 2) }) }),
  fc.record({ at: seconds(20), reserve: fc.record({ agent: agentId, role, amounts }) }),
  fc.record({ at: seconds(20), drainAgent: agentId }),
  fc.record({ at: seconds(20), activateAgent: agentId }),
  fc.record({ at: seconds(20), removeAgent: agentId }),
  seconds(10).map((at) => ({ at, maintenance: { agents: ['agent-1'], start: '12 s', duration: '5 s' } })),
);

const world = fc.record({
  agents: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 2 }),
      cpus: fc.integer({ min: 2, max: 6 }),
      mem: fc.constantFrom(256, 1024),
      disk: fc.constantFrom(200, 1000),
      gpus: fc.constantFrom(0, 0, 1),
      reserved: fc.constantFrom(
        {},
        { prod: { cpus: 1 } },
        { lab: { cpus: 1, mem: 64 } },
        { 'prod>prod/web': { cpus: 1 } },
      ),
      domain: fc.constantFrom({ region: 'here' }, { region: 'there' }),
    }),
    { minLength: 3, maxLength: 3 },
  ),
  frameworks: fc.tuple(framework(0), framework(1), framework(2)),
  jobs: fc.array(job, { minLength: 1, maxLength: 12 }),
  guarantee: amounts,
  limit: fc.integer({ min: 5, max: 8 }),
  actions: fc.array(action, { maxLength: 4 }),
  delay: fc.constantFrom('0 s', '0 s', '50 ms'),
  offerTimeout: fc.constantFrom(undefined, '700 ms'),
  oversubscription: fc.constantFrom(undefined, { interval: '3 s', resources: ['cpus', 'mem'] }),
  filterGpuResources: fc.boolean(),
  quirks: fc.record({
    childrenEscapeLimits: fc.boolean(),
    takesUnguaranteed: fc.boolean(),
    holdsForAbsent: fc.boolean(),
  }),
});

function run(spec: typeof world extends fc.Arbitrary<infer W> ? W : never, isNaive: boolean): string {
  const document = {
    name: 'random',
    workload: { jobs: spec.jobs.map((entry, index) => ({ id: `j${index}`, ...entry })) },
    cluster: { agents: spec.agents },
    roles: {
      prod: { quota: { guarantee: spec.guarantee, force: true } },
      lab: { weight: 2, quota: { limit: { cpus: spec.limit } } },
    },
    frameworks: spec.frameworks,
    network: { delay: spec.delay },
    master: {
      region: 'here',
      filterGpuResources: spec.filterGpuResources,
      quirks: spec.quirks,
      ...(spec.offerTimeout === undefined ? {} : { offerTimeout: spec.offerTimeout }),
      ...(spec.oversubscription === undefined ? {} : { oversubscription: spec.oversubscription }),
    },
    actions: spec.actions,
    until: '40 s',
  };
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'random.json'), {
    isNaive,
    checksInvariants: true,
  });
  simulation.run();
  return `${simulation.digest} ${simulation.cluster.world.cycle}`;
}

describe('the general engine', () => {
  it('keeps conservation by kind after every event, and skips no run that could do something, on random clusters with all features', () => {
    fc.assert(
      fc.property(world, (spec) => {
        expect(run(spec, false)).toBe(run(spec, true));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 250), seed: 20131127 },
    );
  });
});
