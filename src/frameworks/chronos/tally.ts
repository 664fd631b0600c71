import { DateTime } from 'luxon';
import type { SchedulerDriver } from '../../model/framework.js';
import type { ChronosJob } from './job.js';
import { type QueueEntry, taskId } from './task-queue.js';

/** What Chronos counts: rows of frameworks.csv and events.csv. */
export class Tally {
  private firings = 0;
  private collapsed = 0;
  private skippedCount = 0;
  private droppedCount = 0;
  private retries = 0;
  private triggers = 0;
  private lateSumS = 0;

  constructor(private readonly driver: SchedulerDriver) {}

  launched({ job, dueMs, attempt }: QueueEntry, lateS: number): void {
    this.driver.note(
      'chronos-launched',
      `job=${job.name} nominal=${isoOf(dueMs)} late_s=${lateS.toFixed(3)} attempt=${attempt}`,
    );
  }

  /** A firing was launched, and with it so many that were missed before. */
  fired(lateS: number, missedCount: number): void {
    this.firings++;
    this.collapsed += missedCount;
    this.lateSumS += lateS;
    this.driver.gauge('firings', this.firings);
    this.driver.gauge('collapsed_firings', this.collapsed);
    this.driver.gauge('late_s_mean', this.lateSumS / this.firings);
  }

  skipped(job: ChronosJob, dueMs: number): void {
    this.driver.note('chronos-skipped', `job=${job.name} nominal=${isoOf(dueMs)}`);
    this.driver.gauge('skipped_firings', ++this.skippedCount);
  }

  dropped(entry: QueueEntry, reason: string): void {
    this.driver.note('chronos-dropped', `task=${taskId(entry)} reason=${reason}`);
    this.driver.gauge('dropped_entries', ++this.droppedCount);
  }

  retried(): void {
    this.driver.gauge('retries', ++this.retries);
  }

  triggered(): void {
    this.driver.gauge('triggered', ++this.triggers);
  }

  exhausted(job: ChronosJob): void {
    this.driver.note('chronos-failed', `job=${job.name} errors=${job.errorsSinceSuccess}`);
  }

  killed(job: ChronosJob): void {
    this.driver.note('chronos-killed', `job=${job.name}`);
  }
}

function isoOf(ms: number): string {
  return DateTime.fromMillis(ms, { zone: 'utc' }).toISO() ?? '';
}
