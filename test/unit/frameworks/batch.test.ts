import { describe, expect, it } from 'vitest';
import { loadScenario, parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import { play } from './support.js';

const RACKS = [
  { count: 2, cpus: 4, mem: 1024, attributes: { rack: 'r0' } },
  { count: 1, cpus: 2, mem: 1024, attributes: { rack: 'r1' } },
  { count: 1, cpus: 8, mem: 1024, attributes: { rack: 'r1' } },
];

const batch = (jobs: readonly object[], more: object = {}) =>
  play({
    workload: { jobs },
    cluster: { agents: RACKS },
    frameworks: [{ name: 'batch' }],
    master: { allocateOn: ['recover'] },
    ...more,
  });

describe('gangs with constraints', () => {
  it('count only agents that they may use: none of it starts while too few of those are free', () => {
    // Two tasks of 4 CPUs on r0, of which one agent is taken until second 30; r1 has room for two, which the gang may not use.
    const { of } = batch([
      { id: 'other', cpus: 4, duration: 30, agent: 'agent-0' },
      { id: 'g', at: 1, tasks: 2, gang: true, cpus: 4, constraints: 'rack=r0', duration: 10 },
    ]);
    expect(
      of('g')
        .map(({ startS, agent }) => `${agent} ${startS}`)
        .sort(),
    ).toEqual(['agent-0 30', 'agent-1 30']);
  });

  it('start at once where the agents that they may use have room', () => {
    const { of } = batch([{ id: 'g', tasks: 5, gang: true, cpus: 2, constraints: 'rack=r1', duration: 10 }]);
    // r1 holds 1 + 4 tasks of 2 CPUs.
    expect(
      of('g')
        .map(({ agent, startS }) => `${agent} ${startS}`)
        .sort(),
    ).toEqual(['agent-2 0', 'agent-3 0', 'agent-3 0', 'agent-3 0', 'agent-3 0']);
  });
});

describe('constraints and placements', () => {
  it.each([
    // Of rack r1: agent-2 has 2 CPUs, agent-3 has 8. A task of 2: first and tightest is agent-2, loosest agent-3.
    ['first-fit', 'agent-2'],
    ['best-fit', 'agent-2'],
    ['worst-fit', 'agent-3'],
  ])('%s chooses among the agents that the constraint leaves', (placement, agent) => {
    const { of } = batch([{ id: 'a', cpus: 2, constraints: 'rack=r1', duration: 1 }], { policy: { placement } });
    expect(of('a').map((attempt) => attempt.agent)).toEqual([agent]);
  });
});

describe('scenarios/own-rules.yaml', () => {
  it('does what its comment says', () => {
    const attempts: { id: string; startS: number; endS: number; agent: string }[] = [];
    const states = new Map<string, string>();
    const simulation = new Simulation(loadScenario('scenarios/own-rules.yaml'), {
      observe: (cluster) => [
        {
          jobEnded: ({ record, state, finishUs }) => void states.set(record.id, `${state} ${finishUs / 1e6}`),
          taskEnded: ({ job, startUs, finishUs, agent }) =>
            void attempts.push({
              id: job.record.id,
              startS: startUs / 1e6,
              endS: finishUs / 1e6,
              agent: agent < 0 ? '' : cluster.agentName(agent),
            }),
        },
      ],
    });
    simulation.run();
    simulation.close();
    const of = (id: string) => attempts.filter((attempt) => attempt.id === id && attempt.startS >= 0);
    const agents = (id: string): string[] => [...new Set(of(id).map(({ agent }) => agent))].sort();
    // At a time, on an agent; on a reservation; where attributes allow.
    expect(of('booked')).toEqual([{ id: 'booked', startS: 120, endS: 180, agent: 'agent-3' }]);
    expect(agents('nightly')).toEqual(['agent-7']);
    expect(agents('gpu-map')).toEqual(['agent-5', 'agent-6']);
    // The image is pulled once, for 30 s from the launch at the first offer.
    expect(of('web-1')[0]?.startS).toBeGreaterThanOrEqual(30);
    expect(of('web-2')[0]?.startS).toBe(60);
    expect(of('web-3')[0]?.startS).toBe(90);
    // Earliest deadline first; cancelled; paused for 100 s and run anew; back to the volume.
    expect(Math.max(...of('urgent').map(({ startS }) => startS))).toBeLessThan(
      Math.max(...of('long').map(({ startS }) => startS)),
    );
    expect(states.get('mistake')).toBe('killed 150');
    expect([...new Set(of('render').map(({ startS, endS }) => `${startS} ${endS}`))]).toEqual(['250 300', '400 500']);
    expect(agents('db')).toHaveLength(1);
    expect(of('db').map(({ startS }) => startS)).toEqual([0, 230]);
  });
});

describe('by API', () => {
  it('a job is paused, resumed and cancelled at any instant of a run', () => {
    const document = {
      name: 'api',
      workload: {
        jobs: [
          { id: 'a', duration: 100 },
          { id: 'b', duration: 100 },
        ],
      },
      cluster: { agents: [{ count: 2, cpus: 1, mem: 0 }] },
    };
    const ends: string[] = [];
    const simulation = new Simulation(parseScenario(JSON.stringify(document), 'api.json'), {
      observe: () => [{ jobEnded: (job) => void ends.push(`${job.record.id} ${job.state} ${job.finishUs / 1e6}`) }],
    });
    simulation.timeline.at(40e6, (cluster) => cluster.killJob('b'));
    simulation.timeline.at(10e6, (cluster) => cluster.pauseJob('a'));
    simulation.runUntil(20e6);
    simulation.timeline.at(40e6, (cluster) => cluster.resumeJob('a'));
    simulation.run();
    simulation.close();
    expect(ends[0]).toBe('b killed 40');
    // Its work before the pause is lost: 100 s from the offer after 40 s.
    expect(ends[1]).toMatch(/^a finished 14[0-6]/);
  });
});
