import { describe, expect, it } from 'vitest';
import { mistake, play, TRACE, tables } from '../support.js';

const SMALL = { executorMemory: 64, memoryOverhead: 0, inputBlocks: false };

interface Setup {
  readonly agents: readonly object[];
  readonly roles?: readonly string[];
  readonly [key: string]: unknown;
}

function spark(options: Record<string, unknown>, jobs: readonly object[], { agents, roles, ...more }: Setup) {
  return play({
    workload: { jobs },
    cluster: { agents },
    frameworks: [{ name: 'spark', type: 'spark', ...(roles && { roles }), options: { ...SMALL, ...options } }],
    ...more,
  });
}

describe('offers of two roles on one agent', () => {
  it('are not merged: an executor of 4 cores fits none of two offers of 2', () => {
    // Half of the agent is reserved to role a, half to b: an offer of 2 CPUs to each.
    const half = { cpus: 2, mem: 2048 };
    const agents = [{ count: 1, cpus: 4, mem: 4096, reserved: { a: half, b: half } }];
    const four = spark({ executorCores: 4 }, [{ id: 'j', duration: 1 }], { agents, roles: ['a', 'b'], until: 60 });
    expect(four.attempts.filter(({ isHost }) => isHost)).toEqual([]);
    // Two executors of 2, one on each; without a size, each takes all whole cores of its own offer.
    for (const executorCores of [2, 0]) {
      const { attempts } = spark({ executorCores }, [{ id: 'j', duration: 5, tasks: 4 }], {
        agents,
        roles: ['a', 'b'],
      });
      expect(attempts.filter(({ isHost }) => isHost)).toHaveLength(2);
      const starts = attempts.filter(({ isHost }) => !isHost).map(({ startS }) => startS);
      expect(new Set(starts).size).toBeLessThanOrEqual(2);
    }
  });
});

describe('quirks that can be switched off', () => {
  const growing = (options: object) =>
    spark(
      { executorCores: 1, dynamicAllocation: true, initialExecutors: 1, ...options },
      [{ id: 'j', duration: 30, tasks: 4 }],
      { agents: [{ count: 4, cpus: 1, mem: 1024 }] },
    );

  it('growth waits for the filters of plain declines, unless it revives', () => {
    const second = (options: object): number =>
      growing(options)
        .attempts.filter(({ isHost }) => isHost)
        .map(({ startS }) => startS)
        .sort((a, b) => a - b)[1] as number;
    // Tasks wait from 0 s; the target goes up at 1 s; the decline of 0 s filters for 5 s.
    expect(second({})).toBeGreaterThanOrEqual(5);
    expect(second({ revivesOnGrowth: true })).toBeLessThanOrEqual(2);
  });

  it('a full application declines and is offered again after 120 s, unless it suppresses', () => {
    const offers = (suppressesWhenFull: boolean): number =>
      spark({ executorCores: 1, coresMax: 1, suppressesWhenFull }, [{ id: 'j', duration: 600 }], {
        agents: [{ count: 3, cpus: 1, mem: 1024 }],
      }).simulation.cluster.world.offerCount;
    // Three offers at 0 s; then two agents each 120 s and a little, up to 600 s.
    expect(offers(true)).toBe(3);
    expect(offers(false)).toBeGreaterThanOrEqual(3 + 4 * 2);
  });

  it('a fine-grained task has no memory of its own, unless it is given some', () => {
    const agents = [{ count: 1, cpus: 4, mem: 256 }];
    const waves = (fineTaskMem: number): number =>
      spark({ mode: 'fine', fineTaskMem }, [{ id: 'j', duration: 10, tasks: 3 }], { agents }).finishS.get(
        'j',
      ) as number;
    // The executor holds 64 MiB of 256; three tasks of no memory run at once, of 96 MiB only two of them.
    expect(waves(0)).toBeLessThan(20);
    expect(waves(96)).toBeGreaterThanOrEqual(20);
  });
});

describe('excludeOnFailure', () => {
  it('a task that failed on an executor goes to another; without it, it may come back', () => {
    // Every attempt fails (half way, at 5 s). Two executors on two agents: with exclusion the second attempt is elsewhere, and then none
    // is left: the job ends with two failures; without, four failures end it.
    const agents = [{ count: 2, cpus: 1, mem: 1024 }];
    const run = (excludeOnFailure: boolean) =>
      spark({ executorCores: 1, failureRate: 1, excludeOnFailure }, [{ id: 'j', duration: 10 }], { agents });
    const without = run(false);
    expect(without.of('j')).toHaveLength(4);
    const kept = run(true);
    expect(
      kept
        .of('j')
        .map(({ agent, state }) => `${agent} ${state}`)
        .sort(),
    ).toEqual(['agent-0 failed', 'agent-1 failed']);
    expect(kept.states.get('j')).toBe('failed');
  });

  it('a stage keeps off an executor on which two of its tasks failed', () => {
    // All attempts fail. One executor with two slots on agent-0, and one on agent-1: each fails both tasks once and is out.
    const { attempts } = spark(
      { executorCores: 2, failureRate: 1, excludeOnFailure: true, excludeTaskExecutor: 4, excludeTaskNode: 4 },
      [{ id: 'j', duration: 10, tasks: 2 }],
      { agents: [{ count: 2, cpus: 2, mem: 1024 }] },
    );
    const tasks = attempts.filter(({ isHost }) => !isHost);
    const perAgent = (agent: string): number =>
      tasks.filter((attempt) => attempt.agent === agent && attempt.state === 'failed').length;
    expect(perAgent('agent-0')).toBeLessThanOrEqual(2);
    expect(perAgent('agent-1')).toBeLessThanOrEqual(2);
  });
});

