import type { ProgressBoard } from '../experiment/progress-board.js';

const REDRAW_MS = 100;

/** A bar on stderr while runs go on; nothing when stderr is no terminal. */
export class Progress {
  private bar: { update(value: number, payload: object): void; stop(): void } | undefined;
  private board: ProgressBoard | undefined;
  private timer: NodeJS.Timeout | undefined;
  private drawnAtMs = 0;

  /** Shows a board; calling it again only redraws. */
  async show(board: ProgressBoard): Promise<void> {
    if (process.stderr.isTTY !== true) return;
    if (this.board === undefined) {
      this.board = board;
      const { default: progress } = await import('cli-progress');
      const bar = new progress.SingleBar(
        {
          format: '{bar} {value}/{total} runs | {jobs} jobs | {time} simulated',
          stream: process.stderr,
          hideCursor: true,
        },
        progress.Presets.shades_classic,
      );
      bar.start(board.runCount, 0, { jobs: 0, time: '0.0 h' });
      this.bar = bar;
      // Threads leave this one idle, so a timer redraws; a run in this thread calls `show` between its pieces.
      this.timer = setInterval(() => this.draw(), REDRAW_MS);
      this.timer.unref();
    } else if (Date.now() - this.drawnAtMs >= REDRAW_MS) this.draw();
  }

  stop(): void {
    if (this.timer !== undefined) clearInterval(this.timer);
    if (this.bar === undefined) return;
    this.draw();
    this.bar.stop();
    this.bar = undefined;
  }

  private draw(): void {
    const { board } = this;
    if (board === undefined) return;
    this.drawnAtMs = Date.now();
    this.bar?.update(board.finishedCount, { jobs: board.jobCount, time: spanText(board.simulatedUs / 3600e6) });
  }
}

/** Hours, and days once there are many. */
function spanText(hours: number): string {
  return hours < 100 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}
