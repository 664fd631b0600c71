import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.js';
import type { TaskFact } from '../../../src/model/observer.js';
import { causeRow } from '../../../src/model/waits.js';
import { job, runToEnd, type TinySetup, tinyCluster } from '../../support/world.js';

type Step = [atS: number, run: (cluster: Cluster) => void];

const die = (atS: number): Step => [atS, ({ world }) => world.mastership.fail()];
const mend = (atS: number): Step => [atS, ({ world }) => world.mastership.repair()];
const leave = (atS: number, agent: number): Step => [atS, ({ membership }) => membership.leave(agent)];

interface Outcome {
  readonly attempts: string[];
  /** When frameworks were told of ends, in seconds. */
  readonly told: number[];
  readonly cluster: Cluster;
}

/** Runs with steps at given seconds; agents register with a new leader without back-off. */
function play(setup: TinySetup, steps: Step[]): Outcome {
  const attempts: string[] = [];
  const told: number[] = [];
  const taskEnded = ({ job: { record }, startUs, finishUs, state, reason }: TaskFact): void =>
    void attempts.push(
      `${record.id} ${startUs < 0 ? 'never' : startUs / 1e6}-${finishUs / 1e6} ${state}${reason === '' ? '' : ` ${reason}`}`,
    );
  let next = 0;
  const nextUs = (): number => (steps[next]?.[0] ?? Number.POSITIVE_INFINITY) * 1e6;
  const cluster = tinyCluster({
    ...setup,
    observers: [{ taskEnded }],
    settings: { checksInvariants: true, masterCount: 2, registrationBackoffUs: 0, ...setup.settings },
    actions: {
      nextUs,
      act: (nowUs, world) => {
        for (; nextUs() <= nowUs; next++) steps[next]?.[1](world);
      },
    },
  });
  cluster.world.waits.isOn = true;
  for (const { scheduler } of cluster.world.frameworks) {
    const heard = scheduler.onEnded?.bind(scheduler);
    scheduler.onEnded = (...args) => {
      told.push(cluster.world.nowUs / 1e6);
      heard?.(...args);
    };
  }
  return { attempts, told, cluster: runToEnd(cluster) };
}

const two = [{ cpus: 1, mem: 64, count: 2 }];
const frameworks = [{ name: 'a' }];

