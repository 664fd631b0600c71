import { describe, expect, it } from 'vitest';
import { NO_FILTER } from '../../../src/cluster/allocation/hierarchical-allocator.js';
import { Engine, SECOND } from '../../support/engine.js';

/** One framework holds everything on agent a; agent b is free of it. */
function world(): Engine {
  const engine = new Engine();
  engine.framework('f', 'r');
  engine.agent('a', 'cpus:2;mem:1024');
  engine.take();
  return engine;
}

const at100 = { startUs: 100 * SECOND, durationUs: -1 };

describe('inverse offers for maintenance', () => {
  it('go to every active framework with something on the agent, at once and once', () => {
    const engine = world();
    engine.apply((allocator) => allocator.setUnavailability(0, at100));
    expect(engine.take()).toEqual(['inverse f@a from 100']);
    engine.advance(5);
    expect(engine.take()).toEqual([]);
  });

  it('are made again in the next cycle after a reply, or after the filter of the reply', () => {
    const engine = world();
    engine.apply((allocator) => allocator.setUnavailability(0, at100));
    engine.take();
    engine.allocator.answerInverse(0, 0, 'accept', NO_FILTER, engine.timed.nowUs);
    engine.advance(1);
    expect(engine.take()).toEqual(['inverse f@a from 100']);
    // Answered at 1 s with a filter of 3 s: gone at 4 s, when the batch runs.
    engine.allocator.answerInverse(0, 0, 'decline', 3 * SECOND, engine.timed.nowUs);
    engine.advance(2);
    expect(engine.take()).toEqual([]);
    engine.advance(1);
    expect(engine.take()).toEqual(['inverse f@a from 100']);
    expect([...engine.allocator.state.inverse.answersOf(0)]).toEqual([[0, 'decline']]);
  });

  it('start anew when the schedule changes, and end with it', () => {
    const engine = world();
    engine.apply((allocator) => allocator.setUnavailability(0, at100));
    engine.apply((allocator) => allocator.setUnavailability(0, { startUs: 50 * SECOND, durationUs: SECOND }));
    expect(engine.take()).toEqual(['inverse f@a from 100', 'inverse f@a from 50']);
    engine.apply((allocator) => allocator.setUnavailability(0, undefined));
    engine.advance(2);
    expect(engine.take()).toEqual([]);
  });

  it('do not go to frameworks that are deactivated or hold nothing there', () => {
    const engine = world();
    engine.framework('g', 'r');
    engine.allocator.deactivateFramework(0);
    engine.apply((allocator) => allocator.setUnavailability(0, at100));
    expect(engine.take()).toEqual([]);
  });

  it('leave normal offers of the agent alone', () => {
    const engine = world();
    engine.recover('f', 'r', 'a');
    engine.apply((allocator) => allocator.setUnavailability(0, at100));
    // The offer makes the framework a holder, so the same run asks it to go.
    expect(engine.take()).toEqual(['f/r@a cpus:2;mem:1024', 'inverse f@a from 100']);
  });
});
