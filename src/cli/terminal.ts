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

/** Aborts when the user presses Ctrl-C (or the system asks to stop); a second time ends at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}
