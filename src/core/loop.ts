import { InvariantError } from './errors.js';
import type { EventQueue } from './event-queue.js';

/** What the loop drives. Stages of one instant: actions, then messages until none is left, then at most one allocation run. */
export interface LoopHandler {
  /** A message, task end or timer; `nowUs` is the loop's. */
  handle(kind: number, a: number, b: number): void;
  /** Time of the next operator action or fault, Infinity when none. */
  nextActionUs(): number;
  /** Carries out the actions and faults due now. */
  act(nowUs: number): void;
  /** Time of the next allocation run that can matter, given the next event's time; Infinity when none. */
  nextRunUs(nextEventUs: number): number;
  /** True when a run is due now; the run itself. */
  isRunDue(nowUs: number): boolean;
  run(nowUs: number): void;
  nextSampleUs(): number;
  sample(nowUs: number): void;
  /** True when the run's own end condition holds after a quiet round. */
  isOver(nowUs: number): boolean;
}

/** More rounds in one instant than this is a livelock; named in the error with its time. */
export const MAX_ROUNDS_PER_INSTANT = 100_000;

/** The deterministic loop of rounds (DESIGN §3). */
export class Loop {
  nowUs = 0;
  eventCount = 0;
  /** Allocation runs that were made. */
  runCount = 0;
  isOver = false;

  constructor(
    private readonly queue: EventQueue,
    private readonly handler: LoopHandler,
  ) {}

  /** Runs every instant up to and including `untilUs`; true when the run is over. */
  runUntil(untilUs: number): boolean {
    while (!this.isOver) {
      const nextUs = this.nextInstantUs();
      if (nextUs > untilUs || nextUs === Number.POSITIVE_INFINITY) break;
      this.instant(nextUs);
    }
    return this.isOver;
  }

  /** Time of the next instant; Infinity when nothing is left to happen. */
  nextInstantUs(): number {
    const eventUs = Math.min(this.queue.nextTimeUs(), this.handler.nextActionUs());
    const nextUs = Math.min(eventUs, this.handler.nextRunUs(eventUs));
    // Samples alone keep no run alive.
    return nextUs === Number.POSITIVE_INFINITY ? nextUs : Math.min(nextUs, this.handler.nextSampleUs());
  }

  private instant(nowUs: number): void {
    this.nowUs = nowUs;
    const { queue, handler } = this;
    if (handler.nextActionUs() <= nowUs) handler.act(nowUs);
    for (let round = 0; ; round++) {
      while (queue.nextTimeUs() <= nowUs) {
        queue.pop();
        this.eventCount++;
        handler.handle(queue.kind, queue.a, queue.b);
      }
      if (!handler.isRunDue(nowUs)) break;
      this.runCount++;
      handler.run(nowUs);
      if (round > MAX_ROUNDS_PER_INSTANT) throw new InvariantError(`livelock: ${round} rounds at ${nowUs / 1e6} s`);
    }
    if (handler.nextSampleUs() <= nowUs) handler.sample(nowUs);
    this.isOver = handler.isOver(nowUs);
  }
}
