/** Cells of the shared memory. */
const STOPPED = 0;
const LOADED = 1;

/**
 * What the program and the threads of an experiment tell each other beside the runs: "stop" one way, "I am loaded" the other.
 *
 * Threads are asked to stop and never killed at work: Node dies (SIGABRT) when a thread is terminated while it links its modules, and a
 * killed run could not clear its folder away.
 */
export class ThreadSignals {
  private readonly cells: Int32Array;

  constructor(readonly memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.cells = new Int32Array(memory);
  }

  /** Asks every thread to end its run between two pieces. */
  stop(): void {
    Atomics.store(this.cells, STOPPED, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.cells, STOPPED) === 1;
  }

  /** Called by a thread once its modules are there. */
  noteLoaded(): void {
    Atomics.add(this.cells, LOADED, 1);
  }

  /** Resolves when so many threads have loaded. */
  async whenLoaded(threadCount: number): Promise<void> {
    const { setTimeout: pause } = await import('node:timers/promises');
    while (Atomics.load(this.cells, LOADED) < threadCount) await pause(2);
  }
}
