const SHORTEST_US = 1e6;
const LONGEST_US = 600e6;
const NAIVE_US = 16e6;
const MOST_EVENTS = 40_000;
/** A run looks at as many agents in the time of one event. */
const AGENTS_PER_EVENT = 50;

/**
 * How much simulated time a run takes in one go; in between the program is told of its progress, looks at its memory and may stop it. A piece
 * is shorter when the last had many events or allocation runs and longer when it had few: crowded or sparse, it is soon over.
 */
export class Piece {
  private lengthUs = SHORTEST_US;
  private work = 0;

  constructor(
    /** The naive twin takes long for each run, whatever it looks at: its pieces are short. */
    isNaive = false,
  ) {
    this.longestUs = isNaive ? NAIVE_US : LONGEST_US;
  }
  private readonly longestUs: number;

  /** Length of the next piece; what is given is of the run so far: its events, its allocation runs and their agents. */
  nextUs({ eventCount, runCount }: { eventCount: number; runCount: number }, agentCount: number): number {
    const work = eventCount + runCount * (1 + agentCount / AGENTS_PER_EVENT);
    const count = work - this.work;
    this.work = work;
    if (count > MOST_EVENTS) this.lengthUs = Math.max(SHORTEST_US, Math.floor((this.lengthUs * MOST_EVENTS) / count));
    else if (count < MOST_EVENTS / 4) this.lengthUs = Math.min(this.longestUs, this.lengthUs * 2);
    return this.lengthUs;
  }
}
