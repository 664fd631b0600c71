import type { Instance } from './instance.js';

/** Kills that are on their way at once, at most (core/task/termination/impl/KillServiceActor.scala). */
const MAX_IN_FLIGHT = 100;

/** Kills in order; the next goes when one has been confirmed. */
export class KillQueue {
  private readonly inFlight = new Set<Instance>();
  private readonly queue: { readonly instance: Instance; readonly reason: string }[] = [];

  constructor(private readonly kill: (instance: Instance, reason: string) => void) {}

  add(instance: Instance, reason: string): void {
    this.queue.push({ instance, reason });
    this.next();
  }

  /** Its task has ended, whoever ended it. */
  done(instance: Instance): void {
    if (this.inFlight.delete(instance)) this.next();
  }

  private next(): void {
    while (this.inFlight.size < MAX_IN_FLIGHT) {
      const entry = this.queue.shift();
      if (entry === undefined) return;
      if (entry.instance.condition !== 'killing' || entry.instance.task < 0) continue;
      this.inFlight.add(entry.instance);
      this.kill(entry.instance, entry.reason);
    }
  }
}
