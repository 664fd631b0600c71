import { describe, expect, it } from 'vitest';
import { play, type TableJob, TRACE, tables } from '../support.js';

const SMALL = { executorMemory: 64, memoryOverhead: 0, inputBlocks: false };

function spark(
  options: Record<string, unknown>,
  jobs: readonly TableJob[],
  agents: unknown[],
  more: Record<string, unknown> = {},
) {
  const framework = {
    name: 'spark',
    type: 'spark',
    options: { ...SMALL, ...options },
    ...(more['framework'] as object),
  };
  const { framework: _framework, cluster, files, ...rest } = more;
  return play(
    { workload: TRACE, cluster: { agents, ...(cluster as object) }, frameworks: [framework], ...rest },
    { ...tables(jobs), ...(files as Record<string, string>) },
  );
}

/** The name of a block whose only copy is on an agent. */
function blockOn(agent: number, agents: unknown[]): string {
  const { simulation } = spark({}, [{ id: 'probe', tasks: [{ s: 1 }] }], agents, { cluster: { blockReplicas: 1 } });
  const { blocks } = simulation.cluster.world;
  for (let block = 0; ; block++) if (blocks.replicasOf(`b${block}`)[0] === agent) return `b${block}`;
}

describe('coarse-grained Spark', () => {
  it('spreads executors over agents, one per offer and pass, up to coresMax in whole executors', () => {
    // Three agents of 4 cores, executors of 2: passes 0 1 2, 0 1 2; coresMax 9 is rounded down to 8: the fifth does not come.
    const { attempts } = spark(
      { executorCores: 2, coresMax: 9 },
      [{ id: 'a', tasks: [{ count: 8, s: 5 }] }],
      [{ count: 3, cpus: 4, mem: 1024 }],
    );
    const hosts = attempts.filter(({ isHost }) => isHost).map(({ task, agent }) => `${task} ${agent}`);
    expect(hosts.sort()).toEqual([
      'spark/executor-0/0 agent-0',
      'spark/executor-1/0 agent-1',
      'spark/executor-2/0 agent-2',
      'spark/executor-3/0 agent-0',
    ]);
  });

  it('takes all whole cores of an offer when executors have no size, and gives them back with its last job', () => {
    const { attempts, finishS } = spark(
      {},
      [
        { id: 'a', tasks: [{ count: 6, s: 10 }] },
        { id: 'b', atS: 50, tasks: [{ s: 1 }] },
      ],
      [{ count: 1, cpus: 3.5, mem: 1024 }],
    );
    // Three slots, six tasks of 10 s: two waves. The application ends at 20 s; b starts another.
    expect(finishS.get('a')).toBe(20);
    const hosts = attempts.filter(({ isHost }) => isHost);
    expect(hosts.map(({ startS, finishS: endS, reason }) => [startS, endS, reason])).toEqual([
      [0, 20, 'application-ended'],
      [50, 51, 'application-ended'],
    ]);
  });

  it('declines for 120 s once coresMax is reached, so that others are offered the rest', () => {
    const { simulation, finishS } = play({
      workload: {
        jobs: [
          { id: 's', queue: 's', duration: 300, tasks: 2 },
          { id: 'o', queue: 'o', at: 10, duration: 1 },
        ],
      },
      cluster: { agents: [{ count: 2, cpus: 4, mem: 4096 }] },
      frameworks: [
        { name: 'spark', type: 'spark', match: { queue: 's' }, options: { ...SMALL, executorCores: 1, coresMax: 2 } },
        { name: 'other', match: { queue: 'o' } },
      ],
    });
    expect(finishS.get('o')).toBe(11);
    // Offers to Spark: both agents at 0 s; then once each 120 s has passed (121 and 242 s), two agents each time.
    expect(simulation.cluster.world.offerCount).toBeLessThan(12);
  });

  it('asks every 6 s for what it cannot use when coresMax is no multiple of executorCores, before SPARK-20483', () => {
    const offers = (wholeExecutors: boolean): number => {
      const { simulation } = play({
        workload: { jobs: [{ id: 's', queue: 's', duration: 300, tasks: 2 }] },
        cluster: { agents: [{ count: 2, cpus: 4, mem: 4096 }] },
        frameworks: [
          {
            ...{ name: 'spark', type: 'spark', match: { queue: 's' } },
            options: { ...SMALL, executorCores: 2, coresMax: 3, wholeExecutors },
          },
        ],
      });
      return simulation.cluster.world.offerCount;
    };
    // One executor of 2 either way. Full: two agents at 0 s and about every 121 s of 300 s. Not full: every 5 to 6 s.
    expect(offers(true)).toBeLessThan(9);
    expect(offers(false)).toBeGreaterThanOrEqual(2 * Math.floor(300 / 6));
  });

  it('is never again launched on an agent on which two of its executors failed', () => {
    const away = [10, 40, 70].flatMap((at) => [
      { at, removeAgent: 'agent-0' },
      { at: at + 5, addAgent: { id: 'agent-0', cpus: 4, mem: 1024 } },
    ]);
    const { attempts } = spark(
      { executorCores: 4 },
      [{ id: 'a', tasks: [{ count: 4, s: 200 }] }],
      [{ count: 1, cpus: 4, mem: 1024 }],
      {
        actions: away,
        until: 300,
      },
    );
    // Two executors are lost with the agent; the third time it comes back it is not used.
    const hosts = attempts.filter(({ isHost }) => isHost);
    expect(hosts.map(({ state }) => state)).toEqual(['lost', 'lost']);
  });

  it('keeps to agents whose attributes meet its constraints', () => {
    const { of } = spark(
      { executorCores: 1, constraints: 'rack:r1' },
      [{ id: 'a', tasks: [{ count: 6, s: 1 }] }],
      [{ count: 2, cpus: 2, mem: 1024, attributes: { rack: 'r{i}' } }],
    );
    expect(new Set(of('a').map(({ agent }) => agent))).toEqual(new Set(['agent-1']));
  });
});

