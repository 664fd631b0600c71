import { describe, expect, it } from 'vitest';
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
