import { describe, expect, it } from 'vitest';
import { fairShares, priorityFactor, sizeWeight } from '../../../../src/frameworks/hadoop/fair-shares.js';
import { mistake, play } from '../support.js';

const SMALL = { trackerCpus: 0, trackerMem: 0, trackerDisk: 0, slotMem: 0, slotDisk: 0, countsCleanup: false };
/** All slots at once, and jobs that stay in order of their arrival. */
const FIXED = { ...SMALL, policy: 'fixed', mapSlots: 4, reduceSlots: 0, speculation: 'off' };

interface Setup {
  readonly options: Record<string, unknown>;
  readonly jobs: readonly object[];
  readonly pools?: object;
  readonly agents?: readonly object[];
  readonly until?: number;
}

function hadoop({ options, jobs, pools = {}, agents = [{ count: 1, cpus: 4, mem: 1024 }], until = 20_000 }: Setup) {
  return play(
    {
      workload: { jobs },
      cluster: { agents },
      frameworks: [{ name: 'hadoop', type: 'hadoop', options: { ...FIXED, pools: 'pools.json', ...options } }],
      until,
    },
    { 'pools.json': JSON.stringify(pools) },
  );
}

describe('fair shares', () => {
  it.each([
    // Equal weights, enough demand: 10 slots are 5 and 5.
    [
      10,
      [
        [1, 0, 99],
        [1, 0, 99],
      ],
      [5, 5],
    ],
    // Weights 3 and 1 of 8: 6 and 2.
    [
      8,
      [
        [3, 0, 99],
        [1, 0, 99],
      ],
      [6, 2],
    ],
    // One wants 2 only: the rest has 8.
    [
      10,
      [
        [1, 0, 2],
        [1, 0, 99],
      ],
      [2, 8],
    ],
    // A minimum of 7: the other two share the 3 that are left.
    [
      10,
      [
        [1, 7, 99],
        [1, 0, 99],
        [1, 0, 99],
      ],
      [7, 1.5, 1.5],
    ],
    // A minimum above the demand counts as the demand.
    [
      10,
      [
        [1, 7, 4],
        [1, 0, 99],
      ],
      [4, 6],
    ],
    // Less demand than slots.
    [
      10,
      [
        [1, 0, 2],
        [1, 0, 3],
      ],
      [2, 3],
    ],
  ])('%d slots among %j are %j', (slots, claims, expected) => {
    const shares = fairShares(
      slots,
      claims.map(([weight = 1, min = 0, demand = 0]) => ({ weight, min, demand })),
    );
    for (const [index, share] of shares.entries()) expect(share).toBeCloseTo(expected[index] as number, 9);
  });

  it('priorities weigh 4, 2, 1, 1/2, 1/4, sizes log2(1 + demand)', () => {
    expect([2, 1, 0, -1, -2, 9].map(priorityFactor)).toEqual([4, 2, 1, 0.5, 0.25, 4]);
    expect(sizeWeight(7)).toBe(3);
  });
});

/** Maps of a job that run at an instant. */
function runningAt(
  attempts: readonly { task: string; startS: number; finishS: number; isHost: boolean }[],
  job: string,
  atS: number,
): number {
  return attempts.filter(
    ({ task, startS, finishS, isHost }) => !isHost && task.startsWith(`${job}/`) && startS <= atS && atS < finishS,
  ).length;
}

describe('Fair', () => {
  it('inside a pool jobs weigh by their priority: 2 to 1', () => {
    // Six slots, two endless jobs of one pool, priority 1 (weight 2) and 0: four and two slots. All of one heartbeat.
    const job = (id: string, priority: number) => ({ id, queue: 'p', priority, duration: 1000, tasks: 20 });
    const { attempts } = hadoop({
      options: { scheduler: 'fair', delayBy: 'none', mapSlots: 6, inputBlocks: false },
      jobs: [job('high', 1), job('normal', 0)],
      agents: [{ count: 1, cpus: 6, mem: 1024 }],
    });
    expect([runningAt(attempts, 'high', 100), runningAt(attempts, 'normal', 100)]).toEqual([4, 2]);
  });

  it('kills the newest tasks of a pool above its share when another has been below its minimum for too long', () => {
    // `hog` holds all four slots with tasks of 1,000 s. `prod` (minimum 2, 30 s) comes at 10 s; looks are every 15 s from the first job on.
    const { attempts } = hadoop({
      options: { scheduler: 'fair', delayBy: 'none', preemption: true, inputBlocks: false },
      pools: { prod: { minMaps: 2, minShareTimeout: '30 s' } },
      jobs: [
        { id: 'hog', queue: 'hog', duration: 1000, tasks: 4 },
        { id: 'prod', queue: 'prod', at: 10, duration: 100, tasks: 4 },
      ],
    });
    const killed = attempts.filter(({ task, state }) => task.startsWith('hog/') && state === 'killed');
    expect(killed.map(({ reason }) => reason)).toEqual(['preempted', 'preempted']);
    // Below the minimum since the look after 10 s (15 s): more than 30 s later is the look of 60 s.
    expect(new Set(killed.map(({ finishS }) => finishS))).toEqual(new Set([60]));
    expect(runningAt(attempts, 'prod', 70)).toBe(2);
  });

  it('preempts nothing unless told so', () => {
    const { attempts } = hadoop({
      options: { scheduler: 'fair', delayBy: 'none', inputBlocks: false },
      pools: { prod: { minMaps: 2, minShareTimeout: '30 s' } },
      jobs: [
        { id: 'hog', queue: 'hog', duration: 1000, tasks: 4 },
        { id: 'prod', queue: 'prod', at: 10, duration: 100, tasks: 4 },
      ],
    });
    expect(attempts.some(({ reason }) => reason === 'preempted')).toBe(false);
  });
});

