import { describe, expect, it } from 'vitest';
import { tinyCluster } from '../../support/world.js';

const racks = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    cpus: 1,
    count: 1,
    attributes: { rack: `r${Math.floor(index / 5)}` },
  }));
const mapOf = (agents: { cpus: number; count: number; attributes?: Record<string, string> }[], blockReplicas = 3) =>
  tinyCluster({ agents, frameworks: [{ name: 'a' }], jobs: [], settings: { blockReplicas } }).world.blocks;

describe('blocks of input data', () => {
  it('have their second copy on another rack than the first, and the third on the rack of the second', () => {
    const blocks = mapOf(racks(40));
    for (let block = 0; block < 500; block++) {
      const replicas = [...blocks.replicasOf(`b${block}`)];
      expect(new Set(replicas).size).toBe(3);
      const [first, second, third] = replicas.map((agent) => Math.floor(agent / 5));
      expect(second).not.toBe(first);
      expect(third).toBe(second);
      expect([...blocks.replicasOf(`b${block}`)]).toEqual(replicas);
    }
  });

  it('are spread evenly: 10,000 blocks × 3 on 50 agents are 600 each, within five standard deviations', () => {
    const blocks = mapOf([{ cpus: 1, count: 50 }]);
    const load = new Array<number>(50).fill(0);
    for (let block = 0; block < 10_000; block++) {
      for (const agent of blocks.replicasOf(`job-${block}`)) load[agent] = (load[agent] as number) + 1;
    }
    // Binomial(10,000, 3/50): sd = √(10,000 · 0.06 · 0.94) = 23.7.
    for (const count of load) expect(Math.abs(count - 600)).toBeLessThan(5 * 23.8);
  });

  it('have no more copies than there are agents, whatever the racks', () => {
    expect([...mapOf([{ cpus: 1, count: 2 }]).replicasOf('b')].sort((a, b) => a - b)).toEqual([0, 1]);
    expect(mapOf(racks(4)).replicasOf('b')).toHaveLength(3);
    expect(mapOf(racks(10), 1).replicasOf('b')).toHaveLength(1);
  });
});
