/** How a run is stopped: between two pieces, or by a guard that can end a piece that takes long. */
export type StopSignal = AbortSignal & { readonly guard?: <T>(work: () => T) => T };

/** Does a piece of work under the guard of a signal, if there is one. */
export function guarded<T>(signal: StopSignal | undefined, work: () => T): T {
  return signal?.guard === undefined ? work() : signal.guard(work);
}

/** The user asked to stop. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}
