import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffRuns } from '../../../src/experiment/diff.js';
import { rerun } from '../../../src/experiment/rerun.js';
import { loadScenario, parseScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';
import { Simulation } from '../../../src/scenario/simulation.js';

const FORK_S = 60;
const TEXT = `name: forked
workload:
  synthetic:
    - { jobs: 150, user: ann, arrivals: { poisson: { rate: 1 /s } }, tasks: { uniform: { low: 1, high: 4 } }, duration: { exponential: { mean: 9 s } }, cpus: 1, mem: 256, priority: 1, estimateFactor: 1, deadlineFactor: 3 }
    - { jobs: 150, user: bob, arrivals: { poisson: { rate: 1 /s } }, tasks: 2, duration: { exponential: { mean: 8 s } }, cpus: 2, mem: 128, priority: 5, estimateFactor: 1, deadlineFactor: 2 }
frameworks: [{ name: "{user}", budget: { income: 50, endowment: 500 } }]
roles: { "*": { weight: 1 } }
cluster: { agents: [{ count: 6, cpus: 8, mem: 8 GiB }] }
actions: [{ at: 40 s, removeAgent: agent-5 }, { at: 80 s, removeAgent: agent-4 }]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-fork-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base = parseScenario(TEXT, join('.', 'forked.yaml'));
const forkInto = (...overrides: string[]) => ({
  atUs: FORK_S * 1e6,
  overrides,
  scenario: parseScenario(TEXT, join('.', 'forked.yaml'), overrides),
});

async function ran(name: string, options: Parameters<typeof runScenario>[1]): Promise<string> {
  const out = join(folder, name);
  await runScenario(base, { out, ...options });
  return out;
}

describe('a forked run', () => {
  it('is the unforked run when the fork changes nothing', () => {
    for (const allocator of ['drf', 'priority[preemption=true]', 'market-uniform', 'lottery']) {
      const [plain, forked] = [undefined, forkInto()].map((fork) => {
        const simulation = new Simulation(base, { allocator, fork });
        simulation.run();
        simulation.close();
        return simulation.digest;
      });
      expect(forked).toBe(plain);
    }
  });

  const pairs: [string, string[]][] = [
    ['drf', ['policy.allocator=priority[preemption=true]']],
    ['drf', ['policy.allocator=market-uniform[interval=5 s]']],
    ['market-uniform[interval=5 s]', ['policy.allocator=drf', 'policy.order=sjf']],
    ['priority[preemption=true]', ['policy.allocator=null']],
    ['srtf', ['policy.allocator=lottery']],
    ['fifo', ['policy.placement=worst-fit']],
    ['drf', ['policy.order=lpt', 'master.allocationInterval=250 ms']],
    ['drf', ['cluster.startDelay=2 s']],
  ];
  it.each(pairs)(
    'of %s into %s shares its past, fact for fact, and parts at or after the fork',
    async (allocator, overrides) => {
      const name = `${allocator}-${overrides.join()}`.replace(/\W+/g, '_');
      const plain = await ran(`${name}-plain`, { allocator });
      const forked = await ran(`${name}-forked`, { allocator, fork: forkInto(...overrides), checksInvariants: true });
      const difference = await diffRuns(plain, forked, { folder: '.' });
      expect(difference).toBeDefined();
      // More than a hundred jobs came before the fork, each with arrival, offers, answers and statuses.
      expect(difference?.equalFacts).toBeGreaterThan(300);
      const times = [difference?.a?.timeS, difference?.b?.timeS].filter((time) => time !== undefined);
      expect(Math.min(...times)).toBeGreaterThanOrEqual(FORK_S);
      const [outcome] = await rerun(forked, { folder: '.', force: false });
      expect(outcome?.got).toBe(outcome?.expected);
    },
  );

  it('knows from the start what the policy that takes over must know', () => {
    // From the fork on drf ranks by what each framework holds: with the past of another sorter it takes the decisions that drf
    // takes in a run whose past was the same. Under one framework and one agent every sorter gives the same past.
    const text = TEXT.replace('name: "{user}"', 'name: all').replace('actions:', 'until: 300 s\nactions:');
    const one = parseScenario(text, 'one.yaml');
    const fork = { atUs: 60e6, overrides: [], scenario: parseScenario(text, 'one.yaml', ['policy.allocator=drf']) };
    const digests = [{ allocator: 'drf' }, { allocator: 'round-robin', fork }].map((options) => {
      const simulation = new Simulation(
        { ...one, document: { ...one.document, policy: { allocator: options.allocator } } },
        options,
      );
      simulation.run();
      simulation.close();
      return simulation.digest;
    });
    expect(digests[1]).toBe(digests[0]);
  });

  it('takes later actions from the fork and earlier ones from the past', () => {
    const fork = forkInto('actions=[{ at: 5 s, removeAgent: agent-0 }, { at: 90 s, removeAgent: agent-1 }]');
    const simulation = new Simulation(base, { fork });
    simulation.run();
    const up = [0, 1, 2, 3, 4, 5].map((agent) => simulation.view.agentIsUp(agent));
    // agent-5 left at 40 s in the past; of the fork's own actions only the one at 90 s is after 60 s.
    expect(up).toEqual([true, false, true, true, true, false]);
    simulation.close();
  });

  it('refuses what a running cluster cannot change', () => {
    for (const override of ['seed=9', 'network.delay=1ms', 'workload.synthetic=[]', 'cluster.imagePull=3 s']) {
      const fork = () => new Simulation(base, { fork: { ...forkInto(), scenario: changed(override) } });
      expect(fork).toThrow(expect.objectContaining({ code: 'E_FORK' }));
    }
    expect(() => new Simulation(base, { fork: forkInto('until=30 s') })).toThrow(/before the fork/);
  });
});

function changed(override: string) {
  const [path = '', value = ''] = override.split('=');
  if (path === 'workload.synthetic')
    return { ...base, document: { ...base.document, workload: { jobs: [] } as never } };
  return parseScenario(TEXT, 'forked.yaml', [`${path}=${value}`]);
}

describe('loadScenario for forks', () => {
  it('reads the same file twice, once with the overrides', () => {
    expect(loadScenario('scenarios/tiny.yaml', ['policy.allocator=fifo']).document.policy?.allocator).toBe('fifo');
  });
});
