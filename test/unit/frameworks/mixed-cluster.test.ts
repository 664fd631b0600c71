import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JobView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

interface Part {
  queue: string;
  tasks: number | Record<string, Record<string, number>>;
}

interface Document {
  workload: { synthetic: Part[] };
  cluster: { agents: { count: number }[] };
  frameworks: { name: string; maxJobs?: number }[];
}

const SCALE = 10;

/** The scenario of the documentation, ten times smaller: agents and widths of jobs. */
function small(): Document {
  const document = parse(readFileSync('scenarios/mixed-cluster.yaml', 'utf8')) as Document;
  for (const agents of document.cluster.agents) agents.count /= SCALE;
  for (const part of document.workload.synthetic) {
    part.tasks = typeof part.tasks === 'number' ? part.tasks / SCALE : narrowed(part.tasks);
  }
  return document;
}

/** A distribution of counts with all its parameters but the shape divided. */
function narrowed(tasks: Record<string, Record<string, number>>): Record<string, Record<string, number>> {
  const divided = ([key, value]: [string, number]): [string, number] => [key, key === 'sigma' ? value : value / SCALE];
  return Object.fromEntries(
    Object.entries(tasks).map(([law, values]) => [law, Object.fromEntries(Object.entries(values).map(divided))]),
  );
}

/** Summed turnaround of a framework's finished jobs, by its name. */
function turnarounds(document: Document): Map<string, number> {
  const sums = new Map<string, number>();
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'scenarios/mixed.json'), {
    observe: (cluster) => [
      {
        jobEnded: (job: JobView) => {
          if (job.state !== 'finished') return;
          const name = cluster.frameworkName(job.framework);
          sums.set(name, (sums.get(name) ?? 0) + (job.finishUs - job.submitUs) / 1e6);
        },
      },
    ],
  });
  simulation.run();
  simulation.close();
  return sums;
}

/** The framework alone on a quarter of the agents: jobs of the others are turned away. */
function alone(name: string): number {
  const document = small();
  for (const agents of document.cluster.agents) agents.count /= 4;
  for (const framework of document.frameworks) if (framework.name !== name) framework.maxJobs = 0;
  return turnarounds(document).get(name) ?? Number.NaN;
}

describe('the mixed cluster', () => {
  it('serves elastic frameworks better than static partitions, the widest most, and rigid gangs about as well (Mesos paper §6)', () => {
    const shared = turnarounds(small());
    const gain = (name: string): number => alone(name) / (shared.get(name) ?? Number.NaN);
    const gains = Object.fromEntries(['facebook', 'large', 'spark', 'mpi'].map((name) => [name, gain(name)]));
    // The paper: Facebook mix 1.14, large Hadoop 2.10, Spark 1.26, Torque/MPI 0.96.
    expect(gains['large']).toBeGreaterThan(1.4);
    expect(gains['large']).toBeLessThan(3);
    expect(gains['spark']).toBeGreaterThan(1);
    expect(gains['facebook']).toBeGreaterThan(1);
    expect(gains['mpi']).toBeGreaterThan(0.9);
    expect(gains['mpi']).toBeLessThan(1.1);
  });
});
