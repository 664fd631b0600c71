import { describe, expect, it } from 'vitest';
import { parseResources } from '../../../src/frameworks/mesos-execute.js';
import { runFramework } from '../../support/framework-run.js';

const run = (options: object, more: object = {}) =>
  runFramework({
    cluster: { agents: [{ count: 2, cpus: 2, mem: '4 GiB', disk: '4 GiB' }] },
    frameworks: [{ name: 'one', type: 'mesos-execute', options: { resources: 'cpus:2;mem:1024', ...options } }],
    ...more,
  });

describe('mesos-execute', () => {
  it('launches its task once on the first offer that fits, and is gone with it', () => {
    const result = run({ duration: '90 s', name: 'hello', at: '5 s' });
    expect(result.ended).toMatchObject([{ id: 'hello', state: 'finished', ranS: 90, atS: 95 }]);
    expect(result.simulation.cluster.world.frameworks[0]?.driver.isSuppressed).toBe(true);
  });

  it('kills its task after a while, and tries nothing again that is lost', () => {
    expect(run({ killAfter: '20 s' }).ended).toMatchObject([{ state: 'killed', reason: 'kill-after', ranS: 20 }]);
    const lost = run({}, { actions: [0, 1].map((agent) => ({ at: '10 s', removeAgent: `agent-${agent}` })) });
    expect(lost.ended).toMatchObject([{ state: 'lost', ranS: 10 }]);
  });

  it('never starts when it fits none of the first offers: it has suppressed, unless the quirk is off', () => {
    // Both agents are half taken for 30 s.
    const busy = {
      workload: {
        jobs: [0, 1].map((index) => ({ id: `busy-${index}`, duration: '30 s', user: 'b', agent: `agent-${index}` })),
      },
      until: '10 min',
    };
    const frameworks = (options: object) => [
      { name: 'batch', match: { user: 'b' } },
      {
        name: 'one',
        type: 'mesos-execute',
        match: { user: 'x' },
        options: { resources: 'cpus:2', at: '10 s', ...options },
      },
    ];
    const started = (options: object) =>
      run({}, { ...busy, frameworks: frameworks(options) })
        .started.filter(({ id }) => id === 'task')
        .map(({ atS }) => atS);
    expect(started({})).toEqual([]);
    expect(started({ suppressesUnfit: false })[0]).toBeGreaterThanOrEqual(30);
  });

  it.each([
    ['cpus:2;mem:1024;disk:512', { cpus: 2, mem: 1024, disk: 512 }],
    // Mesos passes over empty parts, adds up what comes twice, and reads any number that a double is.
    [' cpus : 0.5 ; mem:64; ', { cpus: 0.5, mem: 64 }],
    ['cpus:2;cpus:1', { cpus: 3 }],
    ['cpus(*):2;gpus:1', { cpus: 2, gpus: 1 }],
    ['mem:1e3', { mem: 1000 }],
    [
      '[{"name":"cpus","type":"SCALAR","scalar":{"value":2}},{"name":"mem","scalar":{"value":64}}]',
      { cpus: 2, mem: 64 },
    ],
  ])('reads %s', (text, amounts) => {
    expect(parseResources(text, '--execute')).toEqual(amounts);
  });

  it.each([
    ['', 'must ask for something, got ""'],
    ['cpus:0', 'must ask for something'],
    ['cores:2', 'must be cpus, mem, disk or gpus, got "cores"'],
    ['cpus:-1', 'must be written name:amount;…, got "cpus:-1"'],
    ['mem:1GB', 'must be written name:amount;…, got "mem:1GB"'],
    ['ports:[31000-31005]', 'must be written name:amount;…'],
    ['cpus(prod):2', 'are asked for in no role here, got "cpus(prod):2"'],
    ['[{"name":"cpus"}]', '$[0].scalar is missing'],
    ['[{"name":"ports","type":"RANGES"}]', '$[0].type must'],
  ])('refuses %s', (text, message) => {
    expect(() => parseResources(text, '--execute')).toThrow(message);
  });
});
