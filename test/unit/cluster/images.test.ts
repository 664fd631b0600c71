import { describe, expect, it } from 'vitest';
import type { TaskFact } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** Start times in seconds by task, and the pulls in order. */
function run(document: Record<string, unknown>): { starts: Record<string, number>; pulls: string[] } {
  const starts: Record<string, number> = {};
  const pulls: string[] = [];
  const simulation = new Simulation(
    parseScenario(JSON.stringify({ name: 'images', master: { agentOrder: 'id' }, ...document }), 'images.json'),
    {
      checksInvariants: true,
      observe: (cluster) => [
        {
          taskStarted: (fact: TaskFact) => {
            starts[`${fact.job.record.id}/${fact.index}`] = fact.startUs / 1e6;
          },
          event: (fact) => {
            if (fact.event === 'image-pulled') pulls.push(`${cluster.agentName(fact.agent)} ${fact.detail}`);
          },
        },
      ],
    },
  );
  simulation.run();
  simulation.close();
  return { starts, pulls };
}

const job = (id: string, at: number, more: Record<string, unknown>): Record<string, unknown> => ({
  id,
  at,
  duration: 100,
  image: 'web',
  ...more,
});

describe('images', () => {
  it('are pulled by the first start on an agent; starts that come meanwhile wait for that pull, later ones do not', () => {
    // Pull 30 s, start delay 2 s. a starts its pull at 0; b comes at 10 and waits the 20 s left; c comes at 50 and finds it there.
    const { starts, pulls } = run({
      workload: {
        jobs: [
          job('a', 0, {}),
          job('b', 10, {}),
          job('c', 50, {}),
          job('other', 50, { image: 'db' }),
          job('bare', 50, { image: '' }),
        ],
      },
      cluster: { agents: [{ cpus: 8, mem: 64 }], imagePull: '30 s', startDelay: '2 s' },
    });
    expect(starts).toEqual({ 'a/0': 32, 'b/0': 32, 'c/0': 52, 'other/0': 82, 'bare/0': 52 });
    expect(pulls).toEqual(['agent-0 image=web', 'agent-0 image=db']);
  });

  it('are kept by each agent on its own, with a time of their own where the scenario gives one', () => {
    const { starts, pulls } = run({
      workload: { jobs: [job('a', 0, { tasks: 2 }), job('b', 0, { agent: 'agent-1', image: 'small' })] },
      cluster: { agents: [{ count: 2, cpus: 2, mem: 64 }], imagePull: '30 s', images: { small: '4 s' } },
    });
    // Job a's two tasks fill agent-0 by first fit; job b must go to agent-1.
    expect(starts).toEqual({ 'a/0': 30, 'a/1': 30, 'b/0': 4 });
    expect(pulls).toEqual(['agent-0 image=web', 'agent-1 image=small']);
  });

  it('are still there after the agent has left and come back', () => {
    const { starts, pulls } = run({
      workload: { jobs: [job('a', 0, { duration: 1 }), job('b', 60, { duration: 1 })] },
      cluster: { agents: [{ cpus: 1, mem: 64 }], imagePull: '30 s' },
      actions: [
        { at: 40, removeAgent: 'agent-0' },
        { at: 50, addAgent: { id: 'agent-0', cpus: 1, mem: 64 } },
      ],
    });
    expect(starts).toEqual({ 'a/0': 30, 'b/0': 60 });
    expect(pulls).toHaveLength(1);
  });

  it('cost nothing where no pull time is set', () => {
    const { starts, pulls } = run({
      workload: { jobs: [job('a', 0, {})] },
      cluster: { agents: [{ cpus: 1, mem: 64 }] },
    });
    expect(starts).toEqual({ 'a/0': 0 });
    expect(pulls).toEqual([]);
  });
});