describe('delay scheduling by time', () => {
  const AGENTS = [{ count: 2, cpus: 1, mem: 1024 }];

  it('waits 3 s for the node of the data, then runs anywhere', () => {
    const block = blockOn(0, AGENTS);
    const jobs = [
      { id: 'x', tasks: [{ s: 100, inputs: block }] },
      { id: 'y', atS: 1, tasks: [{ s: 1, inputs: block }] },
    ];
    const { of } = spark({ executorCores: 1 }, jobs, AGENTS, { cluster: { blockReplicas: 1 } });
    expect(of('x')[0]).toMatchObject({ agent: 'agent-0', startS: 0 });
    // y comes at 1 s: NODE until 4 s, and the round of that second launches it on the other agent.
    expect(of('y')[0]).toMatchObject({ agent: 'agent-1', startS: 4 });
  });

  it('knows a level between when racks are known: 3 s for the node, 3 s more for the rack', () => {
    const agents = [{ count: 3, cpus: 1, mem: 1024, attributes: { rack: 'r{i/2}' } }];
    const jobs = (block: string) => [
      { id: 'x', tasks: [{ s: 100, inputs: block }] },
      { id: 'y', atS: 1, tasks: [{ s: 1, inputs: block }] },
      { id: 'z', atS: 1, tasks: [{ s: 1, inputs: block }] },
    ];
    const block = blockOn(0, agents);
    const { of } = spark({ executorCores: 1, racks: true }, jobs(block), agents, { cluster: { blockReplicas: 1 } });
    // Agent 1 shares the rack of agent 0, agent 2 does not. At 4 s both y and z may use the rack: y takes it. z waits on.
    expect(of('y')[0]).toMatchObject({ agent: 'agent-1', startS: 4 });
    // y ends on agent 1 at 5 s, within z's wait for the rack.
    expect(of('z')[0]).toMatchObject({ agent: 'agent-1', startS: 5 });
  });

  it('begins its wait anew with every launch at the level', () => {
    const block = blockOn(0, AGENTS);
    const jobs = [
      { id: 'x', tasks: [{ s: 2, inputs: block }] },
      { id: 'y', atS: 0.5, tasks: [{ count: 2, s: 60, inputs: block }] },
    ];
    const { of } = spark({ executorCores: 1 }, jobs, AGENTS, { cluster: { blockReplicas: 1 } });
    // y's first task takes agent 0 when x ends at 2 s: the wait starts there, so the second goes off its node at 5 s, not at 3.5 s.
    expect(of('y').map(({ agent, startS }) => `${agent} ${startS}`)).toEqual(['agent-0 2', 'agent-1 5']);
  });

  it('finds a local slot within the wait W with probability 1 − exp(−p·W·L·M/T): D = W·L·M/T opportunities', () => {
    // M = 50 executors of L = 1 slot, tasks of T = 10 s: 5 slots a second come free. Data on 3 of 50 nodes, W = 3 s: D = 15.
    // P = 1 − exp(−0.06 · 15) = 0.5934; of 600 jobs: standard error 0.02.
    const small = Array.from({ length: 600 }, (_, index) => ({
      id: `small-${index}`,
      atS: 30 + index,
      queue: 'small',
      tasks: [{ s: 1, inputs: `block-${index}` }],
    }));
    const filler = { id: 'filler', queue: 'filler', tasks: [{ count: 3_500, s: 10 }] };
    const { of } = spark(
      { executorCores: 1, scheduler: 'FAIR', variation: 1 },
      [filler, ...small],
      [{ count: 50, cpus: 1, mem: 1024 }],
      { until: 640 },
    );
    const waits = small.map(({ id, atS }) => (of(id)[0]?.startS ?? Number.NaN) - atS);
    const within = waits.filter((wait) => wait < 3).length / waits.length;
    expect(Math.abs(within - 0.5934)).toBeLessThan(3.3 * 0.02);
  });
});

