import { describe, expect, it } from 'vitest';
import { allocators } from '../../src/allocators/index.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';

/** Start times by task of a small overloaded cluster under an allocator; amounts and agents scaled alike. */
function starts(allocator: string, seed: number, scale: number, frameworkCount: number): string[] {
  const users = ['a', 'b', 'c'];
  const document = {
    name: 'metamorphic',
    workload: {
      synthetic: users.map((user, index) => ({
        ...{ jobs: 12, arrivals: { poisson: { rate: 0.4 } }, tasks: 2, duration: { exponential: { mean: 6 } } },
        ...{ estimateFactor: 1, deadlineFactor: 4, cpus: scale, mem: 64 * scale * (index + 1), user, priority: 1 },
      })),
    },
    cluster: { agents: [{ count: 3, cpus: 2 * scale, mem: 1024 * scale }], checkpoint: true },
    frameworks: frameworkCount === 1 ? [{ name: 'all' }] : users.map((name) => ({ name, match: { user: name } })),
    policy: { allocator },
    seed,
  };
  const list: string[] = [];
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'metamorphic.json'), {
    observe: () => [
      { taskStarted: ({ job, index, startUs }) => void list.push(`${job.record.id}/${index} ${startUs}`) },
    ],
  });
  simulation.run();
  simulation.close();
  return list;
}

const names = allocators.list().map(({ name }) => name);
/** Markets clear at times of their own, which differ from allocation runs. */
const plain = names.filter((name) => !name.startsWith('market-') && name !== 'ceei' && name !== 'null');
/** These end running work although all of it has one priority. */
const ENDING = ['srtf', 'edf', 'oracle', 'time-slice'];

describe('metamorphic relations over every allocator', () => {
  // drf-decayed rounds averages to whole thousandths, which scale differently and break ties otherwise.
  it.each(plain.filter((name) => name !== 'drf-decayed'))(
    '%s: all capacities and demands times two, the same schedule (V-MET-3)',
    (name) => {
      expect(starts(name, 3, 2, 3)).toEqual(starts(name, 3, 1, 3));
    },
  );

  it.each(plain.filter((name) => !ENDING.includes(name) && name !== 'drf-decayed'))(
    '%s: with one framework the schedule is that of drf, or of fifo where demand is read and new work heard of at once (V-MET-6)',
    (name) => {
      expect(starts(name, 5, 1, 1)).toEqual(
        starts(allocators.get(name).reads.includes('demand') ? 'fifo' : 'drf', 5, 1, 1),
      );
    },
  );

  it('preemption with one priority is as none (V-MET-8)', () => {
    expect(starts('priority[preemption=true]', 7, 1, 3)).toEqual(starts('priority', 7, 1, 3));
  });
});
