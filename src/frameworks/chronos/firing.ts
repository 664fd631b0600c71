import { DateTime, Duration } from 'luxon';
import type { ChronosJob } from './job.js';
import type { Schedule } from './schedule.js';

/** What the firing rules ask of the scheduler. Times in milliseconds since 1970. */
export interface FiringHost {
  readonly nowMs: number;
  readonly jobs: readonly ChronosJob[];
  /** True when a task of the job waits in the queue. */
  isQueued(job: ChronosJob): boolean;
  /** Queues a firing, at once or when its time has come. */
  fire(job: ChronosJob, dueMs: number): void;
  skipped(job: ChronosJob, dueMs: number): void;
}

/** How missed firings are made up for. */
export interface FiringRule {
  /** Queues what is due; the time of the next look, Infinity = when something changes. */
  look(host: FiringHost): number;
  /** A firing has been launched: moves the schedule on; how many missed ones collapsed into it. */
  launched(schedule: Schedule, nowMs: number): number;
}

const IDLE_MS = 60_000;

function isLive(job: ChronosJob): job is ChronosJob & { schedule: Schedule } {
  return job.schedule !== undefined && !job.isDisabled && job.schedule.left > 0;
}

/**
 * The line from 3.0 on (`jobs/JobScheduler.scala` at c1348dd): sleeps to the earliest future start, queues what is due in order of start,
 * and goes on in a schedule only when its task is launched. Firings that were missed meanwhile collapse into one late run.
 */
export class Collapse implements FiringRule {
  look(host: FiringHost): number {
    const { nowMs } = host;
    const due: (ChronosJob & { schedule: Schedule })[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const job of host.jobs) {
      if (!isLive(job)) continue;
      const startMs = job.schedule.next.toMillis();
      // Due is what started strictly before now, and the clock ticks in milliseconds.
      if (startMs < nowMs) due.push(job);
      else nextMs = Math.min(nextMs, startMs + 1);
    }
    due.sort((a, b) => a.schedule.next.toMillis() - b.schedule.next.toMillis() || compareNames(a, b));
    for (const job of due) {
      // A firing that is dropped because its job runs stays due: looked at again within a minute.
      nextMs = Math.min(nextMs, nowMs + IDLE_MS);
      if (!host.isQueued(job)) host.fire(job, job.schedule.next.toMillis());
    }
    return nextMs;
  }

  launched(schedule: Schedule, nowMs: number): number {
    return schedule.collapse(DateTime.fromMillis(nowMs, { zone: schedule.next.zone }));
  }
}

/**
 * The line 2.x (tag 2.5.1): each `horizon` every schedule is walked; firings with now − epsilon < start < now + horizon are taken and
 * queued at their time, older ones skipped and reported.
 */
export class Skip implements FiringRule {
  constructor(
    private readonly epsilonMs: number,
    private readonly horizonMs: number,
  ) {}

  look(host: FiringHost): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const job of host.jobs) {
      while (isLive(job)) {
        const startMs = job.schedule.next.toMillis();
        if (startMs >= host.nowMs + this.horizonMs) {
          earliestMs = Math.min(earliestMs, startMs);
          break;
        }
        if (startMs > host.nowMs - this.epsilonOf(job)) host.fire(job, startMs);
        else host.skipped(job, startMs);
        job.schedule.step();
      }
    }
    // Ticks at which nothing could be taken are left out.
    const ticks = Math.max(1, Math.floor((earliestMs - host.nowMs - this.horizonMs) / this.horizonMs) + 1);
    return host.nowMs + ticks * this.horizonMs;
  }

  launched(): number {
    return 0;
  }

  private epsilonOf({ epsilon }: ChronosJob): number {
    if (epsilon === undefined) return this.epsilonMs;
    const own = Duration.fromISO(epsilon);
    return own.isValid ? own.toMillis() : this.epsilonMs;
  }
}

function compareNames(a: ChronosJob, b: ChronosJob): number {
  return a.name < b.name ? -1 : 1;
}
