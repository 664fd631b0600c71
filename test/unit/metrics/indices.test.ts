import { describe, expect, it } from 'vitest';
import { indices, ratioSum } from '../../../src/metrics/indices.js';
import { oracle } from '../../../src/metrics/oracle.js';
import type { SummaryRow } from '../../../src/model/metric.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** What the two metrics say of a run. */
function summaryOf(document: object, policyComplexity = 1): Map<string, number> {
  const rows: SummaryRow[] = [];
  const scenario = parseScenario(
    JSON.stringify({ name: 'indices', frameworks: [{ name: 'all' }], ...document }),
    'x.json',
  );
  const simulation = new Simulation(scenario, {
    observe: (cluster) => {
      const context = {
        ...{ cluster, warmupUs: 0, policyComplexity, summary: (row: SummaryRow) => void rows.push(row) },
        table: () => {
          throw new Error('no table');
        },
      };
      return [indices.create({}, context), oracle.create({}, context)];
    },
  });
  simulation.run();
  simulation.close();
  return new Map(rows.map(({ metric, value }) => [metric, value]));
}

describe('the three indices', () => {
  it('are sums of ratios: 10/20 + 20/30 + 30/40 = 23/12, 5/1 + 10/2 + 15/3 = 15, (1/2)/1 + (2/3)/2 + (3/4)/3 = 13/12', () => {
    expect(
      ratioSum([
        [10, 20],
        [20, 30],
        [30, 40],
      ]),
    ).toBeCloseTo(23 / 12, 12);
    expect(
      ratioSum([
        [5, 1],
        [10, 2],
        [15, 3],
      ]),
    ).toBe(15);
    expect(
      ratioSum([
        [1 / 2, 1],
        [2 / 3, 2],
        [3 / 4, 3],
      ]),
    ).toBeCloseTo(13 / 12, 12);
  });

  it('compute to storage: classes of agents with 10, 20, 30 CPUs and 20, 30, 40 GiB of disk', () => {
    const agent = (cpus: number, gib: number, count: number): object => ({ count, cpus, mem: 0, disk: `${gib} GiB` });
    const values = summaryOf({
      workload: { jobs: [{ id: 'a', cpus: 1, mem: 0, duration: 1 }] },
      // How many agents a class has does not matter, nor do agents without disk.
      cluster: { agents: [agent(10, 20, 1), agent(20, 30, 3), agent(30, 40, 2), agent(5, 0, 1)] },
    });
    expect(values.get('index_compute_to_storage')).toBeCloseTo(23 / 12, 12);
  });

  it('urgency: at 10 s jobs of priority 1, 2 and 3 need 5, 10 and 15 s more', () => {
    // Two run since 0 and need 15 and 20 s; the third waits for a CPU with its 15 s; one of priority 0 urges nobody.
    const job = (id: string, priority: number, duration: number): object => ({
      id,
      priority,
      duration,
      cpus: 1,
      mem: 0,
    });
    const values = summaryOf({
      workload: { jobs: [job('a', 1, 15), job('b', 2, 20), job('c', 3, 15), job('d', 0, 99)] },
      cluster: { agents: [{ cpus: 2, mem: 0 }] },
      until: 10,
    });
    expect(values.get('index_urgency')).toBe(5 / 1 + 10 / 2 + 15 / 3);
  });

  it('efficiency to complexity: half of the CPUs in use all the time, under policies that read nothing, and two kinds of fact', () => {
    const document = {
      workload: { jobs: [{ id: 'a', cpus: 1, mem: 0, duration: 10 }] },
      cluster: { agents: [{ cpus: 2, mem: 0 }] },
    };
    expect(summaryOf(document, 1).get('index_efficiency_to_complexity')).toBe(1 / 2);
    expect(summaryOf(document, 3).get('index_efficiency_to_complexity')).toBeCloseTo(1 / 6, 12);
  });
});

describe('the pooled bound', () => {
  it('is what least remaining first takes on one server, and no less than the run times themselves', () => {
    // Two CPUs make a server of speed 2: a (10 CPU s) at 0, b (2 CPU s) at 1. At 1 a has 8 left, b goes first: 1 → 2, a 2 → 6.
    // Responses 6 and 1; but one task cannot take less than its own 10 and 2 s: the mean is at least 6.
    const jobs = [
      { id: 'a', cpus: 1, mem: 0, duration: 10 },
      { id: 'b', at: 1, cpus: 1, mem: 0, duration: 2 },
    ];
    const single = summaryOf({ workload: { jobs }, cluster: { agents: [{ cpus: 2, mem: 0 }] } });
    expect(single.get('oracle_turnaround_s_mean')).toBe(6);
    // As ten tasks of 1 s and two of 1 s the run times are 1 s each, and the server's (6 + 1) / 2 counts.
    const many = summaryOf({
      workload: { jobs: jobs.map((job) => ({ ...job, tasks: job.duration, duration: 1 })) },
      cluster: { agents: [{ cpus: 2, mem: 0 }] },
    });
    expect(many.get('oracle_turnaround_s_mean')).toBe(3.5);
  });
});