describe('Fair by deficit (0.20)', () => {
  it('gives one task a heartbeat, to the job that is owed most', () => {
    // Four slots, heartbeats of 3 s: the first tasks start at 0, 3, 6 and 9 s, one each.
    const { attempts } = hadoop({
      options: { scheduler: 'fair-deficit', inputBlocks: false },
      jobs: [
        { id: 'a', queue: 'a', duration: 1000, tasks: 2 },
        { id: 'b', queue: 'b', duration: 1000, tasks: 2 },
      ],
    });
    const tasks = attempts.filter(({ isHost }) => !isHost && attempts.length > 0).sort((x, y) => x.startS - y.startS);
    expect(tasks.map(({ startS }) => startS)).toEqual([0, 3, 6, 9]);
    // Both are due two slots. a has its first at 0 s, so that b is owed more at 3 s; at 6 s each has had one in turn; two each in the end.
    expect(tasks.map(({ task }) => task.slice(0, 1)).sort()).toEqual(['a', 'a', 'b', 'b']);
    expect(tasks[1]?.task.startsWith('b/')).toBe(true);
  });
});

describe('Capacity', () => {
  it('one user has no more than the guarantee of the queue, unless the user-limit factor is larger', () => {
    const run = (factor: number) =>
      hadoop({
        options: { scheduler: 'capacity', inputBlocks: false, heartbeat: '1 s' },
        pools: { q: { capacity: 50, userLimitFactor: factor }, other: { capacity: 50 } },
        jobs: [{ id: 'j', queue: 'q', user: 'ann', duration: 1000, tasks: 8 }],
      }).attempts;
    // Four slots of which the queue has two.
    expect(runningAt(run(1), 'j', 100)).toBe(2);
    expect(runningAt(run(2), 'j', 100)).toBe(4);
  });
});

describe('heartbeats', () => {
  it.each([
    // 150 trackers: max(1 s, ⌈150 / 100⌉ s) = 2 s; by the older rule 1 s · (150 / 50 + 1) = 4 s.
    ['per-100', 2],
    ['per-50', 4],
  ])('%s: %d s apart with 150 trackers', (heartbeatLaw, seconds) => {
    const { attempts } = hadoop({
      options: { heartbeat: '1 s', heartbeatLaw, mapSlots: 1, inputBlocks: false },
      jobs: [{ id: 'j', duration: 0.5, tasks: 600 }],
      agents: [{ count: 150, cpus: 1, mem: 1024 }],
    });
    const onOne = attempts
      .filter(({ isHost, agent }) => !isHost && agent === 'agent-149')
      .map(({ startS }) => startS)
      .sort((a, b) => a - b);
    expect((onOne[2] as number) - (onOne[1] as number)).toBeCloseTo(seconds, 6);
  });
});

describe('jobs of its own', () => {
  const run = (content: unknown) =>
    play(
      {
        cluster: { agents: [{ count: 1, cpus: 4, mem: 1024 }] },
        frameworks: [
          {
            name: 'hadoop',
            type: 'hadoop',
            options: { ...FIXED, mapSlots: 2, reduceSlots: 2, inputBlocks: false, jobs: 'jobs.json' },
          },
        ],
      },
      { 'jobs.json': JSON.stringify(content) },
    );

  it('are maps and reduces in JSON', () => {
    const { attempts, states } = run([
      { name: 'a', maps: { tasks: 4, duration: '10 s' }, reduces: { tasks: 1, duration: '6 s' } },
      { name: 'b', at: '2 min', maps: { tasks: 1, duration: '10 s' } },
    ]);
    expect([...states.values()]).toEqual(['finished', 'finished']);
    expect(attempts.filter(({ isHost }) => !isHost)).toHaveLength(6);
  });

  it.each([
    [{ name: 'a' }, '$.maps is missing'],
    [{ name: 'a', maps: { tasks: 1.5, duration: '1 s' } }, '$.maps.tasks must be'],
    [{ name: 'a', maps: { tasks: 1, duration: '1 s' }, reduce: {} }, '$.reduce is no known key'],
    [{ name: 'a', at: 'noon', maps: { tasks: 1, duration: '1 s' } }, '$.at must be a time of at least 0'],
  ])('%j is refused', (content, message) => {
    const said = mistake(() => run(content));
    expect(said).toContain(message);
    expect(said).toMatch(/^jobs\.json:\d+:\d+: error E_JOB_JSON/);
  });
});

describe('quirk off: suppresses', () => {
  it('is offered nothing while no slots are needed, and asks when a job comes', () => {
    const run = (suppresses: boolean) =>
      play({
        workload: {
          jobs: [
            { id: 'a', duration: 10 },
            { id: 'b', at: 600, duration: 10 },
          ],
        },
        cluster: { agents: [{ count: 2, cpus: 4, mem: 1024 }] },
        frameworks: [{ name: 'hadoop', type: 'hadoop', options: { ...FIXED, inputBlocks: false, suppresses } }],
      });
    // Plain declines: two agents every 6 s for 600 s, some 200 offers; suppressed: those of the two jobs.
    expect(run(false).simulation.cluster.world.offerCount).toBeGreaterThan(150);
    const quiet = run(true);
    expect(quiet.simulation.cluster.world.offerCount).toBeLessThan(20);
    expect(quiet.states.get('b')).toBe('finished');
  });
});
