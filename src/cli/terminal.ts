import { Script } from 'node:vm';
import type { StopSignal } from '../scenario/interruption.js';

/** Writes results to stdout. */
export function say(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes messages to stderr, away from results. */
export function tell(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Stable machine output: two spaces, keys in the order of their making; what is not a finite number is null. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/** True when `NO_COLOR` is set or the stream is no terminal. */
export function isPlain(stream: NodeJS.WriteStream): boolean {
  const noColor = process.env.NO_COLOR;
  return (noColor !== undefined && noColor !== '') || stream.isTTY !== true;
}

/**
 * Aborts when the user presses Ctrl-C (or the system asks to stop); a second time ends at once. Its `guard` lets Ctrl-C end work that
 * does not return to the event loop for long, as the sorting of a trace.
 */
export function interruptSignal(): StopSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return Object.assign(controller.signal, { guard: breakable });
}

const WORK = Symbol.for('mesosim.work');
const doWork = new Script("globalThis[Symbol.for('mesosim.work')]()");

/** Does the work; Ctrl-C ends it at once, without its `finally` blocks. Handlers of signals only run between turns of the event loop. */
function breakable<T>(work: () => T): T {
  const place = globalThis as unknown as Record<symbol, unknown>;
  place[WORK] = work;
  try {
    return doWork.runInThisContext({ breakOnSigint: true, displayErrors: false }) as T;
  } finally {
    delete place[WORK];
  }
}
