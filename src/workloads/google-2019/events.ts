import type { Happening } from '../google/task-book.js';

/** Event types of trace format v3, by number and by name. */
const NAMES = [
  ...['SUBMIT', 'QUEUE', 'ENABLE', 'SCHEDULE', 'EVICT', 'FAIL', 'FINISH', 'KILL', 'LOST'],
  ...['UPDATE_PENDING', 'UPDATE_RUNNING'],
];

const MACHINE_NAMES = ['EVENT_TYPE_UNKNOWN', 'ADD', 'REMOVE', 'UPDATE'];

function nameOf(type: string, names: readonly string[]): string | undefined {
  return /^\d+$/.test(type) ? names[Number(type)] : names.find((name) => name === type.toUpperCase());
}

export const eventName = (type: string): string | undefined => nameOf(type, NAMES);
export const machineEventName = (type: string): string | undefined => nameOf(type, MACHINE_NAMES);

/** What an event does to an instance: QUEUE and ENABLE are steps of the batch queue, before it is scheduled. */
export function happening(name: string): Happening {
  if (name === 'SUBMIT') return 'submit';
  if (name === 'SCHEDULE') return 'schedule';
  if (name === 'EVICT') return 'evict';
  return name === 'FAIL' || name === 'FINISH' || name === 'KILL' || name === 'LOST' ? 'end' : 'other';
}

/** Collections that are alloc sets hold resources for tasks of others. */
export const isAllocSet = (type: string): boolean => type === '1' || type.toUpperCase() === 'ALLOC_SET';
