/** A price from a time on, until the next step: currency per instance and hour. */
export interface PriceStep {
  readonly timeUs: number;
  readonly price: number;
}

/** What instances cost over time, and how many CPUs one has. */
export interface Prices {
  readonly steps: readonly PriceStep[];
  readonly cpus: number;
}
