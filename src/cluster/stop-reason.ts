import type { TaskUpdate } from '../model/framework.js';
import type { TaskState } from '../model/observer.js';
import type { GroupState } from './jobs.js';

/** Why a task stopped before its own end, what it then is, and whether it is tried again. */
export interface StopReason {
  readonly reason: string;
  readonly state: TaskState;
  readonly isRetried: boolean;
  /** The framework itself wants the task queued again. */
  readonly isOwn?: boolean;
  /** Whether a checkpoint keeps its work; absent = as the settings say. */
  readonly keepsWork?: boolean | undefined;
}

/** A lost task is not queued again where its framework decides itself, or has given its job up; a requeue is that decision. */
export function forGroup(group: GroupState, stop: StopReason): StopReason {
  const isOver = group.isAbandoned || (group.group.retry === false && stop.isOwn !== true);
  return stop.isRetried && isOver ? { ...stop, isRetried: false } : stop;
}

/** What a framework is told of a task that has ended. */
export function updateState(group: GroupState, stop: StopReason | undefined): TaskUpdate['state'] {
  if (stop === undefined) return group.group.exit === 'failed' ? 'failed' : 'finished';
  return stop.state === 'killed' || stop.state === 'failed' ? stop.state : 'lost';
}
