import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.js';
import type { TaskFact } from '../../../src/model/observer.js';
import { job, runToEnd, type TinySetup, tinyCluster } from '../../support/world.js';

interface Row {
  id: string;
  attempt: number;
  start: number;
  finish: number;
  state: string;
  reason: string;
  lost: number;
}

/** Runs with actions at given seconds; one row per ended attempt. */
function trace(
  setup: TinySetup,
  actions: [number, (cluster: Cluster) => void][] = [],
): { rows: Row[]; cluster: Cluster } {
  const rows: Row[] = [];
  const taskEnded = (fact: TaskFact): void =>
    void rows.push({
      id: fact.job.record.id,
      attempt: fact.attempt,
      start: fact.startUs / 1e6,
      finish: fact.finishUs / 1e6,
      state: fact.state,
      reason: fact.reason,
      lost: fact.lostUs / 1e6,
    });
  let next = 0;
  const cluster = tinyCluster({
    ...setup,
    observers: [{ taskEnded }],
    settings: { checksInvariants: true, ...setup.settings },
    actions: {
      nextUs: () => (actions[next]?.[0] ?? Number.POSITIVE_INFINITY) * 1e6,
      act: (nowUs, world) => {
        for (; (actions[next]?.[0] ?? Number.POSITIVE_INFINITY) * 1e6 <= nowUs; next++) actions[next]?.[1](world);
      },
    },
  });
  return { rows, cluster: runToEnd(cluster) };
}

const one = { agents: [{ cpus: 1, mem: 64 }], frameworks: [{ name: 'a' }] };
const two = { agents: [{ cpus: 1, mem: 64, count: 2 }], frameworks: [{ name: 'a' }] };

describe('operators', () => {
  it('kill a job: what runs is ended, what waits is given up, and the next job gets its turn', () => {
    const jobs = [job('k', 0, { count: 2, durationS: 100 }), job('next', 1, { durationS: 1 })];
    const { rows, cluster } = trace({ ...one, jobs }, [[10, (world) => world.killJob('k')]]);
    expect(rows[0]).toMatchObject({
      id: 'k',
      start: 0,
      finish: 10,
      state: 'killed',
      reason: 'killed-by-operator',
      lost: 10,
    });
    // Freed at 10 s, before that instant's batch run.
    expect(rows[1]).toMatchObject({ id: 'next', start: 10, finish: 11, state: 'finished' });
    expect(cluster.intake.endedCount).toBe(2);
  });

  it('pause a job: its work is lost, nothing of it runs until it is resumed, then it starts again', () => {
    const actions: [number, (world: Cluster) => void][] = [
      [4, (world) => world.pauseJob('p')],
      [20, (world) => world.resumeJob('p')],
    ];
    const { rows } = trace({ ...one, jobs: [job('p', 0, { durationS: 10 })] }, actions);
    expect(rows).toMatchObject([
      { attempt: 1, start: 0, finish: 4, state: 'killed', reason: 'paused', lost: 4 },
      { attempt: 2, start: 20, finish: 30, state: 'finished', lost: 0 },
    ]);
  });

  it('with checkpoints a paused task goes on where it stopped', () => {
    const actions: [number, (world: Cluster) => void][] = [
      [4, (world) => world.pauseJob('p')],
      [20, (world) => world.resumeJob('p')],
    ];
    const { rows } = trace({ ...one, jobs: [job('p', 0, { durationS: 10 })], settings: { checkpoint: true } }, actions);
    expect(rows).toMatchObject([
      { attempt: 1, finish: 4, lost: 0 },
      { attempt: 2, start: 20, finish: 26, state: 'finished' },
    ]);
  });

  it('an agent that leaves loses its tasks, which are tried again elsewhere; one that joins is offered at once', () => {
    const jobs = [job('j', 0, { count: 3, durationS: 10 })];
    const { rows } = trace({ ...two, jobs }, [
      [3.5, (world) => world.membership.leave(0)],
      [
        5.25,
        (world) =>
          world.membership.join(
            { id: 'agent-0', amounts: world.world.agents.totalOf(0).slice(), attributes: {} },
            true,
          ),
      ],
    ]);
    expect(rows[0]).toMatchObject({
      attempt: 1,
      start: 0,
      finish: 3.5,
      state: 'lost',
      reason: 'agent-lost',
      lost: 3.5,
    });
    // The joining agent triggers a run on itself: the retried task starts there at 5.25 s.
    expect(rows.map((row) => row.start)).toContain(5.25);
    expect(rows.filter((row) => row.state === 'finished').length).toBe(3);
  });

  it('a deactivated agent keeps its tasks and gets no new ones until it is activated', () => {
    const jobs = [job('long', 0, { durationS: 10 }), job('later', 12, { durationS: 1 })];
    const { rows } = trace({ ...one, jobs }, [
      [5, (world) => world.membership.deactivate(0)],
      [15.5, (world) => world.membership.activate(0)],
    ]);
    // Activation triggers no run: the batch run at 16 s offers the agent (semantics §7).
    expect(rows).toMatchObject([
      { id: 'long', finish: 10, state: 'finished' },
      { id: 'later', start: 16, finish: 17 },
    ]);
  });

  it('a weight changes later allocations only', () => {
    const { cluster } = trace({ ...one, jobs: [job('j', 0, { durationS: 2 })] }, [
      [1, (world) => world.setWeight('*', 3)],
    ]);
    expect(cluster.world.clients.roles[0]?.weight).toBe(3);
  });
});

