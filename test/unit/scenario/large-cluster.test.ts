import { expect, it } from 'vitest';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

it('a cluster has more agents than a call of JavaScript takes arguments', () => {
  const document = {
    name: 'large',
    workload: { jobs: [{ id: 'a', duration: 1 }] },
    cluster: { agents: [{ count: 150_000, cpus: 1, mem: 0 }] },
    metrics: { sample: '100 d' },
  };
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'large.json'));
  simulation.run();
  simulation.close();
  expect(simulation.cluster.world.agents.count).toBe(150_000);
});
