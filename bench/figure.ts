/** One number of the suite. Each is measured in processes of its own, so that none warms or clutters another. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** What DESIGN asks for at least (or at most, where less is better). */
  readonly floor?: number;
  /** Files that the measurement needs; without them it is left out by name. */
  readonly needs?: readonly string[];
  /** Runs of which the median counts; default 3. */
  readonly runs?: number;
  measure(): number | Told | Promise<number | Told>;
}

/** A value with what else was seen when it was taken. */
export interface Told {
  readonly value: number;
  /** Of a replay: the suite tells them per CPU second. */
  readonly counts?: Counts;
  /** Of a process that was started for it; default = that of the measuring process. */
  readonly peakRssMb?: number;
}

/** What a replay has done, in so many CPU seconds. */
export interface Counts {
  readonly cpuS: number;
  readonly events: number;
  readonly tasks: number;
  /** One for each agent that was offered to a framework. */
  readonly offers: number;
}

/** What a process of its own tells of one measurement. */
export interface Measured {
  readonly value: number;
  readonly cpuS: number;
  readonly wallS: number;
  readonly peakRssMb: number;
  readonly counts?: Counts | undefined;
}

/** CPU seconds, user and system, of some work in this process. */
export function cpuSecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Million iterations of a fixed loop per CPU second: quote it beside every figure. */
export function calibration(): number {
  let state = 2463534242;
  const seconds = cpuSecondsOf(() => {
    for (let index = 0; index < 1e8; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
  });
  return state === 0 ? 0 : 100 / seconds;
}

/** Median of a list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
