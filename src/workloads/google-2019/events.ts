import type { Happening } from '../google/task-table.js';

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
function happening(name: string): Happening {
  if (name === 'SUBMIT') return 'submit';
  if (name === 'SCHEDULE') return 'schedule';
  if (name === 'EVICT') return 'evict';
  return name === 'FAIL' || name === 'FINISH' || name === 'KILL' || name === 'LOST' ? 'end' : 'other';
}

const MAX_KNOWN = 100;
const known = new Map<string, Happening>();

/** As {@link happening} of the {@link eventName} of a type, out of a memory; undefined = there is no such type. */
export function eventOfType(type: string): Happening | undefined {
  const found = known.get(type);
  if (found !== undefined) return found;
  const name = eventName(type);
  if (name === undefined) return undefined;
  const what = happening(name);
  if (known.size < MAX_KNOWN) known.set(type, what);
  return what;
}

/** Collections that are alloc sets hold resources for tasks of others. */
export const isAllocSet = (type: string): boolean =>
  type === '1' || (type.length > 1 && type.toUpperCase() === 'ALLOC_SET');
