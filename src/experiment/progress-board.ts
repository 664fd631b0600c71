/** Columns per run on the board. */
const WIDTH = 3;

/** How far each run of an experiment is: shared memory that workers write and the program reads. */
export class ProgressBoard {
  private readonly cells: Float64Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.cells = new Float64Array(memory);
  }

  /** A board for a number of runs. */
  static of(runCount: number): ProgressBoard {
    return new ProgressBoard(new SharedArrayBuffer(runCount * WIDTH * Float64Array.BYTES_PER_ELEMENT));
  }

  note(run: number, jobCount: number, simulatedUs: number): void {
    this.cells[run * WIDTH] = jobCount;
    this.cells[run * WIDTH + 1] = simulatedUs;
  }

  finish(run: number): void {
    this.cells[run * WIDTH + 2] = 1;
  }

  get runCount(): number {
    return this.cells.length / WIDTH;
  }

  get finishedCount(): number {
    return this.sum(2);
  }

  /** Jobs that have arrived in all runs together. */
  get jobCount(): number {
    return this.sum(0);
  }

  get simulatedUs(): number {
    return this.sum(1);
  }

  private sum(column: number): number {
    let sum = 0;
    for (let index = column; index < this.cells.length; index += WIDTH) sum += this.cells[index] as number;
    return sum;
  }
}
