import { describe, expect, it } from 'vitest';
import type { JobView, TaskFact } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

function run(document: Record<string, unknown>): { rows: string[]; jobs: string[] } {
  const rows: string[] = [];
  const jobs: string[] = [];
  const simulation = new Simulation(parseScenario(JSON.stringify({ name: 'listed', ...document }), 'listed.json'), {
    checksInvariants: true,
    observe: (cluster) => [
      {
        taskEnded: (fact: TaskFact) =>
          void rows.push(
            `${fact.job.record.id}/${fact.index} ${cluster.agentName(fact.agent)} ${fact.startUs / 1e6}-${fact.finishUs / 1e6} ${fact.state}`,
          ),
        jobEnded: (job: JobView) => void jobs.push(`${job.record.id} ${job.state}`),
      },
    ],
  });
  simulation.run();
  simulation.close();
  return { rows, jobs };
}

const cluster = { agents: [{ count: 3, cpus: 2, mem: 64, attributes: { rack: 'r{i}' } }] };

describe('jobs that a scenario spells out', () => {
  it('come at their times and run on the agents that they name', () => {
    const { rows } = run({
      workload: {
        jobs: [
          { id: 'late', at: '2 min', duration: 5, agent: 'agent-2' },
          { id: 'first', duration: 10, tasks: 2, agent: 'agent-1' },
          { id: 'rack', at: 20, duration: 5, constraints: 'rack=r2' },
          { id: 'then', at: 20, duration: 5, after: ['rack'], agent: 'agent-0' },
        ],
      },
      cluster,
    });
    expect(rows).toEqual([
      'first/0 agent-1 0-10 finished',
      'first/1 agent-1 0-10 finished',
      'rack/0 agent-2 20-25 finished',
      'then/0 agent-0 25-30 finished',
      'late/0 agent-2 120-125 finished',
    ]);
  });

  it('stand beside a synthetic stream, whose transforms leave them alone', () => {
    const { jobs } = run({
      workload: {
        jobs: [{ id: 'mine', at: 60, duration: 1 }],
        synthetic: { jobs: 2, arrivals: 10, duration: 1 },
        timeScale: 2,
      },
      cluster,
    });
    // Arrivals every 10 s, stretched to 20 and 40; the listed job still comes at 60.
    expect(jobs).toEqual(['1 finished', '2 finished', 'mine finished']);
  });

  it('run until they are killed when they last forever, and can be cancelled, paused and resumed by the scenario', () => {
    const { rows, jobs } = run({
      workload: {
        jobs: [
          { id: 'service', duration: 'forever' },
          { id: 'work', duration: 100 },
        ],
      },
      cluster,
      actions: [
        { at: 10, pauseJob: 'work' },
        { at: 50, resumeJob: 'work' },
        { at: 70, killJob: 'service' },
      ],
    });
    expect(rows).toEqual([
      'work/0 agent-0 0-10 killed',
      'service/0 agent-0 0-70 killed',
      'work/0 agent-0 50-150 finished',
    ]);
    expect(jobs).toEqual(['service killed', 'work finished']);
  });

  it('must have ids of their own', () => {
    const jobs = [
      { id: 'a', duration: 1 },
      { id: 'a', duration: 1 },
    ];
    expect(() => run({ workload: { jobs }, cluster })).toThrow('workload.jobs has two jobs with the id "a"');
  });
});
