import { describe, expect, it } from 'vitest';
import type { JobView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import { runFramework } from '../../support/framework-run.js';

/** Share of jobs of m tasks of which none waits, on workers that are half busy. */
function shareAtOnce(probe: string, tasks: number): number {
  const jobs = 4000;
  const workers = 200;
  const load = 0.5;
  // Poisson jobs that put the load on: tasks · 1 s each at this rate.
  const scenario = parseScenario(
    JSON.stringify({
      name: 'sparrow',
      workload: {
        synthetic: {
          jobs,
          tasks,
          arrivals: { poisson: { rate: (load * workers) / tasks } },
          duration: { exponential: { mean: '1 s' } },
        },
      },
      cluster: { agents: [{ count: workers, cpus: 1, mem: 0 }] },
      frameworks: [{ name: 'sparrow', options: { probe, d: 2 } }],
      seed: 5,
    }),
    'sparrow.json',
  );
  const waits: number[] = [];
  const byJob = new Map<string, number>();
  const simulation = new Simulation(scenario, {
    observe: (cluster) => [
      {
        taskStarted: ({ job }) => {
          if (job.record.isHost === true) return;
          const waitUs = cluster.nowUs - job.submitUs;
          byJob.set(job.record.id, Math.max(byJob.get(job.record.id) ?? 0, waitUs));
        },
        jobEnded: (job: JobView) => void waits.push(byJob.get(job.record.id) ?? 0),
      },
    ],
  });
  simulation.run();
  simulation.close();
  const kept = waits.slice(waits.length / 10);
  return kept.filter((waitUs) => waitUs === 0).length / kept.length;
}

describe('probing workers', () => {
  it('random waits most, batch least; random meets (1−ρ)^m', () => {
    const [random, perTask, batch] = ['random', 'per-task', 'batch'].map((probe) => shareAtOnce(probe, 4)) as [
      number,
      number,
      number,
    ];
    // Each worker is an M/M/1 queue with bulk arrivals spread over 200 of them: idle with chance 1 − ρ = 1/2, four tasks 1/16.
    expect(random).toBeGreaterThan(0.045);
    expect(random).toBeLessThan(0.08);
    expect(perTask).toBeGreaterThan(2 * random);
    expect(batch).toBeGreaterThan(perTask);
  });

  const agents = [{ count: 4, cpus: 1, mem: '1 GiB' }];
  const jobs = (list: readonly object[], options: object, more: object = {}) =>
    runFramework({
      workload: { jobs: list },
      cluster: { agents },
      frameworks: [{ name: 'sparrow', options: { d: 4, ...options } }],
      ...more,
    });
  const work = (result: ReturnType<typeof runFramework>, id: string) =>
    result.started.filter((task) => task.id.startsWith(id)).map(({ atS }) => atS);

  it('tasks queue at workers, in order; a batch that probes all takes the least loaded', () => {
    const list = [
      { id: 'a', at: '1 s', duration: '100 s', tasks: 3 },
      { id: 'b', at: '2 s', duration: '10 s' },
      { id: 'c', at: '3 s', duration: '10 s' },
    ];
    const result = jobs(list, { probe: 'batch' });
    expect(work(result, 'a')).toEqual([1, 1, 1]);
    // The fourth worker is idle, and then has one task against one everywhere: c waits somewhere.
    expect(work(result, 'b')).toEqual([2]);
    expect([12, 101]).toContain(work(result, 'c')[0]);
  });

  it('late binding gives the task to whichever worker is free first', () => {
    const list = [
      { id: 'a', at: '1 s', duration: '100 s', tasks: 3 },
      { id: 'b', at: '2 s', duration: '10 s' },
      { id: 'c', at: '3 s', duration: '10 s' },
    ];
    expect(work(jobs(list, { probe: 'batch', lateBinding: true }), 'c')).toEqual([12]);
  });

  it('probes take their time', () => {
    const result = jobs([{ id: 'a', at: '1 s', duration: '1 s' }], { probe: 'batch', probeDelay: '1 ms' });
    expect(work(result, 'a')).toEqual([1.001]);
  });

  it('tasks of a worker that is lost start again elsewhere, running or queued', () => {
    const list = [{ id: 'a', at: '1 s', duration: '50 s', tasks: 8 }];
    const result = jobs(list, { probe: 'per-task' }, { actions: [{ at: '20 s', removeAgent: 'agent-2' }] });
    expect(result.ended.filter(({ state, id }) => state === 'lost' && id.startsWith('a'))).toHaveLength(1);
    expect(result.ended.filter(({ state, id }) => state === 'finished' && id.startsWith('a'))).toHaveLength(8);
  });

  it('pause stops and unqueues, resume sends anew, kill ends', () => {
    const list = [{ id: 'a', at: '1 s', duration: '50 s', tasks: 6 }];
    const actions = [
      { at: '10 s', pauseJob: 'a' },
      { at: '100 s', resumeJob: 'a' },
    ];
    const result = jobs(list, { probe: 'batch' }, { actions });
    expect(result.ended.filter(({ state }) => state === 'finished')).toHaveLength(6);
    expect(work(result, 'a').every((at) => at === 1 || at >= 100)).toBe(true);
    const killed = jobs(list, { probe: 'batch' }, { actions: [{ at: '10 s', killJob: 'a' }] });
    expect(killed.ended.filter(({ state, id }) => state === 'killed' && id.startsWith('a'))).toHaveLength(4);
    expect(killed.simulation.view.pendingTaskCount(0)).toBe(0);
  });
});