describe('dynamic allocation', () => {
  it('asks for 1, 2, 4, 8 … more while tasks wait, takes back what nobody can use, and lets idle executors go after 60 s', () => {
    const jobs = [
      { id: 'long', tasks: [{ s: 150 }] },
      { id: 'wide', tasks: [{ count: 19, s: 30 }] },
    ];
    const { gauges, attempts } = spark(
      { executorCores: 1, dynamicAllocation: true },
      jobs,
      [{ count: 10, cpus: 4, mem: 1024 }],
      {
        framework: { refuse: 0 },
      },
    );
    // 20 tasks wait from 0 s. Targets: 1 s: 1; 2 s: +2 = 3; 3 s: +4 = 7; 4 s: +8 = 15; 5 s: +16, but 20 tasks need 20 executors.
    // The first executor runs `long` from 1 s; those of `wide` that came at 2, 3, 4 and 5 s run 30 s. At 32 s two tasks are done and
    // 18 can use 18 executors at most, and so on, with the poll after each end: 16 at 31 s …; at 35 s only `long` is left.
    const targets = gauges.filter((row) => row.includes('executor_target'));
    expect(targets).toEqual([
      '1 executor_target 1',
      '2 executor_target 3',
      '3 executor_target 7',
      '4 executor_target 15',
      '5 executor_target 20',
      '32.1 executor_target 18',
      '33.1 executor_target 14',
      '34.1 executor_target 6',
      '35.1 executor_target 1',
    ]);
    const idle = attempts.filter(({ reason }) => reason === 'executor-idle').map(({ finishS }) => finishS);
    // Idle from 32, 33, 34 and 35 s: gone 60 s later.
    expect(idle).toEqual([92, 92, ...Array(4).fill(93), ...Array(8).fill(94), ...Array(5).fill(95)]);
  });

  it('waits for the 5 s filter of its own decline: a higher target revives no offers', () => {
    const { attempts } = spark(
      { executorCores: 1, dynamicAllocation: true },
      [{ id: 'a', tasks: [{ s: 10 }] }],
      [{ count: 1, cpus: 4, mem: 1024 }],
    );
    // Offers at 0 s meet the target 0 and are declined for 5 s; the target is 1 at 1 s, and the executor starts with the next offer.
    const [host] = attempts.filter(({ isHost }) => isHost);
    expect(host?.startS).toBeGreaterThanOrEqual(5);
    expect(host?.startS).toBeLessThanOrEqual(6);
  });

  it('keeps executors with cached blocks when they are idle', () => {
    const jobs = [
      { id: 'a', tasks: [{ count: 2, s: 30, inputs: 'x;y' }] },
      { id: 'b', tasks: [{ s: 200 }] },
    ];
    const idle = (cacheInputs: boolean) =>
      spark(
        { executorCores: 1, dynamicAllocation: true, cacheInputs, cacheBlocks: 4 },
        jobs,
        [{ count: 3, cpus: 1, mem: 1024 }],
        {
          framework: { refuse: 0 },
        },
      ).attempts.filter(({ reason }) => reason === 'executor-idle').length;
    expect(idle(false)).toBeGreaterThan(0);
    expect(idle(true)).toBe(0);
  });
});