describe('a leading master that dies', () => {
  it('leaves tasks alone; their ends are heard of, and new ones start, when a standby leads', () => {
    const jobs = [
      job('runs', 0, { durationS: 8 }),
      job('comes', 6, { durationS: 3 }),
      job('more', 7, { durationS: 1 }),
    ];
    const { attempts, told, cluster } = play({ agents: two, frameworks, jobs }, [die(5)]);
    // Missed after the session timeout of 10 s: at 15 s agents and frameworks register. runs has ended at 8 s, which is heard of at 15 s.
    expect(attempts).toEqual(['runs 0-8 finished', 'more 15-16 finished', 'comes 15-18 finished']);
    expect(told).toEqual([15, 16, 18]);
    // comes waited 9 s and more 8 s for a connection.
    expect(cluster.world.waits.seconds(0, causeRow('framework-down'))).toBe(17);
  });

  it('without a standby, leads again when it is back', () => {
    const jobs = [job('comes', 6, { durationS: 3 })];
    const settings = { masterCount: 1 };
    const { attempts } = play({ agents: two, frameworks, jobs, settings }, [die(5), mend(40)]);
    expect(attempts).toEqual(['comes 40-43 finished']);
  });

  it('and a second that dies during the election: the first one leads when it is back', () => {
    const { attempts } = play({ agents: two, frameworks, jobs: [job('comes', 6, { durationS: 3 })] }, [
      die(5),
      die(8),
      mend(30),
      mend(31),
    ]);
    expect(attempts).toEqual(['comes 30-33 finished']);
  });

  it('takes its offers with it: what a gang was kept for goes to who asks first', () => {
    // The gang holds two of three agents from 1 s on; the third is taken until 60 s. At 15 s both frameworks subscribe again, and `other`
    // has as much right as the gang: nothing is held for it any more.
    const jobs = [
      job('taken', 0, { durationS: 60 }, { queue: 'b' }),
      job('gang', 1, { count: 3, durationS: 1, gang: true }, { queue: 'a' }),
      job('other', 2, { durationS: 2 }, { queue: 'b' }),
    ];
    const setup = {
      agents: [{ cpus: 1, mem: 64, count: 3 }],
      frameworks: [{ name: 'a', gangReleaseUs: 1e9 }, { name: 'b' }],
      jobs,
      untilUs: 30e6,
    };
    expect(play(setup, []).attempts).toEqual([]);
    const { cluster } = play(setup, [die(5)]);
    // Every offer of the old leader is void.
    const { offers } = cluster.world;
    for (let offer = 0; offer < offers.rows.end; offer++) {
      if (offers.isOut[offer] === 1) expect(offers.createdUs[offer]).toBeGreaterThanOrEqual(15e6);
    }
  });

  it('is followed by one that learns of running tasks from their agents: they are charged before anything is offered', () => {
    // a runs on both agents. At 15 s they register, and b, which holds nothing, is served before a when the first task ends at 20 s.
    const jobs = [
      job('runs', 0, { count: 2, durationS: 20 }, { queue: 'a' }),
      job('again', 1, { count: 2, durationS: 5 }, { queue: 'a' }),
      job('other', 2, { count: 1, durationS: 5 }, { queue: 'b' }),
    ];
    const { attempts, cluster } = play({ agents: two, frameworks: [{ name: 'a' }, { name: 'b' }], jobs }, [die(5)]);
    expect(attempts.filter((text) => text.startsWith('runs'))).toEqual(['runs 0-20 finished', 'runs 0-20 finished']);
    expect(attempts).toContain('other 20-25 finished');
    for (const held of cluster.world.clients.held) expect([...held]).toEqual([...cluster.world.zero]);
  });
});

describe('agents that do not come back to a new leader', () => {
  it('are given up after agent_reregister_timeout: only then are their tasks tried again', () => {
    const jobs = [job('runs', 0, { durationS: 100 })];
    const agents = [
      { cpus: 1, mem: 64 },
      { cpus: 1, mem: 64 },
    ];
    const lose: Step = [8, ({ membership, world }) => membership.leave(world.tasks.agent[0] as number)];
    const { attempts, told } = play({ agents, frameworks, jobs }, [die(5), lose]);
    // Dead at 8 s, while there is no leader; the one of 15 s waits 600 s for the agent.
    expect(attempts).toEqual(['runs 0-8 lost agent-lost', 'runs 615-715 finished']);
    expect(told[0]).toBe(615);
  });

  it('and are known to have lost their tasks as soon as the machine registers anew', () => {
    const back: Step = [
      50,
      ({ membership, world }) => {
        const { agents } = world;
        membership.join({ id: 'agent-0', amounts: agents.totalOf(0).slice(), attributes: {} }, true);
      },
    ];
    const one = [{ cpus: 1, mem: 64 }];
    const { attempts } = play({ agents: one, frameworks, jobs: [job('runs', 0, { durationS: 10 })] }, [
      die(5),
      leave(8, 0),
      back,
    ]);
    expect(attempts).toEqual(['runs 0-8 lost agent-lost', 'runs 50-60 finished']);
  });

  it('an operator drains while there is no leader is not offered afterwards', () => {
    const drain: Step = [7, ({ membership }) => membership.deactivate(0)];
    const jobs = [job('comes', 6, { count: 2, durationS: 3 })];
    const { attempts } = play({ agents: two, frameworks, jobs }, [die(5), drain]);
    expect(attempts).toEqual(['comes 15-18 finished', 'comes 18-21 finished']);
  });
});
