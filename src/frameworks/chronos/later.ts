import type { SchedulerDriver } from '../../model/framework.js';
import type { QueueEntry } from './task-queue.js';

/** Entries that are queued later, each behind a timer; they live in memory only. */
export class LaterEntries {
  /** Retries among them: they keep the run alive. */
  retryCount = 0;
  private readonly rows: (QueueEntry | undefined)[] = [];
  private readonly lost = new Set<QueueEntry>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly firstTag: number,
  ) {}

  add(entry: QueueEntry, delayUs: number): void {
    const row = this.place(entry);
    this.driver.timer(Math.max(0, delayUs), this.firstTag + row);
    if (!entry.isFiring) this.retryCount++;
  }

  private place(entry: QueueEntry): number {
    const free = this.rows.indexOf(undefined);
    const row = free >= 0 ? free : this.rows.length;
    this.rows[row] = entry;
    return row;
  }

  /** The entry whose timer has fired; undefined when it has been forgotten meanwhile. */
  take(tag: number): QueueEntry | undefined {
    const row = tag - this.firstTag;
    const entry = this.rows[row];
    this.rows[row] = undefined;
    if (entry === undefined) return undefined;
    if (!entry.isFiring) this.retryCount--;
    return this.lost.delete(entry) ? undefined : entry;
  }

  /** The scheduler has died. */
  forget(): void {
    for (const entry of this.rows) if (entry !== undefined) this.lost.add(entry);
  }
}
