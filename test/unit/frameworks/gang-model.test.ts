import { describe, expect, it } from 'vitest';
import {
  amdahlSpeed,
  dalyInterval,
  hierarchicalAllReduceUs,
  parameterServerUs,
  ringAllReduceUs,
  stepUs,
  youngInterval,
} from '../../../src/frameworks/gang/cost.js';
import { WorkClock } from '../../../src/frameworks/gang/work-clock.js';
import { fc } from '../../support/properties.js';

const MIN = 60e6;

describe('cost of a step', () => {
  // 100 MiB at 10 Gbit/s: 100 · 8,388,608 bit / 10^10 bit/s = 83,886.08 µs.
  const S_OVER_B = 83_886.08;

  it('ring all-reduce: 2(n−1)·α + 2(n−1)/n · S/B, nothing for one worker', () => {
    expect(ringAllReduceUs(1, 100, 10, 20)).toBe(0);
    expect(ringAllReduceUs(2, 100, 10, 0)).toBeCloseTo(S_OVER_B, 6);
    expect(ringAllReduceUs(8, 100, 10, 20)).toBeCloseTo(14 * 20 + (14 / 8) * S_OVER_B, 6);
  });

  it('hierarchical: inside the node, then between nodes', () => {
    expect(hierarchicalAllReduceUs(4, 2, 100, 100, 10, 0)).toBeCloseTo((6 / 4) * (S_OVER_B / 10) + S_OVER_B, 6);
    expect(hierarchicalAllReduceUs(4, 1, 100, 100, 10, 0)).toBeCloseTo((6 / 4) * (S_OVER_B / 10), 6);
  });

  it('parameter servers: the worker’s link, or the servers’ when they are few', () => {
    expect(parameterServerUs(4, 4, 100, 10)).toBeCloseTo(2 * S_OVER_B, 6);
    expect(parameterServerUs(8, 2, 100, 10)).toBeCloseTo(8 * S_OVER_B, 6);
  });

  it('overlap: γ = 1 adds up, a large γ hides the smaller part', () => {
    expect(stepUs(300, 100, 1)).toBeCloseTo(400, 9);
    expect(stepUs(300, 400, 2)).toBeCloseTo(500, 9);
    expect(stepUs(300, 100, 10)).toBeLessThan(300.1);
    expect(stepUs(300, 0, 3)).toBe(300);
  });

  it('Amdahl: a fifth that is serial caps sixteen workers at 4', () => {
    expect(amdahlSpeed(16, 0.8)).toBeCloseTo(4, 9);
    expect(amdahlSpeed(16, 1)).toBe(16);
  });
});

describe('checkpoint intervals', () => {
  it('Daly 2006, figures 3 to 5: C = 5 min, M = 24 h, 6 h, 15 min', () => {
    expect(dalyInterval(5 * MIN, 24 * 60 * MIN) / MIN).toBeCloseTo(117, 0);
    expect(dalyInterval(5 * MIN, 6 * 60 * MIN) / MIN).toBeCloseTo(57, 0);
    expect(dalyInterval(5 * MIN, 15 * MIN) / MIN).toBeCloseTo(9.1, 1);
  });

  it('Young: √(2CM); Daly is M where a checkpoint costs two of them', () => {
    expect(youngInterval(5 * MIN, 24 * 60 * MIN) / MIN).toBeCloseTo(120, 9);
    expect(dalyInterval(40, 15)).toBe(15);
  });
});

interface Walk {
  readonly finish: number;
  readonly done: number;
  readonly saved: number;
}

/** The same clock by steps of one µs: it works, and after each full interval it stops for the cost and has then saved all. */
function walked(total: number, interval: number, cost: number, stopAt: number): Walk {
  let [done, saved, pause] = [0, 0, 0];
  let at = { done: 0, saved: 0 };
  for (let now = 0; ; now++) {
    if (pause === 0 && done > saved && done % interval === 0 && done < total) saved = done;
    if (now === stopAt) at = { done, saved };
    if (done === total) return { finish: now, ...at };
    if (pause > 0) pause--;
    else {
      done++;
      if (done % interval === 0 && done < total) pause = cost;
    }
  }
}

describe('the clock of work', () => {
  it('agrees with a walk in steps of one µs, at its end and wherever it is stopped', () => {
    const small = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        small,
        small,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 80 }),
        (total, interval, cost, stopAt) => {
          const walk = walked(total, interval, cost, stopAt);
          const clock = new WorkClock(total, { intervalUs: interval, costUs: cost });
          clock.begin(0, 1);
          expect(clock.finishUs()).toBe(walk.finish);
          if (stopAt >= walk.finish) return;
          const lost = clock.stop(stopAt, 'checkpoint');
          expect(lost).toBe(walk.done - walk.saved);
          // What is left takes as long as it would from there.
          clock.begin(1000, 1);
          expect(clock.finishUs()).toBe(1000 + walked(total - walk.saved, interval, cost, 0).finish);
        },
      ),
      { seed: 11 },
    );
  });

  it('works at the speed that it has: half of 100 at 1, the rest at 2', () => {
    const clock = new WorkClock(100, { intervalUs: Number.POSITIVE_INFINITY, costUs: 0 });
    clock.begin(0, 1);
    expect(clock.stop(50, 'all')).toBe(0);
    clock.begin(60, 2);
    expect(clock.finishUs()).toBe(85);
    expect(clock.share(85)).toBe(1);
    // Without a checkpoint a loss takes all of the segment.
    expect(clock.stop(70, 'checkpoint')).toBe(10);
    clock.begin(70, 2);
    expect(clock.finishUs()).toBe(95);
  });
});
