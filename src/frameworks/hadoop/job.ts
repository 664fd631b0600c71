import type { SchedulerJob } from '../../model/framework.js';
import { type DataMap, NODE, Phase } from './phase.js';
import type { Tracker } from './tracker.js';

/** A job as the JobTracker sees it: its phases, and what delay scheduling remembers of it. */
export class MapReduceJob {
  readonly phases: readonly Phase[];
  readonly maps: readonly Phase[];
  readonly reduces: readonly Phase[];
  /** Opportunities passed over since the last launch (the paper's skipCount). */
  skipCount = 0;
  /** Time waited for local maps, and the level of the last launch (Fair of Hadoop 1.x). */
  waitedUs = 0;
  lastLevel = NODE;
  wasSkipped = false;
  private readonly failures = new Map<Tracker, number>();

  constructor(
    readonly job: SchedulerJob,
    readonly sequence: number,
    data: DataMap,
    hasOwnBlocks: boolean,
  ) {
    this.phases = job.groups.map((pending) => new Phase(pending, data, hasOwnBlocks));
    this.maps = this.phases.filter((phase) => phase.isMap);
    this.reduces = this.phases.filter((phase) => !phase.isMap);
    for (const phase of this.reduces) {
      const { after } = phase.pending.group;
      phase.parents.push(...this.phases.filter(({ pending }) => after.includes(pending.group.name)));
    }
  }

  get pool(): string {
    const { queue, user } = this.job.record;
    return queue || user || 'default';
  }

  get runningMaps(): number {
    return sum(this.maps, 'runningCount');
  }
  get runningReduces(): number {
    return sum(this.reduces, 'runningCount');
  }
  /** Maps and reduces that have not finished: what is left to do, whether it may start or not. */
  get leftMaps(): number {
    return this.maps.reduce((total, { count, finishedCount }) => total + count - finishedCount, 0);
  }
  get leftReduces(): number {
    return this.reduces.reduce((total, { count, finishedCount }) => total + count - finishedCount, 0);
  }
  get waitingMaps(): number {
    return sum(this.maps, 'waitingCount');
  }
  get waitingReduces(): number {
    return sum(this.reduces, 'waitingCount');
  }
  get readyMaps(): number {
    return sum(this.maps, 'readyCount');
  }
  get readyReduces(): number {
    return sum(this.reduces, 'readyCount');
  }

  noteFailure(tracker: Tracker): void {
    this.failures.set(tracker, (this.failures.get(tracker) ?? 0) + 1);
  }

  shuns(tracker: Tracker, limit: number): boolean {
    return limit > 0 && (this.failures.get(tracker) ?? 0) >= limit;
  }
}

function sum(phases: readonly Phase[], key: 'runningCount' | 'waitingCount' | 'readyCount'): number {
  let total = 0;
  for (const phase of phases) total += phase[key];
  return total;
}