describe('speculation, losses and failures', () => {
  const SPEEDS = [
    { count: 7, cpus: 1, mem: 1024 },
    { count: 1, cpus: 1, mem: 1024, attributes: { speed: 0.1 } },
  ];

  it('shortens a straggler: the copy starts when the task has run 1.5 medians, and the first to end counts', () => {
    const jobs = [{ id: 'a', tasks: [{ count: 8, s: 10 }] }];
    expect(spark({ executorCores: 1 }, jobs, SPEEDS).finishS.get('a')).toBe(100);
    const { finishS, of } = spark({ executorCores: 1, speculation: true }, jobs, SPEEDS);
    // Seven tasks take 10 s, the one on the slow agent 100 s. 7 of 8 are done at 10 s (0.75 · 8 = 6), the median is 10 s, so a task is slow
    // beyond 15 s; the check of 15.1 s finds it. Its copy runs 10 s elsewhere.
    expect(finishS.get('a')).toBe(25.1);
    expect(of('a').filter(({ task }) => task === 'a/7')).toMatchObject([
      { attempt: 1, startS: 0, finishS: 25.1, state: 'killed', reason: 'speculation', agent: 'agent-7' },
      { attempt: 2, startS: 15.1, finishS: 25.1, state: 'finished' },
    ]);
  });

  it('runs finished maps again when their executor is lost, unless a shuffle service keeps their output', () => {
    const jobs = [
      {
        id: 'a',
        tasks: [
          { name: 'map', count: 2, s: 10 },
          { name: 'reduce', count: 2, s: 30, after: 'map' },
        ],
      },
    ];
    const agents = [{ count: 2, cpus: 1, mem: 1024 }];
    const lose = { actions: [{ at: 20, removeAgent: 'agent-1' }] };
    const lost = spark({ executorCores: 1 }, jobs, agents, lose);
    // At 20 s agent 1 takes one map's output and one reduce along; the other reduce cannot fetch any more. Agent 0 alone: the map
    // again 20–30 s, then both reduces one after the other: 60 s and 90 s.
    expect(lost.of('a').map(({ task, startS, finishS, state }) => `${task} ${startS}-${finishS} ${state}`)).toEqual([
      'a/map-0 0-10 finished',
      'a/map-1 0-10 finished',
      expect.stringMatching(/^a\/reduce-[01] 10-20 (lost|failed)$/),
      expect.stringMatching(/^a\/reduce-[01] 10-20 (lost|failed)$/),
      expect.stringMatching(/^a\/map-[01] 20-30 finished$/),
      expect.stringMatching(/^a\/reduce-[01] 30-60 finished$/),
      expect.stringMatching(/^a\/reduce-[01] 60-90 finished$/),
    ]);
    const kept = spark({ executorCores: 1, shuffleService: true }, jobs, agents, lose);
    // The output lives on: one reduce goes on to 40 s, the lost one follows it.
    expect(kept.finishS.get('a')).toBe(70);
  });

  it('gives a job up when a task has failed four times', () => {
    const { states, of } = spark(
      { executorCores: 1, failureRate: 1 },
      [{ id: 'a', tasks: [{ s: 10 }] }],
      [{ count: 1, cpus: 1, mem: 1024 }],
    );
    expect(states.get('a')).toBe('failed');
    // Attempts fail half way, at 5, 10, 15 and 20 s.
    expect(of('a').map(({ finishS, state }) => `${finishS} ${state}`)).toEqual([
      '5 failed',
      '10 failed',
      '15 failed',
      '20 failed',
    ]);
  });

  it('starts a barrier stage whole or not at all', () => {
    const { of } = play({
      workload: {
        jobs: [
          { id: 'one', duration: 10 },
          { id: 'gang', at: 1, duration: 5, tasks: 3, gang: true },
        ],
      },
      cluster: { agents: [{ count: 3, cpus: 1, mem: 1024 }] },
      frameworks: [{ name: 'spark', type: 'spark', options: { ...SMALL, executorCores: 1 } }],
    });
    // At 10 s only the executor that came free is offered; the round over all of them is that of 11 s.
    expect(of('gang').map(({ startS }) => startS)).toEqual([11, 11, 11]);
  });
});

describe('fine-grained Spark', () => {
  it('launches a Mesos task per task, beside one executor per agent that holds all the memory', () => {
    const { attempts, of, finishS } = spark(
      { mode: 'fine', executorMemory: 512 },
      [{ id: 'a', tasks: [{ count: 6, s: 10 }] }],
      [{ count: 2, cpus: 3, mem: 1024 }],
    );
    // Each agent: 1 core for the executor, 2 for tasks: 4 tasks at 0 s, 2 more when the first have ended.
    expect(of('a').map(({ startS }) => startS)).toEqual([0, 0, 0, 0, 10, 10]);
    expect(finishS.get('a')).toBe(20);
    const hosts = attempts.filter(({ isHost }) => isHost);
    expect(hosts.filter(({ task }) => task.includes('executor'))).toHaveLength(2);
    expect(hosts.filter(({ task }) => task.includes('/task-'))).toHaveLength(6);
  });
});

describe('cached blocks', () => {
  it('draw the next job to the executors that hold them, and make it faster', () => {
    const jobs = [0, 100].map((atS, index) => ({
      id: `j${index}`,
      atS,
      tasks: [{ count: 4, s: 20, inputs: 'w;x;y;z' }],
    }));
    const { of } = spark(
      { executorCores: 1, cacheInputs: true, cacheBlocks: 1, cachedFactor: 0.1, stopWhenIdle: false },
      jobs,
      [{ count: 4, cpus: 1, mem: 1024 }],
    );
    const where = (job: string) =>
      of(job)
        .map(({ task, agent }) => `${task.split('/')[1]} ${agent}`)
        .sort();
    expect(where('j1')).toEqual(where('j0'));
    expect(of('j1').map(({ startS, finishS }) => finishS - startS)).toEqual([2, 2, 2, 2]);
  });
});