describe('launch', () => {
  it('pulls an image once per agent, and takes the start delay each time', () => {
    const withImage = (id: string, submitS: number) => {
      const record = job(id, submitS, { durationS: 1 });
      (record.groups[0] as { image: string }).image = 'web';
      return record;
    };
    const settings = { startDelayUs: 500_000, imagePullUs: 4_000_000 };
    const { rows } = trace({ ...one, jobs: [withImage('first', 0), withImage('second', 10)], settings });
    expect(rows.map((row) => row.start)).toEqual([4.5, 10.5]);
  });

  it('rescinds an offer that is not answered in time, and the gang that waited for it waits on', () => {
    const jobs = [job('gang', 0, { count: 3, gang: true, durationS: 1 })];
    const { cluster } = trace({
      ...two,
      agents: [
        { cpus: 1, mem: 64, count: 2 },
        { cpus: 1, mem: 64 },
      ],
      jobs,
      settings: { offerTimeoutUs: 2e6 },
    });
    expect(cluster.intake.endedCount).toBe(1);
  });

  it('a gang that no cluster of this size can hold is told apart and ends the run', () => {
    const { cluster } = trace({ ...two, jobs: [job('huge', 0, { count: 3, gang: true })] });
    expect(cluster.intake.infeasibleCount).toBe(1);
    expect(cluster.intake.first?.isFeasible).toBe(false);
  });

  it('rejects arrivals beyond maxJobs', () => {
    const jobs = [0, 1, 2, 3].map((index) => job(`j${index}`, index, { durationS: 10 }));
    const { cluster } = trace({ agents: [{ cpus: 1, mem: 64 }], frameworks: [{ name: 'a', maxJobs: 2 }], jobs });
    expect(cluster.intake.rejectedCount).toBe(2);
  });

  it('starts a group when the groups it waits for have ended, and a job its delay after the job it waits for', () => {
    const chain = job('chain', 0, { durationS: 3 });
    const first = { ...(chain.groups[0] as object), name: 'one' } as (typeof chain.groups)[0];
    chain.groups = [first, { ...first, name: 'two', after: ['one'] }];
    const follower = job('follower', 1, { durationS: 1 }, { after: [{ job: 'chain', delayUs: 2_500_000 }] });
    const { rows } = trace({ ...two, jobs: [chain, follower] });
    // Group one ends at 3 s, two runs 3 to 6 s, the follower is ready at 8.5 s.
    expect(rows.map((row) => [row.id, row.start])).toEqual([
      ['chain', 0],
      ['chain', 3],
      ['follower', 8.5],
    ]);
  });
});

describe('offers', () => {
  it('are told one by one with their answer and the tasks that they launched', () => {
    const told: string[] = [];
    const cluster = tinyCluster({
      ...two,
      jobs: [job('j', 0, { cpus: 0.5, count: 3, durationS: 1 })],
      observers: [
        { offerAnswered: (offer) => void told.push(`${offer.agent} ${offer.answer} ${offer.launchedTasks}`) },
      ],
    });
    runToEnd(cluster);
    expect(told.sort((a, b) => (a < b ? -1 : 1))).toEqual(['0 accepted 2', '1 accepted 1']);
  });
});
