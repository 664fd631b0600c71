import type { MapReduceJob } from './job.js';
import type { Attempt } from './phase.js';

/** A task tracker: slots for maps and for reduces on one agent. */
export interface Tracker {
  readonly key: number;
  readonly agent: number;
  readonly rack: string;
  readonly mapSlots: number;
  readonly reduceSlots: number;
  /** Rows of the tasks that hold its own resources and those of its slots; -1 = not running. */
  trackerTask: number;
  slotTask: number;
  /** It sends heartbeats: its slots can be filled. */
  isUp: boolean;
  /** It is gone or going. */
  isLeaving: boolean;
  runningMaps: number;
  runningReduces: number;
  readonly attempts: Set<Attempt>;
  /** Tasks that ended since the last heartbeat. */
  reports: Attempt[];
  /** Jobs that have data here. */
  readonly jobs: Set<MapReduceJob>;
  idleCount: number;
  launchTimer: number;
  beatTimer: number;
  /** Time of the last heartbeat, or of one that would have told nothing. */
  beatUs: number;
}

export function freeMaps(tracker: Tracker): number {
  return tracker.mapSlots - tracker.runningMaps;
}

export function freeReduces(tracker: Tracker): number {
  return tracker.reduceSlots - tracker.runningReduces;
}
