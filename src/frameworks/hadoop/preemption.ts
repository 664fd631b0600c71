import { fairShares } from './fair-shares.js';
import type { MapReduceJob } from './job.js';
import type { Attempt } from './phase.js';
import type { Pools } from './pools.js';

type Kind = 'map' | 'reduce';

const NEVER = Number.POSITIVE_INFINITY;

/** Since when a pool has been at its minimum, and at half of its fair share. */
interface Watch {
  atMinUs: number;
  atHalfUs: number;
}

interface PoolRow {
  readonly name: string;
  readonly jobs: readonly MapReduceJob[];
  readonly running: number;
  readonly demand: number;
  readonly min: number;
  readonly share: number;
}

/**
 * Preemption of Fair: a pool that has been below its minimum, or below half of its fair share, for too long takes slots from pools above
 * their fair share; of those, the tasks that were launched last are killed.
 * Source: Hadoop 1.x contrib/fairscheduler FairScheduler.preemptTasksIfNecessary, tasksToPreempt, preemptTasks.
 */
export class Preemption {
  private readonly watches = new Map<string, Watch>();

  constructor(private readonly pools: Pools) {}

  /** What to kill now, newest first. */
  victims(kind: Kind, jobs: readonly MapReduceJob[], slots: number, nowUs: number): Attempt[] {
    const rows = this.rowsOf(kind, jobs, slots);
    let wanted = 0;
    for (const row of rows) wanted += this.wantedBy(kind, row, nowUs);
    const over = new Map(rows.map(({ name, running, share }) => [name, running - share]));
    const newest = rows
      .flatMap(({ name, jobs: own }) =>
        own.flatMap((job) => attemptsOf(job, kind).map((attempt) => ({ name, attempt }))),
      )
      .sort((a, b) => b.attempt.startUs - a.attempt.startUs || b.attempt.row - a.attempt.row);
    const victims: Attempt[] = [];
    for (const { name, attempt } of newest) {
      if (victims.length >= wanted) break;
      const excess = over.get(name) as number;
      if (excess < 1) continue;
      over.set(name, excess - 1);
      victims.push(attempt);
    }
    return victims;
  }

  private rowsOf(kind: Kind, jobs: readonly MapReduceJob[], slots: number): PoolRow[] {
    const rows = [...new Set(jobs.map(({ pool }) => pool))]
      .sort((a, b) => (a < b ? -1 : 1))
      .map((name) => {
        const own = jobs.filter(({ pool }) => pool === name);
        const running = own.reduce((sum, job) => sum + (kind === 'map' ? job.runningMaps : job.runningReduces), 0);
        const ready = own.reduce((sum, job) => sum + (kind === 'map' ? job.readyMaps : job.readyReduces), 0);
        const { weight, minMaps, minReduces } = this.pools.of(name);
        return {
          name,
          jobs: own,
          running,
          demand: running + ready,
          weight,
          min: kind === 'map' ? minMaps : minReduces,
        };
      });
    const shares = fairShares(slots, rows);
    return rows.map((row, index) => ({ ...row, share: shares[index] as number }));
  }

  private wantedBy(kind: Kind, { name, running, demand, min, share }: PoolRow, nowUs: number): number {
    const { minShareTimeout = NEVER, fairShareTimeout = NEVER } = this.pools.of(name);
    const key = `${kind} ${name}`;
    const watch = this.watches.get(key) ?? { atMinUs: nowUs, atHalfUs: nowUs };
    this.watches.set(key, watch);
    const least = Math.min(min, demand);
    if (running >= least) watch.atMinUs = nowUs;
    if (running >= Math.min(share / 2, demand)) watch.atHalfUs = nowUs;
    const forMin = nowUs - watch.atMinUs > minShareTimeout ? least - running : 0;
    const forShare = nowUs - watch.atHalfUs > fairShareTimeout ? Math.floor(Math.min(share, demand)) - running : 0;
    return Math.max(0, forMin, forShare);
  }
}

function attemptsOf(job: MapReduceJob, kind: Kind): Attempt[] {
  return (kind === 'map' ? job.maps : job.reduces).flatMap((phase) => [...phase.attempts.values()].flat());
}
