const SHORTEST_US = 1e6;
const LONGEST_US = 600e6;
const MOST_EVENTS = 40_000;

/**
 * How much simulated time a run takes in one go; in between the program is told of its progress, looks at its memory and may stop it. A piece
 * is shorter when the last had many events and longer when it had few: crowded or sparse, it is soon over.
 */
export class Piece {
  private lengthUs = SHORTEST_US;
  private eventCount = 0;

  /** Length of the next piece; `eventCount` is of the run so far. */
  nextUs(eventCount: number): number {
    const count = eventCount - this.eventCount;
    this.eventCount = eventCount;
    if (count > MOST_EVENTS) this.lengthUs = Math.max(SHORTEST_US, Math.floor(this.lengthUs / 2));
    else if (count < MOST_EVENTS / 4) this.lengthUs = Math.min(LONGEST_US, this.lengthUs * 2);
    return this.lengthUs;
  }
}