describe('barrier stages', () => {
  it('are refused after 40 looks 15 s apart when there are never enough slots: at 600 s', () => {
    const { finishS, states } = spark(
      { executorCores: 1, coresMax: 2, stopWhenIdle: false },
      [
        { id: 'warm', duration: 1, tasks: 2 },
        { id: 'gang', at: 10, duration: 5, tasks: 3, gang: true },
      ],
      { agents: [{ count: 3, cpus: 1, mem: 1024 }], until: 2000 },
    );
    expect(states.get('gang')).toBe('failed');
    // Looks at 10, 25, … : the 41st failure is at 10 + 40·15.
    expect(finishS.get('gang')).toBe(610);
  });

  it('go at the first look that finds enough slots', () => {
    const { of } = spark({ executorCores: 1 }, [{ id: 'gang', duration: 5, tasks: 3, gang: true }], {
      agents: [{ count: 3, cpus: 1, mem: 1024 }],
    });
    // At 0 s no executor is registered yet; at 15 s three are.
    expect(of('gang').map(({ startS }) => startS)).toEqual([15, 15, 15]);
  });
});

describe('speculation since 3.4', () => {
  it('copies an efficient task only when it runs for twice the threshold', () => {
    // Ten tasks; one of them takes 1.9 times as long: slow at 1.5 medians, with a data rate of 1/1.9 = 0.53 < 0.75 of the mean: copied.
    // A share of 0.5 makes it efficient, and it ends before twice the threshold (30 s): no copy.
    const run = (speculationRate: number) => {
      const jobs = tables([{ id: 'j', tasks: [{ name: 'm', count: 9, s: 10 }] }]);
      return play(
        {
          workload: TRACE,
          cluster: {
            agents: [
              { count: 1, cpus: 1, mem: 1024, attributes: { speed: 0.526 } },
              { count: 8, cpus: 1, mem: 1024 },
            ],
          },
          frameworks: [
            {
              name: 'spark',
              type: 'spark',
              options: { ...SMALL, executorCores: 1, speculation: true, speculationEfficiency: true, speculationRate },
            },
          ],
        },
        jobs,
      );
    };
    expect(run(0.75).of('j')).toHaveLength(10);
    expect(run(0.5).of('j')).toHaveLength(9);
  });
});

describe('jobs of its own', () => {
  const run = (content: unknown) =>
    play(
      {
        cluster: { agents: [{ count: 2, cpus: 2, mem: 1024 }] },
        frameworks: [{ name: 'spark', type: 'spark', options: { ...SMALL, executorCores: 2, jobs: 'jobs.json' } }],
      },
      { 'jobs.json': typeof content === 'string' ? content : JSON.stringify(content, undefined, 1) },
    );
  const stage = (name: string, more: object = {}) => ({ name, tasks: 4, duration: '10 s', ...more });

  it('are read from JSON: stages wait for each other, jobs come at their time', () => {
    const { finishS } = run([
      { name: 'etl', stages: [stage('read'), stage('join', { after: ['read'] })] },
      { name: 'late', at: '1 min', stages: [stage('only', { tasks: 8 })] },
    ]);
    // Four slots: two stages of one wave; eight tasks are two waves.
    expect(finishS.get('etl')).toBe(20);
    expect(finishS.get('late')).toBe(80);
  });

  it.each([
    [{ name: 'a', stages: [] }, '$.stages must'],
    [{ name: 'a', stages: [stage('x', { tasks: 0 })] }, '$.stages[0].tasks must be at least 1, got "0"'],
    [
      { name: 'a', stages: [stage('x', { after: ['y'] })] },
      '$.stages[0].after[0] must be the name of a stage of this job, got "y"',
    ],
    [
      { name: 'a', stages: [stage('x', { after: ['y'] }), stage('y', { after: ['x'] })] },
      '$.stages[0].after must not lead back to the stage itself',
    ],
    [{ name: 'a', stages: [stage('x'), stage('x')] }, '$.stages[1].name is the name of another stage too, got "x"'],
    [{ name: 'a', stages: [stage('x', { duration: 'long' })] }, '$.stages[0].duration must be a time'],
    [{ name: 'a', stages: [stage('x')], stage: 1 }, '$.stage is no known key'],
    [
      [
        { name: 'a', stages: [stage('x')] },
        { name: 'a', stages: [stage('x')] },
      ],
      '$[1].name is the name of another job too',
    ],
    ['{ "name": "a", ', 'jobs.json:1:'],
  ])('%j is refused', (content, message) => {
    const said = mistake(() => run(content));
    expect(said).toContain(message);
    expect(said).toMatch(/^jobs\.json:\d+:\d+: error E_JOB_JSON/);
  });
});
