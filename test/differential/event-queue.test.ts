import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/core/event-queue.js';
import { fc } from '../support/properties.js';

const KINDS = 200;

/** What is done to a queue: an event into the heap or into one of its lanes, or the earliest one taken out. */
const step = fc.oneof(
  fc.record({ what: fc.constant('push' as const), delayUs: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ what: fc.constant('lane' as const), lane: fc.nat({ max: 2 }) }),
  fc.record({ what: fc.constant('pop' as const), times: fc.integer({ min: 1, max: 4 }) }),
);

type Given = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Constant delays of the lanes: now, and two network delays. */
const LANE_DELAYS_US = [0, 3, 10];

/** The twin: a list that is searched for the earliest time, then the earliest entry, at every take. */
class ListQueue {
  private readonly events: { timeUs: number; number: number }[] = [];
  private count = 0;

  push(timeUs: number): number {
    this.events.push({ timeUs, number: this.count });
    return this.count++;
  }

  pop(): { timeUs: number; number: number } | undefined {
    let best = 0;
    for (const [index, { timeUs }] of this.events.entries()) {
      if (timeUs < (this.events[best]?.timeUs ?? 0)) best = index;
    }
    return this.events.splice(best, 1)[0];
  }

  get size(): number {
    return this.events.length;
  }

  get nextUs(): number {
    return this.events.reduce((us, { timeUs }) => Math.min(us, timeUs), Number.POSITIVE_INFINITY);
  }
}

/** Both queues side by side. */
class Pair {
  readonly queue = new EventQueue();
  readonly list = new ListQueue();
  private readonly lanes = LANE_DELAYS_US.map(() => this.queue.openLane());
  private nowUs = 0;

  act(given: Given): void {
    if (given.what === 'push') this.push(given.delayUs);
    else if (given.what === 'lane') this.pushLane(given.lane);
    else for (let time = 0; time < given.times; time++) this.take();
  }

  private push(delayUs: number): void {
    const number = this.list.push(this.nowUs + delayUs);
    this.queue.push(this.nowUs + delayUs, number % KINDS, number, number + 7);
  }

  private pushLane(lane: number): void {
    const timeUs = this.nowUs + (LANE_DELAYS_US[lane] as number);
    const number = this.list.push(timeUs);
    this.queue.pushLane(this.lanes[lane] as number, timeUs, number % KINDS, number, number + 7);
  }

  take(): void {
    const expected = this.list.pop();
    expect(this.queue.pop()).toBe(expected !== undefined);
    if (expected === undefined) return;
    const { timeUs, kind, a, b } = this.queue;
    const { number } = expected;
    expect({ timeUs, kind, a, b }).toEqual({ timeUs: expected.timeUs, kind: number % KINDS, a: number, b: number + 7 });
    this.nowUs = timeUs;
  }
}

describe('the event queue', () => {
  it('hands out the events of heap and lanes in order of time, then of insertion, as a searched list does', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), (steps) => {
        const pair = new Pair();
        for (const given of steps) {
          pair.act(given);
          expect(pair.queue.size).toBe(pair.list.size);
          expect(pair.queue.nextTimeUs()).toBe(pair.list.nextUs);
        }
        while (pair.list.size > 0) pair.take();
        expect(pair.queue.pop()).toBe(false);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 200) },
    );
  });
});
