import { describe, expect, it } from 'vitest';
import { AGENT_ALL, AGENT_MULTI_ROLE } from '../../../src/cluster/allocation/agent-columns.js';
import {
  GPU_RESOURCES,
  REGION_AWARE,
  REVOCABLE_RESOURCES,
  SHARED_RESOURCES,
} from '../../../src/cluster/allocation/client-table.js';
import type { OfferConstraints } from '../../../src/cluster/allocation/offer-constraints.js';
import { Engine } from '../../support/engine.js';

describe('what a framework may receive', () => {
  it('agents of another region go to region-aware frameworks only; an agent without region is local', () => {
    const engine = new Engine({ region: 'east' });
    engine.framework('plain', 'r');
    engine.agent('far', 'cpus:1;mem:512', { region: 'west' });
    expect(engine.take()).toEqual([]);
    engine.agent('near', 'cpus:1;mem:512', { region: 'east' });
    engine.agent('none', 'cpus:1;mem:512');
    expect(engine.take()).toEqual(['plain/r@near cpus:1;mem:512', 'plain/r@none cpus:1;mem:512']);
    engine.framework('aware', 'r', REGION_AWARE);
    expect(engine.take()).toEqual(['aware/r@far cpus:1;mem:512']);
  });

  it('agents with GPUs are hidden whole from frameworks without GPU_RESOURCES, unless that is switched off', () => {
    for (const filterGpuResources of [true, false]) {
      const engine = new Engine({ filterGpuResources });
      engine.framework('plain', 'r');
      engine.agent('a', 'cpus:1;mem:512;gpus:1');
      expect(engine.take()).toEqual(filterGpuResources ? [] : ['plain/r@a cpus:1;mem:512;gpus:1']);
      engine.framework('gpu', 'r', GPU_RESOURCES);
      expect(engine.take()).toEqual(filterGpuResources ? ['gpu/r@a cpus:1;mem:512;gpus:1'] : []);
    }
  });

  it('revocable resources are stripped from offers to frameworks that cannot take them', () => {
    const engine = new Engine();
    engine.framework('plain', 'r');
    engine.agent('a', 'cpus:1;mem:512;cpus{REV}:2');
    expect(engine.take()).toEqual(['plain/r@a cpus:1;mem:512']);
    engine.framework('rev', 'r', REVOCABLE_RESOURCES);
    expect(engine.take()).toEqual(['rev/r@a cpus{REV}:2']);
  });

  it('a hierarchical role gets nothing of an agent without HIERARCHICAL_ROLE', () => {
    const engine = new Engine();
    engine.framework('deep', 'a/b');
    engine.agent('old', 'cpus:1;mem:512', { capabilities: AGENT_MULTI_ROLE });
    expect(engine.take()).toEqual([]);
    engine.apply((allocator) =>
      allocator.updateAgentTraits(0, { hostname: 'old', attributes: {}, capabilities: AGENT_ALL }),
    );
    expect(engine.take()).toEqual(['deep/a/b@old cpus:1;mem:512']);
  });

  it('offer constraints admit an agent when all tests of one group hold', () => {
    const engine = new Engine();
    const constraints: OfferConstraints = [
      [
        { attribute: 'rack', test: 'equals', value: 'r1' },
        { attribute: 'gone', test: 'not-exists' },
      ],
      [{ attribute: '@hostname', test: 'matches', value: 'special-.*' }],
    ];
    const role = engine.allocator.role('r');
    engine.framework('f', 'r', 0, { constraints: new Map([[role, constraints]]) });
    engine.agent('a', 'cpus:1', { attributes: { rack: 'r2' } });
    engine.agent('b', 'cpus:1', { attributes: { rack: 'r1' } });
    engine.agent('c', 'cpus:1', { attributes: { rack: 'r1', gone: '' } });
    engine.agent('special-7', 'cpus:1');
    engine.agent('not-special-7', 'cpus:1');
    expect(engine.take()).toEqual(['f/r@b cpus:1', 'f/r@special-7 cpus:1']);
  });

  it('a shared volume is offered at most once per cycle, stays available, and counts once in its holder', () => {
    const engine = new Engine();
    engine.framework('f', 'r', SHARED_RESOURCES);
    engine.framework('g', 'r', SHARED_RESOURCES);
    engine.agent('a', 'cpus:1;mem:512;disk(r){SHARED}:100');
    expect(engine.take()).toEqual(['f/r@a cpus:1;mem:512;disk(r){MOUNT}{SHARED}:100']);
    const { state } = engine.allocator;
    expect(state.allocated[2]).toBe(100_000);
    // The volume alone is below the minimum: it comes again with other resources.
    engine.apply((allocator) => allocator.updateAgent(0, engine.amounts('cpus:3;mem:512;disk(r){SHARED}:100')));
    expect(engine.take()).toEqual(['g/r@a cpus:2;disk(r){MOUNT}{SHARED}:100']);
    // Two copies are out, the disk counts once.
    expect(state.allocated[2]).toBe(100_000);
    engine.recover('f', 'r', 'a');
    engine.recover('g', 'r', 'a');
    expect(state.allocated[2]).toBe(0);
    // Nobody holds anything; role r has had grants, the new one none. It may not see what is reserved to r.
    engine.framework('i', 'other');
    expect(engine.take()).toEqual(['i/other@a cpus:3;mem:512']);
  });

  it('a role may have its own minimum, and any agent of its own attributes', () => {
    const engine = new Engine();
    const role = engine.allocator.role('r');
    engine.framework('f', 'r', 0, { minAllocatable: new Map([[role, [[2000, 0, 0, 0]]]]) });
    engine.agent('a', 'cpus:1;mem:4096');
    engine.agent('b', 'cpus:2;mem:16');
    expect(engine.take()).toEqual(['f/r@b cpus:2;mem:16']);
  });
});
