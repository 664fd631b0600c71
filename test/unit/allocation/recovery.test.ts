import { describe, expect, it } from 'vitest';
import { Engine } from '../../support/engine.js';

function recovering(expected: number): Engine {
  const engine = new Engine();
  engine.quota('q', 'cpus:1', '');
  engine.timed.recover(expected);
  engine.framework('f', 'q');
  return engine;
}

describe('a recovered allocator', () => {
  it('with quota makes no offers until floor(0.8 × expected) agents are back', () => {
    const engine = recovering(4);
    engine.agent('a', 'cpus:1');
    engine.agent('b', 'cpus:1');
    engine.advance(3);
    expect(engine.take()).toEqual([]);
    // The third of floor(3.2) = 3: that agent is offered at once, the others by the next batch.
    engine.agent('c', 'cpus:1');
    expect(engine.take()).toEqual(['f/q@c cpus:1']);
    engine.advance(1);
    expect(engine.take()).toEqual(['f/q@a cpus:1', 'f/q@b cpus:1']);
  });

  it('goes on after ten minutes whatever is missing', () => {
    const engine = recovering(100);
    engine.agent('a', 'cpus:1');
    engine.advance(599);
    expect(engine.take()).toEqual([]);
    engine.advance(1);
    expect(engine.take()).toEqual(['f/q@a cpus:1']);
  });

  it('does not wait without quota, nor when no agent is expected', () => {
    const free = new Engine();
    free.timed.recover(10);
    free.framework('f', 'r');
    free.agent('a', 'cpus:1');
    expect(free.take()).toEqual(['f/r@a cpus:1']);
    const none = recovering(1);
    none.agent('a', 'cpus:1');
    expect(none.take()).toEqual(['f/q@a cpus:1']);
  });

  it('charges what agents run for a framework once that framework subscribes', () => {
    const engine = new Engine();
    const role = engine.allocator.role('r');
    const used = { framework: engine.rowOf('late'), role, ...engine.amounts('cpus:3') };
    const traits = { hostname: 'a', attributes: {}, capabilities: 7 };
    engine.apply((allocator) => allocator.addAgent(engine.rowOfAgent('a'), traits, engine.amounts('cpus:4'), [used]));
    expect(engine.allocator.state.allocated[0]).toBe(0);
    engine.framework('late', 'r');
    expect(engine.take()).toEqual(['late/r@a cpus:1']);
    expect(engine.allocator.state.allocated[0]).toBe(4000);
  });
});

describe('operations on resources', () => {
  it('a reservation in an ACCEPT moves what is held and the total, and leaves the count of grants alone', () => {
    const engine = new Engine();
    engine.framework('f', 'r');
    engine.framework('g', 'r');
    engine.agent('a', 'cpus:2;mem:1024');
    expect(engine.take()).toEqual(['f/r@a cpus:2;mem:1024']);
    const from = engine.amounts('cpus:1').amounts;
    const to = engine.amounts('cpus(r):1').amounts;
    engine.allocator.convertAllocated(0, engine.allocator.role('r'), 0, from, to);
    engine.recover('f', 'r', 'a');
    engine.advance(1);
    // Both hold nothing; f has one grant, g none.
    expect(engine.take()).toEqual(['g/r@a cpus:1;mem:1024;cpus(r):1']);
  });

  it('an operator cannot reserve what is in use', () => {
    const engine = new Engine();
    engine.framework('f', 'r');
    engine.agent('a', 'cpus:2');
    const from = engine.amounts('cpus:1').amounts;
    const to = engine.amounts('cpus(q):1').amounts;
    expect(engine.allocator.convertAvailable(0, from, to)).toBe(false);
    engine.recover('f', 'r', 'a');
    expect(engine.allocator.convertAvailable(0, from, to)).toBe(true);
    engine.take();
    engine.advance(1);
    expect(engine.take()).toEqual(['f/r@a cpus:1']);
  });
});
