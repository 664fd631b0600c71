import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/core/event-queue.js';
import { fc } from '../support/properties.js';

const KINDS = 200;
/** With so few events what is far ahead goes into buckets already; one that is never reached keeps everything in the heap. */
const SPREAD_FROM = [0, 5, 1e9];

/** What is done to a queue: an event into the heap or into one of its lanes, or the earliest one taken out. */
const step = fc.oneof(
  fc.record({ what: fc.constant('push' as const), delayUs: fc.integer({ min: 0, max: 20 }) }),
  fc.record({
    what: fc.constant('push' as const),
    delayUs: fc.constantFrom(1e3, 1e3 + 1, 5e6, 86_400e6, 1e15, Infinity),
  }),
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
  readonly queue: EventQueue;
  readonly list = new ListQueue();
  private readonly lanes: number[];
  private nowUs = 0;

  constructor(spreadFrom?: number) {
    this.queue = new EventQueue(spreadFrom);
    this.lanes = LANE_DELAYS_US.map(() => this.queue.openLane());
  }

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
    if (timeUs !== Number.POSITIVE_INFINITY) this.nowUs = timeUs;
  }
}

describe('the event queue', () => {
  it('hands out the events of heap and lanes in order of time, then of insertion, as a searched list does', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), fc.constantFrom(...SPREAD_FROM), (steps, few) => {
        const pair = new Pair(few);
        for (const given of steps) {
          pair.act(given);
          expect(pair.queue.size).toBe(pair.list.size);
          expect(pair.queue.nextTimeUs()).toBe(pair.list.nextUs);
        }
        while (pair.list.size > 0) pair.take();
        expect(pair.queue.pop()).toBe(false);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 400) },
    );
  });

  // Delays of 30,000 pending events, a third of which is taken and pushed again three times over.
  const spreads: Record<string, (uniform: number) => number> = {
    'exponential delays': (u) => Math.round(-Math.log(u) * 1e8),
    'whole seconds': (u) => Math.floor(u * 100) * 1e6,
    'one time': () => 1e6,
    'two clusters, days apart': (u) => (u < 0.5 ? Math.round(u * 1e3) : 86_400e6 + Math.round(u * 1e3)),
    'heavy tails': (u) => Math.round(1e3 * u ** -2),
    'nearly all at once, few never': (u) => (u < 0.999 ? 0 : Infinity),
  };
  it.each(Object.keys(spreads))('keeps the order with many events pending: %s', (name) => {
    const spread = spreads[name] as (uniform: number) => number;
    let state = 88172645;
    const uniform = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return ((state >>> 0) + 1) / 4294967297;
    };
    const queue = new EventQueue();
    /** Times by number of the event; taken ones are crossed out. */
    const times: number[] = [];
    const push = (nowUs: number): void => {
      times.push(nowUs + spread(uniform()));
      queue.push(times.at(-1) as number, 1, times.length - 1, 0);
    };
    const taken: number[] = [];
    const take = (): void => {
      if (!queue.pop() || queue.timeUs !== times[queue.a])
        throw new Error(`event ${queue.a} has gone, or has another time`);
      taken.push(queue.a);
    };
    for (let count = 0; count < 30_000; count++) push(0);
    for (let count = 0; count < 30_000; count++) {
      take();
      if (queue.timeUs !== Infinity) push(queue.timeUs);
    }
    while (queue.size > 0) take();
    expect(queue.pop()).toBe(false);
    // Nothing is pushed into the past, so that the order of all is the order by time, then by insertion.
    const expected = times
      .map((_, number) => number)
      .sort((a, b) => {
        const [first, second] = [times[a] as number, times[b] as number];
        return first === second ? a - b : first - second;
      });
    expect(taken).toEqual(expected);
  });
});
