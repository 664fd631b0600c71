import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.js';
import type { JobView, TaskFact } from '../../../src/model/observer.js';
import { causeRow } from '../../../src/model/waits.js';
import { job, runToEnd, type TinySetup, tinyCluster } from '../../support/world.js';

type Step = [atS: number, run: (cluster: Cluster) => void];

const leave = (atS: number, framework = 0): Step => [atS, ({ world }) => world.absences.leave(framework)];
const comeBack = (atS: number, framework = 0): Step => [atS, ({ world }) => world.absences.comeBack(framework)];

/** Runs with steps at given seconds; attempts and jobs in order of their ends, as text. */
function play(setup: TinySetup, steps: Step[]): { attempts: string[]; jobs: string[]; cluster: Cluster } {
  const attempts: string[] = [];
  const jobs: string[] = [];
  const taskEnded = ({ job: { record }, startUs, finishUs, state, reason }: TaskFact): void =>
    void attempts.push(
      `${record.id} ${startUs < 0 ? 'never' : startUs / 1e6}-${finishUs / 1e6} ${state}${reason === '' ? '' : ` ${reason}`}`,
    );
  const jobEnded = ({ record, state, finishUs }: JobView): void =>
    void jobs.push(`${record.id} ${finishUs / 1e6} ${state}`);
  let next = 0;
  const nextUs = (): number => (steps[next]?.[0] ?? Number.POSITIVE_INFINITY) * 1e6;
  const cluster = tinyCluster({
    ...setup,
    observers: [{ taskEnded, jobEnded }],
    settings: { checksInvariants: true, ...setup.settings },
    actions: {
      nextUs,
      act: (nowUs, world) => {
        for (; nextUs() <= nowUs; next++) steps[next]?.[1](world);
      },
    },
  });
  cluster.world.waits.isOn = true;
  return { attempts, jobs, cluster: runToEnd(cluster) };
}

const agents = [{ cpus: 1, mem: 64 }];
const keeps = (failoverTimeoutUs: number) => [{ name: 'a', failoverTimeoutUs }];

describe('a framework without its scheduler', () => {
  it('launches nothing while its tasks run on; back in time it hears of their ends and goes on', () => {
    const work = [job('runs', 0, { durationS: 10 }), job('comes', 6, { durationS: 3 })];
    const { attempts, jobs, cluster } = play({ agents, frameworks: keeps(60e6), jobs: work }, [leave(5), comeBack(20)]);
    // The first ends at its own time; the agent is free from 10 s on, but nobody is there to launch the second before 20 s.
    expect(attempts).toEqual(['runs 0-10 finished', 'comes 20-23 finished']);
    expect(jobs).toEqual(['runs 10 finished', 'comes 23 finished']);
    // It came at 6 s and was launched at 20 s.
    expect(cluster.world.waits.seconds(0, causeRow('framework-down'))).toBe(14);
  });

  it('holds no offers: what it was keeping for a gang goes to others at the next batch run', () => {
    const frameworks = [{ name: 'a', failoverTimeoutUs: 60e6, gangReleaseUs: 1e9 }, { name: 'b' }];
    // The gang wants three agents, of which one is taken for 60 s: it keeps the other two.
    const work = [
      job('taken', 0, { durationS: 60 }, { queue: 'b' }),
      job('gang', 1, { count: 3, durationS: 1, gang: true }, { queue: 'a' }),
      job('other', 2, { durationS: 2 }, { queue: 'b' }),
    ];
    const three = [{ cpus: 1, mem: 64, count: 3 }];
    const setup = { agents: three, frameworks, jobs: work, untilUs: 30e6 };
    expect(play(setup, []).attempts).toEqual([]);
    // Rescinded at 5 s without a filter and without a run of its own (no trigger: recoverResources), offered by the batch of 5 s.
    expect(play(setup, [leave(5), comeBack(20)]).attempts).toEqual(['other 5-7 finished']);
  });

  it('past its failover timeout loses its tasks and its waiting work, and later jobs find nobody', () => {
    const work = [
      job('runs', 0, { durationS: 100 }),
      job('waits', 1, { durationS: 5 }),
      job('comes', 7, { durationS: 5 }),
      job('late', 30, { durationS: 5 }),
    ];
    const { attempts, jobs, cluster } = play({ agents, frameworks: keeps(8e6), jobs: work }, [leave(5), comeBack(20)]);
    // 5 s + 8 s.
    expect(attempts).toEqual(['runs 0-13 killed framework-removed']);
    expect([...jobs].sort()).toEqual(['comes 13 killed', 'late 30 rejected', 'runs 13 killed', 'waits 13 killed']);
    expect(cluster.world.ledger.allocated[0]).toBe(0);
  });

  it('with the timeout that Mesos defaults to, 0 s, loses them at once', () => {
    const { attempts } = play({ agents, frameworks: keeps(0), jobs: [job('runs', 0, { durationS: 100 })] }, [leave(5)]);
    expect(attempts).toEqual(['runs 0-5 killed framework-removed']);
  });

  it('is measured anew at each departure, and back only when all that keeps it away has let go', () => {
    const steps = [leave(5), comeBack(12), leave(14), leave(15), comeBack(16), comeBack(20)];
    const work = [job('runs', 0, { durationS: 30 }), job('comes', 6, { durationS: 2 })];
    const two = [{ cpus: 1, mem: 64, count: 2 }];
    const late = job('late', 15, { durationS: 2 });
    // The first timeout would strike at 13 s, the second at 22 s: neither does.
    const { attempts } = play({ agents: two, frameworks: keeps(8e6), jobs: [...work, late] }, steps);
    expect(attempts).toEqual(['comes 12-14 finished', 'late 20-22 finished', 'runs 0-30 finished']);
  });

  it('loses the answers that were on their way: the tasks come back and are tried again at the return', () => {
    // 2 s per message; the connection breaks while the ACCEPT travels.
    const settings = { networkDelayUs: 2e6 };
    const work = [job('runs', 0, { durationS: 1 })];
    const { attempts, jobs } = play({ agents, frameworks: keeps(60e6), jobs: work, settings }, [
      leave(5),
      comeBack(20),
    ]);
    // REVIVE 0-2, offers 2-4, ACCEPT 4-6 meets rescinded offers; again after REVIVE 20-22, offers 22-24, ACCEPT 24-26, agent 28.
    expect(attempts).toEqual(['runs never-6 lost invalid-offers', 'runs 28-29 finished']);
    expect(jobs).toEqual(['runs 29 finished']);
  });

  it('hears of an agent that was lost meanwhile, and tries its tasks again', () => {
    const two = [{ cpus: 1, mem: 64, count: 2 }];
    const lose: Step = [8, ({ membership, world }) => membership.leave(world.tasks.agent[0] as number)];
    const work = [job('runs', 0, { durationS: 10 })];
    const { attempts } = play({ agents: two, frameworks: keeps(60e6), jobs: work }, [leave(5), lose, comeBack(20)]);
    expect(attempts).toEqual(['runs 0-8 lost agent-lost', 'runs 20-30 finished']);
  });

  it('leaves a job alone that was killed while it was away', () => {
    const kill: Step = [7, (cluster) => cluster.killJob('comes')];
    const work = [job('runs', 0, { durationS: 10 }), job('comes', 6, { durationS: 3 })];
    const { jobs } = play({ agents, frameworks: keeps(60e6), jobs: work }, [leave(5), kill, comeBack(20)]);
    expect(jobs).toEqual(['comes 7 killed', 'runs 10 finished']);
  });
});
