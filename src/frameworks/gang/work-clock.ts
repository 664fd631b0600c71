/** How a gang writes checkpoints: each `intervalUs` of work it stops for `costUs`; Infinity = never. */
export interface CheckpointPlan {
  readonly intervalUs: number;
  readonly costUs: number;
}

/**
 * The work of a gang as a rate, not a fixed duration: it runs at a speed that changes with its members, stops for checkpoints, and
 * falls back to the last of them. All in closed form: there is no event per checkpoint.
 */
export class WorkClock {
  /** Work done at the start of the current segment; it can not be lost any more. */
  private base = 0;
  private startUs = -1;
  private speed = 0;

  /** `total` in units of work; `speed` is units per µs. */
  constructor(
    readonly total: number,
    private readonly plan: CheckpointPlan,
  ) {}

  get isRunning(): boolean {
    return this.startUs >= 0;
  }

  /** Works on from `startUs` (now, or later when a restart comes first). */
  begin(startUs: number, speed: number): void {
    this.startUs = startUs;
    this.speed = speed;
  }

  /** When all work will be done; no checkpoint is written at the very end. */
  finishUs(): number {
    const needUs = Math.max(0, this.total - this.base) / this.speed;
    const { intervalUs, costUs } = this.plan;
    const stops = Number.isFinite(intervalUs) && needUs > 0 ? Math.ceil(needUs / intervalUs - 1e-9) - 1 : 0;
    // Up to whole microseconds; the slack keeps a sum such as 0.1 + 0.2 from costing one.
    return Math.ceil(this.startUs + needUs + Math.max(0, stops) * costUs - 1e-6);
  }

  /** Stops; what is kept is everything so far, or what the last checkpoint holds. Returns the work lost, in µs of one worker's time. */
  stop(nowUs: number, keeps: 'all' | 'checkpoint'): number {
    const { doneUs, savedUs } = this.progress(nowUs);
    const keptUs = keeps === 'all' ? doneUs : savedUs;
    this.base = Math.min(this.total, this.base + keptUs * this.speed);
    this.startUs = -1;
    return doneUs - keptUs;
  }

  /** Share of the work done by now. */
  share(nowUs: number): number {
    const done = this.isRunning ? this.progress(nowUs).doneUs * this.speed : 0;
    return Math.min(1, (this.base + done) / this.total);
  }

  private progress(nowUs: number): { doneUs: number; savedUs: number } {
    const elapsedUs = Math.max(0, nowUs - this.startUs);
    const { intervalUs, costUs } = this.plan;
    if (!Number.isFinite(intervalUs)) return { doneUs: elapsedUs, savedUs: 0 };
    const cycles = Math.floor(elapsedUs / (intervalUs + costUs));
    const savedUs = cycles * intervalUs;
    return { doneUs: savedUs + Math.min(intervalUs, elapsedUs - cycles * (intervalUs + costUs)), savedUs };
  }
}
