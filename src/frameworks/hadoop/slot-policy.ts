import type { MapReduceJob } from './job.js';
import type { JobTracker } from './job-tracker.js';
import type { Tracker } from './tracker.js';

/** Who gets the free slots of a tracker that has sent a heartbeat. */
export interface SlotPolicy {
  assign(tracker: Tracker, jobs: readonly MapReduceJob[], jobTracker: JobTracker): void;
}
